import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../engine/stage.ts'
import type { QuestionFile } from './model.ts'
import { treeOf } from './place.ts'
import { parseQuestions } from './read.ts'
import { hostile, questionFile } from './testing.ts'
import { writeQuestions } from './write.ts'

function read(text: string): QuestionFile {
  const parsed = parseQuestions(text)
  if ('file' in parsed) return parsed.file
  throw new Error(JSON.stringify(parsed))
}

function withPrompt(prompt: string): QuestionFile {
  return { questions: [{ id: 'q', prompt, testcases: [], completions: [], support_files: [] }] }
}

test('every string comes back exactly', () => {
  let strings = 0
  const many = fc.array(hostile, { minLength: 20, maxLength: 80, size: 'max' })
  fc.assert(
    fc.property(many, (texts) => {
      strings += texts.length
      const completions = texts.map((completion) => ({ completion }))
      const [question] = read(
        writeQuestions({
          questions: [{ id: 'q', prompt: '', testcases: [], completions, support_files: [] }],
        }),
      ).questions
      assert.equal(
        question?.completions.map((item) => item.completion),
        texts,
      )
    }),
    { numRuns: 600 },
  )
  assert.ok(strings > 20_000, `${strings} strings`)
})

test('every file comes back exactly, and is written the same again', () => {
  fc.assert(
    fc.property(questionFile, (file) => {
      const text = writeQuestions(file)
      // uvu's own comparison stumbles over a key named `constructor`.
      assert.ok(isDeepStrictEqual(read(text), file))
      assert.is(writeQuestions(read(text)), text)
    }),
    { numRuns: 400 },
  )
})

test('another parser reads the same strings', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, async (prompt) => {
      const tree = await treeOf(writeQuestions(withPrompt(prompt)))
      const values = tree.body[0].body.flatMap((table) =>
        table.type === 'TOMLTable'
          ? table.body.map((pair) => (pair.value.type === 'TOMLValue' ? pair.value.value : ''))
          : [],
      )
      assert.is(values[1], prompt)
    }),
    { numRuns: 1000 },
  )
})

test('the layout is for people', () => {
  const digest = read(
    "[[questions]]\nid='x'\nprompt=''\n[[questions.completions]]\ncompletion=''\nraw='0123456789abcdef0123456789abcdef'\n",
  ).questions[0]?.completions[0]?.raw
  const text = writeQuestions({
    unknown: { course: 'CS 1', weights: { exam: 1n, homework: 0.5 } },
    questions: [
      {
        id: 'say',
        prompt: "Write a function that says 'hi'.\nTwice.",
        answer_preload: 'def say():',
        limits: { cpu_seconds: 2 },
        testcases: [{ code: 'print("it\'s", say())', stdin: '', expect: 'hi\nhi\n' }],
        completions: [
          {
            completion: 'def say():\n    """Say \'\'\'hi\'\'\'."""\n    print("\\n")\n',
            results: [true],
            sample: 0,
            response: { model: 'm-1', tokens_out: 3, cost: 0.5 },
            raw: digest,
            runs: [{ testcase: 1, verdict: 'failed', got: 'hi\r\n' }],
            verdicts: ['failed'],
          },
        ],
        support_files: [{ name: 'data.txt', text: '\n' }],
        unknown: { topics: ['text', 'loops'] },
      },
    ],
  })
  assert.is(text, layout)
})

const layout = `course = 'CS 1'

[[questions]]
id = 'say'
prompt = '''
Write a function that says 'hi'.
Twice.'''
answer_preload = 'def say():'
limits = { cpu_seconds = 2 }
topics = ['text', 'loops']

[[questions.testcases]]
code = '''print("it's", say())'''
stdin = ''
expect = '''
hi
hi
'''

[[questions.completions]]
sample = 0
completion = """
def say():
    ""\\"Say '''hi'''.""\\"
    print("\\\\n")
"""
results = [true]
verdicts = ['failed']
response = { model = 'm-1', tokens_out = 3, cost = 0.5 }
raw = '0123456789abcdef0123456789abcdef'

[[questions.completions.runs]]
testcase = 1
verdict = 'failed'
got = """
hi\\r
"""

[[questions.support_files]]
name = 'data.txt'
text = '''

'''

[weights]
exam = 1
homework = 0.5
`

test('long lists are broken, words as many as fit and digests one a line', () => {
  const digests = Array.from({ length: 4 }, (_, index) => `${index}:0123456789abcdef0123456789abcdef`)
  const [file] = [withPrompt('')]
  const text = writeQuestions({ ...file, unknown: { flags: Array(40).fill(true), digests } })
  assert.match(text, /^flags = \[\n {2}true, (true, ?)+\n {2}true,/m)
  assert.match(text, /^digests = \[\n {2}'0:[0-9a-f]+',\n {2}'1:[0-9a-f]+',\n/m)
})

test('a line that looks like a merge conflict is escaped, so that the file can be read again', () => {
  const answer = '<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n'
  const text = writeQuestions(withPrompt(answer))
  assert.match(text, '\\u003C<<<<<< SEARCH')
  assert.is(read(text).questions[0]?.prompt, answer)
})

test('no block ends in a quote of its own, which older parsers can not tell from the closing ones', () => {
  for (const quotes of ["'", "''", '"', '""', '"'.repeat(3), "'".repeat(3)])
    for (const start of ['', '\n', "'\n", '"\n']) {
      const value = `${start}x${quotes}`
      const text = writeQuestions(withPrompt(value))
      assert.is(read(text).questions[0]?.prompt, value)
      assert.not.match(text, /(?<!\\)('{4}|"{4})$/m)
    }
})

test('half a character is refused, with the question that holds it', () => {
  const refused = (error: Error) => error instanceof Failure && error.message.includes("question 'q'")
  assert.throws(() => writeQuestions(withPrompt('a\ud800b')), refused)
})

test.run()
