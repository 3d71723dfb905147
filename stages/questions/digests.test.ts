import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isDigest } from '../../engine/stage.ts'
import { questionDigests, textDigest } from './digests.ts'
import type { Question } from './model.ts'
import { parseQuestions } from './read.ts'

const question: Question = {
  id: 'q',
  prompt: 'p',
  testcases: [{ code: 'f()', stdin: '', expect: '1' }],
  completions: [],
  support_files: [{ name: 'a', text: '' }],
}

test('what a question says has a digest, and each of its test cases another', () => {
  const { question: whole, testcases } = questionDigests(question)
  assert.ok(isDigest(whole))
  assert.is(testcases.length, 1)
  assert.is.not(whole, testcases[0])
})

test('each thing that it says changes the digest', () => {
  const changes: Partial<Question>[] = [
    { prompt: 'P' },
    { answer_preload: '' },
    { capture: 'testcase' },
    { echo_stdin: true },
    { stderr: 'merged' },
    { compare: 'lines' },
    { compare: { mode: 'number', tolerance: 1e-3 } },
    { compare: { mode: 'number', absolute: 1e-3 } },
    { limits: { cpu_seconds: 1 } },
    { limits: { open_files: 1 } },
    { support_files: [] },
    { support_files: [{ name: 'a', text: 'b' }] },
    { unknown: { mine: 1n } },
    { unknown: { mine: 1 } },
    { unknown: { mine: '1' } },
    { unknown: { mine: Number.NaN } },
    { unknown: { mine: [new Date(0)] } },
    { unknown: { mine: {} } },
  ]
  const digests = [{}, ...changes].map((change) => questionDigests({ ...question, ...change }).question)
  assert.is(new Set(digests).size, digests.length)
})

test('id, completions and what it was built from do not', () => {
  const { question: whole } = questionDigests(question)
  const built_from = { question: whole, testcases: [], completions: [] }
  const other = { ...question, id: 'r', completions: [{ completion: 'x' }], testcases: [], built_from }
  assert.is(questionDigests(other).question, whole)
})

test('the digest of a test case is that of all it says', () => {
  const [base] = question.testcases
  const others = [
    { code: 'g()' },
    { stdin: '1' },
    { expect: '2' },
    { expect: undefined },
    { unknown: { mine: true } },
  ]
  const testcases = [{}, ...others].map((change) => ({ code: '', stdin: '', ...base, ...change }))
  const digests = questionDigests({ ...question, testcases }).testcases
  assert.is(new Set(digests).size, digests.length)
})

test('how a file is written does not change a digest', () => {
  const digestOf = (text: string) => {
    const parsed = parseQuestions(text)
    return 'file' in parsed ? parsed.file.questions.map(questionDigests) : []
  }
  const one = "[[questions]]\nid='q'\nprompt='p'\nb=1\na=2\n[[questions.testcases]]\nexpect='1'\n"
  const other =
    '# x\n[[questions]]\na = 2\nb = 1\nprompt = """\np"""\nid = "q"\ntestcases = [{ expect = "1", code = "" }]\n'
  assert.is(digestOf(one).length, 1)
  assert.equal(digestOf(one), digestOf(other))
})

test('the digest of a text is that of its bytes', () => {
  assert.is(textDigest('é'), textDigest('\u00e9'))
  assert.is.not(textDigest('a'), textDigest('a\n'))
})

test.run()
