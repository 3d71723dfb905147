/**
 * Asks for the samples of questions while somebody waits for them, several with one request where the server allows it.
 *
 * Servers differ in what they make of `n`. One that ignores it answers with one choice, one that rejects it says 400 or
 * 422; either is seen once, and asked for single samples from then on. What was received is never asked for again: a
 * request for twenty that brought three is followed by one for the seventeen.
 */
import pLimit, { type LimitFunction } from 'p-limit'
import type { Connection } from './connection.ts'
import type { Asking } from './provider.ts'
import { asRequest } from './request.ts'
import { all, OverBudget, Refused, Sender } from './sender.ts'

export class Asker {
  readonly #sender: Sender
  readonly #chunk: number
  /**
   * What waits to be sent waits here, where it is small. Twice as many as can be in flight, so that those that wait for a
   * second try keep nobody from a first one.
   */
  readonly #limit: LimitFunction
  /** The server ignores or rejects `n`. */
  #single = false
  /** Calls of `ask` that are under way. While there are any, a refusal that holds for all is not collected from each. */
  #asking = 0

  constructor(connection: Connection) {
    this.#sender = new Sender(connection)
    this.#chunk = connection.chunk
    this.#limit = pLimit(2 * connection.concurrency)
  }

  async ask(asking: Asking): Promise<void> {
    this.#asking++
    try {
      const several = !this.#single && asRequest(asking.request).endpoint !== 'responses'
      const chunks = chunksOf(asking.samples, several ? this.#chunk : 1)
      await all(chunks.map((chunk) => this.#limit(() => this.#get(chunk, asking))))
    } finally {
      // In watch mode the next round may meet a mended key.
      if (--this.#asking === 0) this.#sender.forgive()
    }
  }

  async #get(samples: readonly number[], asking: Asking): Promise<void> {
    if (this.#single && samples.length > 1)
      return await all(samples.map((sample) => this.#get([sample], asking)))
    const open = samples.slice(await this.#send(samples, asking))
    if (open.length > 0) await this.#get(open, asking)
  }

  /** How many of the samples have come: one at least. */
  async #send(samples: readonly number[], asking: Asking): Promise<number> {
    try {
      const count = await this.#sender.send(samples, asking)
      if (count === 1 && samples.length > 1) this.#single = true
      return count
    } catch (error) {
      if (samples.length === 1) throw error
      // What is left of a budget may be enough for fewer.
      if (error instanceof OverBudget) return await this.#send(samples.slice(0, samples.length >> 1), asking)
      if (!(error instanceof Refused) || (error.status !== 400 && error.status !== 422)) throw error
      // Perhaps it was `n`: a request for one sample tells, and fails with what else it may have been.
      await this.#sender.send(samples.slice(0, 1), asking)
      this.#single = true
      return 1
    }
  }
}

export function chunksOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
