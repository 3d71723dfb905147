/** What a test prescribes to the server: Steps, and which request meets which of them. */

export interface Step {
  /** How many requests it is for. Default 1; 0 for all that follow. */
  readonly times?: number
  /** Only for requests whose body contains this text. */
  readonly when?: string

  // What is answered.

  /** Answer with this status (and `error`) instead of an answer. */
  readonly status?: number
  readonly error?: { readonly [key: string]: unknown }
  readonly headers?: { readonly [name: string]: string }
  /** Answer with this text. */
  readonly text?: string
  readonly finish?: string
  /** Leave these keys out of the answer. */
  readonly without?: readonly string[]
  /** One choice, however many were asked for. */
  readonly ignoreN?: boolean
  /** A 400 that says so when more than one choice is asked for. */
  readonly rejectN?: boolean
  /** Send the first so many choices only. */
  readonly choices?: number
  /** The choices in reverse order of their index. */
  readonly shuffle?: boolean
  /** All choices have index 0. */
  readonly sameIndex?: boolean
  /** The answer's id is always 'duplicate'. */
  readonly sameId?: boolean
  /** An answer without a text: null in chat, '' elsewhere. */
  readonly empty?: boolean
  /** A refusal of the model with this text; chat and responses know it. */
  readonly refusal?: string
  /** The first choice's text has this many bytes. */
  readonly big?: number
  /** The answer, or the error's message, contains the key that was sent. */
  readonly echo?: boolean

  // How it is sent.

  /** Milliseconds to wait first. */
  readonly delay?: number
  /** Send these bytes as they are, with status 200 unless `status` says otherwise. */
  readonly raw?: string
  /** Send half the answer and cut the connection. */
  readonly cut?: boolean
  /** Send half the answer and no more. */
  readonly stall?: boolean
  /** Cut the connection without an answer. */
  readonly reset?: boolean
  /** The headers at once, the body after so many milliseconds. */
  readonly late?: number
  /** The body in 20 pieces with so many milliseconds between. */
  readonly trickle?: number
  /** A Content-Length that many bytes off, and the connection ends. */
  readonly wrongLength?: number
  /** A byte inside a text of the answer that is no UTF-8. */
  readonly invalidUtf8?: boolean
  /** Answer in full, then cut the connection without having announced it. */
  readonly dropAfter?: boolean
  /** The same 5 ms later, when the client may be about to use the connection again. */
  readonly dropIdle?: boolean
}

/** Hands out things of which each is for a number of takers: 1 unless `times` says otherwise, 0 for all. */
export class Script<T extends { readonly times?: number }> {
  #items: { readonly item: T; left: number }[] = []

  set(items: readonly T[]): void {
    this.#items = items.map((item) => ({
      item,
      left: item.times === 0 ? Number.POSITIVE_INFINITY : (item.times ?? 1),
    }))
  }

  /** The first that is left and fits. */
  next(fits: (item: T) => boolean = () => true): T | undefined {
    const found = this.#items.find(({ item, left }) => left > 0 && fits(item))
    if (found === undefined) return undefined
    found.left--
    return found.item
  }

  /** Whether any of them is so, used up or not. */
  some(so: (item: T) => boolean): boolean {
    return this.#items.some(({ item }) => so(item))
  }
}
