import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type QuestionPart, scoresOf } from './part.ts'
import { type Row, summarize } from './summary.ts'
import { summaryTable } from './text.ts'

const nothing = { edited: 0, human: 0, skipped: 0, no_code: 0, cut_off: 0 }
const row = (id: string, shares: readonly (number | null)[], fields: Partial<QuestionPart> = {}): Row => ({
  file: 'results.toml',
  part: { id, testcases: 2, scores: scoresOf(shares), endings: {}, counts: nothing, usage: {}, ...fields },
})
const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length))

test('the table of a small set', () => {
  const table = summaryTable(
    summarize(
      [
        row('largest_gap', [1, 0.5, null], {
          endings: { failed: 1, passed: 3 },
          counts: { ...nothing, skipped: 1, edited: 1 },
        }),
        row('explain', [null], { testcases: 0 }),
      ],
      [1, 2, 10],
    ),
  )
  assert.is(
    table,
    `question     passed  average  pass@1  pass@2  what else
───────────────────────────────────────────────────────────────────────────
largest_gap  1 of 2    75.0%   50.0%  100.0%  1 failed, 1 skipped, 1 edited
explain           –        –       –       –  no test cases
───────────────────────────────────────────────────────────────────────────
2 questions  1 of 2    75.0%   50.0%  100.0%  1 failed, 1 skipped, 1 edited
`,
  )
})

test('an untested completion is named', () => {
  assert.match(summaryTable(summarize([row('a', [1, null])], [1])), /^a .* 1 not tested$/m)
})

test('no line is wider than asked for, whatever the ids and the verdicts', () => {
  const endings = {
    'cpu-timeout': 100,
    crashed: 200,
    error: 300,
    failed: 400,
    memory: 500,
    'output-limit': 600,
  }
  const summary = summarize([row('x'.repeat(300), [1, 0], { endings }), row('y', [null])], [1, 5, 10, 100])
  assert.ok(widest(summaryTable(summary)) <= 100)
  assert.ok(widest(summaryTable(summary, 60)) <= 60)
})

test('a long id is cut, and its numbers are still seen', () => {
  const table = summaryTable(summarize([row('x'.repeat(300), [1, 0])], [1]))
  assert.match(table, /^x{31}… {2}1 of 2/m)
  assert.match(summaryTable(summarize([row(`${'x'.repeat(30)}🙂🙂`, [1])], [1])), /^x{30}… /m)
})

test('what does not fit into a line goes on in the next, under its column', () => {
  const endings = { 'cpu-timeout': 1, error: 2, failed: 3, memory: 4, 'output-limit': 5, 'wall-timeout': 6 }
  const summary = summarize([row('a', [1, 0], { endings })], [1])
  const lines = summaryTable(summary, 80).split('\n')
  assert.is(lines[2], 'a           1 of 2    50.0%   50.0%  1 cpu-timeout, 2 error, 3 failed, 4 memory,')
  assert.is(lines[3], '                                     5 output-limit, 6 wall-timeout')
  assert.match(summaryTable(summary, 79), /3 failed,\n +4 memory, 5/)
})

test('an id cannot colour, move or turn around what the terminal shows', () => {
  const table = summaryTable(summarize([row('a\x1b[31m\rb\n\u202Ec\u009bd', [1])], [1]))
  assert.not.match(table, /[\x1b\r\u009b\u202e]/)
  assert.is(table.split('\n').length, 6)
})

test('of many questions the worst are shown, the worst first', () => {
  const rows = Array.from({ length: 41 }, (_, index) => row(`q${index}`, [1 - index / 100, 1]))
  const lines = summaryTable(summarize([...rows, row('unscored', [null])], [1])).split('\n')
  assert.match(lines[2] ?? '', /^q40 /)
  assert.match(lines[21] ?? '', /^q21 /)
  assert.match(lines[23] ?? '', /^42 questions \(the worst 20 shown\) /)
  assert.match(lines[24] ?? '', /^95% intervals: average /)
  assert.is(lines.length, 26)
})

