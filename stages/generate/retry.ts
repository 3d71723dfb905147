/**
 * When a request is sent again, and how long it waits before that.
 *
 * The client's own retries are off: they read a body that was cut off, or an HTML page with status 200, as the final word,
 * ignore a long Retry-After, and cannot say what they wait for.
 *
 * Sent again: 408, 409, 429, 5xx, a lost connection, a time-out, and a 200 whose body is no answer. Not sent again: what
 * would be answered the same (400, 401, 403, 404, …), and a 429 that says the quota is used up.
 *
 * The wait is what the server asks for, within a floor (a server that says 0 to two hundred clients would be stormed)
 * and a cap (nobody sits out an hour in silence); else it doubles from try to try, with jitter so that requests that
 * failed together do not come back together.
 */
import { setTimeout as sleep } from 'node:timers/promises'

export interface RetryPolicy {
  /** Requests sent in all for one answer. Default 8. */
  readonly attempts: number
  /** Seconds before the second try, when the server does not say. Default 0.5. */
  readonly first: number
  /** Never shorter than this many seconds. Default 0.1. */
  readonly floor: number
  /** Never longer than this many seconds. Default 60. */
  readonly cap: number
}

export const usualRetries: RetryPolicy = { attempts: 8, first: 0.5, floor: 0.1, cap: 60 }

/** What went wrong with one request. */
export type Fault =
  | {
      readonly type: 'status'
      readonly status: number
      readonly code?: string | undefined
      readonly param?: string | undefined
    }
  | { readonly type: 'connection' }
  | { readonly type: 'timeout' }
  /** Status 200, and yet no answer: broken off, no JSON, an HTML page, no choices. */
  | { readonly type: 'body' }

export class Trouble extends Error {
  readonly fault: Fault
  /** Seconds that the server asks to wait. */
  readonly wait: number | undefined
  readonly headers: Headers | undefined

  constructor(fault: Fault, message: string, wait?: number, headers?: Headers) {
    super(message)
    this.name = 'Trouble'
    this.fault = fault
    this.wait = wait
    this.headers = headers
  }
}

export interface Retrying {
  readonly policy: RetryPolicy
  readonly signal: AbortSignal
  /**
   * Whether this failure counts as a try. Being told to come later does not, as long as others are let in: a full
   * queue is no reason to give up.
   */
  counts?(trouble: Trouble): boolean
  /** Called before each wait, in seconds: how long it will be, and how long the server asked for. */
  waiting?(wait: { readonly seconds: number; readonly asked: number | undefined }): void
}

/** The first answer that `attempt` gives. Throws its last Trouble when it is hopeless, and anything else at once. */
export async function retrying<T>(
  attempt: () => Promise<T>,
  { policy, signal, counts, waiting }: Retrying,
): Promise<T> {
  for (let tries = 0; ; ) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof Trouble) || !isPassing(error.fault)) throw error
      if (counts?.(error) ?? true) tries++
      if (tries >= policy.attempts) throw error
      const seconds = waitAfter(Math.max(tries, 1), error.wait, policy)
      waiting?.({ seconds, asked: error.wait })
      await sleep(seconds * 1000, undefined, { signal })
    }
  }
}

/** Whether the same request may fare better later. */
export function isPassing(fault: Fault): boolean {
  switch (fault.type) {
    case 'connection':
    case 'timeout':
    case 'body':
      return true
    case 'status':
      return (
        fault.status === 408 ||
        fault.status === 409 ||
        (fault.status === 429 && !isQuota(fault)) ||
        fault.status >= 500
      )
  }
}

/** What was asked for by its id is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Trouble && error.fault.type === 'status' && error.fault.status === 404
}

/** Paid credit is used up: waiting does not help. */
export function isQuota(fault: Fault): boolean {
  return (
    fault.type === 'status' &&
    (fault.code === 'insufficient_quota' || fault.code === 'billing_hard_limit_reached')
  )
}

/** Seconds until the next try, after `tries` of them. `random` is in [0, 1). */
export function waitAfter(
  tries: number,
  asked: number | undefined,
  policy: RetryPolicy,
  random: () => number = Math.random,
): number {
  if (asked !== undefined) return within(asked + random() * Math.min(1, asked / 10), policy)
  return within(policy.first * 2 ** (tries - 1) * (0.5 + random() / 2), policy)
}

function within(seconds: number, { floor, cap }: RetryPolicy): number {
  return Math.min(Math.max(seconds, floor), cap)
}

/** Seconds that the headers ask to wait: `retry-after-ms`, or `retry-after` as seconds or as a date. */
export function retryAfter(headers: Headers, now = Date.now()): number | undefined {
  const milliseconds = number(headers.get('retry-after-ms'))
  if (milliseconds !== undefined) return milliseconds / 1000
  const value = headers.get('retry-after')
  const seconds = number(value)
  if (seconds !== undefined) return seconds
  const date = Date.parse(value ?? '')
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000)
}

function number(text: string | null): number | undefined {
  return text !== null && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined
}
