import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ratio } from './ratio.ts'

/** The plain dynamic programme over code points, row by row. */
function longestCommon(a: readonly string[], b: readonly string[]): number {
  let above: number[] = new Array(b.length + 1).fill(0)
  for (const letter of a) {
    const row = [0]
    for (const [at, other] of b.entries())
      row.push(letter === other ? (above[at] ?? 0) + 1 : Math.max(above[at + 1] ?? 0, row[at] ?? 0))
    above = row
  }
  return above.at(-1) ?? 0
}

/** As rapidfuzz defines it, rounded down to hundredths. */
function plain(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)]
  const total = left.length + right.length
  return total === 0 ? 100 : Math.floor((20_000 * longestCommon(left, right)) / total) / 100
}

const texts = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 150 }),
  fc.string({ unit: fc.constantFrom('a', 'é', '漢', '😀', '👩', ' '), maxLength: 100 }),
  fc.string({ unit: 'binary', maxLength: 100 }),
)

test('the values that rapidfuzz 3.14 gives', () => {
  for (const [a, b, value] of [
    ['this is a test', 'this is a test!', 96.55],
    ['fuzzy wuzzy was a bear', 'wuzzy fuzzy was a bear', 90.9],
    ['new york mets', 'new york mets', 100],
    ['new york mets', 'new YORK mets', 69.23],
    ['this is a word', 'THIS IS A WORD', 21.42],
    ['', '', 100],
    ['', 'a', 0],
  ] as const)
    assert.is(ratio(a, b), value, `${a} / ${b}`)
})

test('the ratio is that of the plain dynamic programme', () => {
  fc.assert(
    fc.property(texts, texts, (a, b) => assert.is(ratio(a, b), plain(a, b))),
    { numRuns: 3000 },
  )
})

test('texts that were made from one another, too: long common parts, and lengths around a word', () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.constantFrom('', 'x', 'ab')), { maxLength: 6 })
  const lengths = fc.integer({ min: 25, max: 125 })
  fc.assert(
    fc.property(lengths, edits, texts, (length, changes, seed) => {
      const letters = Array.from((seed || 'a').repeat(length)).slice(0, length)
      const other = [...letters]
      for (const [at, text] of changes) other.splice(at % (other.length + 1), 1, ...text)
      const [a, b] = [letters.join(''), other.join('')]
      assert.is(ratio(a, b), plain(a, b))
    }),
    { numRuns: 1000 },
  )
})

test('it is symmetric, from 0 to 100, and 100 for equal texts alone', () => {
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      const value = ratio(a, b)
      assert.is(value, ratio(b, a))
      assert.ok(value >= 0 && value <= 100)
      assert.is(value === 100, a === b)
      assert.is(ratio(a, a), 100)
    }),
    { numRuns: 2000 },
  )
})

test('one wrong character in a million is not rounded up to 100', () => {
  const long = 'a'.repeat(1_000_000)
  assert.is(ratio(long, `${long}b`), 99.99)
})

test('texts of 10,000 characters take milliseconds', () => {
  const text = (seed: number) =>
    Array.from({ length: 10_000 }, (_, at) =>
      String.fromCharCode(97 + (Math.imul(at + seed, 2_654_435_761) >>> 27)),
    ).join('')
  const [a, b] = [text(1), `${text(7919)}!`]
  ratio(a, b)
  const best = Math.min(
    ...Array.from({ length: 5 }, () => {
      const started = performance.now()
      ratio(a, b)
      return performance.now() - started
    }),
  )
  assert.ok(best < 50, `${best} ms`)
})

test('texts too long to be compared count by their common ends: a lower bound, and soon there', () => {
  const middle = (letter: string, other: string) => `${letter}${other}`.repeat(50_000)
  const [a, b] = [`start${middle('x', 'y')}end`, `start${middle('y', 'z')}end`]
  const started = performance.now()
  assert.is(ratio(a, b), Math.floor((20_000 * 8) / (a.length + b.length)) / 100)
  assert.ok(performance.now() - started < 1000)
})

test.run()
