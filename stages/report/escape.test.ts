import { spawnSync } from 'node:child_process'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../../engine/testing/parts.ts'
import {
  csvCell,
  head,
  jsonLine,
  markdownCell,
  oneLine,
  tail,
  visible,
  xmlAttribute,
  xmlText,
} from './escape.ts'

/** Any UTF-16 text, halves of characters too, with much of what formats are sensitive to. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...'=+-@\t\r\n,"\'&<>|`\\[]()*_~#!$\x00\x07\x1b\x7f\x85\u200b\u202e\u2028\u2066\ufeff\ufffe\uffff ',
      ),
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.string({ unit: 'grapheme', maxLength: 5 }),
    ),
  )
  .map((pieces) => pieces.join(''))

test('what is not seen is in the words of Python', () => {
  assert.is(
    visible('a\x00b\x1b[31mc\r\nd\u202ee\u{e0041}f\ufffe\ud800'),
    'a\\x00b\\x1b[31mc\\r\nd\\u202ee\\U000e0041f\\ufffe\\ud800',
  )
  assert.is(oneLine('a\n\tb'), 'a\\n\\tb')
  assert.is(visible('tab\tünï 🙂 ש'), 'tab\tünï 🙂 ש')
})

test('no character that is not seen passes for one that is, beside those that are', () => {
  for (let unit = 0; unit <= 0xffff; unit++) {
    const character = String.fromCharCode(unit)
    const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{NChar}]/u.test(character) && !'\n\t'.includes(character)
    assert.is(visible(character) !== character, unseen, unit.toString(16))
  }
})

needing(test, ['python3'], "each of them as Python's repr writes it", () => {
  const characters = [
    '\x00',
    '\x1b',
    '\x7f',
    '\x85',
    '\xad',
    '\r',
    '\u200b',
    '\u202e',
    '\u2028',
    '\ufeff',
    '\ufffe',
    '\u{e0041}',
    '\u{1ffff}',
  ]
  const program = 'import json, sys\nprint("".join(repr(c)[1:-1] for c in json.load(sys.stdin)))'
  const { stdout } = spawnSync('/usr/bin/python3', ['-c', program], {
    input: JSON.stringify(characters),
    encoding: 'utf8',
  })
  assert.is(characters.map(visible).join(''), stdout.trimEnd())
})

test('nothing that XML forbids, colours or turns a line around comes out, whatever goes in', () => {
  fc.assert(
    fc.property(text, (any) => {
      assert.not.match(
        visible(any),
        /[^\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|[\x7f-\x9f\u202a-\u202e\u2066-\u2069]/u,
      )
      assert.not.match(oneLine(any), /[\n\t]/)
    }),
  )
})

test('a text is cut to its beginning or its end, and no character in two', () => {
  assert.is(head('abc', 3), 'abc')
  assert.is(head('abcd', 3), 'abc…')
  assert.is(head('ab🙂', 3), 'ab…')
  assert.is(tail('abcd', 3), '…bcd')
  assert.is(tail('🙂cd', 3), '…cd')
  assert.is(tail('abc', 3), 'abc')
})

test('a CSV cell is as csv-stringify writes it', () => {
  const printable = fc.oneof(
    text.map((any) => any.replace(/[^\P{Cc}\t\n\r]/gu, '')),
    fc.string({ unit: fc.constantFrom(...'=+-@＝＋－＠\t\r\n,"\'; a'), maxLength: 3 }),
  )
  fc.assert(
    fc.property(printable, (any) => {
      assert.is(csvCell(any), stringify([[any]], { escape_formulas: true, eof: false }))
    }),
    { numRuns: 1000 },
  )
})

test('a CSV cell holds no NUL and no command to a terminal', () => {
  assert.is(csvCell('a\x00b\x1b[2J'), 'a\\x00b\\x1b[2J')
})

test('what an escape sequence hides in front of a formula does not make it one', () => {
  assert.is(csvCell('\x00=1+1'), '\\x00=1+1')
})

test('XML gives back what is seen of a text, between tags and in an attribute', () => {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    trimValues: false,
    parseTagValue: false,
    parseAttributeValue: false,
    htmlEntities: true,
  })
  fc.assert(
    fc.property(text, (any) => {
      const xml = `<a b="${xmlAttribute(any)}">[${xmlText(any)}]</a>`
      assert.is(XMLValidator.validate(xml), true)
      const { a } = parser.parse(xml)
      assert.equal([a.b, a['#text']], [visible(any), `[${visible(any)}]`])
    }),
  )
})

test('line feeds and tabs in an attribute are not made blanks', () => {
  assert.is(xmlAttribute('a\n\tb'), 'a&#10;&#9;b')
})

test('a text cannot end a section of character data', () => {
  assert.is(xmlText(']]>'), ']]&gt;')
})

test('a line of JSON is one line for every reader, and gives back the value', () => {
  fc.assert(
    fc.property(text, (any) => {
      const line = jsonLine({ [any]: any })
      assert.equal(JSON.parse(line), { [any]: any })
      assert.is(line.split(/[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/).length, 2)
    }),
  )
})

test('a Markdown cell is a span of code that nothing in it can end', () => {
  assert.is(markdownCell('loops'), '`loops`')
  assert.is(markdownCell('a`b``c'), '```a`b``c```')
  assert.is(markdownCell('`a`'), '`` `a` ``')
  assert.is(markdownCell(' a '), '`  a  `')
  assert.is(markdownCell('  '), '`  `')
  assert.is(markdownCell('a|b'), '`a\\|b`')
  assert.is(markdownCell('a\\\\|b'), '`a\\x5c\\x5c\\|b`')
  assert.is(markdownCell('two\nlines'), '`two\\nlines`')
  assert.is(markdownCell(''), '*(empty)*')
  assert.is(markdownCell('x'.repeat(100), 10), `\`${'x'.repeat(10)}…\``)
})

test.run()
