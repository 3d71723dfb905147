/**
 * How fast requests go out: how many at once (pace-window.ts) and how many a minute (pace-learned.ts), learned from
 * refusals and headers, so that nobody has to look up their limits and nothing is lost to a guess.
 *
 * Both are needed. A number in flight holds no rate when answers are fast, and a rate holds no number when they vary. A
 * refusal does not say which it was. It counts as the number's when it came at the edge, with the window full and more in
 * flight than were ever accepted; no rate is learned between two of those (it would fall 2 % with each try: 73 % of ten
 * were used). A wide window does a rate no harm, so that in doubt both are lowered.
 *
 * After a refusal nobody goes for as long as the server asks (or 50 ms, doubled while nothing is accepted), then one alone,
 * then the others: without the one, an outage of a minute was stormed once in 4 s by the whole window (22 % refused). Where
 * a rate is known and the last refusal was over at once, as before a bucket, the rate is enough; nobody waits for the one
 * longer than 4 s, so that refusals in 20 s stop not everything (5 % used; with 2 s a window by the clock with refusals in
 * 2 s was stormed, 20 % refused).
 *
 * Simulated before servers of many kinds (pace.test.ts); the figures are in testing/simulation.ts.
 *
 * Rejected: TCP's halving (RFC 5681; a saw between a half and all uses 75 %), CUBIC's curve over time (RFC 9438: its seconds fit neither 20 ms
 * nor 20 s; steps that double with each that passes fit both), latency as a sign (Vegas: a model's answers take as long
 * as they are).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Learned } from './pace-learned.ts'
import { Queue } from './pace-queue.ts'
import { type Placed, Window } from './pace-window.ts'
import { Bucket, type Counted } from './rate.ts'
import { limitIn, Mirror, type Taken } from './rate-headers.ts'

export interface Clock {
  /** Milliseconds, never going back. */
  now(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export interface PaceOptions {
  /** Most requests in flight at once. */
  readonly concurrency: number
  /** The user's own limits; undefined: what the server shows. */
  readonly requestsPerMinute?: number | undefined
  readonly tokensPerMinute?: number | undefined
  /** Only for tests. */
  readonly clock?: Clock | undefined
}

export type Outcome =
  | {
      readonly type: 'accepted'
      /** Really used. */
      readonly tokens?: number | undefined
      readonly headers?: Headers | undefined
    }
  /** A 429, or a 503 with Retry-After. */
  | {
      readonly type: 'refused'
      /** Seconds that the server asks to wait. */
      readonly wait?: number | undefined
      readonly headers?: Headers | undefined
    }
  /** An error that says nothing about pace: a lost connection, a 500, a 400. */
  | { readonly type: 'unknown' }

export interface Turn {
  /** To be called once, whatever happened. */
  leave(outcome: Outcome): void
}

/** Since 1970, for headers that give a time, and yet not moved by anybody who sets the clock. */
const realClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: async (ms, signal) => sleep(ms, undefined, { signal }),
}

/** Nobody is held back longer, in ms, whatever the server asks. */
const longestHold = 60_000
/** Without a wait from the server, in ms: doubled with each refusal that follows on another with nothing between. */
const hold = { first: 50, most: 4000 } as const
/** The one that goes first is waited for no longer, in ms. */
const longestTrial = 4000

export class Pace {
  readonly #clock: Clock
  readonly #window: Window
  readonly #learned = new Learned()
  readonly #ownRequests: Bucket | undefined
  readonly #ownTokens: Bucket | undefined
  readonly #requestsPerMinute: number | undefined
  readonly #requests = new Mirror()
  readonly #tokens = new Mirror()
  readonly #queue = new Queue<Turn>(() => this.#pump())
  #timer: { readonly at: number; readonly controller: AbortController } | undefined
  #heldUntil = 0
  #inFlight = 0
  #sent = 0
  /** Of their tokens. */
  #sum = 0
  /** Requests up to this one were sent before the last refusal was known. */
  #known = 0
  #acceptedSince = 0
  #fruitless = 0
  /** The row of refusals before was a long one, as by the clock: the next will be too. */
  #stern = false
  /** Until when the one that went first after a refusal is waited for; infinite before it went. */
  #trial: number | undefined
  /** Since when nothing but the window holds back. */
  #narrowSince: number | undefined

  constructor({ concurrency, requestsPerMinute, tokensPerMinute, clock = realClock }: PaceOptions) {
    this.#clock = clock
    this.#window = new Window(concurrency)
    this.#requestsPerMinute = requestsPerMinute
    if (requestsPerMinute !== undefined) this.#ownRequests = new Bucket(requestsPerMinute, clock.now())
    if (tokensPerMinute !== undefined) this.#ownTokens = new Bucket(tokensPerMinute, clock.now())
  }

  /** How many may be in flight now. */
  get window(): number {
    return this.#window.size
  }

