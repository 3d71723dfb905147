/**
 * Two chains (models, prompts, temperatures) compared on the questions that both answered.
 *
 * Paired, because questions differ from each other far more than chains do: two means with an interval each may overlap
 * widely while one chain is better in nearly every question. Here the differences are taken question by question, and the
 * interval is of their mean. Chosen against: a test with a p-value. An interval says as much, and how large the
 * difference may be.
 *
 * Of many comparisons some show a difference by chance: about one interval in twenty of chains that are alike lies
 * beside 0.
 */
import { type Interval, meanIntervals } from './bootstrap.ts'
import { spreadOf } from './statistics.ts'

/** What is compared of a question. One without a score has none of the numbers. */
export interface Comparable {
  readonly id: string
  readonly average?: number
  readonly score?: number
  readonly pass_at: { readonly [k: string]: number }
}

export interface ComparableChain {
  readonly name: string
  readonly questions: readonly Comparable[]
}

/** The second chain's number less the first's, so that more than 0 speaks for the second. */
export interface Difference {
  /** Mean over the questions. */
  readonly mean: number
  /** Paired bootstrap over the questions, 95 %; left out for fewer than 2 questions. */
  readonly interval?: Interval
  /** Those in which both chains have this number: pass@10 needs 10 completions in each. */
  readonly questions: number
  /** Those in which the second chain's number is higher, lower, and the same. */
  readonly better: number
  readonly worse: number
  readonly same: number
}

/** The differences of one question; pass@k for each k that both chains have. */
export interface QuestionDifference {
  readonly id: string
  readonly average: number
  readonly score: number
  readonly pass_at: { readonly [k: string]: number }
}

export interface Comparison {
  /** Names of the first and of the second chain. */
  readonly chains: readonly [string, string]
  /** Questions that have a score in both. All questions are these, `only_in` and `unscored`. */
  readonly questions: number
  /** Questions that only the first chain has, and only the second. */
  readonly only_in: readonly [number, number]
  /** Questions of both that lack a score in one or both: no test cases, nothing tested, all skipped. */
  readonly unscored: number
  /** Left out where no question has a score in both. */
  readonly average?: Difference
  readonly score?: Difference
  readonly pass_at: { readonly [k: string]: Difference }
  /** In the order of the first chain. */
  readonly differences: readonly QuestionDifference[]
}

/** Each pair of up to 4 chains; of more, each against the first. */
export function comparisonsOf(chains: readonly ComparableChain[]): readonly Comparison[] {
  const firsts = chains.length > 4 ? chains.slice(0, 1) : chains
  return firsts.flatMap((first, index) =>
    chains.slice(index + 1).map((second) => compareChains(first, second)),
  )
}

/** Questions are paired by their id, whatever their number of completions and the order of the chains. */
export function compareChains(first: ComparableChain, second: ComparableChain): Comparison {
  const others = new Map(second.questions.map((question) => [question.id, question]))
  const pairs = first.questions.flatMap((question) => {
    const other = others.get(question.id)
    return other === undefined ? [] : [[question, other] as const]
  })
  const differences = pairs.flatMap(([one, other]) => questionDifference(one, other))
  const ks = new Set(differences.flatMap(({ pass_at }) => Object.keys(pass_at)))
  const [average, score, ...passAt] = summarized([
    differences.map(({ average }) => average),
    differences.map(({ score }) => score),
    ...[...ks].map((k) => differences.flatMap(({ pass_at }) => pass_at[k] ?? [])),
  ])
  return {
    chains: [first.name, second.name],
    questions: differences.length,
    only_in: [first.questions.length - pairs.length, second.questions.length - pairs.length],
    unscored: pairs.length - differences.length,
    ...(average && { average }),
    ...(score && { score }),
    pass_at: Object.fromEntries([...ks].flatMap((k, index) => (passAt[index] ? [[k, passAt[index]]] : []))),
    differences,
  }
}

/** Empty when one of the two has no score. */
function questionDifference(one: Comparable, other: Comparable): readonly QuestionDifference[] {
  const average = difference(one.average, other.average)
  const score = difference(one.score, other.score)
  if (average === undefined || score === undefined) return []
  const ks = Object.keys(one.pass_at).map((k) => [k, difference(one.pass_at[k], other.pass_at[k])] as const)
  const pass_at: { [k: string]: number } = {}
  for (const [k, value] of ks) if (value !== undefined) pass_at[k] = value
  return [{ id: one.id, average, score, pass_at }]
}

/**
 * Averages of the same shares may differ in their last bits, by the number of completions. Nothing that is a
 * difference is as small as this: one test case of one completion is more.
 */
const rounding = 1e-12

function difference(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return undefined
  return Math.abs(other - one) < rounding ? 0 : other - one
}

function summarized(columns: readonly (readonly number[])[]): readonly (Difference | undefined)[] {
  const intervals = meanIntervals(columns)
  return columns.map((values, index) => {
    const spread = spreadOf(values)
    const interval = intervals[index]
    if (spread === undefined) return undefined
    const count = (matches: (value: number) => boolean) => values.filter(matches).length
    return {
      mean: spread.average,
      ...(interval && { interval }),
      questions: values.length,
      better: count((value) => value > 0),
      worse: count((value) => value < 0),
      same: count((value) => value === 0),
    }
  })
}
