import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { aligned, fitted, hanging, ruleUnder } from './columns.ts'

const word = fc
  .string({ unit: fc.constantFrom(...'abc '), minLength: 1, maxLength: 20 })
  .map((text) => `${text.trim()}x`)
const pieces = fc.array(word, { minLength: 1, maxLength: 20 })

test('a text that goes on in further lines loses nothing, and no line is too wide', () => {
  fc.assert(
    fc.property(pieces, fc.integer({ min: 30, max: 80 }), (pieces, columns) => {
      const lines = hanging(pieces.join(', '), columns)
      assert.ok(lines.every((line) => line.length <= columns))
      assert.is(lines.map((line) => line.replace(/^ {4}/, '')).join(' '), pieces.join(', '))
    }),
  )
})

test('a line is broken only where the next piece would not fit', () => {
  assert.equal(hanging('one, two, three, four', 14), ['one, two,', '    three,', '    four'])
})

test('a cell that goes on in further lines stays under its column', () => {
  assert.equal(
    aligned(
      [
        ['name', 'n', 'rest'],
        ['a', '10', 'one, two, three'],
      ],
      20,
    ),
    ['name   n  rest', 'a     10  one, two,\n          three'],
  )
})

test('a text that is cut says so, and no character is cut in two', () => {
  assert.is(fitted('abc', 3), 'abc')
  assert.is(fitted('abcd', 3), 'ab…')
  assert.is(fitted('a🙂bc', 3), 'a…')
})

test('a rule is as wide as the widest line', () => {
  assert.is(ruleUnder(['ab', 'c\nabcd']), '────')
})

test.run()
