import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { digestOf, Failure } from '../../engine/stage.ts'
import { chunkLength, FormerFile } from './former.ts'
import { Layout, type Part, Stretch } from './layout.ts'

const folder = mkdtempSync(join(tmpdir(), 'layout-'))
test.after(() => rmSync(folder, { recursive: true }))

const path = join(folder, 'former')

function former(text: string): FormerFile {
  writeFileSync(path, text)
  const file = FormerFile.at(path, 'former')
  if (file === undefined) throw new Error('it was just written')
  return file
}

test('texts and stretches of a former file stand one after the other, in any order and of any length', () => {
  const text = Array.from({ length: chunkLength }, (_, index) => `${index} é…\n`).join('')
  const bytes = Buffer.from(text)
  const file = former(text)
  const kept = fc
    .tuple(fc.nat(bytes.length), fc.nat(3 * chunkLength))
    .map(([start, length]) => new Stretch(file, start, Math.min(length, bytes.length - start)))
  const part: fc.Arbitrary<Part> = fc.oneof(kept, fc.string({ unit: 'grapheme' }))
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const layout = new Layout(parts)
      const expected = Buffer.concat(
        parts.map((each) =>
          typeof each === 'string' ? Buffer.from(each) : bytes.subarray(each.start, each.start + each.length),
        ),
      )
      const got = Buffer.concat(Array.from(layout.chunks(), (chunk) => Buffer.from(chunk)))
      assert.ok(got.equals(expected))
      assert.is(layout.digest, digestOf(expected))
      for (const each of parts) {
        const place = typeof each === 'string' ? undefined : layout.placeOf(each)
        if (place === undefined || typeof each === 'string') continue
        const [start, length] = place
        assert.ok(
          expected.subarray(start, start + length).equals(bytes.subarray(each.start).subarray(0, length)),
        )
      }
    }),
    { numRuns: 40 },
  )
})

test('two layouts that are read in turns do not mix', () => {
  const parts = (letter: string) => Array.from({ length: 60 }, () => letter.repeat(chunkLength / 16))
  const [one, other] = ['a', 'b'].map((letter) => new Layout(parts(letter)).chunks())
  let seen = ''
  for (;;) {
    const [first, second] = [one?.next(), other?.next()]
    if (first?.done !== false || second?.done !== false) break
    seen += Buffer.from(first.value).toString() + Buffer.from(second.value).toString()
  }
  assert.is(seen.replace(/(.)\1+/g, '$1'), 'ab'.repeat(4))
})

test('a former file that is another by now is not copied from', () => {
  const file = former('what was there')
  const layout = new Layout(['new ', new Stretch(file, 0, 8)])
  assert.is(layout.text, 'new what was')
  appendFileSync(path, ' and more')
  assert.throws(
    () => layout.text,
    (error: unknown) => error instanceof Failure && /was changed/.test(error.message),
  )
})

test('a former file that is not there is none', () => {
  assert.is(FormerFile.at(join(folder, 'none'), 'none'), undefined)
  assert.is(FormerFile.at(folder, 'a folder'), undefined)
})

test.run()
