import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { corpora, needing } from '../../engine/testing/parts.ts'
import { passAtK, type Spread, spreadOf, wilsonInterval } from './statistics.ts'

const share = fc.double({ min: 0, max: 1, noNaN: true })
const shares = fc.array(share, { minLength: 1, maxLength: 60 })

const near = (got: number | undefined, expected: number, tolerance: number, what: string) =>
  assert.ok(
    got !== undefined && Math.abs(got - expected) <= tolerance,
    `${what}: ${got}, expected ${expected}`,
  )

/** What a Python program prints as JSON, given a value as JSON on its standard input. */
function askPython<T>(program: string, input: unknown): T {
  return JSON.parse(
    execFileSync('/usr/bin/python3', ['-c', program], { input: JSON.stringify(input), encoding: 'utf8' }),
  )
}

test('average, median, deviation and range of a worked example', () => {
  assert.equal(spreadOf([2, 4, 4, 4, 5, 5, 7, 9]), {
    average: 5,
    median: 4.5,
    stdev: Math.sqrt(32 / 7),
    min: 2,
    max: 9,
  })
  assert.is(spreadOf([9, 1, 5])?.median, 5)
})

test('nothing has no spread, and a single value no deviation', () => {
  assert.is(spreadOf([]), undefined)
  assert.equal(spreadOf([0.25]), { average: 0.25, median: 0.25, stdev: undefined, min: 0.25, max: 0.25 })
})

test('the average of equal values is that value, and its deviation is 0', () => {
  assert.equal(spreadOf([0.1, 0.1, 0.1]), { average: 0.1, median: 0.1, stdev: 0, min: 0.1, max: 0.1 })
})

test('the spread is within its bounds and does not depend on the order', () => {
  fc.assert(
    fc.property(shares, (values) => {
      const spread = spreadOf(values)
      assert.equal(spreadOf(values.toReversed()), spread)
      assert.equal(spreadOf([...values.slice(1), ...values.slice(0, 1)]), spread)
      if (spread === undefined) return assert.unreachable()
      for (const value of [spread.average, spread.median])
        assert.ok(spread.min <= value && value <= spread.max)
      assert.ok((spread.stdev ?? 0) >= 0)
    }),
  )
})

needing(test, ['python3'], "the spread is that of python's statistics", () => {
  const lists = fc.sample(fc.array(share, { minLength: 2, maxLength: 60 }), { numRuns: 200, seed: 1 })
  const program = `
import json, statistics, sys
names = statistics.mean, statistics.median, statistics.stdev, min, max
print(json.dumps([[f(values) for f in names] for values in json.load(sys.stdin)]))`
  const expected = askPython<number[][]>(program, lists)
  const names = ['average', 'median', 'stdev', 'min', 'max'] satisfies (keyof Spread)[]
  for (const [index, values] of lists.entries()) {
    const spread = spreadOf(values)
    for (const [column, name] of names.entries())
      near(spread?.[name], expected[index]?.[column] ?? Number.NaN, 1e-14, `${name} of ${values}`)
  }
})

test('pass@k of worked examples', () => {
  assert.is(passAtK(5, 2, 1), 2 / 5)
  near(passAtK(5, 2, 2), 1 - 3 / 10, 1e-15, '1 − C(3,2)/C(5,2)')
  near(passAtK(5, 2, 3), 1 - 1 / 10, 1e-15, '1 − C(3,3)/C(5,3)')
  assert.is(passAtK(5, 2, 4), 1)
  assert.is(passAtK(5, 0, 5), 0)
  assert.is(passAtK(5, 5, 1), 1)
})

test('pass@k is not defined for k above n', () => {
  assert.is(passAtK(5, 5, 6), undefined)
  assert.is(passAtK(0, 0, 1), undefined)
})

test('pass@k is between 0 and 1, and grows with k and with the correct ones', () => {
  const cases = fc
    .record({ n: fc.integer({ min: 1, max: 10_000 }), a: fc.nat(10_000), b: fc.nat(10_000) })
    .map(({ n, a, b }) => ({ n, correct: a % (n + 1), k: (b % n) + 1 }))
  fc.assert(
    fc.property(cases, ({ n, correct, k }) => {
      const value = passAtK(n, correct, k) ?? Number.NaN
      assert.ok(value >= 0 && value <= 1)
      if (k < n) assert.ok((passAtK(n, correct, k + 1) ?? Number.NaN) >= value)
      if (correct < n) assert.ok((passAtK(n, correct + 1, k) ?? Number.NaN) >= value)
    }),
  )
})

