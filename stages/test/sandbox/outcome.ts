/**
 * From what a runner measured to an outcome: what counts as output, what is cut, and which ends by exit status were
 * really the end of a resource. The same for every sandbox.
 *
 * A limit that Python can see (memory by address space, processes) shows as an exception, which the program may catch
 * and get over. So it is the cause of the end only when that exception is what ended the program: status 1, and the
 * last line of the traceback says so.
 */
import type { Ending, Execution, Outcome } from './index.ts'

export interface Measured {
  readonly ending: Ending
  readonly status: number
  /** Bytes of stdout when the test case's code began; -1 when it did not, or there is none. */
  readonly mark: number
  readonly cpuMs: number
  readonly wallMs: number
  readonly stdout: Buffer
  readonly stderr: Buffer
}

export function outcomeOf(execution: Execution, measured: Measured): Outcome {
  const { status, cpuMs, wallMs, mark } = measured
  const began = mark >= 0 || execution.code.trim() === ''
  const from = execution.capture === 'program' ? 0 : began ? Math.max(mark, 0) : measured.stdout.length
  const limit = execution.limits.outputKB * 1024
  const stderr = cut(measured.stderr, limit)
  const stdout = cut(measured.stdout.subarray(from), limit)
  const ending = endingOf(measured, execution.stderr === 'merged' ? measured.stdout : measured.stderr)
  return {
    stdout,
    stderr,
    status: ending === 'exited' ? status : measured.status,
    ending,
    began,
    cpuMs,
    wallMs,
  }
}

function endingOf({ ending, status }: Measured, errors: Buffer): Ending {
  if (ending !== 'exited' || status !== 1) return ending
  const last = errors.subarray(-1000).toString().trimEnd().split('\n').at(-1) ?? ''
  if (/^MemoryError\b/.test(last)) return 'memory'
  if (/^BlockingIOError: \[Errno 11\]|^RuntimeError: can't start new thread/.test(last))
    return 'too-many-processes'
  return ending
}

/** Text of at most so many bytes: head and tail, with a line between them that says how much is missing. */
export function cut(bytes: Buffer, limit: number): string {
  if (bytes.length <= limit) return bytes.toString()
  const half = Math.floor(limit / 2)
  const missing = bytes.length - 2 * half
  return `${bytes.subarray(0, half)}\n[… ${missing} bytes cut …]\n${bytes.subarray(-half)}`
}
