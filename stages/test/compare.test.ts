import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Comparison, compare, comparisonOf, sameOutput } from './compare.ts'

const number: Comparison = { mode: 'number', tolerance: 1e-6, absolute: 1e-9 }
const same = (printed: string, expected: string, comparison: Comparison) =>
  compare(printed, expected, comparison).same

const blanks = fc.string({
  unit: fc.constantFrom(' ', '\t', '\n', '\r\n', '\u00a0', '\x1c', '\x85'),
  maxLength: 5,
})
const lines = fc.string({ unit: fc.constantFrom('a', 'b', '1', '.5', ' ', '\n', '\t'), maxLength: 20 })

test('exact: white space at both ends, as Python has it, and CRLF do not count; all else does', () => {
  const exact: Comparison = { mode: 'exact' }
  assert.ok(same('\x1c a\r\nb \u2003\n', 'a\nb', exact))
  assert.not(
    same('\ufeffa', 'a', exact),
    'JavaScript takes a byte order mark for white space, Python does not',
  )
  assert.not(same('a \nb', 'a\nb', exact))
  fc.assert(
    fc.property(lines, blanks, blanks, (text, before, after) =>
      assert.ok(sameOutput(before + text + after, text)),
    ),
  )
})

test('lines: white space at the end of lines and blank lines at the end do not count', () => {
  const mode: Comparison = { mode: 'lines' }
  assert.ok(same('a  \r\n\tb\t\n\n \n', 'a\n\tb', mode))
  assert.not(same(' a', 'a', mode), 'white space at the beginning of a line counts')
  assert.not(same('\na', 'a', mode), 'a blank line at the beginning counts')
  assert.not(same('a\n\nb', 'a\nb', mode))
  fc.assert(
    fc.property(lines, blanks, (text, after) => {
      const padded = text.split('\n').map((line) => `${line}${after.replaceAll('\n', '')}`)
      assert.ok(same(padded.join('\r\n') + after, text, mode))
    }),
  )
})

test('number: words must be the same, and numbers close', () => {
  for (const [printed, expected] of [
    ['0.1', '.1'],
    ['1', '1.0000004'],
    ['-1e-5', '-0.00001'],
    ['1E3  2\n3', '1000 2 3'],
    ['1e-10', '0'],
    ['Sum: 0.30000000000000004', 'Sum: 0.3'],
    ['inf -Infinity NaN', '+INF -inf nan'],
    ['1e400', 'inf'],
  ] as const)
    assert.ok(same(printed, expected, number), `${printed} / ${expected}`)
  for (const [printed, expected] of [
    ['1.00001', '1'],
    ['1 2', '1'],
    ['1e-8', '0'],
    ['inf', '1e300'],
    ['inf', '-inf'],
    ['nan', '0'],
    ['[1.0]', '[1]'],
    ['1_000', '1000'],
    ['0x10', '16'],
    ['sum: 1', 'Sum: 1'],
    ['', '0'],
  ] as const)
    assert.not(same(printed, expected, number), `${printed} / ${expected}`)
})

test('number: a tolerance is a share of the larger number, an absolute one is for numbers near 0', () => {
  const within = (tolerance: number, absolute: number): Comparison => ({
    mode: 'number',
    tolerance,
    absolute,
  })
  assert.ok(same('90', '100', within(0.1, 0)))
  assert.not(same('89.9', '100', within(0.1, 0)))
  assert.ok(same('0.4', '0', within(0, 0.5)))
  assert.not(same('0.4', '0', within(0.1, 0)))
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (value) =>
      assert.ok(same(`${value}`, `${value} `, within(0, 0))),
    ),
  )
})

test('number: what Python calls close is close', () => {
  // math.isclose(a, b, rel_tol=…, abs_tol=…) of CPython 3.
  for (const [a, b, tolerance, absolute, close] of [
    [1e10, 1.00001e10, 1e-5, 0, true],
    [1e-7, 1e-8, 1e-9, 0, false],
    [1e-8, 1e-9, 1e-9, 1e-8, true],
    [1e9, 1e9 + 1, 1e-9, 0, true],
    [1e9, 1e9 + 2, 1e-9, 0, false],
    [0, 1e-9, 1e-6, 1e-9, true],
    [-1, 1, 1, 0, false],
    [-1, 1, 2, 0, true],
  ] as const)
    assert.is(
      same(`${a}`, `${b}`, { mode: 'number', tolerance, absolute }),
      close,
      `${a} ${b} ${tolerance} ${absolute}`,
    )
})

test('fuzzy: passes what exact passes, and says how near the rest came', () => {
  assert.equal(compare(' this is a test\r\n', 'this is a test', { mode: 'fuzzy' }), { same: true })
  assert.equal(compare('this is a test!', 'this is a test', { mode: 'fuzzy' }), { same: false, score: 96.55 })
  fc.assert(
    fc.property(lines, lines, (printed, expected) => {
      const compared = compare(printed, expected, { mode: 'fuzzy' })
      assert.is(compared.same, sameOutput(printed, expected))
      if (!compared.same) assert.ok((compared.score ?? -1) >= 0 && (compared.score ?? 100) < 100)
    }),
  )
})

test('fuzzy_w_cutoff: passes from 90, below it the score is 0', () => {
  const mode: Comparison = { mode: 'fuzzy_w_cutoff' }
  assert.equal(compare('123456789', '123456789ab', mode), { same: true })
  assert.equal(compare('123456789', '123456789abc', mode), { same: false, score: 0 })
  const [ninety, below] = ['a'.repeat(9), 'a'.repeat(899)]
  assert.equal(compare(`${ninety}x`, `${ninety}y`, mode), { same: true }, '90 is enough')
  assert.equal(compare(`${below}${'x'.repeat(101)}`, `${below}${'y'.repeat(101)}`, mode), {
    same: false,
    score: 0,
  })
})

test('a word is a comparison with the usual settings', () => {
  assert.equal(comparisonOf('number'), number)
  assert.equal(comparisonOf({ mode: 'number', tolerance: 0 }), { ...number, tolerance: 0 })
  assert.equal(comparisonOf({ mode: 'lines' }), { mode: 'lines' })
})

test.run()
