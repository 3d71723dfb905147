/**
 * The workers: started when first needed, as many as may run at once, each used by one execution at a time.
 *
 * A wall-clock timeout may be the machine's fault, so it is believed only when it happens again with nothing else
 * running: `alone` waits until the pool is empty and holds all others back meanwhile.
 */
import type { Execution, Outcome, Sandbox, Worker } from './sandbox/index.ts'
import { SandboxError } from './sandbox/index.ts'

const attempts = 3

export class Pool {
  readonly #sandbox: Sandbox
  readonly #idle: Worker[] = []
  readonly #all = new Set<Worker>()
  #running = 0
  #alone: Promise<void> = Promise.resolve()
  #emptied: (() => void) | undefined

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox
  }

  /** Runs it; a sandbox that breaks is tried again with a new worker. `count` is told of each execution. */
  async run(execution: Execution, signal: AbortSignal, count: () => void): Promise<Outcome> {
    await this.#nobodyAlone()
    const first = await this.#counted(() => this.#attempt(execution, signal, count))
    if (first.ending !== 'wall-timeout') return first
    return await this.#exclusively(() => this.#attempt(execution, signal, count))
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((worker) => worker.close()))
    this.#all.clear()
    this.#idle.length = 0
  }

  async #attempt(execution: Execution, signal: AbortSignal, count: () => void): Promise<Outcome> {
    for (let attempt = 1; ; attempt++) {
      const worker = this.#idle.pop() ?? this.#start()
      try {
        count()
        const outcome = await worker.run(execution, signal)
        this.#idle.push(worker)
        return outcome
      } catch (error) {
        this.#all.delete(worker)
        await worker.close()
        if (!(error instanceof SandboxError) || attempt === attempts) throw error
      }
    }
  }

  #start(): Worker {
    const worker = this.#sandbox.start()
    this.#all.add(worker)
    return worker
  }

  async #nobodyAlone(): Promise<void> {
    for (let turn: Promise<void> | undefined; turn !== this.#alone; await turn) turn = this.#alone
  }

  async #counted<T>(run: () => Promise<T>): Promise<T> {
    this.#running++
    try {
      return await run()
    } finally {
      this.#running--
      if (this.#running === 0) this.#emptied?.()
    }
  }

  /** Each waits for the one before it, then for the pool to be empty; `run` waits for all of them. */
  #exclusively<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#alone.then(async () => {
      if (this.#running > 0) await new Promise<void>((emptied) => (this.#emptied = emptied))
      this.#emptied = undefined
      return await run()
    })
    this.#alone = turn.then(
      () => {},
      () => {},
    )
    return turn
  }
}