/** C(n, k) without rounding. */
function binomial(n: number, k: number): bigint {
  let value = 1n
  for (let i = 0; i < Math.min(k, n - k); i++) value = (value * BigInt(n - i)) / BigInt(i + 1)
  return k > n ? 0n : value
}

test('pass@k is, to 13 digits, what equation 1 gives in exact rationals, for any n up to 10,000', () => {
  const cases = fc
    .record({
      n: fc.constantFrom(1, 2, 7, 100, 1_029, 1_030, 1_031, 5_000, 9_999, 10_000),
      a: fc.double({ min: 0, max: 1, noNaN: true }),
      b: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    // Most by far near 0, where pass@k is neither 0 nor 1.
    .map(({ n, a, b }) => ({ n, correct: Math.floor(a ** 4 * n), k: Math.ceil(b ** 4 * (n - 1)) + 1 }))
    .filter(({ n, k }) => k <= n)
  const digits = 10n ** 20n
  fc.assert(
    fc.property(cases, ({ n, correct, k }) => {
      const [failing, all] = [binomial(n - correct, k), binomial(n, k)]
      const exact = Number(((all - failing) * digits) / all) / Number(digits)
      near(passAtK(n, correct, k), exact, 1e-13, `pass@${k} of ${correct} in ${n}`)
    }),
    { numRuns: 60 },
  )
})

needing(test, ['python3'], 'pass@k is what exact binomials give, up to n = 10,000', () => {
  const cases = [
    [10_000, 1, 1],
    [10_000, 1, 100],
    [10_000, 37, 100],
    [10_000, 9_000, 10],
    [10_000, 5_000, 1],
    [10_000, 3, 9_990],
    [1_100, 550, 550],
    [100, 22, 10],
    [50, 49, 1],
  ] as const
  const program = `
import json, sys
from fractions import Fraction
from math import comb
print(json.dumps([float(1 - Fraction(comb(n - c, k), comb(n, k))) for n, c, k in json.load(sys.stdin)]))`
  const expected = askPython<number[]>(program, cases)
  for (const [index, [n, correct, k]] of cases.entries())
    near(passAtK(n, correct, k), expected[index] ?? Number.NaN, 1e-13, `pass@${k} of ${correct} in ${n}`)
})

needing(test, ['corpora'], 'pass@1, 10 and 100 of codegen-16b are those of the reference', () => {
  const path = join(corpora ?? '', 'humaneval/truth/codegen-16b-mono-n100.cleaned.jsonl')
  const passed = new Map<string, boolean[]>()
  for (const line of readFileSync(path, 'utf8').trim().split('\n')) {
    const verdict: { id: string; passed: boolean } = JSON.parse(line)
    passed.set(verdict.id, [...(passed.get(verdict.id) ?? []), verdict.passed])
  }
  const meanAt = (k: number) =>
    spreadOf(
      [...passed.values()].map(
        (results) => passAtK(results.length, results.filter((result) => result).length, k) ?? Number.NaN,
      ),
    )?.average ?? Number.NaN
  assert.is(passed.size, 164)
  assert.equal(
    [1, 10, 100].map((k) => (100 * meanAt(k)).toFixed(1)),
    ['22.1', '50.4', '73.8'],
  )
})

test("Wilson's interval of Newcombe's published examples", () => {
  // Newcombe (1998), table I, method 3.
  const published = [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const
  for (const [successes, n, low, high] of published) {
    const interval = wilsonInterval(successes, n)
    near(interval?.[0], low, 0.00005, `low of ${successes}/${n}`)
    near(interval?.[1], high, 0.00005, `high of ${successes}/${n}`)
  }
})

test("Wilson's interval of none and of all ends at 0 and at 1, to the last bit", () => {
  for (let n = 1; n <= 1000; n++) {
    assert.is(wilsonInterval(0, n)?.[0], 0)
    assert.is(wilsonInterval(n, n)?.[1], 1)
  }
})

test("Wilson's interval holds the share, lies within 0 and 1, and mirrors", () => {
  assert.is(wilsonInterval(0, 0), undefined)
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.nat(10_000), (n, a) => {
      const successes = a % (n + 1)
      const [low, high] = wilsonInterval(successes, n) ?? [Number.NaN, Number.NaN]
      const [mirroredLow, mirroredHigh] = wilsonInterval(n - successes, n) ?? [Number.NaN, Number.NaN]
      assert.ok(0 <= low && low <= successes / n && successes / n <= high && high <= 1)
      near(1 - mirroredHigh, low, 1e-12, 'mirrored low')
      near(1 - mirroredLow, high, 1e-12, 'mirrored high')
    }),
  )
})

test.run()
