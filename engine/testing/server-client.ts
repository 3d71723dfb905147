/** Starts the test server as a process of its own, and speaks to it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Logged, Step } from './server.ts'

export type { Logged, Step } from './server.ts'

export interface TestServer {
  /** The base URL that a provider is given. */
  readonly url: string
  /** Every request for an answer so far. */
  log(): Promise<readonly Logged[]>
  /** Replaces the script: what the next requests meet. An empty list: answers only. */
  script(...steps: readonly Step[]): Promise<void>
  stop(): Promise<void>
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export async function startServer(): Promise<TestServer> {
  const child = spawn(process.execPath, ['--import', 'tsx', here('server.ts'), '--until-stdin-closes'], {
    cwd: here('../..'),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  const port = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([line]) => String(line)),
    gone.then(() => {
      throw new Error('the test server did not start')
    }),
  ])
  const at = `http://127.0.0.1:${port}`
  return {
    url: `${at}/v1`,
    log: async () => (await (await fetch(`${at}/__log`)).json()) as readonly Logged[],
    script: async (...steps) => {
      await fetch(`${at}/__script`, { method: 'POST', body: JSON.stringify(steps) })
    },
    stop: async () => {
      child.stdin.end()
      await gone
    },
  }
}
