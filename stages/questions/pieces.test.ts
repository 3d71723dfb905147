import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { QuestionFile } from './model.ts'
import { readInPieces } from './pieces.ts'
import { parsedWhole } from './read.ts'
import { fileTable } from './tables.ts'
import { choicesFrom, formatted, questionFile } from './testing.ts'
import { normal, same } from './toml.ts'

const asked = (id: string, more = '') => `[[questions]]\nid = '${id}'\nprompt = 'p'\n${more}\n`

/** Whether the text says this file when it is read in one. */
function isWhole(file: QuestionFile, text: string): boolean {
  const whole = parsedWhole(text)
  return 'file' in whole && same(fileTable(whole.file), fileTable(file))
}

test('a file that is read in pieces says what it says when it is read in one', () => {
  let inPieces = 0
  fc.assert(
    fc.property(questionFile, fc.nat(), (file, seed) => {
      const text = normal(formatted(file, choicesFrom(seed)).text).replaceAll(
        '[[ questions ]]',
        '[[questions]]',
      )
      const read = readInPieces(text)
      if (read === undefined) return
      if (read.questions.length > 1) inPieces++
      assert.ok(isWhole(read, text))
    }),
    { numRuns: 300 },
  )
  assert.ok(inPieces > 20, `${inPieces} were read in pieces`)
})

// The lines that could make a cut a wrong one: what begins before it and ends behind it.
const lines = [
  ...['[[questions]]', "id = 'a'", "id = 'b'", "prompt = 'p'", "prompt = '''", "'''", 'prompt = """', '"""'],
  ...['[questions.limits]', 'memory_mb = 1', '[[questions.testcases]]', '[meta]', '[meta.sub]', 'x = 1'],
  ...['list = [', ']', '[[questions.list]]', 'questions = [', '# [[questions]]', '', "'", '"', 'y = """\\'],
]

test('a text that may not be cut is read in pieces like in one, or not at all', () => {
  let read = 0
  const start = ['[[questions]]', "id = 'z'", "prompt = 'p'"]
  const body = fc.array(fc.constantFrom(...lines), { maxLength: 9 })
  const question = fc.tuple(fc.constantFrom('a', 'b', 'c'), body).map(([id, rest]) => [asked(id), ...rest])
  fc.assert(
    fc.property(fc.oneof(body, question), question, (one, two) => {
      const text = [...start, ...one, ...two].join('\n')
      const file = readInPieces(text)
      if (file === undefined) return
      read++
      assert.ok(isWhole(file, text))
    }),
    { numRuns: 3000 },
  )
  assert.ok(read > 30, `${read} were read in pieces`)
})

test('what stands in another question does not matter to a question: it is the very one that was read before', () => {
  const before = readInPieces(asked('a', "stderr = 'merged'") + asked('b') + asked('c'))
  const after = readInPieces(`${asked('a') + asked('b')}# more\n${asked('c')}`)
  assert.equal(
    before?.questions.map((question, index) => question === after?.questions[index]),
    [false, false, true],
  )
})

test('two questions with one id, and tables of a person that stand in two places, are left to a look at all of it', () => {
  assert.is(readInPieces(asked('a') + asked('a')), undefined)
  assert.is(readInPieces(`${asked('a', '[meta]\nx = 1')}${asked('b', '[meta]\nx = 1')}`), undefined)
  assert.equal(readInPieces(`x = 1\n${asked('a')}${asked('b')}`)?.unknown, { x: 1n })
})

test('what was read can be changed by nobody', () => {
  const testcase = readInPieces(asked('a', '[[questions.testcases]]'))?.questions[0]?.testcases[0]
  assert.throws(() => Object.assign(testcase ?? {}, { code: 'other' }), /read only/)
})

test.run()
