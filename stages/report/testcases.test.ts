import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Completion, Question } from '../questions/model.ts'
import { testcasesCsv, testcasesOf } from './testcases.ts'

const question = (id: string, completions: readonly Partial<Completion>[], testcases = 2): Question => ({
  id,
  prompt: '',
  testcases: Array.from({ length: testcases }, () => ({ code: '', stdin: '' })),
  completions: completions.map((fields) => ({ completion: 'pass', ...fields })),
  support_files: [],
})
const rows = (...completions: readonly Partial<Completion>[]) =>
  testcasesOf(question('q', completions)).split('\n').slice(0, -1)

test('a row a test case of each completion, behind a header', () => {
  const pieces = [
    question('a', [
      { results: [true, true], verdicts: ['passed', 'passed'] },
      {
        by: 'edited',
        results: [true, false],
        verdicts: ['passed', 'failed'],
        flaky: [2],
        runs: [{ testcase: 2, verdict: 'failed', score: 87.5, got: '1' }],
      },
    ]),
    question('b', [{ results: [false], verdicts: ['cpu-timeout'] }], 1),
  ].map((each) => testcasesOf(each))
  assert.is(
    testcasesCsv(pieces).join(''),
    `qid,completion,by,testcase,verdict,passed,score,status,flaky,exception,error
a,1,,1,passed,1,,,,,
a,1,,2,passed,1,,,,,
a,2,edited,1,passed,1,,,,,
a,2,edited,2,failed,0,87.5,,1,,
b,1,,1,cpu-timeout,0,,,,,
`,
  )
})

test('of several chains a first column says which', () => {
  const csv = testcasesCsv(
    [testcasesOf(question('a', [{ results: [true], verdicts: ['passed'] }], 1), 'x,y')],
    true,
  ).join('')
  assert.is(csv.split('\n')[0]?.split(',')[0], 'chain')
  assert.is(csv.split('\n')[1], '"x,y",a,1,,1,passed,1,,,,,')
})

test('skipped and untested completions have their rows, and no part in an average', () => {
  assert.equal(
    rows(
      {
        skip: true,
        results: [true, false],
        verdicts: ['passed', 'error'],
        flaky: [1],
        runs: [{ testcase: 2, verdict: 'error', status: 1 }],
      },
      {},
    ),
    ['q,1,,1,skipped,,,,,,', 'q,1,,2,skipped,,,,,,', 'q,2,,1,,,,,,,', 'q,2,,2,,,,,,,'],
  )
})

test('a completion without code counts as not passed', () => {
  assert.equal(rows({ results: [false, false], verdicts: ['no-code', 'no-code'] }), [
    'q,1,,1,no-code,0,,,,,',
    'q,1,,2,no-code,0,,,,,',
  ])
})

test('a question without test cases has no rows', () => {
  assert.is(testcasesOf(question('q', [{}, {}], 0)), '')
})

/** The last cells of the row of a run that left this on standard error. */
const leaving = (error: string) => {
  const [row = ''] = rows({
    results: [false],
    verdicts: ['error'],
    runs: [{ testcase: 1, verdict: 'error', status: 1, error }],
  })
  assert.ok(row.startsWith('q,1,,1,error,0,,1,,'), row)
  return row.slice('q,1,,1,error,0,,1,,'.length)
}

test('an exception is named, with its last line', () => {
  const traceback = 'Traceback (most recent call last):\n  File "program.py", line 1\n    1 / 0\n    ~~^~~\n'
  assert.is(
    leaving(`${traceback}ZeroDivisionError: division by zero`),
    'ZeroDivisionError,ZeroDivisionError: division by zero',
  )
  assert.is(
    leaving(`${traceback}decimal.InvalidOperation: [<class 'x'>]\n`),
    "InvalidOperation,decimal.InvalidOperation: [<class 'x'>]",
  )
  assert.is(leaving(`${traceback}KeyboardInterrupt`), 'KeyboardInterrupt,KeyboardInterrupt')
})

test('what a program itself wrote to standard error is no exception', () => {
  assert.is(leaving('Oops: no file'), ',Oops: no file')
  assert.is(leaving('line one\nOops: no file'), ',Oops: no file')
})

test("an error's line is one line, cut, and no formula", () => {
  assert.is(leaving('=cmd|" /C calc"!A0'), `,"'=cmd|"" /C calc""!A0"`)
  assert.is(leaving('a\r\x1b[31mb\x00'), ',a\\r\\x1b[31mb\\x00')
  assert.is(leaving('x'.repeat(10_000_000)).length, 202)
})

test.run()
