/**
 * How fast requests go out: how many at once (Window, below) and how many a minute (rate.ts), learned from refusals and
 * headers, so that nobody has to look up their limits and nothing is lost to a guess.
 *
 * Both are needed. A number in flight holds no rate when answers are fast, and a rate holds no number when they vary. A
 * refusal does not say which it was. It counts as the number's when it came at the edge, with the window full and more in
 * flight than were ever accepted; no rate is learned between two of those (it would fall 2 % with each try: 73 % of ten
 * were used). A wide window does a rate no harm, so that in doubt both are lowered.
 *
 * After a refusal nobody goes for as long as the server asks (or 50 ms, doubled while nothing is accepted), then one alone,
 * then the others: without the one, an outage of a minute was stormed once in 4 s by the whole window (22 % refused).
 *
 * Simulated with 200 in flight allowed, five minutes after the first (pace.test.ts; PACE_FIGURES=1 shows all), answers in
 * 20 ms, 2 s and 20 s, refusals in 20 ms. Per cent used / refused, over server with nothing, with Retry-After, with headers:
 *   500 a minute, bucket of 8     100/0.6 100/0.4 95/0.2    99/0.4 97/0.3 97/0.2    100/0 100/0.2 100/0.1
 *   500 a minute, bucket of 50    100/0.6 100/0.4 100/1.1   100/0.4 100/0.3 100/0.7 100/0 100/0 100/0
 *   500 by the clock's minute     100/1.4 100/1.5 98/0.9    100/0.2 100/0.2 98/0.2  100/0 100/0 100/0
 *   ten at once                   94/0.6 100/2.4 100/2.5    94/0 99/1.0 100/2.5
 *   500,000 tokens, bucket of 8000  99/1.8 96/0.6 86/0.2    94/0.4 94/0.3 95/0.3    100/0 100/0 100/0
 * The last is the weakest: requests of 200 to 1800 tokens come out uneven in a bucket of eight, and the rate is learned in
 * requests. It came to 86 to 99 % used over five seeds, and a bucket of 500,000 tokens at 20 ms to 2.2 % refused. Of the
 * others one in five seeds missed the aims once: a bucket of 8 that says nothing, answers in 20 s, 65 % used (all of a
 * small bucket's overflow looks like a low rate). Refusals as slow as the answers are learned from late: not tuned for.
 *
 * Rejected: TCP's halving (RFC 5681; a saw between a half and all uses 75 %), CUBIC's curve over time (RFC 9438: its seconds fit neither 20 ms
 * nor 20 s; steps that double with each that passes fit both), latency as a sign (Vegas: a model's answers take as long
 * as they are).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Bucket, LearnedRate, limitIn, Mirror, type Sent, type Taken } from './rate.ts'

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

export class Pace {
  readonly #clock: Clock
  readonly #window: Window
  readonly #learned = new LearnedRate()
  readonly #ownRequests: Bucket | undefined
  readonly #ownTokens: Bucket | undefined
  readonly #requestsPerMinute: number | undefined
  readonly #requests = new Mirror()
  readonly #tokens = new Mirror()
  readonly #queue = new Queue(() => this.#pump())
  #timer: { readonly at: number; readonly controller: AbortController } | undefined
  #heldUntil = 0
  #inFlight = 0
  #sent = 0
  /** Requests up to this one were sent before the last refusal was known. */
  #known = 0
  #acceptedSince = 0
  #fruitless = 0
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
    const learned = this.#learned.perMs
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
    if (trial > 0) return trial
    const narrow = this.#window.wait(this.#inFlight, this.#sent, now)
    if (narrow > 0) this.#narrowSince = now
    return narrow
  }

  /** After a refusal one request goes first, and the others when it is not refused. */
  #trialWait(now: number): number {
    if (this.#trial === undefined || this.#sent === this.#known) return 0
    this.#trial = Math.min(this.#trial, now + this.#window.patience)
    if (now < this.#trial) return this.#trial - now
    this.#trial = undefined
    return 0
  }

  #go(tokens: number, now: number): Turn {
    this.#ownRequests?.take(1)
    this.#ownTokens?.take(tokens)
    this.#learned.take(now)
    this.#inFlight++
    const sent: Going = {
      index: ++this.#sent,
      at: now,
      tokens,
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
    if (news) this.#fruitless = this.#acceptedSince > 0 ? 0 : this.#fruitless + 1
    const usual = news ? Math.min(hold.most, hold.first * 2 ** this.#fruitless) : 0
    const ms = Math.min(longestHold, asked === undefined ? usual : Math.max(0, asked * 1000))
    this.#heldUntil = Math.max(this.#heldUntil, now + ms)
    this.#learned.refused(sent, { news, edge: this.#window.isEdge(sent), now, until: this.#heldUntil })
    if (news) {
      this.#known = this.#sent
      this.#trial = Number.POSITIVE_INFINITY
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

interface Going extends Sent {
  readonly tokens: number
  /** In flight when it was sent, itself included. */
  readonly among: number
  /** Whether the window was full with it. */
  readonly full: boolean
  readonly mirrored: { readonly requests: Taken; readonly tokens: Taken }
}

/** Ms: without a refusal for that long, a request counts as accepted; more when refusals are slower than that. */
const shortestPatience = 200

/**
 * How many may be in flight. Grows when all of it is used and more are waiting: by steps, each twice the one before, the
 * next when the last has not been refused. A refusal at n in flight says that n is too many; it falls a little below n,
 * is soon at n − 1 again, and tries n again only after a while if n was refused before.
 */
class Window {
  readonly #most: number
  #size: number
  #step: number
  #ceiling = Number.POSITIVE_INFINITY
  /** How often in a row it was refused at the same place. */
  #failures = 0
  #accepted = 0
  #quietUntil = 0
  /** The last step: the request it followed on, and when. Undefined once it was not refused. */
  #probe: Sent | undefined = { index: 0, at: 0 }
  /** Of the slowest refusal so far, in ms. */
  #slowest: number | undefined

  constructor(most: number) {
    this.#most = most
    this.#size = Math.min(most, 16)
    this.#step = this.#size
  }

  get size(): number {
    return this.#size
  }

  /** Milliseconds without a refusal after which a request counts as accepted. */
  get patience(): number {
    return Math.max(shortestPatience, 4 * (this.#slowest ?? 0))
  }

  /** Milliseconds until one more may go when so many are in flight. */
  wait(inFlight: number, sent: number, now: number): number {
    if (inFlight < this.#size) return 0
    if (this.#size >= this.#most) return Number.POSITIVE_INFINITY
    const wait = this.#ready(now)
    if (wait === 0) this.#grow(sent, now)
    return wait
  }

  #ready(now: number): number {
    const { size } = this
    if (this.#probe !== undefined) {
      if (this.#slowest === undefined) return Number.POSITIVE_INFINITY
      const passes = this.#probe.at + this.patience
      if (now < passes) return passes - now
    }
    if (size < this.#ceiling || this.#failures === 0) return 0
    if (this.#accepted < Math.min(40, 5 * 2 ** this.#failures)) return Number.POSITIVE_INFINITY
    return Math.max(0, this.#quietUntil - now)
  }

  #grow(sent: number, now: number): void {
    const size = this.#size + this.#step
    this.#size = Math.min(this.#most, this.#size < this.#ceiling ? Math.min(size, this.#ceiling) : size)
    this.#step = Math.min(this.#step * 2, this.#size)
    this.#probe = { index: sent, at: now }
  }

  accepted(sent: Going): void {
    this.#accepted++
    if (this.#probe !== undefined && sent.index > this.#probe.index) this.#probe = undefined
  }

  /** More in flight than since the last refusal was known to be too many or to be possible. */
  isEdge(sent: Going): boolean {
    return (
      sent.full &&
      sent.among > 1 &&
      (sent.among > this.#ceiling || this.#ceiling === Number.POSITIVE_INFINITY)
    )
  }

  refused(
    sent: Going,
    { news, now, until, sent: index }: { news: boolean; now: number; until: number; sent: number },
  ): void {
    this.#slowest = Math.max(this.#slowest ?? 0, now - sent.at)
    // Alone, it was not refused for its number.
    if (!news || sent.among === 1) return
    const below = Math.max(1, sent.among - 1)
    const same = Math.abs(below - this.#ceiling) <= 0.1 * below
    this.#failures = same ? this.#failures + 1 : 0
    this.#ceiling = below
    this.#size = Math.max(1, Math.min(this.#size, sent.among - Math.max(1, Math.floor(sent.among / 20))))
    this.#step = 1
    this.#accepted = 0
    this.#quietUntil = until + Math.min(60_000, 20 * (until - now))
    this.#probe = { index, at: until }
  }
}

interface Waiting {
  readonly tokens: number
  resolve(turn: Turn): void
  reject(reason: unknown): void
}

interface Entry extends Waiting {
  readonly group: Group
  before: Entry | undefined
  after: Entry | undefined
}

/** Those who wait under one signal, with one listener: a signal looks through all its listeners at each new one. */
interface Group {
  readonly signal: AbortSignal
  readonly entries: Set<Entry>
  readonly abort: () => void
}

/** A linked list: any entry can be taken out at once, which neither an array nor a Set's first entry allows. */
class Queue {
  head: Entry | undefined
  #tail: Entry | undefined
  readonly #groups = new Map<AbortSignal, Group>()
  readonly #changed: () => void

  constructor(changed: () => void) {
    this.#changed = changed
  }

  push(waiting: Waiting, signal: AbortSignal): void {
    const group = this.#groups.get(signal) ?? this.#group(signal)
    const entry: Entry = { ...waiting, group, before: this.#tail, after: undefined }
    group.entries.add(entry)
    if (this.#tail === undefined) this.head = entry
    else this.#tail.after = entry
    this.#tail = entry
  }

  remove(entry: Entry): void {
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

  #group(signal: AbortSignal): Group {
    const entries = new Set<Entry>()
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
