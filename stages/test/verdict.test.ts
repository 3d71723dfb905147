import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Outcome } from './sandbox/index.ts'
import { type Judging, verdictOf } from './verdict.ts'

const outcome: Outcome = {
  stdout: 'this is a test!\n',
  stderr: '',
  status: 0,
  ending: 'exited',
  began: true,
  cpuMs: 1,
  wallMs: 1,
}
const judging: Judging = { capture: 'program', ignoreStatus: false, comparison: { mode: 'fuzzy' } }
const testcase = { code: '', stdin: '', expect: 'this is a test' }

test('an output that differs has a score where the comparison gives one', () => {
  assert.equal(verdictOf(outcome, testcase, judging), { verdict: 'failed', score: 96.55 })
  const exact: Judging = { ...judging, comparison: { mode: 'exact' } }
  assert.equal(verdictOf(outcome, testcase, exact), { verdict: 'failed', score: undefined })
  const passed = { ...testcase, expect: 'this is a test!' }
  assert.equal(verdictOf(outcome, passed, judging), { verdict: 'passed' })
})

test('a run that did not end well, or never came to the test case, is not compared', () => {
  assert.equal(verdictOf({ ...outcome, status: 1 }, testcase, judging), { verdict: 'error' })
  assert.equal(verdictOf({ ...outcome, ending: 'memory' }, testcase, judging), { verdict: 'memory' })
  assert.equal(verdictOf({ ...outcome, ending: 'signalled', status: 9 }, testcase, judging), {
    verdict: 'crashed',
  })
  const early: Judging = { ...judging, capture: 'testcase' }
  assert.equal(verdictOf({ ...outcome, began: false }, testcase, early), { verdict: 'failed' })
})

test('the exit status counts for nothing where it is to be ignored', () => {
  const ignoring: Judging = { ...judging, ignoreStatus: true }
  assert.is(verdictOf({ ...outcome, status: 1 }, testcase, ignoring).verdict, 'failed')
})

test('without `expect` the exit status decides', () => {
  const bare = { code: '', stdin: '' }
  assert.equal(verdictOf(outcome, bare, judging), { verdict: 'passed' })
  assert.equal(verdictOf({ ...outcome, status: 3 }, bare, judging), { verdict: 'error' })
})

test.run()
