/**
 * CPython in WebAssembly, for machines that offer nothing stronger. Against accidents only: a hostile program finds
 * its way through JavaScript to the process around it. That process is one of its own, with an empty environment.
 *
 * The interpreter can't watch itself: it has one thread, and the program is in it. So it sends what is printed as it
 * is printed, and this side counts the bytes and looks at the clock, the process's CPU time and its memory, and kills
 * it. Loading another takes seconds, so one that survived is used again: pyodide_runner.py puts back what a program
 * changed, as far as it can be put back.
 *
 * What differs from python3 program.py: no threads, processes or sockets; signals and limits of the system do not
 * exist; what a program does to the library's classes or lists stays; the version is pyodide's.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { messageOf } from '../../../engine/stage.ts'
import { requestOf } from './frames.ts'
import type { Ending, Execution, Outcome, Probe, Sandbox } from './index.ts'
import { SandboxError } from './index.ts'
import { pathOf, pyodideDigest } from './inside.ts'
import { InterpreterProcess } from './interpreter.ts'
import { outcomeOf } from './outcome.ts'
import { usageOf } from './usage.ts'
import { type Interpreter, InterpreterDied, workerOf } from './worker.ts'

/** Milliseconds between two looks at a running program. */
const LOOK = 50
/** What the process itself needs beyond the program's memory. */
const OVERHEAD_MB = 128

/** Whether the package is there; it is not loaded. */
export async function probePyodide(): Promise<Probe> {
  try {
    const manifest = createRequire(import.meta.url).resolve('pyodide/package.json')
    const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
    const sandbox = pyodideSandbox({ sandbox: 'pyodide', pyodide: String(version), runner: pyodideDigest() })
    return { usable: true, sandbox, stamps: [manifest] }
  } catch (error) {
    return { usable: false, why: messageOf(error), remedy: 'Install the npm package pyodide.' }
  }
}

/** The sandbox with the fingerprint that it was found to have; nothing is loaded before the first execution. */
export function pyodideSandbox(fingerprint: Sandbox['fingerprint']): Sandbox {
  return {
    name: 'pyodide',
    fingerprint,
    start: () => workerOf(() => pyodideInterpreter(new InterpreterProcess(launch()))),
  }
}

function launch(): ChildProcess {
  return spawn(process.execPath, [pathOf('pyodide-child.mjs')], {
    env: {},
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
}

function pyodideInterpreter(process: InterpreterProcess): Interpreter {
  return {
    get alive() {
      return process.alive
    },
    gone: process.gone,
    kill: () => process.kill(),
    execute: async (execution) => {
      await process.ready
      const run = new Run(process, execution)
      process.send(requestOf(execution))
      return await run.outcome()
    },
  }
}

/** One execution, as this side sees it. */
class Run {
  readonly #process: InterpreterProcess
  readonly #execution: Execution
  readonly #printed = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  readonly #sizes = { stdout: 0, stderr: 0 }
  readonly #start = performance.now()
  readonly #before
  #mark = -1
  #killed: Ending | undefined
  #cpuMs = 0

  constructor(process: InterpreterProcess, execution: Execution) {
    this.#process = process
    this.#execution = execution
    this.#before = usageOf(process.pid)
  }

  async outcome(): Promise<Outcome> {
    const watch = setInterval(() => this.#look(), LOOK)
    try {
      const status = await this.#listen()
      if (this.#killed !== undefined) return this.#ended(this.#killed, -1)
      if (status === undefined) throw new InterpreterDied()
      const late = this.#cpuMs > this.#execution.limits.cpuSeconds * 1000
      return late ? this.#ended('cpu-timeout', -1) : this.#ended('exited', status)
    } finally {
      clearInterval(watch)
      if (this.#killed !== undefined) await this.#process.gone
    }
  }

  /** Until the program's status comes; undefined when the process is gone before. */
  async #listen(): Promise<number | undefined> {
    for (;;) {
      const [word, number, cpuMs, leaving] = (await this.#process.incoming.line()) ?? []
      switch (word) {
        case 'stdout':
        case 'stderr': {
          const bytes = await this.#process.incoming.take(Number(number))
          if (bytes !== undefined) this.#print(word, bytes)
          break
        }
        case 'mark':
          this.#mark = this.#sizes.stdout
          break
        case 'ended':
          this.#cpuMs = Number(cpuMs)
          if (leaving === 'leaving') this.#process.kill()
          return Number(number)
        case 'trouble':
          throw new SandboxError(`the sandbox failed: ${await this.#process.incoming.take(Number(number))}`)
        default:
          return undefined
      }
    }
  }

  #print(stream: 'stdout' | 'stderr', bytes: Buffer): void {
    const limit = this.#execution.limits.outputKB * 1024
    if (this.#sizes[stream] <= limit) this.#printed[stream].push(bytes)
    this.#sizes[stream] += bytes.length
    if (this.#sizes[stream] > limit) this.#kill('output-limit')
  }

  #look(): void {
    const { limits } = this.#execution
    const wallMs = performance.now() - this.#start
    const now = usageOf(this.#process.pid)
    // Where the system does not tell, all time counts as CPU time.
    this.#cpuMs = now && this.#before ? now.cpuMs - this.#before.cpuMs : wallMs
    if (this.#cpuMs > limits.cpuSeconds * 1000) this.#kill('cpu-timeout')
    else if (wallMs > limits.wallSeconds * 1000) this.#kill('wall-timeout')
    else if (now && this.#before && now.memoryMB > this.#before.memoryMB + limits.memoryMB + OVERHEAD_MB)
      this.#kill('memory')
  }

  #kill(ending: Ending): void {
    this.#killed ??= ending
    this.#process.kill()
  }

  #ended(ending: Ending, status: number): Outcome {
    const stdout = Buffer.concat(this.#printed.stdout)
    const stderr = Buffer.concat(this.#printed.stderr)
    const wallMs = Math.round(performance.now() - this.#start)
    const cpuMs = Math.round(this.#cpuMs)
    return outcomeOf(this.#execution, { ending, status, mark: this.#mark, cpuMs, wallMs, stdout, stderr })
  }
}
