/** An interpreter in a process of its own: its channel, its greeting, and the patience that we have with it. */
import type { ChildProcess } from 'node:child_process'
import { Duplex, Readable, Writable } from 'node:stream'
import { CHANNEL, Incoming } from './frames.ts'
import { SandboxError } from './index.ts'

/** Milliseconds to start in; and beyond an execution's wall limit, after which it is taken to hang. */
export const PATIENCE = 30_000

export interface Greeting {
  /** 'cpython' */
  readonly implementation: string
  /** '3.11.2' */
  readonly version: string
}

export class InterpreterProcess {
  alive = true
  readonly gone: Promise<void>
  /** Throws SandboxError, with what the process complained of, when it can't start. */
  readonly ready: Promise<Greeting>
  readonly incoming: Incoming
  readonly pid: number | undefined
  readonly #process: ChildProcess
  readonly #requests: Writable
  /** The last that it said on standard error. */
  complaint = ''

  /** `afterwards` is done when the process is gone, and before `gone` resolves. */
  constructor(process: ChildProcess, afterwards: () => Promise<void> = async () => {}) {
    this.#process = process
    this.pid = process.pid
    const [requests, replies] = channelOf(process)
    this.#requests = requests
    this.incoming = new Incoming(replies)
    requests.on('error', () => this.kill())
    if (replies !== process.stdout) process.stdout?.resume()
    process.stderr?.on('data', (chunk: Buffer) => {
      this.complaint = `${this.complaint}${chunk}`.slice(-2000)
    })
    const closed = new Promise<void>((resolve) => {
      process.once('error', (error) => {
        this.complaint ||= error.message
        resolve()
      })
      process.once('close', () => resolve())
    })
    this.gone = closed.then(() => {
      this.#end()
      return afterwards()
    })
    this.ready = this.within(PATIENCE, this.#greeting())
    // Who waits for it learns of it; until somebody does, it is no unhandled rejection.
    this.ready.catch(() => {})
  }

  kill(): void {
    this.#process.kill('SIGKILL')
    this.#requests.destroy()
    this.#end()
  }

  send(parts: readonly Uint8Array[]): void {
    for (const part of parts) this.#requests.write(part)
  }

  /** The work's result; kills the process and throws SandboxError when it takes longer. */
  async within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.kill()
        reject(new SandboxError(`the sandbox did not answer within ${milliseconds / 1000} s`))
      }, milliseconds)
    })
    try {
      return await Promise.race([work, late])
    } finally {
      clearTimeout(timer)
    }
  }

  #end(): void {
    this.alive = false
    this.incoming.end()
  }

  async #greeting(): Promise<Greeting> {
    const words = await this.incoming.line()
    if (words?.[0] === 'ready')
      return { implementation: words[1] ?? 'unknown', version: words[2] ?? 'unknown' }
    await this.gone
    throw new SandboxError(`the sandbox did not start: ${this.complaint.trim() || 'it said nothing'}`)
  }
}

/** Descriptor 3, or, where a process can't be given one, standard input and output. */
function channelOf(process: ChildProcess): readonly [Writable, Readable] {
  const channel = process.stdio[CHANNEL]
  if (channel instanceof Duplex) return [channel, channel]
  const { stdin, stdout } = process
  if (stdin instanceof Writable && stdout instanceof Readable) return [stdin, stdout]
  throw new SandboxError('the interpreter has no channel')
}
