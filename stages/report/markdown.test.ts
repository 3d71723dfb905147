import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { reportMarkdown } from './markdown.ts'
import { type QuestionPart, scoresOf } from './part.ts'
import { type Row, summarize } from './summary.ts'

const nothing = { edited: 0, human: 0, skipped: 0, no_code: 0, cut_off: 0 }
const row = (
  id: string,
  shares: readonly (number | null)[],
  { chain, ...fields }: Partial<QuestionPart> & { readonly chain?: string } = {},
): Row => ({
  file: 'results.toml',
  chain,
  part: { id, testcases: 2, scores: scoresOf(shares), endings: {}, counts: nothing, usage: {}, ...fields },
})

test('the report of a small set', () => {
  const rows = [
    row('good', [1, 1, null], {
      endings: { passed: 4 },
      counts: { ...nothing, skipped: 1 },
      usage: { cost: 0.5 },
    }),
    row('poor', [0, 0.5], {
      endings: { 'cpu-timeout': 1, failed: 2, passed: 1 },
      counts: { ...nothing, edited: 1 },
    }),
    row('essay', [null], { testcases: 0 }),
  ]
  const { totals, ...rest } = summarize(rows, [1, 2, 10])
  const summary = {
    ...rest,
    totals: {
      ...totals,
      average_interval: [0.25, 1] as const,
      pass_at: { 1: { mean: 0.5, questions: 2 }, 2: { mean: 0.5, questions: 1 } },
    },
  }
  assert.is(
    reportMarkdown(summary),
    `# Report

| questions | completions | pass everything | average | pass@1 | pass@2 | cost |
| --: | --: | --: | --: | --: | --: | --: |
| 3, 1 without a score | 6 | 2 of 4 | 62.5% (25.0–100.0) | 50.0% | 50.0%, 1 of 2 questions | $0.50 |

Average: the share of test cases passed, each question weighing the same. In brackets: 95 % intervals, by the bootstrap over questions.

## How runs ended

| verdict | runs |
| --- | --: |
| \`cpu-timeout\` | 1 (12.5%) |
| \`failed\` | 2 (25.0%) |
| \`passed\` | 5 (62.5%) |

| completions | number |
| --- | --: |
| rejected by a person | 1 |
| edited by a person | 1 |
| without a score: not tested, or no test cases | 1 |

## Questions, the worst first

| question | pass everything | average | pass@1 | pass@2 | other runs |
| --- | --: | --: | --: | --: | --- |
| \`poor\` | 0 of 2 | 25.0% | 0.0% | 0.0% | 1 \`cpu-timeout\`, 2 \`failed\` |
| \`good\` | 2 of 2 | 100.0% | 100.0% | 100.0% |  |
| \`essay\` | – | – | – | – |  |
`,
  )
})

test('several chains stand side by side, and are compared question by question', () => {
  const text = reportMarkdown(
    summarize(
      [
        row('a', [1, 0.5], { chain: 'small', endings: { passed: 3, failed: 1 } }),
        row('b', [0, 0], { chain: 'small', endings: { failed: 4 } }),
        row('a', [1, 1], { chain: 'la|rge', endings: { passed: 4 } }),
        row('c', [1, 1], { chain: 'la|rge', endings: { passed: 4 } }),
      ],
      [1],
    ),
  )
  assert.match(
    text,
    /^\| chain \| questions .*\n.*\n\| `small` \| 2 \| 4 \| 1 of 4 \| 37\.5% .*\n\| `la\\\|rge` \| 2 \| 4 \| 4 of 4 \| 100\.0% /m,
  )
  assert.match(
    text,
    /^\| `la\\\|rge` against `small` \| 1, 2 more in one alone \| \+25\.0 \| \+50\.0 \| 1 \| 0 \| 0 \|$/m,
  )
  assert.match(text, /^\| `failed` \| 5 \(62\.5%\) \| – \|$/m)
  assert.match(
    text,
    /^\| question \| `small` \| `la\\\|rge` \|\n.*\n\| `b` \| 0\.0% \| – \|\n\| `a` \| 75\.0% \| 100\.0% \|\n\| `c` \| – \| 100\.0% \|$/m,
  )
})

test('a difference for the worse has a minus, and one that is none has no sign', () => {
  const text = reportMarkdown(
    summarize(
      [
        row('a', [1], { chain: 'one' }),
        row('a', [0.5], { chain: 'two' }),
        row('b', [1], { chain: 'one' }),
        row('b', [1], { chain: 'two' }),
      ],
      [1],
    ),
  )
  assert.match(text, /against `one` \| 2 \| −25\.0 \(−50\.0 to 0\.0\) \|/)
})

test("a strategy's score has a column", () => {
  const rows = [row('a', [1, 0]), row('b', [0.5])]
  assert.match(
    reportMarkdown(summarize(rows, [], { strategy: 'all-or-nothing' })),
    '| score (all-or-nothing) |',
  )
  assert.not.match(reportMarkdown(summarize(rows, [])), 'score (')
})

test('of many questions the worst fifty are listed, and it fits into a comment', () => {
  const name = '|`@x #1 \x1b'.repeat(30)
  const rows = Array.from({ length: 1000 }, (_, index) =>
    row(`${name}${index}`, [index / 1000], { endings: { 'too-many-processes': 1, 'output-limit': 1 } }),
  )
  const text = reportMarkdown(summarize([...rows, row('unscored', [null])], [1, 5]))
  assert.is(text.match(/ 1 `output-limit`, | 1 `too-many-processes`, /g)?.length, 50)
  assert.match(text, /\| 0\.0% \|/)
  assert.not.match(text, /\| 5\.0% \|/)
  assert.match(text, /\nand 951 more, in results\.csv\n$/)
  assert.ok(text.length < 65_536, `${text.length}`)
})

test('whatever the shares, nothing is undefined or not a number', () => {
  for (const shares of [[], [null], [0], [1, 1, null]])
    for (const chain of ['', 'x'])
      assert.not.match(
        reportMarkdown(summarize([row('a', shares, { chain }), row('b', [], { chain: 'y' })], [1, 2])),
        /NaN|undefined|null/,
      )
})

test('of one question there is no interval, and none is spoken of', () => {
  assert.not.match(reportMarkdown(summarize([row('a', [1, 0])], [1])), 'interval')
})

test('without questions it says so', () => {
  assert.is(reportMarkdown(summarize([], [1])), '# Report\n\nNo questions.\n')
})

test.run()
