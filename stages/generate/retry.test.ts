import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Fault, isPassing, retryAfter, retrying, Trouble, usualRetries, waitAfter } from './retry.ts'

const signal = new AbortController().signal
const quick = { attempts: 4, first: 0.001, floor: 0.001, cap: 0.01 }
const status = (status: number, code?: string): Fault => ({ type: 'status', status, code })

test('tries again what may pass, and not what would be answered the same', () => {
  for (const code of [408, 409, 429, 500, 502, 503, 529]) assert.ok(isPassing(status(code)), String(code))
  for (const code of [400, 401, 403, 404, 413, 422]) assert.not.ok(isPassing(status(code)), String(code))
  for (const type of ['connection', 'timeout', 'body'] as const) assert.ok(isPassing({ type }), type)
  assert.not.ok(isPassing(status(429, 'insufficient_quota')))
})

test('gives up after so many attempts, with the last trouble', async () => {
  let tries = 0
  const error = await retrying(async () => Promise.reject(new Trouble(status(503), `try ${++tries}`)), {
    policy: quick,
    signal,
  }).catch((error: unknown) => error)
  assert.is(tries, 4)
  assert.instance(error, Trouble)
  assert.is(error instanceof Error && error.message, 'try 4')
})

test('a bug is not tried again', async () => {
  let tries = 0
  const attempt = async () => {
    tries++
    throw new TypeError('a bug')
  }
  await retrying(attempt, { policy: quick, signal }).catch(() => {})
  assert.is(tries, 1)
})

test('an abort ends the wait at once', async () => {
  const controller = new AbortController()
  const started = Date.now()
  const attempt = async () => Promise.reject(new Trouble(status(503), 'busy', 60))
  const running = retrying(attempt, { policy: usualRetries, signal: controller.signal })
  setTimeout(() => controller.abort(), 10)
  const error = await running.catch((error: unknown) => error)
  assert.is(error instanceof Error && error.name, 'AbortError')
  assert.ok(Date.now() - started < 5000)
})

test('reads Retry-After as seconds, as a date and in milliseconds', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const asked = (headers: Record<string, string>) => retryAfter(new Headers(headers), now)
  assert.is(asked({ 'retry-after': '7' }), 7)
  assert.is(asked({ 'retry-after': '0.5' }), 0.5)
  assert.is(asked({ 'retry-after-ms': '250', 'retry-after': '7' }), 0.25)
  assert.is(asked({ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }), 30)
  assert.is(asked({ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }), 0)
  assert.is(asked({ 'retry-after': 'soon' }), undefined)
  assert.is(asked({}), undefined)
})

test('a wait is never below the floor nor above the cap, and at least what was asked in between', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (tries, asked, random) => {
        const wait = waitAfter(tries, asked, usualRetries, () => random)
        assert.ok(wait >= usualRetries.floor && wait <= usualRetries.cap)
        if (asked !== undefined) assert.ok(wait >= Math.min(asked, usualRetries.cap))
      },
    ),
  )
})

test('waits double, up to the cap', () => {
  const waits = [1, 2, 3, 4, 10].map((tries) => waitAfter(tries, undefined, usualRetries, () => 0.999999))
  assert.equal(
    waits.map((wait) => Math.round(wait * 10) / 10),
    [0.5, 1, 2, 4, 60],
  )
})

test.run()
