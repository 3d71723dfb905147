/** Builds one results file: each completion's test cases executed, or their outcomes looked up, and judged. */
import { isDeepStrictEqual } from 'node:util'
import { type Built, Failure } from '../../engine/stage.ts'
import type { Completion, Question } from '../questions/model.ts'
import { rewriteQuestions } from '../questions/patch.ts'
import { readQuestions } from '../questions/read.ts'
import { writeQuestions } from '../questions/write.ts'
import { changedVerdicts, type Tested } from './changes.ts'
import { comparisonFor, keysFor, type Manner } from './execution.ts'
import { flakyNotices } from './repeat.ts'
import { type Score, scored, scoreOf, unscored, withoutCode } from './results.ts'
import type { Environment } from './sandbox/choose.ts'
import { isRun, judgedOf, notRun, type Ran, ranAll, type Testing } from './testcase.ts'

/** `fingerprint`: of the environment that the executions are made in. */
export async function buildResults({
  fingerprint,
  ...asked
}: Omit<Testing, 'keys'> & { readonly fingerprint: Environment['params'] }): Promise<Built> {
  const testing = { ...asked, keys: keysFor(asked.manner, fingerprint) }
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
  const questions = tested.map(({ asked, question }) => questionAsBefore(asked, question))
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

/** What came out as it did the last time is that very object: whose text is known (see questions/once.ts). */
function remembered<Part extends object>(): (asked: Part, result: Part) => Part {
  const last = new WeakMap<Part, Part>()
  return (asked, result) => {
    const before = last.get(asked)
    if (before !== undefined && isDeepStrictEqual(before, result)) return before
    last.set(asked, result)
    return result
  }
}

const questionAsBefore = remembered<Question>()
const completionAsBefore = remembered<Completion>()

interface TestedQuestion {
  readonly asked: Question
  readonly question: Question
  readonly said: readonly Tested[]
  readonly missing: number
}

async function testQuestion(testing: Testing, question: Question): Promise<TestedQuestion> {
  const ran = await ranAll(testing, question)
  const score = scoring(question, testing.manner)
  const said = question.completions.map((completion, index): Tested => {
    const { outcomes, executed } = ran[index] ?? notRun
    return {
      question,
      completion: completionAsBefore(
        completion,
        settled(completion, question, () => score(completion, outcomes)),
      ),
      executed,
    }
  })
  return {
    asked: question,
    question: { ...question, completions: said.map(({ completion }) => completion) },
    said,
    missing: ran.flatMap(({ outcomes }) => outcomes).filter((outcome) => outcome === undefined).length,
  }
}

function settled(completion: Completion, question: Question, score: () => Score): Completion {
  if (isRun(completion, question)) return scored(completion, question, score())
  return completion.skip || question.testcases.length === 0
    ? unscored(completion, question)
    : withoutCode(completion, question)
}

/** Completions that are the same program share their executions, and with them all that is written of those. */
function scoring(
  question: Question,
  manner: Manner,
): (completion: Completion, outcomes: Ran['outcomes']) => Score {
  const known = new Map<string, Score>()
  return ({ completion }, outcomes) => {
    const before = known.get(completion)
    if (before !== undefined) return before
    const score = scoreOf(question, judgedOf(question, outcomes, manner), comparisonFor(question, manner))
    known.set(completion, score)
    return score
  }
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
