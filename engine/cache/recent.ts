/** What was asked for last, as much as fits: the oldest goes first. For values that a key has for ever. */
export class Recent<Key, Value> {
  readonly #limit: number
  readonly #known = new Map<Key, { readonly key: Key; readonly value: Value; readonly size: number }>()
  #size = 0

  /** `limit`: the sizes of all values together. */
  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: Key): Value | undefined {
    const known = this.#known.get(key)
    if (known === undefined) return undefined
    // Under the key that it came with: one that is asked with may be a part of a large text, and keep all of that.
    this.#known.delete(key)
    this.#known.set(known.key, known)
    return known.value
  }

  delete(key: Key): void {
    this.#size -= this.#known.get(key)?.size ?? 0
    this.#known.delete(key)
  }

  clear(): void {
    this.#known.clear()
    this.#size = 0
  }

  put(key: Key, value: Value, size: number): void {
    if (this.#known.has(key)) return
    this.#known.set(key, { key, value, size })
    this.#size += size
    for (const [oldest, each] of this.#known) {
      if (this.#size <= this.#limit) return
      this.#known.delete(oldest)
      this.#size -= each.size
    }
  }
}
