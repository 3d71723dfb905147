/** How many requests and tokens a minute, as a server's headers show it. */
import { rounding, type Sent } from './rate.ts'

/** What a server says of one of its limits. */
export interface Seen {
  readonly limit: number
  readonly remaining: number
  /** Seconds until all of it is there again. */
  readonly reset: number | undefined
}

/** A longer look ahead than this many ms is not believed: one request goes, and its answer says how things stand. */
const believed = 60_000

/**
 * The server's bucket, as its headers show it. They tell of the moment when a request came in, which may be long ago. So
 * a bucket of our own runs beside it (an observer, as in control theory): each request remembers how full ours was, the
 * headers say how full theirs was, and the difference is what ours is off by.
 */
export class Mirror {
  #seen: Seen | undefined
  #index = 0
  /** When the request that told the newest was sent. */
  #at = 0
  /** How full our bucket is, how far off that is, and the time it is true of. */
  #level = 0
  #off = 0
  #now = 0
  #taken = 0
  /** Sums that fade, so that the ratio evens out what rounding and chance do to single headers. */
  #used = 0
  #reset = 0
  /** Above 0: all comes back at once at the reset, as with limits by the clock's minute. */
  #stepped = 0
  #judged: { readonly taken: number; readonly full: number } | undefined

  /** What is to be handed to `observe` with the answer. */
  take(cost: number): Taken {
    this.#level -= cost
    this.#taken += cost
    return { level: this.#level, taken: this.#taken }
  }

  observe(seen: Seen, sent: Sent, { level, taken }: Taken): void {
    if (sent.index <= this.#index || sent.at < this.#at) return
    if (this.#seen?.limit !== seen.limit) this.#used = this.#reset = 0
    this.#seen = seen
    this.#index = sent.index
    this.#at = sent.at
    this.#off = seen.remaining - level
    // The level is rounded down: half a request more is there on average.
    const used = seen.limit - seen.remaining - 0.5
    if (seen.reset === undefined || seen.reset <= 0 || used <= 0) return
    this.#used = this.#used * 0.95 + used
    this.#reset = this.#reset * 0.95 + seen.reset * 1000
    this.#judge(sent.at + seen.reset * 1000, taken, used / (seen.reset * 1000))
  }

  /** A bucket is full later by each request; a window by the clock ends when it ends. */
  #judge(full: number, taken: number, perMs: number): void {
    this.#judged ??= { taken, full }
    const later = (taken - this.#judged.taken) / perMs
    if (later < 3000) return
    const steps = full - this.#judged.full < 0.3 * later
    this.#stepped = Math.min(3, Math.max(-3, this.#stepped + (steps ? 1 : -1)))
    this.#judged = { taken, full }
  }

  /** Milliseconds until so much more may be asked for. More than the limit is, when all of it is there. */
  wait(cost: number, now: number): number {
    const { limit, reset } = this.#seen ?? {}
    if (limit === undefined || now - this.#at > believed) return 0
    const refill = this.#stepped > 0 || this.#reset === 0 ? 0 : this.#used / this.#reset
    this.#level = Math.min(limit - this.#off, this.#level + refill * (now - this.#now))
    this.#now = now
    let until = this.#at + believed + 1
    if (this.#stepped > 0 && reset !== undefined) {
      const end = this.#at + reset * 1000
      if (now >= end) this.#turn(limit, now)
      else until = Math.min(until, end)
    }
    const missing = Math.min(cost, limit) - this.#level - this.#off
    if (missing <= rounding || (refill === 0 && this.#stepped <= 0)) return 0
    return Math.max(1, Math.min(until - now, refill > 0 ? missing / refill : until))
  }

  /** A new window has begun. */
  #turn(limit: number, now: number): void {
    this.#seen = { limit, remaining: limit, reset: undefined }
    this.#at = now
    this.#off = limit - this.#level
  }
}

/** How full our bucket was after a request, and all that was taken until then. */
export interface Taken {
  readonly level: number
  readonly taken: number
}

/** What the headers say of requests or of tokens; nothing when they are missing or senseless. */
export function limitIn(headers: Headers, kind: 'requests' | 'tokens', now: number): Seen | undefined {
  const field = (name: string) =>
    headers.get(`x-ratelimit-${name}-${kind}`) ??
    (kind === 'requests' ? headers.get(`x-ratelimit-${name}`) : null)
  const limitText = field('limit')
  const remainingText = field('remaining')
  if (limitText === null || remainingText === null) return undefined
  const limit = Number(limitText || 'none')
  const remaining = Number(remainingText || 'none')
  if (!(Number.isFinite(limit) && limit > 0 && remaining >= 0 && remaining <= limit)) return undefined
  return { limit, remaining, reset: secondsIn(field('reset'), now) }
}

const units = { h: 3600, m: 60, s: 1, ms: 0.001 } as const

/** '1s', '120ms', '6m0s', '1h2m3.5s', '30', or a time since 1970 in ms or s. `now` is such a time, in ms. */
export function secondsIn(text: string | null, now: number): number | undefined {
  const trimmed = text?.trim() ?? ''
  if (/^\d+(\.\d+)?$/.test(trimmed)) {
    const value = Number(trimmed)
    if (value > 1e11) return Math.max(0, (value - now) / 1000)
    return value > 1e9 ? Math.max(0, value - now / 1000) : value
  }
  if (!/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(trimmed)) return undefined
  let seconds = 0
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g))
    seconds += Number(amount) * units[unit as keyof typeof units]
  return seconds
}
