/** A worker whose interpreter runs runner.py: it watches the limits itself, and answers each request with one frame. */
import type { ChildProcess } from 'node:child_process'
import { requestOf } from './frames.ts'
import type { Ending, Execution, Outcome, Worker } from './index.ts'
import { SandboxError } from './index.ts'
import { type Greeting, InterpreterProcess, PATIENCE } from './interpreter.ts'
import { outcomeOf } from './outcome.ts'
import { type Interpreter, InterpreterDied, workerOf } from './worker.ts'

/** A worker over processes that `launch` starts, with a channel at descriptor 3. */
export function nativeWorker(launch: () => ChildProcess): Worker {
  return workerOf(() => nativeInterpreter(new InterpreterProcess(launch())))
}

/** Starts one to hear what it is, runs a trivial program in it, and ends it. */
export async function tryOut(launch: () => ChildProcess): Promise<Greeting> {
  const process = new InterpreterProcess(launch())
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
