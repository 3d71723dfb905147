import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { align } from './align.ts'
import { strip } from './blank.ts'
import { type Comparison, compare } from './compare.ts'
import { difference } from './difference.ts'

const exact: Comparison = { mode: 'exact' }
const number: Comparison = { mode: 'number', tolerance: 1e-6, absolute: 1e-9 }

const shown = (printed: string, expected: string, comparison: Comparison = exact) =>
  difference(printed, expected, comparison)?.split('\n')

test('lines that differ stand between those around them', () => {
  assert.equal(shown('1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n', '1\n2\n3\n4\n5\n6\n7\n8\n9\n10'), [
    '[… 2 lines the same …]',
    '  3',
    '  4',
    '- 5',
    '+ five',
    '  6',
    '  7',
    '[… 3 lines the same …]',
  ])
})

test('a line too many and a line too few are no change of all that follows', () => {
  assert.equal(shown('a\nb\nx\nc\nd\n', 'a\nb\nc\nd\ne'), ['  a', '  b', '+ x', '  c', '  d', '- e'])
})

test('nothing printed, and nothing different: no difference is shown', () => {
  assert.is(shown('', 'a'), undefined)
  assert.is(shown(' \n', 'a'), undefined)
  assert.is(shown('a\r\nb\n', 'a\nb'), undefined)
})

test('white space is shown where it is all that differs, and it is said', () => {
  assert.equal(shown('a \nb', 'a\nb'), ['[differs in white space only]', '- a', '+ a·', '  b'])
  assert.equal(shown('x\n\tb', 'x\n  b'), ['[differs in white space only]', '  x', '- ··b', '+ →b'])
  assert.equal(shown('a\n\nb', 'a\nb'), ['[differs in white space only]', '  a', '+ ', '  b'])
  assert.equal(shown('a b \nc', 'a b\nd'), ['- a·b', '- d', '+ a·b·', '+ c'])
})

test('what the comparison does not mind is no difference', () => {
  assert.equal(shown('0.30000000000000004\n2', '0.3\n1', number), ['  0.3', '- 1', '+ 2'])
  assert.equal(shown('a  \nc', 'a\nb', { mode: 'lines' }), ['  a', '- b', '+ c'])
})

test('a long line is shown where it differs', () => {
  const [minus = '', plus = ''] =
    shown(`${'a'.repeat(5000)}x${'b'.repeat(500)}`, `${'a'.repeat(5000)}y${'b'.repeat(500)}`) ?? []
  assert.match(minus, /^- …a+yb+…$/)
  assert.match(plus, /^\+ …a+xb+…$/)
  assert.ok(minus.length < 170)
})

test('of many lines both sides are shown, with what was left out', () => {
  const many = (letter: string) => Array.from({ length: 300 }, (_, at) => `${letter}${at}`).join('\n')
  const lines = shown(many('a'), many('b')) ?? []
  assert.is(lines[0], '- b0')
  assert.ok(lines.includes('- [… 188 more …]') && lines.includes('+ a0'))
  assert.is(lines.at(-1), '[… cut …]')
})

const line = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('a', 'b', 'c', ' a', 'a ', '', '1.0', '1') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 400 }) },
)
const text = fc.array(line, { maxLength: 60, size: 'max' }).map((lines) => lines.join('\n'))

test('it is short, whole characters, and there exactly when the comparison fails and something was printed', () => {
  const comparisons = fc.constantFrom<Comparison>(exact, { mode: 'lines' }, { mode: 'fuzzy' }, number)
  fc.assert(
    fc.property(text, text, comparisons, (printed, expected, comparison) => {
      const said = difference(printed, expected, comparison)
      // Where numbers are compared a line break is as good as a blank; there it is asked only when words differ.
      if (comparison.mode === 'number' && compare(printed, expected, comparison).same) return
      assert.is(said !== undefined, strip(printed) !== '' && !compare(printed, expected, comparison).same)
      if (said === undefined) return
      assert.ok(said.length <= 2000 && said.split('\n').length <= 40, said)
      assert.ok(said.isWellFormed())
      assert.match(said, /^[-+] /m)
    }),
    { numRuns: 1000 },
  )
})

test('aligned lines are the lines of both, and a longest common part', () => {
  const lists = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 30 })
  fc.assert(
    fc.property(lists, lists, (first, second) => {
      const { chunks, cut } = align(first, second, Object.is)
      assert.not(cut)
      assert.equal(
        chunks.flatMap((chunk) => (chunk.same ? chunk.lines : chunk.first)),
        first,
      )
      assert.equal(
        chunks.flatMap((chunk) => (chunk.same ? chunk.lines : chunk.second)),
        second,
      )
      const common = chunks.reduce((sum, chunk) => sum + (chunk.same ? chunk.lines.length : 0), 0)
      assert.is(common, longest(first, second))
    }),
  )
})

function longest(a: readonly string[], b: readonly string[]): number {
  const [head, ...rest] = a
  if (head === undefined) return 0
  const at = b.indexOf(head)
  const without = longestMemo(rest, b)
  return at < 0 ? without : Math.max(without, 1 + longestMemo(rest, b.slice(at + 1)))
}

const known = new Map<string, number>()
function longestMemo(a: readonly string[], b: readonly string[]): number {
  const key = `${a.join('')}/${b.join('')}`
  const value = known.get(key) ?? longest(a, b)
  known.set(key, value)
  return value
}

test('very long outputs are looked at for milliseconds', () => {
  const many = (letter: string) => `${letter}\n`.repeat(200_000)
  const started = performance.now()
  assert.match(difference(many('1.5'), many('2.5'), number) ?? '', '[… cut …]')
  assert.ok(performance.now() - started < 2000)
})

test.run()
