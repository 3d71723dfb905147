/**
 * Verdicts: how an execution ended, and whether what it printed is what was expected. Computed outside the sandbox,
 * from the cached outcome, so that a changed `expect` executes nothing.
 */
import type { TestCase, Verdict } from '../questions/model.ts'
import { type Comparison, compare } from './compare.ts'
import type { Execution, Outcome } from './sandbox/index.ts'

export { sameOutput } from './compare.ts'

export interface Judging {
  readonly capture: Execution['capture']
  /** The seed tool's manner: the exit status counts for nothing. */
  readonly ignoreStatus: boolean
  readonly comparison: Comparison
}

export interface Judgement {
  readonly verdict: Verdict
  /** How near the output came, from 0 to 100, where outputs were compared in a mode that says so and differ. */
  readonly score?: number | undefined
}

export function verdictOf(outcome: Outcome, testcase: TestCase, judging: Judging): Judgement {
  switch (outcome.ending) {
    case 'exited':
      return exited(outcome, testcase, judging)
    case 'signalled':
      return { verdict: 'crashed' }
    case 'cpu-timeout':
    case 'wall-timeout':
    case 'memory':
    case 'output-limit':
    case 'too-many-processes':
      return { verdict: outcome.ending }
  }
}

function exited(
  { status, began, stdout }: Outcome,
  { expect }: TestCase,
  { capture, ignoreStatus, comparison }: Judging,
): Judgement {
  if (status !== 0 && !ignoreStatus) return { verdict: 'error' }
  // A program that leaves with status 0 before the test case's code began has not been tested by it.
  if (!began && (capture === 'testcase' || expect === undefined)) return { verdict: 'failed' }
  if (expect === undefined) return { verdict: 'passed' }
  const compared = compare(stdout, expect, comparison)
  return compared.same ? { verdict: 'passed' } : { verdict: 'failed', score: compared.score }
}
