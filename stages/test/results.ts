/** What the test stage writes of a completion: verdicts, and of runs that did not pass what a reader needs to see why. */
import { answerDigest } from '../questions/digests.ts'
import type { Completion, Question, Run, TestCase } from '../questions/model.ts'
import type { Comparison } from './compare.ts'
import { difference } from './difference.ts'
import type { Judged } from './testcase.ts'

/** Characters kept of what was printed, and of standard error (its end, where the exception is named). */
const printedKept = 2000
const errorKept = 1200

/** What is written of a program's runs: the same for every completion that is this program. */
export type Score = Pick<Completion, 'results' | 'verdicts' | 'flaky' | 'runs'>

/** `judged` has one a test case; undefined where its execution was not to be had, and then nothing is written of any. */
export function scoreOf(
  question: Question,
  judged: readonly (Judged | undefined)[],
  comparison: Comparison,
): Score {
  const known = judged.filter((each) => each !== undefined)
  if (known.length < question.testcases.length) return {}
  const runs = question.testcases.flatMap((testcase, index) => {
    const each = known[index]
    return each === undefined || each.verdict === 'passed'
      ? []
      : [runOf(each, testcase, index + 1, comparison)]
  })
  const flaky = known.flatMap((each, index) => (each.flaky ? [index + 1] : []))
  return {
    results: known.map(({ verdict }) => verdict === 'passed'),
    verdicts: known.map(({ verdict }) => verdict),
    flaky: flaky.length > 0 ? flaky : undefined,
    runs: runs.length > 0 ? runs : undefined,
  }
}

export function scored(completion: Completion, question: Question, score: Score): Completion {
  return { ...plain(completion, question), ...score }
}

/** A completion with no code in it fails every test case without being run. */
export function withoutCode(completion: Completion, question: Question): Completion {
  return {
    ...plain(completion, question),
    results: question.testcases.map(() => false),
    verdicts: question.testcases.map(() => 'no-code'),
  }
}

/** Rejected by a person, or without a test case: no results, so it has no part in any score. */
export function unscored(completion: Completion, question: Question): Completion {
  const bare = plain(completion, question)
  if (!completion.skip || question.testcases.length === 0) return bare
  return { ...bare, verdicts: question.testcases.map(() => 'skipped') }
}

/** Whether a person changed the text (`edited`), or wrote it (`human`); undefined where no record says. */
function authorOf(completion: Completion, question: Question): Completion['by'] {
  if (completion.cleaned_by?.includes('accepted')) return 'edited'
  if (completion.cleaned !== undefined)
    return answerDigest(completion) === completion.cleaned ? undefined : 'edited'
  return question.built_from === undefined ? completion.by : 'human'
}

function plain(completion: Completion, question: Question): Completion {
  const none = { results: undefined, verdicts: undefined, flaky: undefined, runs: undefined }
  return { ...completion, ...none, by: authorOf(completion, question) }
}

function runOf(
  { outcome, verdict, score }: Judged,
  { expect }: TestCase,
  testcase: number,
  comparison: Comparison,
): Run {
  const error = outcome.stderr.trimEnd()
  const compared = verdict === 'failed' && expect !== undefined
  return {
    testcase,
    verdict,
    score,
    got: outcome.stdout === '' ? undefined : headAndTail(outcome.stdout, printedKept),
    diff: compared ? difference(outcome.stdout, expect, comparison) : undefined,
    error: error === '' ? undefined : tail(error, errorKept),
    status: outcome.ending === 'exited' && outcome.status !== 0 ? outcome.status : undefined,
  }
}

function headAndTail(text: string, kept: number): string {
  if (text.length <= kept) return text
  const half = kept / 2
  const [head, end] = [text.slice(0, half), text.slice(-half)]
  return whole(`${head}\n[… ${text.length - kept} characters cut …]\n${end}`)
}

function tail(text: string, kept: number): string {
  return text.length <= kept ? text : whole(`[… cut …]\n${text.slice(-kept)}`)
}

/** Cutting may have split a character that takes two units; TOML can't hold the halves. */
function whole(text: string): string {
  return text.toWellFormed()
}
