import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { QuestionPart } from './part.ts'
import { type Row, summarize } from './summary.ts'
import { summaryTable } from './text.ts'

const nothing = { edited: 0, human: 0, skipped: 0, no_code: 0, cut_off: 0 }
const row = (id: string, shares: readonly (number | null)[], fields: Partial<QuestionPart> = {}): Row => ({
  file: 'results.toml',
  part: { id, testcases: 2, shares, endings: {}, counts: nothing, usage: {}, ...fields },
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
  assert.is(lines.length, 25)
})

test('without questions it says so', () => {
  assert.is(summaryTable(summarize([], [1])), 'No questions.\n')
})

test.run()
