/**
 * What a report needs of one results file, and no more: this is what the cache holds, a value a file, so that after
 * one edit one file is read again and the others are a look into the cache.
 *
 * It stands for the file's content alone. Its path is not in it (a file may be renamed), nor anything that depends on
 * the report's options (which k, how many columns): those are computed from the parts at each build.
 */
import type { Completion, Question, QuestionFile, Verdict } from '../questions/model.ts'
import { once } from '../questions/once.ts'
import { type Spread, spreadOf, sum } from './statistics.ts'

/** How runs ended: the number of executions by verdict. */
export type Endings = { readonly [verdict: string]: number }

export type Counts = {
  /** Completions whose text a person changed. */
  readonly edited: number
  /** Completions that a person wrote. */
  readonly human: number
  /** Completions that a person rejected. */
  readonly skipped: number
  /** Completions in which no code was found. */
  readonly no_code: number
  /** Completions that the model did not end by itself: the token limit cut them off. */
  readonly cut_off: number
}

/** What the completions cost; a number is left out where no completion says it. */
export type Usage = {
  readonly tokens_in?: number
  readonly tokens_out?: number
  /** US dollars. */
  readonly cost?: number
}

/** Share of test cases passed, one a completion; null for one without a score (skipped, not tested, no test cases). */
export type Shares = readonly (number | null)[]

/** What the shares come to. */
export type Scores = {
  readonly completions: number
  /** Those that count: not those that are skipped or untested. */
  readonly scored: number
  /** How many completions pass everything. */
  readonly passed: number
  /** Of those that count; left out when there are none. */
  readonly spread?: Spread
}

export type QuestionPart = {
  readonly id: string
  readonly testcases: number
  readonly scores: Scores
  readonly endings: Endings
  readonly counts: Counts
  readonly usage: Usage
}

export type Part = readonly QuestionPart[]

export function partOf(file: QuestionFile): Part {
  return file.questions.map(questionPart)
}

const questionPart = once(
  (question: Question): QuestionPart => ({
    id: question.id,
    testcases: question.testcases.length,
    scores: scoresOf(sharesOf(question)),
    endings: tally(question.completions.flatMap(endingsOf)),
    counts: countsOf(question.completions),
    usage: usageOf(question.completions),
  }),
)

export function sharesOf({ completions }: Question): Shares {
  return completions.map(shareOf)
}

export function scoresOf(shares: Shares): Scores {
  const known = shares.filter((share) => share !== null)
  const spread = spreadOf(known)
  return {
    completions: shares.length,
    scored: known.length,
    passed: known.filter((share) => share === 1).length,
    ...(spread && { spread }),
  }
}

function shareOf({ skip, results }: Completion): number | null {
  if (skip || results === undefined || results.length === 0) return null
  return results.filter((passed) => passed).length / results.length
}

/**
 * One a run; completions that are skipped or have no code in them were not run. A file of the seed tool has no verdicts:
 * there a result that is false is simply `failed`.
 */
function endingsOf({ skip, results, verdicts }: Completion): readonly Verdict[] {
  if (skip) return []
  return (verdicts ?? (results ?? []).map((passed) => (passed ? 'passed' : 'failed'))).filter(
    (verdict) => verdict !== 'no-code' && verdict !== 'skipped',
  )
}

function countsOf(completions: readonly Completion[]): Counts {
  const counts = { edited: 0, human: 0, skipped: 0, no_code: 0, cut_off: 0 }
  for (const { by, skip, verdicts, response } of completions) {
    if (by === 'edited') counts.edited++
    if (by === 'human') counts.human++
    if (skip === true) counts.skipped++
    if (!skip && verdicts?.includes('no-code')) counts.no_code++
    if (response?.finish === 'length') counts.cut_off++
  }
  return counts
}

function usageOf(completions: readonly Completion[]): Usage {
  return addUsage(completions.map(({ response }) => response ?? {}))
}

/** Adds what is known. */
export function addUsage(usages: readonly { readonly [name in keyof Usage]?: number | undefined }[]): Usage {
  const total = (name: keyof Usage) => {
    const known = usages.map((usage) => usage[name]).filter((value) => value !== undefined)
    return known.length === 0 ? {} : { [name]: sum(known) }
  }
  return { ...total('tokens_in'), ...total('tokens_out'), ...total('cost') }
}

export function addCounts(counts: readonly Counts[]): Counts {
  const total = (name: keyof Counts) => sum(counts.map((count) => count[name]))
  return {
    edited: total('edited'),
    human: total('human'),
    skipped: total('skipped'),
    no_code: total('no_code'),
    cut_off: total('cut_off'),
  }
}

export function addEndings(endings: readonly Endings[]): Endings {
  const totals = new Map<string, number>()
  for (const [verdict, count] of endings.flatMap((ending) => Object.entries(ending)))
    totals.set(verdict, (totals.get(verdict) ?? 0) + count)
  return inOrder(totals)
}

function tally(verdicts: readonly Verdict[]): Endings {
  const totals = new Map<string, number>()
  for (const verdict of verdicts) totals.set(verdict, (totals.get(verdict) ?? 0) + 1)
  return inOrder(totals)
}

function inOrder(totals: ReadonlyMap<string, number>): Endings {
  return Object.fromEntries([...totals].sort(([a], [b]) => (a < b ? -1 : 1)))
}
