/** Rate limits as providers have them: what is refused, and what the headers say of it. */
import type { Headers } from './send.ts'

export interface Limits {
  readonly requestsPerMinute?: number
  /** What the bucket of requests holds. Default a tenth of a minute's, at least 1. */
  readonly burst?: number
  readonly tokensPerMinute?: number
  /** What the bucket of tokens holds. Default a tenth of a minute's. */
  readonly tokenBurst?: number
  /** Count anew in each window since the limits were set, rather than refill a bucket all the time. */
  readonly fixedWindow?: boolean
  /** Default 60. A window allows its share of a minute's. */
  readonly windowSeconds?: number
  /** How many may be in flight. */
  readonly concurrent?: number
  /** How a refusal says when to come back. Default seconds, rounded up. */
  readonly retryAfter?: 'seconds' | 'ms' | 'date' | 'none'
  /** Whether answers and refusals have the x-ratelimit headers. */
  readonly headers?: boolean
  /** How many milliseconds an answer takes, or between which two. */
  readonly latency?: number | readonly [least: number, most: number]
}

/** Something that is used up and comes back with time. Times are in milliseconds. */
interface Allowance {
  readonly perMinute: number
  /** How long until so much may be taken; 0 for now. What is more than there can ever be passes when all is there. */
  wait(cost: number): number
  take(cost: number): void
  left(): number
  /** How long until all of it is there again. */
  full(): number
}

/** Far less than any cost: what is lost in sums of fractions must not make a client wait again. */
const slack = 1e-6

class Bucket implements Allowance {
  readonly perMinute: number
  readonly #capacity: number
  #level: number
  #at = performance.now()

  constructor(perMinute: number, capacity: number) {
    this.perMinute = perMinute
    this.#capacity = capacity
    this.#level = capacity
  }

  left(): number {
    const now = performance.now()
    this.#level = Math.min(this.#capacity, this.#level + ((now - this.#at) * this.perMinute) / 60_000)
    this.#at = now
    return this.#level
  }

  wait(cost: number): number {
    return this.#until(Math.min(cost, this.#capacity))
  }

  take(cost: number): void {
    this.#level = this.left() - cost
  }

  full(): number {
    return this.#until(this.#capacity)
  }

  #until(level: number): number {
    const missing = level - this.left()
    return missing <= slack ? 0 : (missing * 60_000) / this.perMinute
  }
}

class FixedWindow implements Allowance {
  readonly perMinute: number
  readonly #size: number
  readonly #length: number
  readonly #since = performance.now()
  #window = 0
  #used = 0

  constructor(perMinute: number, seconds: number) {
    this.perMinute = perMinute
    this.#size = Math.max(1, Math.floor((perMinute * seconds) / 60))
    this.#length = seconds * 1000
  }

  left(): number {
    const window = Math.floor((performance.now() - this.#since) / this.#length)
    if (window !== this.#window) this.#used = 0
    this.#window = window
    return this.#size - this.#used
  }

  wait(cost: number): number {
    return Math.min(cost, this.#size) <= this.left() ? 0 : this.#end()
  }

  take(cost: number): void {
    this.left()
    this.#used += cost
  }

  full(): number {
    return this.left() === this.#size ? 0 : this.#end()
  }

  #end(): number {
    return (this.#window + 1) * this.#length - (performance.now() - this.#since)
  }
}

export interface Admission {
  readonly refused: boolean
  readonly headers: Headers
}

export class Limiter {
  readonly #limits: Limits
  readonly #requests: Allowance | undefined
  readonly #tokens: Allowance | undefined

  constructor(limits: Limits) {
    this.#limits = limits
    const { requestsPerMinute: requests, tokensPerMinute: tokens, fixedWindow, windowSeconds = 60 } = limits
    const allowance = (perMinute: number | undefined, capacity: number) => {
      if (perMinute === undefined) return undefined
      return fixedWindow ? new FixedWindow(perMinute, windowSeconds) : new Bucket(perMinute, capacity)
    }
    this.#requests = allowance(requests, limits.burst ?? Math.max(1, (requests ?? 0) / 10))
    this.#tokens = allowance(tokens, limits.tokenBurst ?? Math.max(1, (tokens ?? 0) / 10))
  }

  /** `inFlight` counts the request itself. What is refused uses nothing up. */
  admit(tokens: number, inFlight: number): Admission {
    const wait = Math.max(this.#requests?.wait(1) ?? 0, this.#tokens?.wait(tokens) ?? 0)
    const crowded = inFlight > (this.#limits.concurrent ?? Number.POSITIVE_INFINITY)
    if (wait > 0 || crowded) return { refused: true, headers: { ...this.#headers(), ...this.#back(wait) } }
    this.#requests?.take(1)
    this.#tokens?.take(tokens)
    return { refused: false, headers: this.#headers() }
  }

  latency(): number {
    const { latency = 0 } = this.#limits
    const [least, most] = typeof latency === 'number' ? [latency, latency] : latency
    return least + Math.random() * (most - least)
  }

  /** When to come back. Nobody can tell when one of those in flight ends, so for that nothing is said. */
  #back(wait: number): Headers {
    const { retryAfter = 'seconds' } = this.#limits
    if (wait === 0 || retryAfter === 'none') return {}
    if (retryAfter === 'ms') return { 'retry-after-ms': Math.ceil(wait) }
    const seconds = Math.ceil(wait / 1000)
    if (retryAfter === 'seconds') return { 'retry-after': seconds }
    return { 'retry-after': new Date(Math.ceil((Date.now() + wait) / 1000) * 1000).toUTCString() }
  }

  #headers(): Headers {
    if (!this.#limits.headers) return {}
    return { ...headersFor('requests', this.#requests), ...headersFor('tokens', this.#tokens) }
  }
}

function headersFor(what: string, allowance: Allowance | undefined): Headers {
  if (allowance === undefined) return {}
  return {
    [`x-ratelimit-limit-${what}`]: allowance.perMinute,
    [`x-ratelimit-remaining-${what}`]: Math.max(0, Math.floor(allowance.left() + slack)),
    [`x-ratelimit-reset-${what}`]: spanOf(allowance.full()),
  }
}

/** A duration as OpenAI writes it: 120ms, 1.5s, 6m0s, 1h0m0s. */
export function spanOf(milliseconds: number): string {
  const whole = Math.ceil(milliseconds)
  if (whole > 0 && whole < 1000) return `${whole}ms`
  const [hours, minutes] = [Math.floor(whole / 3_600_000), Math.floor(whole / 60_000) % 60]
  const seconds = `${(whole % 60_000) / 1000}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}
