import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Completion, Question } from '../questions/model.ts'
import { partOf, type QuestionPart, type Shares, sharesOf } from './part.ts'

const two = [
  { code: 'f(1)', stdin: '' },
  { code: 'f(2)', stdin: '' },
]

function part(
  completions: readonly Omit<Completion, 'completion'>[],
  testcases: Question['testcases'] = two,
): QuestionPart & { readonly shares: Shares } {
  const question: Question = {
    id: 'q',
    prompt: '',
    testcases,
    completions: completions.map((fields) => ({ completion: 'pass', ...fields })),
    support_files: [],
  }
  const [only] = partOf({ questions: [question] })
  if (only === undefined) throw new Error('no part for the question')
  return { ...only, shares: sharesOf(question) }
}

test('a share is that of the passed test cases', () => {
  assert.equal(
    part([{ results: [true, true] }, { results: [true, false] }, { results: [false, false] }]).shares,
    [1, 0.5, 0],
  )
})

test('a completion without code scores 0, and is no execution', () => {
  const { shares, endings, counts } = part([{ results: [false, false], verdicts: ['no-code', 'no-code'] }])
  assert.equal(shares, [0])
  assert.equal(endings, {})
  assert.is(counts.no_code, 1)
})

test('a skipped completion has no score, also with results from before', () => {
  const { shares, endings, counts } = part([
    { skip: true, results: [true, false], verdicts: ['passed', 'error'] },
  ])
  assert.equal(shares, [null])
  assert.equal(endings, {})
  assert.is(counts.skipped, 1)
  assert.is(
    part([{ skip: true, results: [false, false], verdicts: ['no-code', 'no-code'] }]).counts.no_code,
    0,
  )
})

test('a completion that was not tested has no score', () => {
  assert.equal(part([{}]).shares, [null])
})

test('a question without test cases has no score', () => {
  assert.equal(part([{}, { results: [] }], []).shares, [null, null])
})

test('endings are counted by verdict, in the order of the alphabet', () => {
  const { endings } = part([
    { results: [true, false], verdicts: ['passed', 'cpu-timeout'] },
    { results: [false, true], verdicts: ['error', 'passed'] },
  ])
  assert.is(JSON.stringify(endings), '{"cpu-timeout":1,"error":1,"passed":2}')
})

test('results without verdicts, as the seed tool writes them, passed or failed', () => {
  assert.equal(part([{ results: [true, false] }]).endings, { passed: 1, failed: 1 })
})

test('completions are counted by who wrote them and by how the model stopped', () => {
  const { counts } = part([
    { by: 'edited' },
    { by: 'human' },
    { by: 'edited', response: { finish: 'length' } },
    { response: { finish: 'stop' } },
  ])
  assert.equal(counts, { edited: 2, human: 1, skipped: 0, no_code: 0, cut_off: 1 })
})

test('tokens and cost are sums of what is known, and left out where nothing is', () => {
  const { usage } = part([
    { response: { tokens_in: 10, tokens_out: 5 } },
    { response: { tokens_in: 10 } },
    {},
  ])
  assert.equal(usage, { tokens_in: 20, tokens_out: 5 })
  assert.equal(part([{}]).usage, {})
})

test.run()
