/**
 * summary.json, for programs that read the report. Version 1:
 *
 *     version           1. It is raised when a field changes its meaning or goes; new fields may come at any time
 *     questions[]       in the order of the files
 *       id, file        the results file it was read from
 *       testcases       how many it has; 0: its completions are for people to read, and have no score
 *       completions     how many there are
 *       scored          … of these have a score: not the skipped and not the untested ones
 *       passed          … of these pass every test case
 *       average, median, stdev, min, max     of the completions' shares of passed test cases (0 to 1)
 *       pass_at         { "1": 0.4, … }: the unbiased estimate for each k that is not above `scored`
 *       passed_interval [low, high]: 95 % Wilson interval of passed / scored
 *       endings         { "passed": 9, "failed": 2, … }: executions by how they ended
 *       edited, human, skipped, no_code, cut_off     completions (see part.ts)
 *       tokens_in, tokens_out, cost     of the completions, as far as the files say; cost in US dollars
 *     totals            the same over all questions, each of which weighs the same:
 *       questions, scored_questions
 *       average, median, stdev, min, max     of the questions' averages
 *       pass_at         { "1": { "mean": 0.4, "questions": 8 }, … }: over the questions that have that many completions
 *       …               all other fields: sums
 *
 * What is not defined is left out (an average of nothing, the deviation of one value): no null, no NaN.
 */
import {
  addCounts,
  addEndings,
  addUsage,
  type Counts,
  type Endings,
  type QuestionPart,
  type Usage,
} from './part.ts'
import { passAtK, type Spread, spreadOf, wilsonInterval } from './statistics.ts'

type Defined<T> = { readonly [name in keyof T]?: Exclude<T[name], undefined> }

interface Common extends Defined<Spread>, Counts, Usage {
  readonly completions: number
  readonly scored: number
  readonly passed: number
  readonly endings: Endings
}

export interface QuestionSummary extends Common {
  readonly id: string
  readonly file: string
  readonly testcases: number
  readonly pass_at: { readonly [k: string]: number }
  readonly passed_interval?: readonly [number, number]
}

export interface Totals extends Common {
  readonly questions: number
  readonly scored_questions: number
  readonly pass_at: { readonly [k: string]: { readonly mean: number; readonly questions: number } }
}

export interface Summary {
  readonly version: 1
  readonly questions: readonly QuestionSummary[]
  readonly totals: Totals
}

/** A question with the file it was read from. */
export interface Row {
  readonly file: string
  readonly part: QuestionPart
}

export function summarize(rows: readonly Row[], passAt: readonly number[]): Summary {
  const questions = rows.map((row) => questionSummary(row, passAt))
  return { version: 1, questions, totals: totalsOf(rows, questions, passAt) }
}

/** The shares that count: not those of skipped or untested completions. */
export function scoresOf({ shares }: QuestionPart): readonly number[] {
  return shares.filter((share) => share !== null)
}

function questionSummary({ file, part }: Row, passAt: readonly number[]): QuestionSummary {
  const scores = scoresOf(part)
  const passed = scores.filter((share) => share === 1).length
  return {
    id: part.id,
    file,
    testcases: part.testcases,
    completions: part.shares.length,
    scored: scores.length,
    passed,
    ...defined(spreadOf(scores) ?? {}),
    pass_at: byK(passAt, (k) => passAtK(scores.length, passed, k)),
    ...defined({ passed_interval: wilsonInterval(passed, scores.length) }),
    endings: part.endings,
    ...part.counts,
    ...part.usage,
  }
}

function totalsOf(
  rows: readonly Row[],
  questions: readonly QuestionSummary[],
  passAt: readonly number[],
): Totals {
  const parts = rows.map(({ part }) => part)
  const total = (name: 'completions' | 'scored' | 'passed') =>
    questions.reduce((sum, question) => sum + question[name], 0)
  return {
    questions: questions.length,
    scored_questions: questions.filter(({ scored }) => scored > 0).length,
    completions: total('completions'),
    scored: total('scored'),
    passed: total('passed'),
    ...defined(spreadOf(known(questions.map(({ average }) => average))) ?? {}),
    pass_at: byK(passAt, (k) => meanPassAt(questions, k)),
    endings: addEndings(parts.map(({ endings }) => endings)),
    ...addCounts(parts.map(({ counts }) => counts)),
    ...addUsage(parts.map(({ usage }) => usage)),
  }
}

function meanPassAt(questions: readonly QuestionSummary[], k: number) {
  const values = known(questions.map(({ pass_at }) => pass_at[k]))
  const spread = spreadOf(values)
  return spread && { mean: spread.average, questions: values.length }
}

/** A value for each k that has one. */
function byK<T>(
  passAt: readonly number[],
  valueAt: (k: number) => T | undefined,
): { readonly [k: string]: T } {
  const values: { [k: string]: T } = {}
  for (const k of passAt) {
    const value = valueAt(k)
    if (value !== undefined) values[k] = value
  }
  return values
}

function known<T>(values: readonly (T | undefined)[]): readonly T[] {
  return values.filter((value): value is T => value !== undefined)
}

/** The fields that have a value. */
function defined<T extends object>(fields: T): Defined<T>
function defined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
