/**
 * Texts of files, by their digest: what was written or read a moment ago need not be read and decoded again. A digest has
 * one text for ever, so nothing here can go out of date; what a path holds is asked of `Stamps`.
 */
import type { Digest } from './digest.ts'

/** Two files of 5 MB in each of three stages, before and after an edit. */
const keptAtMost = 40e6

export class Texts {
  readonly #limit: number
  readonly #known = new Map<Digest, string>()
  #size = 0

  /** `limit`: characters of all texts together. */
  constructor(limit = keptAtMost) {
    this.#limit = limit
  }

  get(digest: Digest): string | undefined {
    const text = this.#known.get(digest)
    if (text !== undefined) this.#touch(digest, text)
    return text
  }

  put(digest: Digest, text: string): void {
    if (!this.#known.has(digest)) this.#size += text.length
    this.#touch(digest, text)
    for (const [oldest, { length }] of this.#known) {
      if (this.#size <= this.#limit) return
      this.#known.delete(oldest)
      this.#size -= length
    }
  }

  #touch(digest: Digest, text: string): void {
    this.#known.delete(digest)
    this.#known.set(digest, text)
  }
}
