/** The test stage: runs each completion against each test case, and writes verdicts. */
import { isDeepStrictEqual } from 'node:util'
import { Failure, type Stage } from '../../engine/stage.ts'
import type { CompareMode, CompareSettings, Completion, Question } from '../questions/model.ts'
import { rewriteQuestions } from '../questions/patch.ts'
import { readQuestions } from '../questions/read.ts'
import { surveyIds } from '../questions/survey.ts'
import { writeQuestions } from '../questions/write.ts'
import { changedVerdicts, type Tested } from './changes.ts'
import { checkedComparison } from './compare.ts'
import { comparisonFor, type Manner, trialsFor } from './execution.ts'
import { Pool } from './pool.ts'
import { checkedRepeat, flakyNotices, repeatParam } from './repeat.ts'
import { scored, unscored, withoutCode } from './results.ts'
import { type Environment, environment, type Wish } from './sandbox/choose.ts'
import { diagnose } from './sandbox/doctor.ts'
import type { Execution, Limits, Outcome, Settings } from './sandbox/index.ts'
import { type Testing, testTestcase } from './testcase.ts'

export interface TestOptions {
  readonly from: string
  readonly to: string
  /** Default 'auto': the strongest that works here, and then the one that earlier results were made with. */
  readonly sandbox?: Wish
  /** The interpreter, for bwrap; default /usr/bin/python3. */
  readonly python?: string
  /** The image, for docker and podman; default python:3.13-slim. Results are made with the one that was found first. */
  readonly image?: string
  /** The engine's runtime, e.g. 'runsc' for gVisor. */
  readonly runtime?: string
  /** CPU seconds of a whole execution; decides a timeout. Default 5. */
  readonly cpuSeconds?: number
  /** Backstop in wall-clock seconds; default 30 or six times the CPU seconds, whichever is more. */
  readonly wallSeconds?: number
  /** Default 512. */
  readonly memoryMB?: number
  /** Kilobytes that a program may print, to each of stdout and stderr, before it is stopped; default 1024. */
  readonly outputKB?: number
  /** Processes and threads at once; default 64. */
  readonly processes?: number
  /** Size of the working directory; default 64. */
  readonly diskMB?: number
  /** Size of any one file; default as diskMB. */
  readonly fileMB?: number
  /** Files open at once in each process; default 256, at most 1000. */
  readonly openFiles?: number
  /** The seed tool's manner: input echoed, standard error merged, exit status ignored, compare 'exact'. Default false. */
  readonly seedSemantics?: boolean
  /** When outputs are the same, for questions that do not say; default 'exact'. Not together with seedSemantics. */
  readonly compare?: CompareMode | CompareSettings
  /** How often each program is run, to find those that do not always end the same way; default 1. `--repeat` overrides it. */
  readonly repeat?: number
}

export function test(options: TestOptions): Stage {
  const { python = '/usr/bin/python3', image = 'python:3.13-slim', runtime, sandbox = 'auto' } = options
  const settings: Settings = { python, image, runtime }
  const manner = mannerOf(options)
  let found: Promise<Environment> | undefined
  let pool: Promise<Pool> | undefined
  return {
    kind: 'test',
    version: 2,
    from: [options.from],
    to: options.to,
    whole: false,
    kept: false,
    params: {
      ...manner.limits,
      seedSemantics: manner.seed,
      compare: { ...manner.comparison },
      repeat: manner.repeat,
    },
    files: [],
    targetsAtOnce: 4,
    survey: surveyIds,
    environment: async (machine) => {
      found = environment(machine, sandbox, settings)
      return { ...(await found).params, ...repeatParam(machine.options) }
    },
    diagnose: async (machine) => await diagnose(machine, sandbox, settings),
    build: async (job) => {
      const fingerprint = (await found)?.params ?? {}
      const run = async (execution: Execution, signal: AbortSignal): Promise<Outcome> => {
        pool ??= found?.then(async (known) => new Pool(await known.sandbox()))
        if (pool === undefined) throw new Error('asked to run before the environment was known')
        return await (await pool).run(execution, signal, () => job.count('execution'))
      }
      const asked = { ...manner, ...repeatParam(job.options) }
      return await buildResults({ job, manner: asked, trials: trialsFor(asked, fingerprint), run })
    },
    close: async () => {
      const running = pool
      pool = undefined
      await (await running?.catch(() => undefined))?.close()
    },
  }
}

async function buildResults(testing: Testing) {
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

function mannerOf(options: TestOptions): Manner {
  const { seedSemantics: seed = false, compare, repeat = 1 } = options
  if (seed && compare !== undefined)
    throw new Failure('test: compare and seedSemantics are both given', {
      exit: 2,
      remedy: 'The seed tool compared in one way only: leave one of them out.',
    })
  return {
    limits: limitsOf(options),
    seed,
    comparison: checkedComparison(compare ?? 'exact'),
    repeat: checkedRepeat(repeat),
  }
}

function limitsOf(options: TestOptions): Limits {
  const cpuSeconds = positive('cpuSeconds', options.cpuSeconds ?? 5)
  const diskMB = positive('diskMB', options.diskMB ?? 64)
  return {
    cpuSeconds,
    wallSeconds: positive('wallSeconds', options.wallSeconds ?? Math.max(30, 6 * cpuSeconds)),
    memoryMB: positive('memoryMB', options.memoryMB ?? 512),
    outputKB: positive('outputKB', options.outputKB ?? 1024),
    processes: positive('processes', options.processes ?? 64),
    diskMB,
    fileMB: positive('fileMB', options.fileMB ?? diskMB),
    openFiles: Math.min(1000, positive('openFiles', options.openFiles ?? 256)),
  }
}

function positive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value
  throw new Failure(`test: ${name} is ${value}`, { exit: 2, remedy: 'It must be a number above 0.' })
}
