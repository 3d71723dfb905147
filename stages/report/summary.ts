/**
 * summary.json, for programs that read the report. Version 1:
 *
 *     version       1. It is raised when a field changes its meaning or goes; new fields may come at any time
 *     strategy      how `score` was computed
 *     questions[]   in the order of the files
 *     totals        over all questions, each of which weighs the same
 *     chains[]      only where there are several: { name, totals }, in the order in which they come
 *     comparisons[] only where there are several: two chains over the questions that both answered
 *
 * What each field holds is said once, in summary-schema.ts; data/summary.schema.json is made from that.
 *
 * A report of one chain has no `chains`, so that one which was written for it reads it as ever. In a report of several,
 * `totals` holds sums alone: a mean over several models is a number of nothing, and the same question in two chains is no
 * second question to draw from.
 *
 * What is not defined is left out (an average of nothing, the deviation of one value): no null, no NaN.
 */
import { type Interval, meanIntervals } from './bootstrap.ts'
import { type Comparison, comparisonsOf } from './comparison.ts'
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
import { type Strategy, strategyScore } from './strategies.ts'

type Defined<T> = {
  readonly [name in keyof T as undefined extends T[name] ? never : name]: T[name]
} & {
  readonly [name in keyof T as undefined extends T[name] ? name : never]?: Exclude<T[name], undefined>
}

interface Common extends Defined<Partial<Spread>>, Counts, Usage {
  readonly completions: number
  readonly scored: number
  readonly passed: number
  /**
   * Wilson's, of passed / scored. Of totals it is narrower than it should be, since it takes completions of one question
   * for independent, and they are alike: quote the bootstrap over questions, `average_interval` and those of pass@k.
   */
  readonly passed_interval?: Interval
  /** By the strategy; of totals, the mean of the questions' scores. */
  readonly score?: number
  readonly endings: Endings
}

export interface QuestionSummary extends Common {
  readonly id: string
  /** Left out where it has no name. */
  readonly chain?: string
  readonly file: string
  readonly testcases: number
  readonly pass_at: { readonly [k: string]: number }
}

export interface MeanPassAt {
  readonly mean: number
  /** Bootstrap over these questions. */
  readonly interval?: Interval
  /** Those with k completions or more. */
  readonly questions: number
}

export interface Totals extends Common {
  readonly questions: number
  readonly scored_questions: number
  /** Bootstrap over the questions, as is that of the score. */
  readonly average_interval?: Interval
  readonly score_interval?: Interval
  readonly pass_at: { readonly [k: string]: MeanPassAt }
}

export interface ChainSummary {
  readonly name: string
  readonly totals: Totals
}

export interface Summary {
  readonly version: 1
  readonly strategy: Strategy
  readonly questions: readonly QuestionSummary[]
  readonly totals: Totals
  readonly chains?: readonly ChainSummary[]
  readonly comparisons?: readonly Comparison[]
}

/** A question with the file it was read from. */
export interface Row {
  readonly file: string
  /** Label of the chain (a model, a prompt) that the file is of. Default '': there is one, and it needs no name. */
  readonly chain?: string | undefined
  readonly part: QuestionPart
}

export interface SummaryOptions {
  /** How `score` is computed. Default 'basic'. */
  readonly strategy?: Strategy | undefined
}

/** The report's numbers. An id may come once in each chain; `passAt` are the k of pass@k, each once. */
export function summarize(
  rows: readonly Row[],
  passAt: readonly number[],
  { strategy = 'basic' }: SummaryOptions = {},
): Summary {
  const questions = rows.map((row) => questionSummary(row, passAt, strategy))
  const chains = chainsOf(questions)
  if (chains.length < 2) return { version: 1, strategy, questions, totals: totalsOf(questions, passAt) }
  return {
    version: 1,
    strategy,
    questions,
    totals: { ...sumsOf(questions), pass_at: {} },
    chains: chains.map(({ name, questions }) => ({ name, totals: totalsOf(questions, passAt) })),
    comparisons: comparisonsOf(chains),
  }
}

/** In the order of their first questions. */
function chainsOf(questions: readonly QuestionSummary[]) {
  const chains = new Map<string, QuestionSummary[]>()
  for (const question of questions) {
    const { chain = '' } = question
    const known = chains.get(chain)
    if (known === undefined) chains.set(chain, [question])
    else known.push(question)
  }
  return [...chains].map(([name, questions]) => ({ name, questions }))
}

function questionSummary(
  { file, chain = '', part }: Row,
  passAt: readonly number[],
  strategy: Strategy,
): QuestionSummary {
  const { completions, scored, passed, spread } = part.scores
  return defined({
    id: part.id,
    chain: chain === '' ? undefined : chain,
    file,
    testcases: part.testcases,
    completions,
    scored,
    passed,
    passed_interval: wilsonInterval(passed, scored),
    average: spread?.average,
    median: spread?.median,
    stdev: spread?.stdev,
    min: spread?.min,
    max: spread?.max,
    score: strategyScore(strategy, part.scores),
    pass_at: byK(passAt, (k) => passAtK(scored, passed, k)),
    endings: part.endings,
    ...part.counts,
    ...part.usage,
  })
}

function totalsOf(questions: readonly QuestionSummary[], passAt: readonly number[]): Totals {
  const averages = known(questions.map(({ average }) => average))
  const scores = known(questions.map(({ score }) => score))
  const atK = passAt.map((k) => known(questions.map(({ pass_at }) => pass_at[k])))
  const [average_interval, score_interval, ...intervals] = meanIntervals([averages, scores, ...atK])
  const sums = sumsOf(questions)
  return {
    ...sums,
    ...defined({ passed_interval: wilsonInterval(sums.passed, sums.scored) }),
    ...defined({ ...spreadOf(averages), average_interval }),
    ...defined({ score: spreadOf(scores)?.average, score_interval }),
    pass_at: byK(passAt, (_, index) => meanPassAt(atK[index] ?? [], intervals[index])),
  }
}

function sumsOf(questions: readonly QuestionSummary[]): Omit<Totals, 'pass_at'> {
  const total = (name: 'completions' | 'scored' | 'passed') =>
    questions.reduce((sum, question) => sum + question[name], 0)
  return {
    questions: questions.length,
    scored_questions: questions.filter(({ scored }) => scored > 0).length,
    completions: total('completions'),
    scored: total('scored'),
    passed: total('passed'),
    endings: addEndings(questions.map(({ endings }) => endings)),
    ...addCounts(questions),
    ...addUsage(questions),
  }
}

function meanPassAt(values: readonly number[], interval: Interval | undefined): MeanPassAt | undefined {
  const spread = spreadOf(values)
  return spread && { mean: spread.average, ...defined({ interval }), questions: values.length }
}

/** A value for each k that has one. */
function byK<T>(
  passAt: readonly number[],
  valueAt: (k: number, index: number) => T | undefined,
): { readonly [k: string]: T } {
  const values: { [k: string]: T } = {}
  for (const [index, k] of passAt.entries()) {
    const value = valueAt(k, index)
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
  const values: { [name: string]: unknown } = {}
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) values[name] = value
  return values
}