  /** The requests per minute that are kept to, if any are. */
  get rate(): number | undefined {
    const learned = this.#learned.requests
    if (learned === undefined) return this.#requestsPerMinute
    return Math.min(learned * 60_000, this.#requestsPerMinute ?? Number.POSITIVE_INFINITY)
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Waits until a request that needs about so many tokens may go out. First come, first served. */
  enter(tokens: number, signal: AbortSignal): Promise<Turn> {
    if (signal.aborted) return Promise.reject(signal.reason)
    if (this.#queue.head === undefined) {
      const now = this.#clock.now()
      if (this.#wait(tokens, now) === 0) return Promise.resolve(this.#go(tokens, now))
    }
    return new Promise((resolve, reject) => {
      const first = this.#queue.head === undefined
      this.#queue.push({ tokens, resolve, reject }, signal)
      if (first) this.#pump()
    })
  }

  /** Lets go whoever may, and sets the timer for the first who may not. */
  #pump(): void {
    for (let head = this.#queue.head; head !== undefined; head = this.#queue.head) {
      const now = this.#clock.now()
      const wait = this.#wait(head.tokens, now)
      if (wait > 0) {
        this.#wake(now + wait)
        return
      }
      this.#queue.remove(head)
      head.resolve(this.#go(head.tokens, now))
    }
    this.#wake(Number.POSITIVE_INFINITY)
  }

  /** Milliseconds; infinite when only an answer can help. The window comes last: asking it may widen it. */
  #wait(tokens: number, now: number): number {
    const wait = Math.max(
      this.#heldUntil - now,
      this.#ownRequests?.wait(1, now) ?? 0,
      this.#ownTokens?.wait(tokens, now) ?? 0,
      this.#learned.wait(now),
      this.#requests.wait(1, now),
      this.#tokens.wait(tokens, now),
    )
    if (this.#narrowSince !== undefined) this.#learned.starve(now - this.#narrowSince)
    this.#narrowSince = undefined
    if (wait > 0) return wait
    const trial = this.#trialWait(now)
    const narrow = trial > 0 ? trial : this.#window.wait(this.#inFlight, this.#sent, now)
    if (narrow > 0) this.#narrowSince = now
    return narrow
  }

  /** After a refusal one request goes first, and the others when it is not refused. */
  #trialWait(now: number): number {
    if (this.#trial === undefined || this.#sent === this.#known) return 0
    this.#trial = Math.min(this.#trial, now + Math.min(longestTrial, this.#window.patience(now)))
    if (now < this.#trial) return this.#trial - now
    this.#trial = undefined
    return 0
  }

  #go(tokens: number, now: number): Turn {
    this.#ownRequests?.take(1)
    this.#ownTokens?.take(tokens)
    this.#learned.take(now, tokens)
    this.#sum += Math.max(1, tokens)
    this.#inFlight++
    const sent: Going = {
      index: ++this.#sent,
      at: now,
      tokens,
      sum: this.#sum,
      among: this.#inFlight,
      full: this.#inFlight >= this.#window.size,
      mirrored: { requests: this.#requests.take(1), tokens: this.#tokens.take(tokens) },
    }
    let left = false
    return {
      leave: (outcome) => {
        if (left) return
        left = true
        this.#leave(sent, outcome)
      },
    }
  }

  #leave(sent: Going, outcome: Outcome): void {
    const now = this.#clock.now()
    this.#inFlight--
    if (outcome.type !== 'unknown' && outcome.headers !== undefined) this.#read(outcome.headers, sent, now)
    if (outcome.type === 'accepted') {
      this.#ownTokens?.take((outcome.tokens ?? sent.tokens) - sent.tokens)
      if (this.#queue.head === undefined) this.#learned.starve(Number.POSITIVE_INFINITY)
      this.#learned.accepted(sent)
      this.#window.accepted(sent)
      if (sent.index > this.#known) {
        this.#acceptedSince++
        this.#trial = undefined
      }
    } else if (outcome.type === 'refused') {
      this.#ownTokens?.take(-sent.tokens)
      this.#refused(sent, outcome.wait, now)
    }
    this.#pump()
  }

  #read(headers: Headers, sent: Going, now: number): void {
    const requests = limitIn(headers, 'requests', now)
    if (requests !== undefined) this.#requests.observe(requests, sent, sent.mirrored.requests)
    const tokens = limitIn(headers, 'tokens', now)
    if (tokens !== undefined) this.#tokens.observe(tokens, sent, sent.mirrored.tokens)
  }

  #refused(sent: Going, asked: number | undefined, now: number): void {
    const news = sent.index > this.#known
    if (news && this.#acceptedSince > 0) {
      this.#stern = this.#fruitless > 1
      this.#fruitless = 0
    } else if (news) this.#fruitless++
    const usual = news ? Math.min(hold.most, hold.first * 2 ** this.#fruitless) : 0
    const ms = Math.min(longestHold, asked === undefined ? usual : Math.max(0, asked * 1000))
    this.#heldUntil = Math.max(this.#heldUntil, now + ms)
    this.#learned.refused(sent, { news, edge: this.#window.isEdge(sent), now, until: this.#heldUntil })
    if (news) {
      this.#known = this.#sent
      const paced = this.#learned.requests !== undefined && this.#fruitless === 0 && !this.#stern
      this.#trial = paced ? undefined : Number.POSITIVE_INFINITY
      this.#acceptedSince = 0
    }
    this.#window.refused(sent, { news, now, until: this.#heldUntil, sent: this.#sent })
  }

  /** One timer at most, for the head of the queue. One that rings too early does no harm. */
  #wake(at: number): void {
    if (this.#timer !== undefined) {
      if (this.#timer.at <= at && at !== Number.POSITIVE_INFINITY) return
      this.#timer.controller.abort()
      this.#timer = undefined
    }
    if (at === Number.POSITIVE_INFINITY) return
    const controller = new AbortController()
    this.#timer = { at, controller }
    const rings = () => {
      if (controller.signal.aborted) return
      this.#timer = undefined
      this.#pump()
    }
    this.#clock.sleep(Math.max(0, at - this.#clock.now()), controller.signal).then(rings, () => {})
  }
}

interface Going extends Placed, Counted {
  readonly mirrored: { readonly requests: Taken; readonly tokens: Taken }
}
