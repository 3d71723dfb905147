/**
 * Verdicts: how an execution ended, and whether what it printed is what was expected. Computed outside the sandbox,
 * from the cached outcome, so that a changed `expect` executes nothing.
 */
import type { TestCase, Verdict } from '../questions/model.ts'
import type { Execution, Outcome } from './sandbox/index.ts'

export interface Judging {
  readonly capture: Execution['capture']
  /** The seed tool's manner: the exit status counts for nothing. */
  readonly ignoreStatus: boolean
}

export function verdictOf(outcome: Outcome, testcase: TestCase, judging: Judging): Verdict {
  switch (outcome.ending) {
    case 'exited':
      return exited(outcome, testcase, judging)
    case 'signalled':
      return 'crashed'
    case 'cpu-timeout':
    case 'wall-timeout':
    case 'memory':
    case 'output-limit':
    case 'too-many-processes':
      return outcome.ending
  }
}

function exited(
  { status, began, stdout }: Outcome,
  { expect }: TestCase,
  { capture, ignoreStatus }: Judging,
): Verdict {
  if (status !== 0 && !ignoreStatus) return 'error'
  // A program that leaves with status 0 before the test case's code began has not been tested by it.
  if (!began && (capture === 'testcase' || expect === undefined)) return 'failed'
  return expect === undefined || sameOutput(stdout, expect) ? 'passed' : 'failed'
}

/** Equal but for white space at both ends (the seed tool's rule) and for how lines end (a file may be saved on Windows). */
export function sameOutput(printed: string, expected: string): boolean {
  return normal(printed) === normal(expected)
}

// Python's str.strip() and JavaScript's trim() differ in what they call white space; the rule is Python's.
const blank = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'
const leading = new RegExp(`^${blank}+`)
const notBlank = new RegExp(`[^${blank.slice(1)}`)

function normal(text: string): string {
  let end = text.length
  while (end > 0 && !notBlank.test(text.charAt(end - 1))) end--
  return text.slice(0, end).replace(leading, '').replaceAll('\r\n', '\n')
}
