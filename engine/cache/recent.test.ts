import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Recent } from './recent.ts'

test('what was asked for last is kept as long as it fits, and what is too large is not kept at all', () => {
  const recent = new Recent<string, string>(30)
  const put = (text: string) => recent.put(text.slice(0, 1), text, text.length)
  const knows = (text: string) => recent.get(text.slice(0, 1)) === text
  const texts = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(10))
  for (const text of texts.slice(0, 3)) put(text)
  assert.ok(knows('a'.repeat(10)))
  put('d'.repeat(10))
  put('d'.repeat(10))
  assert.equal(texts.map(knows), [true, false, true, true])
  put('e'.repeat(31))
  assert.equal([...texts, 'e'.repeat(31)].map(knows), [false, false, false, false, false])
})

test.run()
