/** From a question's completion and test case to an execution, and to the key by which its outcome is known. */
import { type Digest, type Json, keyOf } from '../../engine/stage.ts'
import type { Completion, Question, TestCase } from '../questions/model.ts'
import { once } from '../questions/once.ts'
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

export function captureOf(
  { capture = 'program' }: Question,
  { seed }: Pick<Manner, 'seed'>,
): Execution['capture'] {
  return seed ? 'program' : capture
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
    capture: captureOf(question, { seed }),
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

/** A test case of a completion, and the key of its execution. */
export interface Trial {
  readonly testcase: TestCase
  readonly key: Digest
}

/** What each of a question's completions has to go through. */
export type Trials = (question: Question) => ReadonlyMap<Completion, readonly Trial[]>

/** Worked out once for a question as it was read: in a large file most are what they were the last time. */
export function trialsFor(manner: Manner, fingerprint: Json): Trials {
  const { limits, seed } = manner
  const asked = keyOf('manner', { limits: { ...limits }, seed, fingerprint })
  const known = trials.get(asked)
  if (known !== undefined) return known
  const key = (question: Question, completion: Completion, testcase: TestCase) =>
    executionKey(executionOf(question, completion, testcase, manner), fingerprint)
  const made: Trials = once((question) => {
    const of = (completion: Completion) =>
      question.testcases.map((testcase) => ({ testcase, key: key(question, completion, testcase) }))
    return new Map(question.completions.map((completion) => [completion, of(completion)]))
  })
  trials.set(asked, made)
  return made
}

/** By all that the keys depend on besides the question. */
const trials = new Map<Digest, Trials>()

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
