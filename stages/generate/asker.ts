/**
 * Asks for the samples of questions while somebody waits for them, several with one request where the server allows it.
 *
 * Servers differ in what they make of `n`. One that ignores it answers with one choice, one that rejects it says 400 or
 * 422; either is seen once, and asked for single samples from then on. What was received is never asked for again: a
 * request for twenty that brought three is followed by one for the seventeen.
 */
import type { Connection } from './connection.ts'
import type { Answer, Asking } from './provider.ts'
import { asRequest } from './request.ts'
import { Refused, Sender } from './sender.ts'

export class Asker {
  readonly #sender: Sender
  readonly #chunk: number
  /** The server ignores or rejects `n`. */
  #single = false
  /** Calls of `ask` that are under way. While there are any, a refusal that holds for all is not collected from each. */
  #asking = 0

  constructor(connection: Connection) {
    this.#sender = new Sender(connection)
    this.#chunk = connection.chunk
  }

  async ask(asking: Asking): Promise<void> {
    this.#asking++
    try {
      const several = !this.#single && asRequest(asking.request).endpoint !== 'responses'
      await all(chunksOf(asking.samples, several ? this.#chunk : 1).map((chunk) => this.#get(chunk, asking)))
    } finally {
      // In watch mode the next round may meet a mended key.
      if (--this.#asking === 0) this.#sender.forgive()
    }
  }

  async #get(samples: readonly number[], asking: Asking): Promise<void> {
    if (this.#single && samples.length > 1)
      return await all(samples.map((sample) => this.#get([sample], asking)))
    const answers = await this.#answers(samples, asking)
    if (answers.length === 1 && samples.length > 1) this.#single = true
    await all(samples.slice(0, answers.length).map((sample, at) => deliver(sample, answers[at], asking)))
    const open = samples.slice(answers.length)
    if (open.length > 0) await this.#get(open, asking)
  }

  async #answers(samples: readonly number[], asking: Asking): Promise<readonly Answer[]> {
    try {
      return await this.#sender.send(samples, asking)
    } catch (error) {
      const rejected = error instanceof Refused && (error.status === 400 || error.status === 422)
      if (!rejected || samples.length === 1) throw error
      // Perhaps it was `n`: a request for one sample tells, and fails with what else it may have been.
      const answers = await this.#sender.send(samples.slice(0, 1), asking)
      this.#single = true
      return answers
    }
  }
}

export function chunksOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}

async function deliver(sample: number, answer: Answer | undefined, asking: Asking): Promise<void> {
  if (answer !== undefined) await asking.deliver(sample, answer)
}

/** Waits for all of them, whatever becomes of the first that fails: an answer on its way must not be lost. */
export async function all(tasks: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(tasks)) if (result.status === 'rejected') throw result.reason
}
