import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Bucket } from './rate.ts'
import { limitIn, Mirror, secondsIn } from './rate-headers.ts'

const now = Date.parse('2026-01-01T00:00:00Z')

test('reads a reset in every form that servers use', () => {
  const forms = { '1s': 1, '120ms': 0.12, '6m0s': 360, '1h2m3.5s': 3723.5, '30': 30, ' 0.5 ': 0.5 }
  for (const [text, seconds] of Object.entries(forms)) assert.is(secondsIn(text, now), seconds, text)
  assert.is(secondsIn(String(now + 2500), now), 2.5)
  assert.is(secondsIn(String(now / 1000 + 7), now), 7)
  assert.is(secondsIn(String(now - 2500), now), 0)
  for (const text of [null, '', 'soon', '-1', '1d', 's', '1s later', 'NaN'])
    assert.is(secondsIn(text, now), undefined)
})

test('missing and senseless headers are ignored', () => {
  const read = (limit: string, remaining: string) =>
    limitIn(
      new Headers({ 'x-ratelimit-limit-requests': limit, 'x-ratelimit-remaining-requests': remaining }),
      'requests',
      now,
    )
  assert.equal(read('500', '499'), { limit: 500, remaining: 499, reset: undefined })
  for (const [limit, remaining] of [
    ['0', '0'],
    ['-1', '-1'],
    ['500', '501'],
    ['500', '-1'],
    ['NaN', '3'],
    ['', ''],
    ['500', ''],
    ['Infinity', '1'],
  ] as const)
    assert.is(read(limit, remaining), undefined, `${limit} ${remaining}`)
  assert.is(limitIn(new Headers(), 'tokens', now), undefined)
})

test('headers without a kind are of requests, not of tokens', () => {
  const headers = new Headers({
    'X-RateLimit-Limit': '20',
    'X-RateLimit-Remaining': '0',
    'X-RateLimit-Reset': String(now + 3000),
  })
  assert.equal(limitIn(headers, 'requests', now), { limit: 20, remaining: 0, reset: 3 })
  assert.is(limitIn(headers, 'tokens', now), undefined)
})

test('a request larger than the whole bucket goes when the bucket is full, and is paid off after', () => {
  const bucket = new Bucket(60_000, 0)
  assert.is(bucket.wait(5000, 0), 0)
  bucket.take(5000)
  assert.is(Math.round(bucket.wait(1000, 0)), 5000)
  assert.is(bucket.wait(1000, 5000), 0)
})

test('what was sent after the request that tells is taken off, and older news changes nothing', () => {
  const mirror = new Mirror()
  const first = mirror.take(1)
  const second = mirror.take(1)
  mirror.take(1)
  mirror.observe({ limit: 10, remaining: 1, reset: 8.5 }, { index: 2, at: 0 }, second)
  assert.ok(Math.abs(mirror.wait(1, 0) - 1000) < 1, 'one of one remaining is on its way')
  mirror.observe({ limit: 10, remaining: 9, reset: 1 }, { index: 1, at: 0 }, first)
  assert.ok(mirror.wait(1, 0) > 900)
  assert.is(mirror.wait(1, 1001), 0)
})

test('headers hold nothing back for more than a minute', () => {
  const mirror = new Mirror()
  mirror.observe({ limit: 10, remaining: 0, reset: 36_000 }, { index: 1, at: 0 }, mirror.take(1))
  assert.ok(mirror.wait(1, 0) > 59_000)
  assert.ok(mirror.wait(1, 0) < 61_000)
  assert.is(mirror.wait(1, 60_002), 0)
})

test('tokens that never fit go when all of the limit is there', () => {
  const mirror = new Mirror()
  mirror.observe({ limit: 1000, remaining: 500, reset: 5 }, { index: 1, at: 0 }, mirror.take(500))
  assert.ok(Math.abs(mirror.wait(4000, 0) - 5000) < 10)
  assert.is(mirror.wait(4000, 5010), 0)
})

test.run()
