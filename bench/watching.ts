/** `codex-runner watch` as a process, and how long it takes from a save to the line that answers it. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { Readable } from 'node:stream'
import { peakOf } from './compare.ts'

const bin = resolve(import.meta.dirname, '../engine/bin.mjs')

export class Watching {
  readonly #child: ChildProcessByStdio<null, Readable, null>
  readonly #lines: Interface

  private constructor(root: string) {
    this.#child = spawn(process.execPath, [bin, 'watch'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
    this.#lines = createInterface(this.#child.stdout)
  }

  /** Resolves when it watches. */
  static async start(root: string): Promise<Watching> {
    const watching = new Watching(root)
    await watching.#said(/^watching/)
    return watching
  }

  /** Seconds from `save` to the line `verdict`; returns when the round it began is over. */
  async edit(save: () => void, verdict: RegExp): Promise<number> {
    const seen = this.#said(verdict)
    const over = this.#said(/built/)
    const started = process.hrtime.bigint()
    save()
    await seen
    const seconds = Number(process.hrtime.bigint() - started) / 1e9
    await over
    await new Promise((wake) => setTimeout(wake, 60))
    return seconds
  }

  peakMB(): number {
    return peakOf(this.#child.pid)
  }

  async end(): Promise<void> {
    this.#child.kill('SIGINT')
    await new Promise((ended) => this.#child.once('close', ended))
  }

  #said(wanted: RegExp): Promise<void> {
    return new Promise((seen) => {
      const look = (line: string) => {
        if (!wanted.test(line)) return
        this.#lines.off('line', look)
        seen()
      }
      this.#lines.on('line', look)
    })
  }
}
