/**
 * The test stage: runs each completion against each test case, and writes verdicts. Here is what it is asked for; the work
 * (build.ts) is loaded when there is some.
 */
import { Failure, type Stage } from '../../engine/stage.ts'
import type { CompareMode, CompareSettings } from '../questions/model.ts'
import { checkedComparison } from './compare.ts'
import type { Manner } from './execution.ts'
import type { Pool } from './pool.ts'
import { checkedRepeat, repeatParam } from './repeat.ts'
import { type Environment, environment, type Wish } from './sandbox/choose.ts'
import type { Execution, Limits, Outcome, Settings } from './sandbox/index.ts'

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
    survey: async (files, unit) => (await import('../questions/survey.ts')).surveyIds(files, unit),
    environment: async (machine) => {
      found = environment(machine, sandbox, settings)
      return { ...(await found).params, ...repeatParam(machine.options) }
    },
    diagnose: async (machine) =>
      await (await import('./sandbox/doctor.ts')).diagnose(machine, sandbox, settings),
    build: async (job) => {
      const fingerprint = (await found)?.params ?? {}
      const run = async (execution: Execution, signal: AbortSignal): Promise<Outcome> => {
        pool ??= found?.then(async (known) => new (await import('./pool.ts')).Pool(await known.sandbox()))
        if (pool === undefined) throw new Error('asked to run before the environment was known')
        return await (await pool).run(execution, signal, () => job.count('execution'))
      }
      const { buildResults } = await import('./build.ts')
      return await buildResults({ job, manner: { ...manner, ...repeatParam(job.options) }, fingerprint, run })
    },
    close: async () => {
      const running = pool
      pool = undefined
      await (await running?.catch(() => undefined))?.close()
    },
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
