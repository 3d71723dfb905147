import { execFileSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../../engine/testing/parts.ts'
import type { Shares } from './part.ts'
import { fourDecimals, resultsOfRows, resultsRow } from './tables.ts'

const question = (id: string, shares: Shares) => ({ id, shares })

const resultsCsv = (questions: readonly ReturnType<typeof question>[]) =>
  resultsOfRows(questions.map(({ id, shares }) => resultsRow(id, shares))).join('')

test('a row a question, a column a completion, then the aggregates', async () => {
  assert.is(
    resultsCsv([question('a', [1, 0.5, 0]), question('b', [1 / 3, 1])]),
    `qid,response 1,response 2,response 3,average,median,stdev,min,max
a,1.0000,0.5000,0.0000,0.5000,0.5000,0.5000,0.0000,1.0000
b,0.3333,1.0000,,0.6667,0.6667,0.4714,0.3333,1.0000
`,
  )
})

test('a skipped completion has an empty cell and no part in the aggregates', async () => {
  const csv = resultsCsv([question('a', [1, null, 0])])
  assert.is(csv.split('\n')[1], 'a,1.0000,,0.0000,0.5000,0.5000,0.7071,0.0000,1.0000')
})

test('a single score has no deviation', async () => {
  assert.is(resultsCsv([question('a', [0.5])]).split('\n')[1], 'a,0.5000,0.5000,0.5000,,0.5000,0.5000')
})

test('a question without scores has empty cells, and never NaN', async () => {
  assert.is(resultsCsv([question('a', [null, null])]).split('\n')[1], 'a,,,,,,,')
  assert.is(resultsCsv([question('a', [])]).split('\n')[1], 'a,,,,,')
})

test('without questions there is the header', async () => {
  assert.is(resultsCsv([]), 'qid,average,median,stdev,min,max\n')
})

const nasty = ['two\nlines', 'lone\rreturn', 'a,"quoted" one', ' spaces ', 'ünï 🙂', "it's"]
const formulas = ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx']

test('an id that a spreadsheet would take for a formula gets an apostrophe in front', async () => {
  for (const id of formulas) {
    const [, row = ''] = resultsCsv([question(id, [])]).split('\n')
    assert.ok(row.replace(/^"/, '').startsWith(`'${id[0]}`), row)
  }
})

needing(test, ['python3'], "python's csv module reads what was written", async () => {
  const csv = resultsCsv([...nasty, ...formulas].map((id) => question(id, [1, 0.25])))
  const program =
    'import csv, io, json, sys\nprint(json.dumps(list(csv.reader(io.TextIOWrapper(sys.stdin.buffer, "utf-8", newline="")))))'
  const rows: readonly string[][] = JSON.parse(
    execFileSync('/usr/bin/python3', ['-c', program], { input: csv, encoding: 'utf8' }),
  )
  assert.equal(
    rows.slice(1).map(([id]) => id),
    [...nasty, ...formulas.map((id) => `'${id}`)],
  )
  for (const row of rows) assert.is(row.length, 8)
  for (const row of rows.slice(1)) assert.equal(row.slice(1, 4), ['1.0000', '0.2500', '0.6250'])
})

needing(test, ['python3'], "four decimals are python's .4f, ties included", () => {
  const fractions = Array.from({ length: 64 }, (_, n) =>
    Array.from({ length: n + 2 }, (_, k) => [k, n + 1]),
  ).flat()
  const program = 'import json, sys\nprint(json.dumps([f"{k / n:.4f}" for k, n in json.load(sys.stdin)]))'
  const expected: readonly string[] = JSON.parse(
    execFileSync('/usr/bin/python3', ['-c', program], { input: JSON.stringify(fractions), encoding: 'utf8' }),
  )
  assert.equal(
    fractions.map(([k = 0, n = 1]) => fourDecimals(k / n)),
    expected,
  )
  assert.is(fourDecimals(1 / 32), '0.0312')
})

test('of several chains there is a row for each, and a column says which', () => {
  const rows = [resultsRow('a', [1, 0], 'large'), resultsRow('a', [0.5], '=small')]
  assert.is(
    resultsOfRows(rows, true).join(''),
    `chain,qid,response 1,response 2,average,median,stdev,min,max
large,a,1.0000,0.0000,0.5000,0.5000,0.7071,0.0000,1.0000
'=small,a,0.5000,,0.5000,0.5000,,0.5000,0.5000
`,
  )
})

test.run()
