/** A question's test cases: executed as often as is asked for, or known from before, and judged. */
import type { Job, Unit } from '../../engine/stage.ts'
import type { Completion, Question, Verdict } from '../questions/model.ts'
import { captureOf, comparisonFor, executionOf, type Keys, type Manner } from './execution.ts'
import { repetitionKey } from './repeat.ts'
import type { Execution, Outcome } from './sandbox/index.ts'
import { type Judgement, verdictOf } from './verdict.ts'

export type Runner = (execution: Execution, signal: AbortSignal) => Promise<Outcome>

/** What all test cases of a target share. */
export interface Testing {
  readonly job: Job
  readonly manner: Manner
  readonly keys: Keys
  readonly run: Runner
}

/** The first execution is the one that is judged; the others only tell whether it always ends so. */
export interface Judged extends Judgement {
  readonly outcome: Outcome
  readonly flaky: boolean
}

/** What came of one completion. */
export interface Ran {
  /** Each test case as often as it was to be repeated, test case by test case; undefined where it was not to be had. */
  readonly outcomes: readonly (Outcome | undefined)[]
  /** It was executed in this run, and not merely repeated. */
  readonly executed: boolean
}

export const notRun: Ran = { outcomes: [], executed: false }

/** One a completion, all asked for at once: what is known of them is found together. */
export async function ranAll(testing: Testing, question: Question): Promise<readonly Ran[]> {
  const executed = new Set<Unit<Outcome>>()
  const units = question.completions.map((completion) =>
    isRun(completion, question) ? unitsOf(testing, question, completion, executed) : [],
  )
  const outcomes = await testing.job.units(units.flat())
  let end = 0
  return units.map((asked) => {
    end += asked.length
    return {
      outcomes: outcomes.slice(end - asked.length, end),
      executed: asked.some((unit) => executed.has(unit)),
    }
  })
}

function unitsOf(
  { manner, keys, run }: Testing,
  question: Question,
  completion: Completion,
  executed: Set<Unit<Outcome>>,
): readonly Unit<Outcome>[] {
  const known = keys(question)(completion.completion)
  return question.testcases.flatMap((testcase, index) =>
    Array.from({ length: manner.repeat }, (_, repetition) => {
      const key = known[index]
      if (key === undefined) throw new RangeError('every test case has a key')
      const unit: Unit<Outcome> = {
        kind: 'execution',
        key: repetitionKey(key, repetition + 1),
        question: question.id,
        make: (signal) => {
          if (repetition === 0) executed.add(unit)
          return run(executionOf(question, completion, testcase, manner), signal)
        },
      }
      return unit
    }),
  )
}

/** Not what a person rejected, nor what has no code in it. */
export function isRun(completion: Completion, { testcases }: Question): boolean {
  return !completion.skip && testcases.length > 0 && !hasNoCode(completion)
}

/** Nothing but white space, or marked by clean and not edited since. */
function hasNoCode({ completion, cleaned_by, by }: Completion): boolean {
  return completion.trim() === '' || (cleaned_by?.includes('no-code') === true && by === undefined)
}

/** One a test case; undefined where the first execution was not to be had. */
export function judgedOf(
  question: Question,
  outcomes: readonly (Outcome | undefined)[],
  manner: Manner,
): readonly (Judged | undefined)[] {
  const comparison = comparisonFor(question, manner)
  const judging = { capture: captureOf(question, manner), ignoreStatus: manner.seed, comparison }
  return question.testcases.map((testcase, index) => {
    const repeated = outcomes.slice(index * manner.repeat, (index + 1) * manner.repeat)
    const judgements = repeated.map((outcome) => outcome && verdictOf(outcome, testcase, judging))
    const [outcome] = repeated
    const [judgement] = judgements
    return outcome && judgement && { outcome, ...judgement, flaky: differ(judgements) }
  })
}

function differ(judgements: readonly (Judgement | undefined)[]): boolean {
  const verdicts = judgements.flatMap((judgement): Verdict[] => (judgement ? [judgement.verdict] : []))
  return new Set(verdicts).size > 1
}
