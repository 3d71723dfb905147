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
  ...[
    '[[questions.completions]]',
    '[[questions.completions]]',
    "completion = 'c'",
    "completion = 'd'",
    'sample = 1',
  ],
  ...[
    '[questions.completions]',
    'completions = []',
    '[[questions.completions.list]]',
    '[[ questions ]]',
    '[[ questions.completions ]]',
  ],
  ...["completions = [{ completion = 'c' }]", "questions = [{ id = 'q', prompt = 'p' }]"],
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

const answer = (text: string) => `[[questions.completions]]\ncompletion = '${text}'\n`

test('a text that may not be cut before its completions is read like in one, or not at all', () => {
  let read = 0
  const body = fc.array(fc.oneof(fc.constantFrom(...lines), fc.constantFrom(answer('c'), answer('d'))), {
    maxLength: 9,
  })
  const before = fc.constantFrom('', '# mine', 'x = 1', "questions = [{ id = 'q', prompt = 'p' }]", "y = '''")
  fc.assert(
    fc.property(before, body, (start, rest) => {
      const text = [start, asked('a'), ...rest].join('\n')
      const file = readInPieces(text)
      if (file === undefined) return
      if (file.questions.some(({ completions }) => completions.length > 0)) read++
      assert.ok(isWhole(file, text))
    }),
    { numRuns: 5000 },
  )
  assert.ok(read > 30, `${read} with completions were read in pieces`)
})

test('what stands in another question does not matter to a question: it is the very one that was read before', () => {
  const before = readInPieces(asked('a', "stderr = 'merged'") + asked('b') + asked('c'))
  const after = readInPieces(`${asked('a') + asked('b')}# more\n${asked('c')}`)
  assert.equal(
    before?.questions.map((question, index) => question === after?.questions[index]),
    [false, false, true],
  )
})

test('completions do not follow questions that are written in one list', () => {
  const list = "x = '''\n[[questions]]\n'''\nquestions = [{ id = 'q', prompt = 'p' }]\n"
  assert.equal(readInPieces(list)?.questions.length, 1)
  assert.is(readInPieces(list + answer('c')), undefined)
})

test('what stands in another completion does not matter to a completion, nor to the question whose completions are the same', () => {
  const before = readInPieces(asked('a') + answer('1') + answer('2') + asked('b') + answer('3'))
  const after = readInPieces(asked('a') + answer('1') + answer('other') + asked('b') + answer('3'))
  const [was, is] = [before?.questions[0], after?.questions[0]]
  assert.equal([was?.completions[0] === is?.completions[0], was === is], [true, false])
  assert.ok(before?.questions[1] === after?.questions[1])
})

test('two completions that say the same are two', () => {
  const [one, other] = readInPieces(asked('a') + answer('1') + answer('1'))?.questions[0]?.completions ?? []
  assert.ok(one !== undefined && other !== undefined && one !== other)
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
