import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Completion, Question } from '../questions/model.ts'
import { samplesOf } from './samples.ts'

const preload = 'def f(x):\n    """Doubles."""\n'
const question = (completions: readonly Completion[], fields: Partial<Question> = {}): Question => ({
  id: 'HumanEval/0',
  prompt: '',
  testcases: [{ code: '', stdin: '' }],
  completions,
  support_files: [],
  ...fields,
})
const lines = (asked: Question, chain?: string) =>
  samplesOf(asked, chain)
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))

test('a line a completion, with what is known of it and nothing else', () => {
  const asked = question(
    [
      {
        completion: `${preload}    return 2 * x\n`,
        results: [true],
        verdicts: ['passed'],
        by: 'edited',
        flaky: [1],
        response: { model: 'm-1', finish: 'stop', tokens_in: 10, tokens_out: 20, cost: 0.001 },
      },
      { completion: `${preload}    return x\n`, results: [false], verdicts: ['failed'] },
      { completion: `${preload}    pass\n` },
    ],
    { answer_preload: preload },
  )
  assert.equal(lines(asked), [
    {
      task_id: 'HumanEval/0',
      completion: '    return 2 * x\n',
      number: 1,
      passed: true,
      verdicts: ['passed'],
      flaky: [1],
      by: 'edited',
      model: 'm-1',
      finish: 'stop',
      tokens_in: 10,
      tokens_out: 20,
      cost: 0.001,
    },
    { task_id: 'HumanEval/0', completion: '    return x\n', number: 2, passed: false, verdicts: ['failed'] },
    { task_id: 'HumanEval/0', completion: '    pass\n', number: 3 },
  ])
})

test('a program that does not begin with the preload is given whole as well', () => {
  const completion = 'import math\ndef f(x):\n    return 2 * x\n'
  const [line] = lines(question([{ completion }], { answer_preload: preload }))
  assert.equal([line.completion, line.solution], [completion, completion])
})

test('without a preload the completion is the program', () => {
  assert.equal(lines(question([{ completion: 'pass' }])), [
    { task_id: 'HumanEval/0', completion: 'pass', number: 1 },
  ])
})

test("the program is the solution, or the preload and the completion, whatever the program's text", () => {
  const text = fc.string({ maxLength: 20 })
  fc.assert(
    fc.property(text, text, fc.boolean(), (answer_preload, rest, begins) => {
      fc.pre(answer_preload.trim() !== 'None')
      const completion = begins ? answer_preload + rest : rest
      const [line] = lines(question([{ completion }], { answer_preload }))
      assert.is(line.solution ?? answer_preload + line.completion, completion)
    }),
  )
})

test('a rejected completion is left out, and the others keep their numbers', () => {
  const asked = question([{ completion: 'a' }, { completion: 'b', skip: true }, { completion: 'c' }])
  assert.equal(
    lines(asked).map(({ number }) => number),
    [1, 3],
  )
})

test('a completion without results has not failed', () => {
  assert.not('passed' in lines(question([{ completion: 'a', results: [] }], { testcases: [] }))[0])
})

test('of several chains each line says which', () => {
  assert.is(lines(question([{ completion: 'a' }]), 'large')[0].chain, 'large')
})

test('a line is one line for every reader', () => {
  const piece = samplesOf(question([{ completion: 'a\u2028b' }]))
  assert.is(piece.trimEnd().split(/[\n\u2028]/).length, 1)
})

test.run()
