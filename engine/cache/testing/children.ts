/** For tests that need processes of their own: a test file starts itself again, in a role. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

let parent: string | undefined

/** A fresh folder, removed when this process ends. */
export function temporaryFolder(): string {
  if (parent === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'codex-runner-cache-'))
    parent = made
    process.once('exit', () => rmSync(made, { recursive: true, force: true }))
  }
  return mkdtempSync(join(parent, 'test-'))
}

export interface Child {
  readonly process: ChildProcess
  /** Lines printed so far. */
  readonly lines: readonly string[]
  /** Resolves when the child has ended and all its lines are there. */
  readonly ended: Promise<{ readonly status: number | null; readonly signal: NodeJS.Signals | null }>
  /** Resolves when it has printed that many lines; rejects when it ends before. */
  printed(count: number): Promise<void>
}

/** Starts the test file `url` again with `role` as its first argument. Its errors go to our own stderr. */
export function startRole(url: string, role: string, ...args: readonly string[]): Child {
  const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(url), role, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (line) => lines.push(line))
  const ended = new Promise<{ status: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on('close', (status, signal) => resolve({ status, signal }))
  })
  const printed = (count: number) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (lines.length >= count) resolve()
      }
      reader.on('line', look)
      look()
      void ended.then(() => reject(new Error(`ended after ${lines.length} lines`)))
    })
  return { process: child, lines, ended, printed }
}
