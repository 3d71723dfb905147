import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { corpora, needing } from '../../engine/testing/parts.ts'
import { type QuestionPart, scoresOf } from './part.ts'
import { strategies } from './strategies.ts'
import { type Row, summarize } from './summary.ts'

const nothing = { edited: 0, human: 0, skipped: 0, no_code: 0, cut_off: 0 }
const row = (id: string, shares: readonly (number | null)[], fields: Partial<QuestionPart> = {}): Row => ({
  file: 'results.toml',
  part: { id, testcases: 2, scores: scoresOf(shares), endings: {}, counts: nothing, usage: {}, ...fields },
})

const near = (got: number | undefined, expected: number, tolerance: number) =>
  assert.ok(got !== undefined && Math.abs(got - expected) <= tolerance, `${got}, expected about ${expected}`)

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
  assert.equal(totals.pass_at, {
    1: { mean: 0.5, interval: [0, 1], questions: 2 },
    4: { mean: 1, questions: 1 },
  })
})

test('a question without scores takes no part in the totals, but is counted', () => {
  const { questions, totals } = summarize([row('a', [0.5]), row('b', [null, null], { testcases: 0 })], [1])
  assert.equal([totals.questions, totals.scored_questions, totals.average], [2, 1, 0.5])
  assert.equal([totals.completions, totals.scored, totals.passed], [3, 1, 0])
  assert.not('average' in (questions[1] ?? { average: 0 }))
})

test('intervals of the means are over the questions, and that of the passed share is over the completions', () => {
  const { totals } = summarize(
    Array.from({ length: 40 }, (_, index) =>
      row(`q${index}`, index < 20 ? [1, 1, 1, 1, null] : [0, 0, 0, 0]),
    ),
    [1, 4],
  )
  // Of 40 questions that are 0 or 1: 0.5 ± 1.96 · 0.5 / √40 = 0.345 to 0.655; of 160 completions: 0.423 to 0.577.
  for (const [low, high] of [
    totals.average_interval,
    totals.score_interval,
    totals.pass_at['4']?.interval,
  ].map((interval) => interval ?? [Number.NaN, Number.NaN])) {
    near(low, 0.345, 0.03)
    near(high, 0.655, 0.03)
  }
  assert.equal(
    totals.passed_interval?.map((end) => end.toFixed(3)),
    ['0.423', '0.577'],
  )
})

test('a single question has no interval over the questions', () => {
  const { totals } = summarize([row('a', [1, 0])], [1])
  assert.not('average_interval' in totals)
  assert.not('score_interval' in totals)
  assert.equal(totals.pass_at, { 1: { mean: 0.5, questions: 1 } })
})

test('the score is that of the chosen strategy, of a question and in the mean', () => {
  const rows = [row('a', [1, 0.5]), row('b', [0, 0.5])]
  const scores = strategies.map((strategy) => {
    const { questions, totals, strategy: said } = summarize(rows, [1], { strategy })
    assert.is(said, strategy)
    return [...questions.map(({ score }) => score), totals.score].map((score) => score?.toFixed(4))
  })
  assert.equal(scores, [
    ['0.7500', '0.2500', '0.5000'],
    ['0.5000', '0.0000', '0.2500'],
    ['0.9750', '0.0000', '0.4875'],
    ['0.9749', '0.0000', '0.4875'],
  ])
  assert.is(summarize(rows, [1]).strategy, 'basic')
  const { totals } = summarize(rows, [1], { strategy: 'all-or-nothing' })
  assert.equal(
    [totals.average_interval, totals.score_interval],
    [
      [0.25, 0.75],
      [0, 0.5],
    ],
  )
})

test('a report of one chain says nothing of chains, save its name where it has one', () => {
  for (const chain of [undefined, '', 'gpt'] as const) {
    const summary = summarize([{ ...row('a', [1]), chain }], [1])
    assert.equal(Object.keys(summary), ['version', 'strategy', 'questions', 'totals'])
    assert.is(summary.questions[0]?.chain, chain || undefined)
    assert.is(summary.totals.average, 1)
  }
})

test('each of several chains has the totals that it has alone, and over all of them there are sums', () => {
  const one = [row('a', [1, 0.5]), row('b', [0])].map((row) => ({ ...row, chain: 'one' }))
  const two = [row('b', [1]), row('c', [null]), row('a', [0])].map((row) => ({ ...row, chain: 'two' }))
  const summary = summarize([...one, ...two], [1, 2])
  assert.equal(summary.chains, [
    { name: 'one', totals: summarize(one, [1, 2]).totals },
    { name: 'two', totals: summarize(two, [1, 2]).totals },
  ])
  assert.equal(
    summary.questions.map(({ chain, id }) => `${chain} ${id}`),
    ['one a', 'one b', 'two b', 'two c', 'two a'],
  )
  const { totals, comparisons } = summary
  assert.equal([totals.questions, totals.completions, totals.scored, totals.passed], [5, 6, 5, 2])
  assert.not('average' in totals || 'score' in totals || 'passed_interval' in totals)
  assert.equal(totals.pass_at, {})
  assert.equal(
    comparisons?.map(({ chains, questions, average }) => [chains, questions, average?.mean]),
    [[['one', 'two'], 2, 0.125]],
  )
})

needing(
  test,
  ['corpora'],
  'pass@1, 10 and 100 of codegen-16b are those of the reference, and their intervals those of scipy',
  () => {
    const path = join(corpora ?? '', 'humaneval/truth/codegen-16b-mono-n100.cleaned.jsonl')
    const shares = new Map<string, number[]>()
    for (const line of readFileSync(path, 'utf8').trim().split('\n')) {
      const { id, passed }: { id: string; passed: boolean } = JSON.parse(line)
      shares.set(id, [...(shares.get(id) ?? []), passed ? 1 : 0])
    }
    const rows = [...shares].map(([id, shares]) => row(id, shares, { testcases: 1 }))
    const { totals } = summarize(rows, [1, 10, 100])
    const percent = (share: number | undefined) => ((share ?? Number.NaN) * 100).toFixed(1)
    assert.equal(
      Object.values(totals.pass_at).map(({ mean }) => percent(mean)),
      ['22.1', '50.4', '73.8'],
    )
    // As scipy.stats.bootstrap 1.17 gives them (20,000 resamples, method 'percentile'). Of 100 completions pass@100 is
    // 0 or 1, so that its means lie 1/164 = 0.0061 apart: an end may be the next one.
    const scipy = [
      [0.1762, 0.2674],
      [0.4404, 0.5672],
      [0.6707, 0.8049],
    ]
    for (const [index, { interval }] of Object.values(totals.pass_at).entries())
      for (const end of [0, 1] as const) near(interval?.[end], scipy[index]?.[end] ?? Number.NaN, 0.0065)
  },
)

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
