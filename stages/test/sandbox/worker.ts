/**
 * What a worker does about interpreters that die, whatever kind they are.
 *
 * A program can kill its interpreter, and so can the machine. Who did it shows when the same program is run again by
 * a fresh one: what kills two fresh interpreters is the program's doing, and that is its outcome.
 */
import type { Execution, Limits, Outcome, Worker } from './index.ts'

/** After so many executions the interpreter is replaced, so that nothing can pile up in it. */
const RETIREMENT = 2000

export interface Interpreter {
  /** False once it can't be used again. */
  readonly alive: boolean
  /** Resolves when its process is gone. */
  readonly gone: Promise<void>
  /** Throws InterpreterDied when it died of the program, SandboxError when it is broken by itself. */
  execute(execution: Execution): Promise<Outcome>
  kill(): void
}

/** The interpreter had begun with the program when it died. */
export class InterpreterDied extends Error {}

/** A worker over interpreters that `start` makes, for executions whose limits are like those given, as `fits` sees it. */
export function workerOf(
  start: (limits: Limits) => Interpreter,
  fits: (started: Limits, wanted: Limits) => boolean = () => true,
): Worker {
  let current: { readonly interpreter: Interpreter; readonly limits: Limits; executions: number } | undefined

  async function attempt(
    execution: Execution,
    signal: AbortSignal,
  ): Promise<Outcome | 'died' | 'died fresh'> {
    signal.throwIfAborted()
    const { limits } = execution
    if (current !== undefined && !fits(current.limits, limits)) {
      current.interpreter.kill()
      current = undefined
    }
    current ??= { interpreter: start(limits), limits, executions: 0 }
    const { interpreter } = current
    const fresh = current.executions++ === 0
    const abort = () => interpreter.kill()
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await interpreter.execute(execution)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof InterpreterDied)) throw error
      return fresh ? 'died fresh' : 'died'
    } finally {
      signal.removeEventListener('abort', abort)
      if (!interpreter.alive || (current?.executions ?? 0) >= RETIREMENT) {
        interpreter.kill()
        current = undefined
      }
    }
  }

  return {
    run: async (execution, signal) => {
      for (let deaths = 0; ; ) {
        const outcome = await attempt(execution, signal)
        if (typeof outcome === 'object') return outcome
        if (outcome === 'died fresh' && ++deaths === 2) return crashed
      }
    },
    close: async () => {
      const interpreter = current?.interpreter
      current = undefined
      interpreter?.kill()
      await interpreter?.gone
    },
  }
}

const crashed: Outcome = {
  stdout: '',
  stderr: 'The program killed the interpreter that ran it, twice.\n',
  status: 9,
  ending: 'signalled',
  began: false,
  cpuMs: 0,
  wallMs: 0,
}
