/** Starts the test server as a process of its own, and speaks to it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { BatchScript, Called, Counts, Limits, Logged, Point, Step } from './server.ts'

export type { BatchScript, Called, Counts, Limits, Logged, Point, Step } from './server.ts'

export interface TestServer {
  /** The base URL that a provider is given. */
  readonly url: string
  /** The same without /v1. */
  readonly root: string
  /** Every request for an answer so far. */
  log(): Promise<readonly Logged[]>
  /** Replaces the script: what the next requests meet. An empty list: answers only. */
  script(...steps: readonly Step[]): Promise<void>
  /** Every request about files and batches so far. */
  calls(): Promise<readonly Called[]>
  counts(): Promise<Counts>
  /** The requests for answers since the limits were set, in order of arrival. */
  curve(): Promise<readonly Point[]>
  /** Sets limits, or none. */
  limits(limits: Limits | null): Promise<void>
  /** What the next batches meet. An empty list: they run to their end. */
  batches(...scripts: readonly BatchScript[]): Promise<void>
  /** Whether to go without the log, for many requests. */
  quiet(on?: boolean): Promise<void>
  /** Forgets all that was, and all that was set but `quiet`. */
  reset(): Promise<void>
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
  const get = async <T>(path: string) => (await (await fetch(at + path)).json()) as T
  const post = async (path: string, body: unknown) => {
    const response = await fetch(at + path, { method: 'POST', body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`the test server refused ${path}: ${await response.text()}`)
  }
  return {
    url: `${at}/v1`,
    root: at,
    log: () => get('/__log'),
    calls: () => get('/__calls'),
    counts: () => get('/__counts'),
    curve: () => get('/__curve'),
    script: (...steps) => post('/__script', steps),
    batches: (...scripts) => post('/__batches', scripts),
    limits: (limits) => post('/__limits', limits),
    quiet: (on = true) => post('/__quiet', { quiet: on }),
    reset: () => post('/__reset', null),
    stop: async () => {
      child.stdin.end()
      await gone
    },
  }
}
