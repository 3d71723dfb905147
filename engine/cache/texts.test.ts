import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { digestOf } from './digest.ts'
import { Texts } from './texts.ts'

test('a text is known by its digest, and those that were not asked for longest are forgotten first', () => {
  const texts = new Texts(30)
  const put = (text: string) => texts.put(digestOf(text), text)
  const knows = (text: string) => texts.get(digestOf(text)) === text
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(10)) as [
    string,
    string,
    string,
    string,
  ]
  for (const text of [a, b, c]) put(text)
  assert.ok(knows(a))
  put(d)
  assert.equal([knows(a), knows(b), knows(c), knows(d)], [true, false, true, true])
  put('e'.repeat(31))
  assert.equal(
    [knows(a), knows('e'.repeat(31))],
    [false, false],
    'a text that does not fit is not kept at all',
  )
})

test.run()
