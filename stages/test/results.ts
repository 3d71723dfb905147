/** What the test stage writes of a completion: verdicts, and of runs that did not pass what a reader needs to see why. */
import { digestOf } from '../../engine/stage.ts'
import type { Completion, Question, Run, Verdict } from '../questions/model.ts'
import type { Outcome } from './sandbox/index.ts'

/** Characters kept of what was printed, and of standard error (its end, where the exception is named). */
const printedKept = 2000
const errorKept = 1200

/** An outcome with its verdict; `undefined` where an execution was not to be had. */
export type Judged = { readonly outcome: Outcome; readonly verdict: Verdict } | undefined

export function scored(completion: Completion, question: Question, judged: readonly Judged[]): Completion {
  const known = judged.filter((each) => each !== undefined)
  if (known.length < question.testcases.length) return plain(completion, question)
  const runs = known.flatMap(({ outcome, verdict }, index) =>
    verdict === 'passed' ? [] : [runOf(outcome, verdict, index + 1)],
  )
  return {
    ...plain(completion, question),
    results: known.map(({ verdict }) => verdict === 'passed'),
    verdicts: known.map(({ verdict }) => verdict),
    runs: runs.length > 0 ? runs : undefined,
  }
}

/** A completion with no code in it fails every test case without being run. */
export function withoutCode(completion: Completion, question: Question): Completion {
  return {
    ...plain(completion, question),
    results: question.testcases.map(() => false),
    verdicts: question.testcases.map(() => 'no-code'),
  }
}

export function unscored(completion: Completion, question: Question): Completion {
  return plain(completion, question)
}

/** Whether a person changed the text (`edited`), or wrote it (`human`); undefined where no record says. */
function authorOf(completion: Completion, question: Question): Completion['by'] {
  if (completion.cleaned !== undefined)
    return digestOf(completion.completion) === completion.cleaned ? undefined : 'edited'
  return question.built_from === undefined ? completion.by : 'human'
}

function plain(completion: Completion, question: Question): Completion {
  const { results: _results, verdicts: _verdicts, runs: _runs, ...rest } = completion
  return { ...rest, by: authorOf(completion, question) }
}

function runOf(outcome: Outcome, verdict: Verdict, testcase: number): Run {
  const error = outcome.stderr.trimEnd()
  return {
    testcase,
    verdict,
    got: outcome.stdout === '' ? undefined : headAndTail(outcome.stdout, printedKept),
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
