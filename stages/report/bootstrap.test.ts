import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../../engine/testing/parts.ts'
import { type Interval, meanIntervals, mulberry32 } from './bootstrap.ts'
import { passAtK, spreadOf } from './statistics.ts'

const share = fc.double({ min: 0, max: 1, noNaN: true })
const shares = fc.array(share, { minLength: 2, maxLength: 60 })

function intervalOf(values: readonly number[], seed = 1): Interval {
  const [interval] = meanIntervals([values], { seed })
  if (interval === undefined) throw new Error(`no interval of ${values.length} values`)
  return interval
}

/** The means of all resamples there are, each once, in order. */
function allMeans(values: readonly number[]): readonly number[] {
  const sums = values.reduce<readonly number[]>(
    (sums) => sums.flatMap((sum) => values.map((value) => sum + value)),
    [0],
  )
  return sums.map((sum) => sum / values.length).sort((a, b) => a - b)
}

test('of a sample small enough to list all its resamples, the ends are the quantiles of those', () => {
  for (const values of [
    [0, 0.1, 0.4, 1],
    [0, 0.05, 0.2, 0.5, 0.9],
    [0.3, 0.31, 0.5, 0.8, 0.99, 1],
  ]) {
    const means = allMeans(values)
    const quantile = (share: number) => means[Math.round(share * (means.length - 1))] ?? Number.NaN
    for (let seed = 1; seed <= 20; seed++) {
      const [low, high] = intervalOf(values, seed)
      // 2000 resamples put the ends at 2.5 % give or take 0.35 %: four of those to each side.
      assert.ok(quantile(0.011) <= low + 1e-9 && low <= quantile(0.039) + 1e-9, `low ${low} of ${values}`)
      assert.ok(quantile(0.961) <= high + 1e-9 && high <= quantile(0.989) + 1e-9, `high ${high} of ${values}`)
    }
  }
})

test('of a large sample the interval is nearly that of the normal distribution', () => {
  const next = mulberry32(7)
  const values = Array.from({ length: 1000 }, () => next())
  const { average, stdev } = spreadOf(values) ?? { average: Number.NaN, stdev: Number.NaN }
  const half = 1.959964 * ((stdev ?? Number.NaN) / Math.sqrt(values.length))
  const [low, high] = intervalOf(values)
  assert.ok(Math.abs(low - (average - half)) < 0.1 * half, `${low}, expected about ${average - half}`)
  assert.ok(Math.abs(high - (average + half)) < 0.1 * half, `${high}, expected about ${average + half}`)
})

test('of mean pass@10 the interval is as wide as the deviation of its values says', () => {
  const values = Array.from({ length: 400 }, (_, question) => passAtK(20, question % 8, 10) ?? Number.NaN)
  const [low, high] = intervalOf(values)
  const expected = (2 * 1.959964 * (spreadOf(values)?.stdev ?? Number.NaN)) / 20
  assert.ok(Math.abs(high - low - expected) < 0.1 * expected, `${high - low}, expected about ${expected}`)
})

test('the mean lies in its interval in about 95 of 100 samples', () => {
  const next = mulberry32(11)
  const samples = Array.from({ length: 400 }, () => Array.from({ length: 50 }, () => next() ** 2))
  const covered = meanIntervals(samples, { resamples: 1000 }).filter(
    (interval) => interval !== undefined && interval[0] <= 1 / 3 && 1 / 3 <= interval[1],
  ).length
  assert.ok(covered / 400 > 0.91 && covered / 400 < 0.98, `${covered} of 400`)
})

test('fewer than two values have no interval', () => {
  assert.equal(meanIntervals([[], [0.5]]), [undefined, undefined])
})

test('equal values have an interval without width, to the last bit', () => {
  assert.equal(intervalOf([0.1, 0.1, 0.1]), [0.1, 0.1])
  assert.equal(intervalOf([1, 1]), [1, 1])
})

test('the same values give the same interval, whatever their order and what else is computed with them', () => {
  fc.assert(
    fc.property(shares, shares, (values, others) => {
      const interval = intervalOf(values)
      assert.equal(intervalOf(values.toReversed()), interval)
      assert.equal(meanIntervals([others, [...values.slice(1), ...values.slice(0, 1)], []])[1], interval)
    }),
    { numRuns: 30 },
  )
})

test('the interval holds the mean and lies among the values', () => {
  fc.assert(
    fc.property(shares, (values) => {
      const [low, high] = intervalOf(values)
      const spread = spreadOf(values)
      if (spread === undefined) return assert.unreachable()
      assert.ok(spread.min <= low && low <= spread.average + 1e-12, `${low} ${spread.average}`)
      assert.ok(spread.average - 1e-12 <= high && high <= spread.max, `${high} ${spread.average}`)
    }),
    { numRuns: 50 },
  )
})

test('another seed gives another interval, and nearly the same', () => {
  const values = Array.from({ length: 200 }, (_, index) => (index % 7) / 7)
  const [one, other] = [intervalOf(values, 1), intervalOf(values, 2)]
  assert.not.equal(one, other)
  assert.ok(Math.abs(one[0] - other[0]) < 0.01 && Math.abs(one[1] - other[1]) < 0.01)
})

test('with few resamples the ends are the extremes, and still in order', () => {
  const [interval] = meanIntervals([[0, 0.5, 1]], { resamples: 1 })
  assert.is(interval?.[0], interval?.[1])
})

needing(
  test,
  ['python3'],
  "the random numbers are those of mulberry32's definition, in exact integers",
  () => {
    const program = `
x = 12345
for _ in range(1000):
    x = (x + 0x6D2B79F5) % 2**32
    z = (x ^ x >> 15) * (x | 1) % 2**32
    z ^= (z + (z ^ z >> 7) * (z | 61)) % 2**32
    print((z ^ z >> 14) % 2**32)`
    const expected = execFileSync('/usr/bin/python3', ['-c', program], { encoding: 'utf8' })
      .trim()
      .split('\n')
    const next = mulberry32(12345)
    assert.equal(
      expected.map(() => next() * 2 ** 32),
      expected.map(Number),
    )
  },
)

test.run()
