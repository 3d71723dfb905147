/**
 * How many requests or tokens a minute: the user's own limits, and what a server's refusals teach. What its headers show
 * is in rate-headers.ts.
 *
 * Learning. A token bucket is empty whenever it refuses. So between two refusals it has let through exactly what it was
 * refilled with, less what ran over, and what was let through divided by the time is its rate, whatever its size. A
 * window that is counted afresh each minute refuses for a while and then lets a heap through, so the time is taken once
 * from the first and once from the last refusal of the row before: the rate lies between the two, and what was believed
 * so far is kept where it does. (Always the first: 271 of 500 a minute after an early refusal. Always the last: by
 * calculation the growth below runs away, to bursts of 20 s in each minute.) Time in which the window held back, or nobody
 * asked, only bounds the rate from below.
 *
 * Then 2 % less is kept to, growing: an additive part that looks for the edge (additive increase: Chiu & Jain 1989), and
 * a cubic one, as in RFC 9438, that is nothing while refusals are usual and finds a lifted limit in two minutes.
 *
 * Rejected: AIMD on the number in flight alone (at 20 ms there is no number that keeps 500 a minute: one in flight is
 * 3000); halving the rate at a refusal (a saw between a half and all uses 75 % of a small bucket; measuring uses all of it).
 */

/** A bucket that fills with time: at most `capacity` at once, `perMs` after that. May go into debt when settled. */
export class Bucket {
  readonly #perMs: number
  readonly #capacity: number
  #level: number
  #at: number

  constructor(perMinute: number, now: number) {
    this.#perMs = perMinute / 60_000
    this.#capacity = Math.max(1, perMinute / 60)
    this.#level = this.#capacity
    this.#at = now
  }

  /** Milliseconds until so much may be taken. More than ever fits is given when the bucket is full. */
  wait(cost: number, now: number): number {
    this.#level = Math.min(this.#capacity, this.#level + Math.max(0, now - this.#at) * this.#perMs)
    this.#at = Math.max(now, this.#at)
    const missing = Math.min(cost, this.#capacity) - this.#level
    return missing <= rounding ? 0 : missing / this.#perMs
  }

  take(cost: number): void {
    this.#level -= cost
  }
}

/** Sums of many small refills do not come out even. */
export const rounding = 1e-6

/** A request as far as the measuring goes. */
export interface Sent {
  /** The how-manieth request it is. */
  readonly index: number
  readonly at: number
}

/** A request as far as learning goes. */
export interface Counted extends Sent {
  readonly tokens: number
  /** Of all requests up to it, itself included. */
  readonly sum: number
}

export interface Refusal {
  /** The request was sent after the last refusal was known. */
  readonly news: boolean
  /** More were in flight than were ever accepted: it may be the number that was refused. */
  readonly edge: boolean
  readonly now: number
  /** Until when nothing is sent. */
  readonly until: number
}

/** Kept to at first, of what was measured. */
const caution = 0.98
/** Growth: a share a second, and the seconds after which the cubic part has added two. */
const growth = { linear: 0.002, cubic: 100 } as const
/** Grown to this multiple without a refusal, the rate says nothing any more. */
const forgotten = 3
/** Ms. So long a bucket does not refuse, only a window by the clock. */
const longHold = 5000
/** How far a late timer may be caught up with, in ms: short enough to be no burst. */
const slack = 20

/** The rate of requests or of tokens that a server's refusals show. Paced as by the generic cell rate algorithm (ITU-T I.371). */
export class LearnedRate {
  readonly #kind: 'requests' | 'tokens'
  /** Per ms, as measured. */
  #base: number | undefined
  /** Seconds during which requests were accepted since then. */
  #proven = 0
  #provenTo = 0
  /** What the last request cost. */
  #taken = 1
  /** When the next request would be due at an even pace. */
  #due = 0
  /** First and last refusal of the row that the present epoch began with. */
  #first: Counted | undefined
  #last: Counted | undefined
  /** Refused since, what it would have cost and how many. */
  #refusedSince = 0
  #refusals = 0
  /** Let through between the two. */
  #between = 0
  #starved = 0
  /** When the first request was sent, and whether nothing was forgotten since. */
  #started: number | undefined
  #fresh = true
  /** When it was gone on after the last refusal. */
  #resumed = 0
  /** Seconds of the cubic part: short when what was measured was short. */
  #trust: number = growth.cubic
  /** Whether the epoch began at the edge. */
  #edge = false
  /** Whether the base is only a rate that was once let through, by far not all that is allowed. */
  #supposed = false
  /** What the last epoch came to, and how much epochs differ: of the squares of logarithms, fading. */
  #low: number | undefined
  #spread = 0
  #epochs = 0

  constructor(kind: 'requests' | 'tokens') {
    this.#kind = kind
  }

  /** How much what was measured varies; undefined before it was measured often. */
  get spread(): number | undefined {
    return this.#epochs < 3 ? undefined : this.#spread
  }

  #cost(sent: Counted): number {
    return this.#kind === 'tokens' ? Math.max(1, sent.tokens) : 1
  }

