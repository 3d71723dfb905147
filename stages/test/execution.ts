/** From a question's completion and test case to an execution, and to the key by which its outcome is known. */
import { type Digest, type Json, keyOf, keysOf } from '../../engine/stage.ts'
import type { Completion, Question, TestCase } from '../questions/model.ts'
import { once, remembering } from '../questions/once.ts'
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

/** All of an execution but the program's own text: what a question's completions share. */
type Around = Omit<Execution, 'answer'>

function aroundOf(question: Question, testcase: TestCase, { limits, seed }: Manner): Around {
  return {
    code: testcase.code,
    stdin: testcase.stdin,
    files: question.support_files.map(({ name, text }) => ({ name, text })),
    capture: captureOf(question, { seed }),
    echoStdin: seed || (question.echo_stdin ?? false),
    stderr: seed ? 'merged' : (question.stderr ?? 'apart'),
    limits: limitsOf(question, limits),
  }
}

export function executionOf(
  question: Question,
  { completion }: Completion,
  testcase: TestCase,
  manner: Manner,
): Execution {
  return { answer: completion, ...aroundOf(question, testcase, manner) }
}

/** A key names all that can change the outcome: the execution and the environment; no id, no file, no `expect`. */
function executionKeys({ files, limits, ...rest }: Around, fingerprint: Json): (answer: string) => Digest {
  return keysOf('execution', 'answer', {
    ...rest,
    files: files.map(({ name, text }) => [name, text]),
    limits: { ...limits },
    fingerprint,
  })
}

/** The keys of an answer's executions, one a test case of the question. */
export type Keys = (question: Question) => (answer: string) => readonly Digest[]

/** Worked out once for a question as it was read: in a large file most are what they were the last time. */
export function keysFor(manner: Manner, fingerprint: Json): Keys {
  const { limits, seed } = manner
  const asked = keyOf('manner', { limits: { ...limits }, seed, fingerprint })
  const known = keysByManner.get(asked)
  if (known !== undefined) return known
  const made: Keys = once((question) => {
    const makers = question.testcases.map((testcase) =>
      executionKeys(aroundOf(question, testcase, manner), fingerprint),
    )
    return remembering((answer) => makers.map((make) => make(answer)))
  })
  keysByManner.set(asked, made)
  return made
}

/** By all that the keys depend on besides the question. */
const keysByManner = new Map<Digest, Keys>()

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
