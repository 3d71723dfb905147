import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { QuestionPart } from './part.ts'
import { type Row, summarize } from './summary.ts'

const nothing = { edited: 0, human: 0, skipped: 0, no_code: 0, cut_off: 0 }
const row = (id: string, shares: readonly (number | null)[], fields: Partial<QuestionPart> = {}): Row => ({
  file: 'results.toml',
  part: { id, testcases: 2, shares, endings: {}, counts: nothing, usage: {}, ...fields },
})

test('the numbers of a question', () => {
  const { questions } = summarize(
    [
      row('a', [1, 0.5, 0.25, 0, null], {
        endings: { passed: 5, failed: 3 },
        counts: { ...nothing, skipped: 1 },
      }),
    ],
    [1, 2, 10],
  )
  const [question] = questions
  assert.equal(question?.pass_at, { 1: 0.25, 2: 0.5 })
  assert.equal(
    [question?.completions, question?.scored, question?.passed, question?.average, question?.median],
    [5, 4, 1, 0.4375, 0.375],
  )
  assert.equal([question?.skipped, question?.endings['failed']], [1, 3])
})

test('over all, each question weighs the same, however many completions it has', () => {
  const { totals } = summarize([row('a', [1, 1, 1, 1]), row('b', [0])], [1, 4])
  assert.equal([totals.average, totals.min, totals.max], [0.5, 0, 1])
  assert.equal(totals.pass_at, { 1: { mean: 0.5, questions: 2 }, 4: { mean: 1, questions: 1 } })
})

test('a question without scores takes no part in the totals, but is counted', () => {
  const { questions, totals } = summarize([row('a', [0.5]), row('b', [null, null], { testcases: 0 })], [1])
  assert.equal([totals.questions, totals.scored_questions, totals.average], [2, 1, 0.5])
  assert.equal([totals.completions, totals.scored, totals.passed], [3, 1, 0])
  assert.not('average' in (questions[1] ?? { average: 0 }))
})

test('endings, counts and cost are added up', () => {
  const { totals } = summarize(
    [
      row('a', [1], { endings: { passed: 2 }, counts: { ...nothing, edited: 1 }, usage: { cost: 0.5 } }),
      row('b', [0], { endings: { error: 2 }, counts: { ...nothing, edited: 2 }, usage: { tokens_out: 7 } }),
    ],
    [1],
  )
  assert.equal(totals.endings, { error: 2, passed: 2 })
  assert.equal([totals.edited, totals.cost, totals.tokens_out], [3, 0.5, 7])
  assert.not('tokens_in' in totals)
})

test('whatever the shares, no field is null, undefined or not a number', () => {
  const share = fc.option(fc.constantFrom(0, 1 / 3, 0.5, 1))
  fc.assert(
    fc.property(fc.array(fc.array(share, { maxLength: 8 }), { maxLength: 6 }), (questions) => {
      const summary = summarize(
        questions.map((shares, index) => row(`q${index}`, shares)),
        [1, 3, 10],
      )
      assert.equal(JSON.parse(JSON.stringify(summary)), summary)
      assert.not.match(JSON.stringify(summary), /null/)
    }),
  )
})

test('the order of completions and of questions changes no number', () => {
  const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 })
  fc.assert(
    fc.property(fc.array(shares, { maxLength: 6 }), (questions) => {
      const rows = questions.map((shares, index) => row(`q${index}`, shares))
      const turned = questions.map((shares, index) => row(`q${index}`, shares.toReversed())).reverse()
      const [there, back] = [summarize(rows, [1, 2]), summarize(turned, [1, 2])]
      assert.equal(back.totals, there.totals)
      assert.equal(back.questions.toReversed(), there.questions)
    }),
  )
})

test.run()
