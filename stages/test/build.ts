/** Builds one results file: each completion's test cases executed, or their outcomes looked up, and judged. */
import { isDeepStrictEqual } from 'node:util'
import { type Built, Failure } from '../../engine/stage.ts'
import type { Completion, Question } from '../questions/model.ts'
import { rewriteQuestions } from '../questions/patch.ts'
import { readQuestions } from '../questions/read.ts'
import { writeQuestions } from '../questions/write.ts'
import { changedVerdicts, type Tested } from './changes.ts'
import { comparisonFor, trialsFor } from './execution.ts'
import { flakyNotices } from './repeat.ts'
import { scored, unscored, withoutCode } from './results.ts'
import type { Environment } from './sandbox/choose.ts'
import { type Testing, testTestcase } from './testcase.ts'

/** `fingerprint`: of the environment that the executions are made in. */
export async function buildResults({
  fingerprint,
  ...asked
}: Omit<Testing, 'trials'> & { readonly fingerprint: Environment['params'] }): Promise<Built> {
  const testing = { ...asked, trials: trialsFor(asked.manner, fingerprint) }
  const { job, manner } = testing
  const [input] = job.inputs
  if (input === undefined) throw new Failure(`${job.output}: has no input`)
  const { file, notices } = await readQuestions(await input.text(), input.path)
  // What stood there is read while programs run.
  const [tested, previous] = await Promise.all([
    Promise.all(file.questions.map((question) => testQuestion(testing, question))),
    job.previous(job.output),
  ])
  // A person waits for this; the file is for later.
  for (const saying of changedVerdicts(
    tested.flatMap(({ said }) => said),
    previous,
  ))
    job.say(saying)
  const questions = tested.map(({ asked, question }) => asBefore(asked, question))
  const results = { ...file, questions }
  // A file that is tested in place, or was formatted by a person, keeps the bytes that need not change.
  const text =
    input.path === job.output && previous !== undefined
      ? await rewriteQuestions(results, previous)
      : writeQuestions(results)
  const missing = tested.reduce((sum, each) => sum + each.missing, 0)
  return {
    outputs: [{ path: job.output, text }],
    notices: [...(input.source ? notices : []), ...flakyNotices(questions, manner.repeat, job.output)],
    facts: factsOf(questions),
    ...(missing > 0 ? { incomplete: `${missing} executions not made` } : {}),
  }
}

const last = new WeakMap<Question, Question>()

/** Where a question came out as it did the last time, that very object: whose text is known (see questions/once.ts). */
function asBefore(asked: Question, result: Question): Question {
  const before = last.get(asked)
  if (isDeepStrictEqual(before, result)) return before ?? result
  last.set(asked, result)
  return result
}

interface TestedQuestion {
  readonly asked: Question
  readonly question: Question
  readonly said: readonly Tested[]
  readonly missing: number
}

async function testQuestion(testing: Testing, question: Question): Promise<TestedQuestion> {
  const tested = await Promise.all(
    question.completions.map((completion) => testCompletion(testing, question, completion)),
  )
  const completions = tested.map(({ completion }) => completion)
  return {
    asked: question,
    question: { ...question, completions },
    said: tested.map(({ completion, executed }) => ({ question, completion, executed })),
    missing: tested.reduce((sum, each) => sum + each.missing, 0),
  }
}

interface TestedCompletion {
  readonly completion: Completion
  readonly executed: boolean
  readonly missing: number
}

async function testCompletion(
  testing: Testing,
  question: Question,
  completion: Completion,
): Promise<TestedCompletion> {
  if (completion.skip || question.testcases.length === 0)
    return { completion: unscored(completion, question), executed: false, missing: 0 }
  if (hasNoCode(completion))
    return { completion: withoutCode(completion, question), executed: false, missing: 0 }
  const trials = testing.trials(question).get(completion) ?? []
  const cases = await Promise.all(trials.map((trial) => testTestcase(testing, question, completion, trial)))
  const judged = cases.map((each) => each.judged)
  return {
    completion: scored(completion, question, judged, comparisonFor(question, testing.manner)),
    executed: cases.some(({ executed }) => executed),
    missing: cases.reduce((sum, { missing }) => sum + missing, 0),
  }
}

/** Nothing but white space, or marked by clean and not edited since. */
function hasNoCode({ completion, cleaned_by, by }: Completion): boolean {
  return completion.trim() === '' || (cleaned_by?.includes('no-code') === true && by === undefined)
}

function factsOf(questions: readonly Question[]): { readonly [name: string]: number } {
  const all = questions.flatMap(({ completions }) => completions)
  const scoredOnes = all.filter(({ results }) => results !== undefined)
  return {
    completions: all.length,
    tested: scoredOnes.length,
    passing: scoredOnes.filter(({ results }) => results?.every(Boolean)).length,
    flaky: all.filter(({ flaky }) => flaky !== undefined).length,
  }
}
