/** One test case of one completion: executed as often as is asked for, or known from before, and judged. */
import type { Job } from '../../engine/stage.ts'
import type { Completion, Question, Verdict } from '../questions/model.ts'
import { captureOf, comparisonFor, executionOf, type Manner, type Trial, type Trials } from './execution.ts'
import { repetitionKey } from './repeat.ts'
import type { Execution, Outcome } from './sandbox/index.ts'
import { type Judgement, verdictOf } from './verdict.ts'

export type Runner = (execution: Execution, signal: AbortSignal) => Promise<Outcome>

/** What all test cases of a target share. */
export interface Testing {
  readonly job: Job
  readonly manner: Manner
  readonly trials: Trials
  readonly run: Runner
}

/** The first execution is the one that is judged; the others only tell whether it always ends so. */
export interface Judged extends Judgement {
  readonly outcome: Outcome
  readonly flaky: boolean
}

export interface TestedCase {
  /** Undefined where the first execution was not to be had. */
  readonly judged: Judged | undefined
  /** It was executed in this run, and not merely repeated. */
  readonly executed: boolean
  /** Executions that were not to be had in this run. */
  readonly missing: number
}

export async function testTestcase(
  { job, manner, run }: Testing,
  question: Question,
  completion: Completion,
  { testcase, key }: Trial,
): Promise<TestedCase> {
  let executed = false
  const outcomes = await Promise.all(
    Array.from({ length: manner.repeat }, (_, index) =>
      job.unit<Outcome>({
        kind: 'execution',
        key: repetitionKey(key, index + 1),
        question: question.id,
        make: (signal) => {
          executed ||= index === 0
          return run(executionOf(question, completion, testcase, manner), signal)
        },
      }),
    ),
  )
  const comparison = comparisonFor(question, manner)
  const judging = { capture: captureOf(question, manner), ignoreStatus: manner.seed, comparison }
  const judgements = outcomes.map((outcome) => outcome && verdictOf(outcome, testcase, judging))
  const [outcome] = outcomes
  const [judgement] = judgements
  return {
    judged: outcome && judgement && { outcome, ...judgement, flaky: differ(judgements) },
    executed,
    missing: outcomes.filter((each) => each === undefined).length,
  }
}

function differ(judgements: readonly (Judgement | undefined)[]): boolean {
  const verdicts = judgements.flatMap((judgement): Verdict[] => (judgement ? [judgement.verdict] : []))
  return new Set(verdicts).size > 1
}
