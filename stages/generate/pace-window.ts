/**
 * How many may be in flight. Grows when all of it is used and more are waiting: by steps, each twice the one before, the
 * next when the last has not been refused. A refusal at n in flight says that n is too many; it falls a little below n,
 * is soon at n − 1 again, and tries n again only after a while if n was refused before.
 */
import type { Sent } from './rate.ts'

/** A request as far as the number in flight goes. */
export interface Placed extends Sent {
  /** In flight when it was sent, itself included. */
  readonly among: number
  /** Whether the window was full with it. */
  readonly full: boolean
}

/**
 * Ms: without a refusal for that long, a request counts as accepted; `times` as long as the slowest refusal took, if that is
 * more. The slowest is forgotten by half in `fades`.
 */
const patience = { shortest: 200, times: 4, fades: 60_000 } as const

export class Window {
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
  #slowest: { readonly ms: number; readonly at: number } | undefined

  constructor(most: number) {
    this.#most = most
    this.#size = Math.min(most, 16)
    this.#step = this.#size
  }

  get size(): number {
    return this.#size
  }

  /** Milliseconds without a refusal after which a request counts as accepted. */
  patience(now: number): number {
    const { ms, at } = this.#slowest ?? { ms: 0, at: now }
    return Math.max(patience.shortest, patience.times * ms * 0.5 ** ((now - at) / patience.fades))
  }

  /** Milliseconds until one more may go when so many are in flight. */
  wait(inFlight: number, sent: number, now: number): number {
    if (inFlight < this.#size) return 0
    if (Math.max(inFlight, this.#size) >= this.#most) return Number.POSITIVE_INFINITY
    const wait = this.#ready(now)
    if (wait === 0) this.#grow(sent, now)
    return wait
  }

  #ready(now: number): number {
    const { size } = this
    if (this.#probe !== undefined) {
      if (this.#slowest === undefined) return Number.POSITIVE_INFINITY
      const passes = this.#probe.at + this.patience(now)
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

  accepted(sent: Placed): void {
    this.#accepted++
    if (this.#probe !== undefined && sent.index > this.#probe.index) this.#probe = undefined
  }

  /** More in flight than since the last refusal was known to be too many or to be possible. */
  isEdge(sent: Placed): boolean {
    return (
      sent.full &&
      sent.among > 1 &&
      (sent.among > this.#ceiling || this.#ceiling === Number.POSITIVE_INFINITY)
    )
  }

  refused(
    sent: Placed,
    { news, now, until, sent: index }: { news: boolean; now: number; until: number; sent: number },
  ): void {
    const ms = now - sent.at
    if (this.#slowest === undefined || patience.times * ms >= this.patience(now))
      this.#slowest = { ms, at: now }
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
