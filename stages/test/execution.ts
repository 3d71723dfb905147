/** From a question's completion and test case to an execution, and to the key by which its outcome is known. */
import { type Digest, type Json, keyOf } from '../../engine/stage.ts'
import type { Completion, Question, TestCase } from '../questions/model.ts'
import { type Comparison, comparisonOf } from './compare.ts'
import type { Execution, Limits } from './sandbox/index.ts'

export interface Manner {
  readonly limits: Limits
  /** The seed tool's manner: input is echoed, standard error counts as output, whatever the question says. */
  readonly seed: boolean
  /** Of questions that ask for no other. Not part of any execution: outputs are compared after it. */
  readonly comparison: Comparison
  /** How often each program is run; at least 1. */
  readonly repeat: number
}

/** The seed tool knew one comparison, so its manner has that one. */
export function comparisonFor({ compare }: Question, { comparison, seed }: Manner): Comparison {
  return seed || compare === undefined ? comparison : comparisonOf(compare)
}

export function executionOf(
  question: Question,
  completion: Completion,
  testcase: TestCase,
  { limits, seed }: Manner,
): Execution {
  return {
    answer: completion.completion,
    code: testcase.code,
    stdin: testcase.stdin,
    files: question.support_files.map(({ name, text }) => ({ name, text })),
    capture: seed ? 'program' : (question.capture ?? 'program'),
    echoStdin: seed || (question.echo_stdin ?? false),
    stderr: seed ? 'merged' : (question.stderr ?? 'apart'),
    limits: limitsOf(question, limits),
  }
}

/** Names all that can change the outcome: the execution and the environment; no id, no file, no `expect`. */
export function executionKey(execution: Execution, fingerprint: Json): Digest {
  const { files, limits, ...rest } = execution
  return keyOf('execution', {
    ...rest,
    files: files.map(({ name, text }) => [name, text]),
    limits: { ...limits },
    fingerprint,
  })
}

function limitsOf({ limits: own = {} }: Question, stage: Limits): Limits {
  return {
    ...stage,
    cpuSeconds: own.cpu_seconds ?? stage.cpuSeconds,
    wallSeconds: own.wall_seconds ?? Math.max(stage.wallSeconds, 6 * (own.cpu_seconds ?? 0)),
    memoryMB: own.memory_mb ?? stage.memoryMB,
    outputKB: own.output_kb ?? stage.outputKB,
    processes: own.processes ?? stage.processes,
    diskMB: own.disk_mb ?? stage.diskMB,
    fileMB: own.file_mb ?? own.disk_mb ?? stage.fileMB,
    openFiles: own.open_files ?? stage.openFiles,
  }
}
