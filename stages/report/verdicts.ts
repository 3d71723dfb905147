import type { Completion, Question, Verdict } from '../questions/model.ts'

/**
 * A verdict for each test case of a completion; undefined for those that were not tested. A file of the seed tool has
 * no verdicts: there a result that is false is simply `failed`. Results from before a completion was skipped don't count.
 */
export function verdictsOf(
  { testcases }: Question,
  { skip, results, verdicts }: Completion,
): readonly (Verdict | undefined)[] {
  if (skip) return testcases.map(() => 'skipped')
  if (results === undefined) return testcases.map(() => undefined)
  return results.map((passed, index) => verdicts?.[index] ?? (passed ? 'passed' : 'failed'))
}
