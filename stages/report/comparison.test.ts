import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../../engine/testing/parts.ts'
import { type Comparable, type Comparison, compareChains, comparisonsOf } from './comparison.ts'
import { passAtK, spreadOf } from './statistics.ts'

/** A question with these shares of passed test cases, scored as `basic` does. */
function question(id: string, ...shares: readonly number[]): Comparable {
  const average = spreadOf(shares)?.average
  if (average === undefined) return { id, pass_at: {} }
  const passed = shares.filter((share) => share === 1).length
  const at = (k: number) => passAtK(shares.length, passed, k)
  return {
    id,
    average,
    score: average,
    pass_at: { 1: at(1) ?? 0, ...(shares.length > 1 && { 2: at(2) ?? 0 }) },
  }
}

const compare = (first: readonly Comparable[], second: readonly Comparable[]): Comparison =>
  compareChains({ name: 'first', questions: first }, { name: 'second', questions: second })

test('a difference is the second less the first, question by question', () => {
  const comparison = compare(
    [question('a', 1, 0), question('b', 0), question('c', 1)],
    [question('c', 1), question('b', 0.5), question('a', 0.25, 0.25)],
  )
  assert.equal(comparison.chains, ['first', 'second'])
  assert.equal(
    comparison.differences.map(({ id, average }) => [id, average]),
    [
      ['a', -0.25],
      ['b', 0.5],
      ['c', 0],
    ],
  )
  const { average } = comparison
  assert.is(average?.mean, 0.25 / 3)
  assert.equal([average?.questions, average?.better, average?.worse, average?.same], [3, 1, 1, 1])
  assert.equal(average?.interval, [-0.25, 0.5])
})

test('questions of one chain only and questions without a score are counted, and compared with nothing', () => {
  const comparison = compare(
    [question('a', 1), question('only first', 1), question('untested'), question('none')],
    [question('a', 0), question('untested', 1), question('none'), question('only', 1), question('second')],
  )
  assert.equal([comparison.questions, comparison.only_in, comparison.unscored], [1, [1, 2], 2])
  assert.equal(
    comparison.differences.map(({ id }) => id),
    ['a'],
  )
})

test('chains with nothing in common have no differences', () => {
  assert.equal(compare([question('a', 1)], [question('b', 1)]), {
    chains: ['first', 'second'],
    questions: 0,
    only_in: [1, 1],
    unscored: 0,
    pass_at: {},
    differences: [],
  })
})

test('of a single question there is a difference and no interval', () => {
  assert.equal(compare([question('a', 0)], [question('a', 1)]).average, {
    mean: 1,
    questions: 1,
    better: 1,
    worse: 0,
    same: 0,
  })
})

test('pass@k is compared where both chains have as many completions', () => {
  const { pass_at, average } = compare(
    [question('a', 1, 0), question('b', 1, 1)],
    [question('a', 1), question('b', 0, 0, 0)],
  )
  assert.is(average?.questions, 2)
  assert.equal([pass_at['1']?.questions, pass_at['2']?.questions, pass_at['2']?.mean], [2, 1, -1])
})

test('what differs in the last bits alone is the same', () => {
  const [one, other] = [question('a', 0.1, 0.2, 0.3), question('a', 0.2)]
  assert.is.not(one.average, other.average)
  assert.is(compare([one], [other]).average?.same, 1)
})

test('the paired interval is narrow where chains differ little and questions much', () => {
  const averages = Array.from({ length: 100 }, (_, index) => index / 110)
  const { average } = compare(
    averages.map((average, index) => question(`${index}`, average)),
    averages.map((average, index) => question(`${index}`, average + 0.04 + 0.02 * (index % 2))),
  )
  const [low, high] = average?.interval ?? [Number.NaN, Number.NaN]
  assert.ok(low > 0.047 && low < 0.05 && high > 0.05 && high < 0.053, `${low} to ${high}`)
})

needing(
  test,
  ['python3'],
  'the paired interval is nearly that of the t distribution, from another implementation',
  () => {
    const differences = Array.from({ length: 200 }, (_, index) => ((index * 37) % 101) / 150 - 0.25)
    const { average } = compare(
      differences.map((_, index) => question(`${index}`, 0.5)),
      differences.map((difference, index) => question(`${index}`, 0.5 + difference)),
    )
    const program = `
import json, statistics, sys
values = json.load(sys.stdin)
# 1.971957 is the 97.5 % quantile of the t distribution with 199 degrees of freedom.
half = 1.971957 * statistics.stdev(values) / len(values) ** 0.5
print(json.dumps([statistics.mean(values) - half, statistics.mean(values) + half]))`
    const [low, high]: [number, number] = JSON.parse(
      execFileSync('/usr/bin/python3', ['-c', program], {
        input: JSON.stringify(differences),
        encoding: 'utf8',
      }),
    )
    assert.ok(Math.abs((average?.interval?.[0] ?? Number.NaN) - low) < 0.05 * (high - low))
    assert.ok(Math.abs((average?.interval?.[1] ?? Number.NaN) - high) < 0.05 * (high - low))
  },
)

const questions = fc
  .uniqueArray(
    fc.tuple(fc.constantFrom(...'abcdefgh'), fc.array(fc.constantFrom(0, 1 / 3, 0.5, 1), { maxLength: 4 })),
    {
      selector: ([id]) => id,
    },
  )
  .map((list) => list.map(([id, shares]) => question(id, ...shares)))

test('every question of both chains is counted once', () => {
  fc.assert(
    fc.property(questions, questions, (first, second) => {
      const { questions, only_in, unscored, average } = compare(first, second)
      const ids = new Set([...first, ...second].map(({ id }) => id))
      assert.is(questions + only_in[0] + only_in[1] + unscored, ids.size)
      assert.is((average?.better ?? 0) + (average?.worse ?? 0) + (average?.same ?? 0), questions)
    }),
    { numRuns: 50 },
  )
})

test('with the chains exchanged the differences change their sign, and nothing else', () => {
  fc.assert(
    fc.property(questions, questions, (first, second) => {
      const [there, back] = [compare(first, second), compare(second, first)]
      assert.equal(back.only_in, there.only_in.toReversed())
      assert.is(back.unscored, there.unscored)
      assert.equal([back.average?.better, back.average?.worse], [there.average?.worse, there.average?.better])
      assert.ok(Math.abs((back.average?.mean ?? 0) + (there.average?.mean ?? 0)) < 1e-12)
    }),
    { numRuns: 50 },
  )
})

test('a chain compared with itself is the same everywhere', () => {
  fc.assert(
    fc.property(questions, (chain) => {
      const { average, pass_at } = compare(chain, chain.toReversed())
      for (const difference of [average, ...Object.values(pass_at)].filter((known) => known !== undefined)) {
        assert.is(difference.same, difference.questions)
        assert.equal(difference.interval ?? [0, 0], [0, 0])
      }
    }),
    { numRuns: 50 },
  )
})

test('up to four chains are compared each with each, more with the first', () => {
  const named = (names: string) => [...names].map((name) => ({ name, questions: [question('a', 1)] }))
  const pairs = (names: string) => comparisonsOf(named(names)).map(({ chains }) => chains.join(''))
  assert.equal(pairs('a'), [])
  assert.equal(pairs('abc'), ['ab', 'ac', 'bc'])
  assert.is(pairs('abcd').length, 6)
  assert.equal(pairs('abcde'), ['ab', 'ac', 'ad', 'ae'])
})

test.run()