test('below the totals stand the intervals over the questions', () => {
  const table = (...rows: readonly Row[]) => summaryTable(summarize(rows, [1, 2]))
  assert.match(
    table(row('a', [1, 1]), row('b', [0.5, 0])),
    /^2 questions .*\n95% intervals: average 25\.0–100\.0%, pass@1 0\.0–100\.0%, pass@2 0\.0–100\.0%\n$/m,
  )
  assert.not.match(table(row('a', [1, 1])), /interval/)
})

test('a strategy other than basic has a column of its own', () => {
  const rows = [row('a', [1, 0.5]), row('b', [0, 0.5])]
  const table = summaryTable(summarize(rows, [1], { strategy: 'finite-expected' }))
  assert.match(table, /^question +passed +average +score +pass@1 /)
  assert.match(table, /^a +1 of 2 +75\.0% +97\.5% +50\.0%$/m)
  assert.match(table, /^95% intervals: average .*, score \(finite-expected\) 0\.0–97\.5%, pass@1 /m)
})

const inChain = (chain: string, ...rows: readonly Row[]): readonly Row[] =>
  rows.map((row) => ({ ...row, chain }))

test('of several chains the totals stand below each other, and each pair is compared', () => {
  const endings = { passed: 2, failed: 1 }
  const summary = summarize(
    [
      ...inChain('small', row('a', [0.5, 1], { endings }), row('b', [0, 0]), row('c', [1, 1])),
      ...inChain('large', row('b', [1, 1]), row('a', [1, 0.5]), row('d', [1, 1]), row('e', [null])),
    ],
    [1, 2],
  )
  assert.is(
    summaryTable(summary),
    `chain  questions  passed  average  95% interval  pass@1  pass@2
───────────────────────────────────────────────────────────────
small          3  3 of 6    58.3%    0.0–100.0%   50.0%   66.7%
    1 failed
large          4  5 of 6    91.7%   75.0–100.0%   83.3%  100.0%

large against small
    average +50.0 points (95%: 0.0 to +100.0), pass@1 +50.0 points (95%: 0.0 to +100.0),
    1 question better, 0 worse, 1 the same, 1 only in the other, 2 only in this one
`,
  )
})

test('chains are compared by the strategy, and a loss has a minus', () => {
  const summary = summarize(
    [...inChain('one', row('a', [1, 0])), ...inChain('two', row('a', [0, 0])), ...inChain('', row('z', [1]))],
    [1],
    { strategy: 'expected' },
  )
  const table = summaryTable(summary)
  assert.match(table, /^chain +questions +passed +score +95% interval +pass@1$/m)
  assert.match(
    table,
    /^two against one\n {4}score −97\.5 points, pass@1 −50\.0 points, 0 questions better, 1 worse, /m,
  )
  assert.match(
    table,
    /^unnamed against two\n {4}no question has a score in both, 1 only in the other, 1 only in this/m,
  )
})

test('with several chains no line is wider than asked for, and no name is a command', () => {
  const endings = {
    'cpu-timeout': 100_000,
    error: 300_000,
    failed: 4_000_000,
    memory: 500,
    crashed: 600,
    'no-code': 7,
  }
  const rows = ['x'.repeat(300), 'y\x1b[31m\n'.repeat(30), 'z'].flatMap((name) =>
    inChain(
      name,
      ...Array.from({ length: 12 }, (_, index) => row(`${index}`, Array(100).fill(1), { endings })),
    ),
  )
  const summary = summarize(rows, [1, 5, 10, 100])
  assert.ok(widest(summaryTable(summary)) <= 100)
  assert.match(summaryTable(summary), / pass@1 {2}pass@100$/m)
  assert.ok(widest(summaryTable(summary, 60)) <= 60)
  assert.not.match(summaryTable(summary), /\x1b/)
})

test('without questions it says so', () => {
  assert.is(summaryTable(summarize([], [1])), 'No questions.\n')
})

test.run()
