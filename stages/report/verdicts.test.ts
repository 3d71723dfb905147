import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Completion, Question } from '../questions/model.ts'
import { verdictsOf } from './verdicts.ts'

const question: Question = {
  id: 'q',
  prompt: '',
  testcases: [
    { code: 'f(1)', stdin: '' },
    { code: 'f(2)', stdin: '' },
  ],
  completions: [],
  support_files: [],
}
const verdicts = (fields: Partial<Completion>) => verdictsOf(question, { completion: 'pass', ...fields })

test('verdicts are as the file has them', () => {
  assert.equal(verdicts({ results: [true, false], verdicts: ['passed', 'memory'] }), ['passed', 'memory'])
})

test('results without verdicts, as the seed tool writes them, passed or failed', () => {
  assert.equal(verdicts({ results: [true, false] }), ['passed', 'failed'])
})

test('an untested completion has no verdict on any test case', () => {
  assert.equal(verdicts({}), [undefined, undefined])
})

test('a skipped completion is skipped in each, also with results from before', () => {
  assert.equal(verdicts({ skip: true }), ['skipped', 'skipped'])
  assert.equal(verdicts({ skip: true, results: [true, true], verdicts: ['passed', 'passed'] }), [
    'skipped',
    'skipped',
  ])
})

test.run()
