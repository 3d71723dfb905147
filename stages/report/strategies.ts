/**
 * One number for a question, by a strategy that the report's user chooses. The strategies are those of the tool that
 * this one follows, so that its numbers can be compared with ours.
 *
 * The two expected ones tell of a student who asks again until an answer passes every test case, and whose mark shrinks
 * with each further attempt. They grade the model as a helper: one that is right every second time is worth 0.975 there,
 * where `all-or-nothing` says 0.5.
 */
import type { Scores } from './part.ts'

/**
 * - `basic`: the mean share of passed test cases.
 * - `all-or-nothing`: the share of completions that pass every test case, which is pass@1.
 * - `expected`: the expected mark of up to 10 attempts for each completion there is; see `expectedMark`.
 * - `finite-expected`: the expected mark of up to 12 attempts.
 */
export const strategies = ['basic', 'all-or-nothing', 'expected', 'finite-expected'] as const
export type Strategy = (typeof strategies)[number]

/** What an answer is worth at the first attempt, the second, …; at each later one it is worth `laterMark`. */
const marks = [1, 1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5] as const
const laterMark = 0.5

/**
 * The score of a question from 0 to 1, of its completions' shares of passed test cases. Undefined without any.
 * A share of exactly 1 is one that passes everything.
 */
export function strategyScore(strategy: Strategy, { scored, passed, spread }: Scores): number | undefined {
  if (scored === 0) return undefined
  const passing = passed / scored
  switch (strategy) {
    case 'basic':
      return spread?.average
    case 'all-or-nothing':
      return passing
    case 'expected':
      return expectedMark(passing, 10 * scored)
    case 'finite-expected':
      return expectedMark(passing, marks.length)
  }
}

/**
 * The expected mark when each attempt passes with this probability, on its own, and no more than so many are made:
 * Σ probability · (1 − probability)^(i − 1) · mark(i) for i from 1 to `attempts`. Nothing passed by then is worth 0.
 *
 * Past the twelfth attempt the mark is constant and the terms are a geometric series, so their sum is taken at once:
 * with 10,000 completions there are 100,000.
 */
export function expectedMark(probability: number, attempts: number): number {
  const failing = 1 - probability
  let expected = 0
  for (const [index, mark] of marks.slice(0, attempts).entries())
    expected += probability * failing ** index * mark
  const later = failing ** marks.length - failing ** Math.max(attempts, marks.length)
  return Math.min(1, expected + laterMark * later)
}
