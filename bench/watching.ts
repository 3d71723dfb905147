/** `codex-runner watch` as a process, and how long it takes from a save to the line that answers it. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { peakOf } from './compare.ts'
import { bin } from './program.ts'

export class Watching {
  readonly #child: ChildProcessByStdio<null, Readable, null>
  readonly #lines: Interface
  #last = 'nothing'

  private constructor(root: string) {
    // Where CI is set, lines begin with a colour, into a pipe too.
    const env = { ...process.env, NO_COLOR: '1' }
    this.#child = spawn(process.execPath, [bin, 'watch'], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#lines = createInterface(this.#child.stdout)
    this.#lines.on('line', (line) => (this.#last = line))
  }

  /** Watches for as long as `use` takes. */
  static async during<Found>(root: string, use: (watching: Watching) => Promise<Found>): Promise<Found> {
    const watching = new Watching(root)
    try {
      await watching.#said(/^watching/)
      return await use(watching)
    } finally {
      await watching.#end()
    }
  }

  /** Seconds from `save` to the line `verdict`; returns when the round it began is over. */
  async edit(save: () => void, verdict: RegExp): Promise<number> {
    const seen = this.#said(verdict)
    const over = this.#said(/built/).catch(() => {})
    const started = process.hrtime.bigint()
    save()
    await seen
    const seconds = Number(process.hrtime.bigint() - started) / 1e9
    // A round that was begun anew, because a save was heard of in two steps, may end without a word.
    await Promise.race([over, delay(SILENCE, undefined, { ref: false })])
    await delay(60)
    return seconds
  }

  peakMB(): number {
    return peakOf(this.#child.pid)
  }

  async #end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = new Promise((done) => this.#child.once('close', done))
    this.#child.kill('SIGINT')
    await ended
  }

  /** Resolves when it says so; it is an error when it ends first, or says nothing for longer than any machine is slow. */
  #said(wanted: RegExp): Promise<void> {
    return new Promise((seen, failed) => {
      const over = (error?: Error) => {
        clearTimeout(timer)
        this.#lines.off('line', look)
        this.#child.off('close', ended)
        if (error === undefined) seen()
        else failed(error)
      }
      const look = (line: string) => {
        if (wanted.test(line)) over()
      }
      const ended = () => over(new Error(`watch mode ended before it said ${wanted}`))
      const timer = setTimeout(
        () => over(new Error(`watch mode did not say ${wanted}, but last: ${this.#last}`)),
        PATIENCE,
      )
      this.#lines.on('line', look)
      this.#child.on('close', ended)
    })
  }
}

/** Milliseconds: how long an answer may take, and after how long without a word a round is over. */
const PATIENCE = 300_000
const SILENCE = 10_000
