/** A worker whose interpreter runs runner.py: it watches the limits itself, and answers each request with one frame. */
import type { ChildProcess } from 'node:child_process'
import { requestOf } from './frames.ts'
import type { Ending, Execution, Limits, Outcome, Worker } from './index.ts'
import { SandboxError } from './index.ts'
import { type Greeting, InterpreterProcess, PATIENCE } from './interpreter.ts'
import { outcomeOf } from './outcome.ts'
import { type Interpreter, InterpreterDied, workerOf } from './worker.ts'

/** Starts a runner, with its channel at descriptor 3 or at its standard input and output. */
export type Launch = (limits: Limits) => Launched

export interface Launched {
  readonly process: ChildProcess
  /** What is to be done when the process is gone. */
  readonly afterwards?: () => Promise<void>
}

/** What the interpreter is to find in its environment, but for PATH; the last ones are taken away by the runner. */
export function environmentOf(box: string, runner: string): Readonly<Record<string, string>> {
  return {
    HOME: `${box}/work`,
    LANG: 'C.UTF-8',
    PYTHONUTF8: '1',
    PYTHONHASHSEED: '0',
    PYTHONPATH: runner,
    PYTHONMALLOC: 'malloc',
  }
}

/** A worker over runners that `launch` starts. `fits`: whether one can be used for other limits than it was started for. */
export function nativeWorker(launch: Launch, fits?: (started: Limits, wanted: Limits) => boolean): Worker {
  return workerOf((limits) => nativeInterpreter(processOf(launch(limits))), fits)
}

function processOf({ process, afterwards }: Launched): InterpreterProcess {
  return new InterpreterProcess(process, afterwards)
}

/** Starts one to hear what it is, runs a trivial program in it, and ends it. */
export async function tryOut(launch: Launch): Promise<Greeting> {
  const process = processOf(launch(trivial.limits))
  try {
    const greeting = await process.ready
    const outcome = await nativeInterpreter(process).execute(trivial)
    if (outcome.stdout !== '42\n')
      throw new SandboxError(`a trivial program ended wrongly: ${JSON.stringify(outcome)}`)
    return greeting
  } finally {
    process.kill()
    await process.gone
  }
}

const trivial: Execution = {
  answer: 'def f(): return 42',
  code: 'print(f())',
  stdin: '',
  files: [],
  capture: 'testcase',
  echoStdin: false,
  stderr: 'apart',
  limits: {
    cpuSeconds: 5,
    wallSeconds: 20,
    memoryMB: 256,
    outputKB: 64,
    processes: 16,
    diskMB: 16,
    fileMB: 16,
    openFiles: 64,
  },
}

function nativeInterpreter(process: InterpreterProcess): Interpreter {
  return {
    get alive() {
      return process.alive
    },
    gone: process.gone,
    kill: () => process.kill(),
    execute: async (execution) => {
      await process.ready
      process.send(requestOf(execution))
      const patience = execution.limits.wallSeconds * 1000 + PATIENCE
      return await process.within(patience, reply(process, execution))
    },
  }
}

/** One frame: ending, status, mark, CPU and wall milliseconds, then bytes of trouble, stdout and stderr. */
async function reply(process: InterpreterProcess, execution: Execution): Promise<Outcome> {
  const words = await process.incoming.line()
  const [status = 0, mark = 0, cpuMs = 0, wallMs = 0, ...sizes] = words?.slice(1).map(Number) ?? []
  const [trouble, stdout, stderr] = (await process.incoming.parts(sizes)) ?? []
  if (words === undefined || trouble === undefined || stdout === undefined || stderr === undefined)
    throw await deathOf(process)
  if (trouble.length > 0) {
    process.kill()
    throw new SandboxError(`the sandbox could not be prepared: ${trouble}`)
  }
  // The runner is ours, and its first word one of the endings.
  const ending = words[0] as Ending
  return outcomeOf(execution, { ending, status, mark, cpuMs, wallMs, stdout, stderr })
}

/** Who is killed has no last words; those of a runner are about a failure of its own. */
async function deathOf(process: InterpreterProcess): Promise<Error> {
  await process.gone
  return process.complaint === ''
    ? new InterpreterDied()
    : new SandboxError(`the sandbox failed: ${process.complaint}`)
}
