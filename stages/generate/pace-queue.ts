export interface Waiting<T> {
  readonly tokens: number
  resolve(value: T): void
  reject(reason: unknown): void
}

interface Entry<T> extends Waiting<T> {
  readonly group: Group<T>
  before: Entry<T> | undefined
  after: Entry<T> | undefined
}

/** Those who wait under one signal, with one listener: a signal looks through all its listeners at each new one. */
interface Group<T> {
  readonly signal: AbortSignal
  readonly entries: Set<Entry<T>>
  readonly abort: () => void
}

/**
 * First come, first served. A linked list: any entry can be taken out at once, which neither an array nor a Set's first
 * entry allows.
 */
export class Queue<T> {
  head: Entry<T> | undefined
  #tail: Entry<T> | undefined
  readonly #groups = new Map<AbortSignal, Group<T>>()
  readonly #changed: () => void

  constructor(changed: () => void) {
    this.#changed = changed
  }

  push(waiting: Waiting<T>, signal: AbortSignal): void {
    const group = this.#groups.get(signal) ?? this.#group(signal)
    const entry: Entry<T> = { ...waiting, group, before: this.#tail, after: undefined }
    group.entries.add(entry)
    if (this.#tail === undefined) this.head = entry
    else this.#tail.after = entry
    this.#tail = entry
  }

  remove(entry: Entry<T>): void {
    const { before, after, group } = entry
    if (before === undefined) this.head = after
    else before.after = after
    if (after === undefined) this.#tail = before
    else after.before = before
    group.entries.delete(entry)
    if (group.entries.size > 0) return
    group.signal.removeEventListener('abort', group.abort)
    this.#groups.delete(group.signal)
  }

  #group(signal: AbortSignal): Group<T> {
    const entries = new Set<Entry<T>>()
    const abort = () => {
      for (const entry of entries) {
        this.remove(entry)
        entry.reject(signal.reason)
      }
      this.#changed()
    }
    const group = { signal, entries, abort }
    signal.addEventListener('abort', abort, { once: true })
    this.#groups.set(signal, group)
    return group
  }
}
