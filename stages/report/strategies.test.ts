import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { scoresOf } from './part.ts'
import { spreadOf } from './statistics.ts'
import { expectedMark, type Strategy, strategyScore as scoreBy, strategies } from './strategies.ts'

const shares = fc.array(fc.constantFrom(0, 0.25, 0.5, 1), { minLength: 1, maxLength: 40 })

const strategyScore = (strategy: Strategy, shares: readonly number[]) => scoreBy(strategy, scoresOf(shares))

const near = (got: number | undefined, expected: number, tolerance = 1e-15) =>
  assert.ok(got !== undefined && Math.abs(got - expected) <= tolerance, `${got}, expected ${expected}`)

/** As the formula is written, term by term. */
function termByTerm(probability: number, attempts: number): number {
  const mark = (attempt: number) => (attempt <= 2 ? 1 : Math.max(0.5, 1 - 0.05 * (attempt - 2)))
  let sum = 0
  for (let i = 1; i <= attempts; i++) sum += probability * (1 - probability) ** (i - 1) * mark(i)
  return sum
}

test('basic is the mean share, all-or-nothing the share of those that pass everything', () => {
  assert.is(strategyScore('basic', [1, 0.5, 0.5, 0]), 0.5)
  assert.is(strategyScore('all-or-nothing', [1, 0.5, 0.5, 0]), 0.25)
})

test('who never passes scores 0 and who always passes scores 1, by each strategy', () => {
  for (const strategy of strategies) {
    assert.is(strategyScore(strategy, [0, 0, 0]), 0)
    assert.is(strategyScore(strategy, [1, 1, 1]), 1)
  }
})

test('the expected marks of a completion that passes every second time, worked out by hand', () => {
  // 1/2·1 + 1/4·1 + 1/8·.95 + 1/16·.9 + … + 1/2^10·.6 = 0.97451171875
  near(expectedMark(0.5, 10), 0.97451171875)
  // … + 1/2^11·.55 + 1/2^12·.5
  near(expectedMark(0.5, 12), 0.97490234375)
  near(strategyScore('finite-expected', [1, 0]), 0.97490234375)
  // … + .5 · (1/2^13 + … + 1/2^20): two completions make 20 attempts.
  near(strategyScore('expected', [1, 0.75]), 0.9750239372253418)
})

test('the expected mark of one attempt is the probability, and of two that of passing once', () => {
  near(expectedMark(0.3, 1), 0.3)
  near(expectedMark(0.3, 2), 0.3 + 0.7 * 0.3)
})

test('the expected marks are what the formula gives term by term, of 10 attempts a completion and of 12', () => {
  fc.assert(
    fc.property(shares, (values) => {
      const passing = values.filter((share) => share === 1).length / values.length
      near(strategyScore('expected', values), termByTerm(passing, 10 * values.length), 1e-12)
      near(strategyScore('finite-expected', values), termByTerm(passing, 12), 1e-12)
    }),
  )
})

test('without completions there is no score', () => {
  for (const strategy of strategies) assert.is(strategyScore(strategy, []), undefined)
})

test('every score is between 0 and 1, and does not depend on the order', () => {
  fc.assert(
    fc.property(fc.constantFrom(...strategies), shares, (strategy, values) => {
      const score = strategyScore(strategy, values)
      assert.ok(score !== undefined && score >= 0 && score <= 1)
      assert.is(strategyScore(strategy, values.toReversed()), score)
    }),
  )
})

test('the expected mark is at least the chance of the first attempt, and grows with it and with the attempts', () => {
  const probability = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(probability, probability, fc.integer({ min: 1, max: 100_000 }), (one, other, attempts) => {
      const [less, more] = [Math.min(one, other), Math.max(one, other)]
      const mark = expectedMark(less, attempts)
      assert.ok(mark >= less - 1e-12 && mark <= 1)
      assert.ok(expectedMark(more, attempts) >= mark - 1e-12)
      assert.ok(expectedMark(less, attempts + 1) >= mark - 1e-12)
    }),
  )
})

test('who asks without end is never worth less than one half, save who never passes', () => {
  assert.ok(expectedMark(0.001, 100_000) >= 0.5)
  assert.is(expectedMark(0, 100_000), 0)
})

test('all-or-nothing is never above basic, nor above the expected mark', () => {
  fc.assert(
    fc.property(shares, (values) => {
      const strict = strategyScore('all-or-nothing', values) ?? Number.NaN
      assert.ok(strict <= (spreadOf(values)?.average ?? Number.NaN) + 1e-12)
      assert.ok(strict <= (strategyScore('finite-expected', values) ?? Number.NaN) + 1e-12)
    }),
  )
})

test.run()
