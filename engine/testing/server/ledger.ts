/** What the server has seen and given: the log, the counters, the curve, and which answers went to which prompt. */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'

export interface Logged {
  readonly path: string
  readonly query: { readonly [name: string]: string }
  readonly headers: IncomingHttpHeaders
  readonly body: { readonly [key: string]: unknown }
  readonly authorization: string | undefined
  /** What was answered; 0 when it was no whole answer, or none yet. */
  readonly status: number
  /** The first of `answers`. */
  readonly answer: number | undefined
  /** Which answers to this prompt, from 0, were sent in full: those that a provider would want to be paid for. */
  readonly answers: readonly number[]
  /** The batch that it was a line of. */
  readonly batch?: string
}

/** A request about files and batches. */
export interface Called {
  readonly method: string
  readonly path: string
  readonly query: { readonly [name: string]: string }
  readonly headers: IncomingHttpHeaders
}

export interface Counts {
  /** Requests for answers. */
  readonly requests: number
  /** Lines of batches that were executed. */
  readonly lines: number
  /** Answers sent in full, to requests and in batches. */
  readonly answers: number
  /** How the requests ended; '0' for no whole answer. */
  readonly byStatus: { readonly [status: string]: number }
  readonly maxInFlight: number
}

/** Milliseconds since the limits were set, requests in flight (this one among them), status (0 while under way). */
export type Point = [at: number, inFlight: number, status: number]

export type Arrival = Pick<Logged, 'path' | 'query' | 'headers' | 'body'>
type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A request on its way through the server. What it says of its end becomes true when the bytes have left. */
export interface Visit {
  /** Which request it is, from 1. */
  readonly number: number
  readonly inFlight: number
  status: number
  answers: readonly number[]
  /** It is no longer in flight, whatever becomes of its bytes. */
  leave(): void
}

export class Ledger {
  readonly log: Logged[] = []
  readonly calls: Called[] = []
  readonly #answered = new Map<string, number>()
  readonly #byStatus: { [status: string]: number } = {}
  #curve: Point[] = []
  #since = performance.now()
  #requests = 0
  #lines = 0
  #answers = 0
  #inFlight = 0
  #maxInFlight = 0
  #quiet: boolean

  constructor(quiet = false) {
    this.#quiet = quiet
  }

  quiet(on: boolean): void {
    this.#quiet = on
  }

  get counts(): Counts {
    return {
      requests: this.#requests,
      lines: this.#lines,
      answers: this.#answers,
      byStatus: this.#byStatus,
      maxInFlight: this.#maxInFlight,
    }
  }

  get curve(): readonly Point[] {
    return this.#curve
  }

  restartCurve(): void {
    this.#curve = []
    this.#since = performance.now()
  }

  /** The next `count` answers to the prompt with this digest: the number of the first. */
  take(digest: string, count: number): number {
    const first = this.#answered.get(digest) ?? 0
    this.#answered.set(digest, first + count)
    return first
  }

  arrive(arrival: Arrival, response: ServerResponse): Visit {
    this.#requests++
    this.#maxInFlight = Math.max(this.#maxInFlight, ++this.#inFlight)
    const entry = this.#enter(arrival)
    const point: Point = [Math.round(performance.now() - this.#since), this.#inFlight, 0]
    this.#curve.push(point)
    let [left, settled] = [false, false]
    const visit: Visit = {
      number: this.#requests,
      inFlight: this.#inFlight,
      status: 0,
      answers: [],
      leave: () => {
        if (!left) this.#inFlight--
        left = true
      },
    }
    const settle = (whole: boolean) => {
      visit.leave()
      if (settled) return
      settled = true
      const [status, answers] = whole ? [visit.status, visit.answers] : [0, []]
      point[2] = status
      this.#byStatus[status] = (this.#byStatus[status] ?? 0) + 1
      this.#settle(entry, status, answers)
    }
    response.once('finish', () => settle(true)).once('close', () => settle(false))
    return visit
  }

  /** A line of a batch: it is executed at once and always in full. */
  line(arrival: Arrival, batch: string, status: number, answers: readonly number[]): void {
    this.#lines++
    this.#settle(this.#enter(arrival, batch), status, answers)
  }

  #enter(arrival: Arrival, batch?: string): Mutable<Logged> | undefined {
    if (this.#quiet) return undefined
    const { authorization } = arrival.headers
    const none = { status: 0, answer: undefined, answers: [] }
    const entry = { ...arrival, authorization, ...none, ...(batch === undefined ? {} : { batch }) }
    this.log.push(entry)
    return entry
  }

  #settle(entry: Mutable<Logged> | undefined, status: number, answers: readonly number[]): void {
    this.#answers += answers.length
    if (entry === undefined) return
    entry.status = status
    entry.answers = answers
    entry.answer = answers[0]
  }
}