  /** All that went out between the two, less what was refused. */
  #through(first: Counted, sent: Counted): number {
    const sum = this.#kind === 'tokens' ? sent.sum - first.sum : sent.index - first.index
    return sum - this.#cost(sent) - this.#refusedSince
  }

  get perMs(): number | undefined {
    if (this.#base === undefined) return undefined
    const t = this.#proven
    return this.#base * (caution + growth.linear * t + 2 * (t / this.#trust) ** 3)
  }

  wait(now: number): number {
    const rate = this.perMs
    return rate === undefined ? 0 : Math.max(0, this.#due - now)
  }

  take(now: number, tokens: number): void {
    const rate = this.perMs
    this.#started ??= now
    this.#taken = this.#kind === 'tokens' ? tokens : 1
    if (rate !== undefined) this.#due = Math.max(this.#due, now - slack) + this.#taken / rate
  }

  /** So long nobody waited, or the window alone held back: a bucket may run over, and less is measured than allowed. */
  starve(ms: number): void {
    this.#starved += ms
  }

  /** Time counts as far as requests sent in it were accepted: what is not used is not tried out. */
  accepted(sent: Counted): void {
    const [first, last] = [this.#first, this.#last]
    if (first !== undefined && last !== undefined && sent.index === last.index + 1)
      if (last.at - first.at >= longHold && this.#between === 0) this.#guess(first, sent.at)
    const rate = this.perMs
    if (rate === undefined || sent.at <= this.#provenTo) return
    this.#proven += Math.min(sent.at - this.#provenTo, Math.max(1000, (2 * this.#cost(sent)) / rate)) / 1000
    this.#provenTo = sent.at
    if (this.#base === undefined || (this.perMs ?? 0) < forgotten * this.#base) return
    if (this.#supposed) {
      this.#base = this.perMs
      this.#proven = 0
    } else this.#forget()
  }

  /** A rate learned from two refusals at the edge would be the window's, and fall a little with each such try. */
  refused(sent: Counted, { news, edge, now, until }: Refusal): void {
    const first = this.#first
    if (first === undefined || (news && edge && this.#edge)) this.#begin(sent, edge)
    else if (sent.index > first.index) {
      if (news && this.#measured(sent, first, now)) this.#begin(sent, edge)
      else {
        this.#between = this.#through(first, sent)
        this.#refusedSince += this.#cost(sent)
        this.#refusals++
        this.#last = sent
      }
    }
    if (news && !edge) this.#edge = false
    if (until - now < longHold) return
    this.#resumed = Math.max(this.#resumed, until)
    if (news) this.#guess(sent, until)
  }

  /**
   * Before anything is known: after a long refusal a window by the clock begins anew, and lets through as much as it did
   * in the time until now. Too much when it began before us, which the next refusal corrects.
   */
  #guess(sent: Counted, now: number): void {
    if (!this.#fresh || this.#base !== undefined || this.#started === undefined || sent.index <= 20) return
    const count = (this.#kind === 'tokens' ? sent.sum : sent.index) - this.#cost(sent)
    this.#learn(count / (now - this.#started), now - this.#started, now)
  }

  #begin(sent: Counted, edge: boolean): void {
    this.#edge = edge
    this.#first = this.#last = sent
    this.#refusedSince = this.#refusals = this.#between = 0
    this.#starved = 0
  }

  /** Whether the time since `first` was long enough to mean something, and was learned from. */
  #measured(sent: Counted, first: Counted, now: number): boolean {
    const requests = sent.index - first.index - 1 - this.#refusals
    const time = sent.at - first.at
    if (!(requests >= 20 && time >= 2000) && !(requests >= 3 && time >= 20_000)) return false
    const count = this.#through(first, sent)
    const low = count / time
    const stretch = sent.at - Math.max((this.#last ?? first).at, this.#resumed)
    const high = stretch > Math.max(2000, time / 10) ? Math.max(low, (count - this.#between) / stretch) : low
    const known = this.#base
    // Less than the limit, by an unknown part: only lowered with care (multiplicative decrease).
    if (this.#starved > time / 2) {
      if (known !== undefined) this.#learn(Math.max(low, Math.min(known, high) * 0.9), time, now)
      else this.#suppose(low, time, now, now - sent.at)
    } else {
      if (this.#low !== undefined) this.#spread = this.#spread * 0.8 + Math.log(low / this.#low) ** 2
      this.#low = low
      this.#epochs++
      // Much faster at the end than on average: a small bucket ran over before, a large one did not. Between the two.
      const present = this.perMs ?? low
      if (present > 2 * low) this.#learn(Math.sqrt(low * present), time, now)
      else this.#learn(Math.max(low, Math.min(known ?? low, high)), time, now)
    }
    return true
  }

  /**
   * Where refusals are slow, the window holds back for most of the time until the rate is known. Something is kept to all
   * the same, so that the window's steps come as no heap; it grows threefold in the time that two refusals take.
   */
  #suppose(base: number, time: number, now: number, refusal: number): void {
    this.#learn(base, time, now)
    this.#supposed = true
    this.#trust = Math.max(10, refusal / 500)
  }

  #learn(base: number, time: number, now: number): void {
    this.#trust = Math.min(growth.cubic, Math.max(10, time / 200))
    this.#base = base
    this.#supposed = false
    this.#proven = 0
    this.#provenTo = now
    this.#due = Math.min(this.#due, now + this.#taken / base)
  }

  #forget(): void {
    this.#fresh = false
    this.#base = undefined
    this.#first = undefined
    this.#last = undefined
  }
}
