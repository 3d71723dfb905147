/** The test stage: runs each completion against each test case, and writes verdicts. */
import { Failure, type Job, type Json, type Stage } from '../../engine/stage.ts'
import type { Completion, Question } from '../questions/model.ts'
import { rewriteQuestions } from '../questions/patch.ts'
import { readQuestions } from '../questions/read.ts'
import { surveyIds } from '../questions/survey.ts'
import { writeQuestions } from '../questions/write.ts'
import { changedVerdicts, type Tested } from './changes.ts'
import { executionKey, executionOf, type Manner } from './execution.ts'
import { Pool } from './pool.ts'
import { type Judged, scored, unscored, withoutCode } from './results.ts'
import { type Environment, environment, type Wish } from './sandbox/choose.ts'
import type { Execution, Limits, Outcome } from './sandbox/index.ts'
import { verdictOf } from './verdict.ts'

export interface TestOptions {
  readonly from: string
  readonly to: string
  /** Default 'auto': the strongest that works here, and then the one that earlier results were made with. */
  readonly sandbox?: Wish
  /** The interpreter; default /usr/bin/python3. */
  readonly python?: string
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
  /** The seed tool's manner: input echoed, standard error merged, exit status ignored. Default false. */
  readonly seedSemantics?: boolean
}

export function test(options: TestOptions): Stage {
  const manner: Manner = { limits: limitsOf(options), seed: options.seedSemantics ?? false }
  let found: Promise<Environment> | undefined
  let pool: Promise<Pool> | undefined
  return {
    kind: 'test',
    version: 1,
    from: [options.from],
    to: options.to,
    whole: false,
    kept: false,
    params: { ...manner.limits, seedSemantics: manner.seed },
    files: [],
    targetsAtOnce: 4,
    survey: surveyIds,
    environment: async (machine) => {
      found = environment(machine, options.sandbox ?? 'auto', options.python ?? '/usr/bin/python3')
      return (await found).params
    },
    build: async (job) => {
      const params = (await found)?.params ?? {}
      const run = async (execution: Execution, signal: AbortSignal): Promise<Outcome> => {
        pool ??= found?.then(async (known) => new Pool(await known.sandbox()))
        if (pool === undefined) throw new Error('asked to run before the environment was known')
        return await (await pool).run(execution, signal, () => job.count('execution'))
      }
      return await buildResults(job, manner, params, run)
    },
    close: async () => {
      const running = pool
      pool = undefined
      await (await running?.catch(() => undefined))?.close()
    },
  }
}

type Runner = (execution: Execution, signal: AbortSignal) => Promise<Outcome>

async function buildResults(job: Job, manner: Manner, fingerprint: Json, run: Runner) {
  const [input] = job.inputs
  if (input === undefined) throw new Failure(`${job.output}: has no input`)
  const { file, notices } = await readQuestions(await input.text(), input.path)
  const previous = await job.previous(job.output)
  const tested: Tested[] = []
  let missing = 0
  const questions = await Promise.all(
    file.questions.map(async (question): Promise<Question> => {
      const completions = await Promise.all(
        question.completions.map(async (completion) => {
          const result = await testCompletion(job, question, completion, manner, fingerprint, run)
          missing += result.missing
          tested.push({ question, completion: result.completion, executed: result.executed })
          return result.completion
        }),
      )
      return { ...question, completions }
    }),
  )
  const results = { ...file, questions }
  // A file that is tested in place, or was formatted by a person, keeps the bytes that need not change.
  const text =
    input.path === job.output && previous !== undefined
      ? await rewriteQuestions(results, previous)
      : writeQuestions(results)
  for (const saying of await changedVerdicts(tested, previous)) job.say(saying)
  return {
    outputs: [{ path: job.output, text }],
    notices: input.source ? notices : [],
    facts: factsOf(questions),
    ...(missing > 0 ? { incomplete: `${missing} executions not made` } : {}),
  }
}

interface TestedCompletion {
  readonly completion: Completion
  readonly executed: boolean
  readonly missing: number
}

async function testCompletion(
  job: Job,
  question: Question,
  completion: Completion,
  manner: Manner,
  fingerprint: Json,
  run: Runner,
): Promise<TestedCompletion> {
  if (completion.skip || question.testcases.length === 0)
    return { completion: unscored(completion, question), executed: false, missing: 0 }
  if (hasNoCode(completion))
    return { completion: withoutCode(completion, question), executed: false, missing: 0 }
  let executed = false
  const judged = await Promise.all(
    question.testcases.map(async (testcase): Promise<Judged> => {
      const execution = executionOf(question, completion, testcase, manner)
      const outcome = await job.unit<Outcome>({
        kind: 'execution',
        key: executionKey(execution, fingerprint),
        question: question.id,
        make: (signal) => {
          executed = true
          return run(execution, signal)
        },
      })
      const judging = { capture: execution.capture, ignoreStatus: manner.seed }
      return outcome === undefined ? undefined : { outcome, verdict: verdictOf(outcome, testcase, judging) }
    }),
  )
  const missing = judged.filter((each) => each === undefined).length
  return { completion: scored(completion, question, judged), executed, missing }
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
