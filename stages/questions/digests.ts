/** Digests of what a question says, by which `built_from` tells what a person changed. */
import { type Digest, digestOf, type Json, keyOf } from '../../engine/stage.ts'
import type { Completion, Question, TomlValue } from './model.ts'
import { once } from './once.ts'
import { questionTable, testcaseTable } from './tables.ts'
import { isList, isTable } from './toml.ts'

export interface QuestionDigests {
  /** Of all that the question says besides its id, test cases, completions and `built_from`. */
  readonly question: Digest
  /** One a test case, in their order. */
  readonly testcases: readonly Digest[]
}

/** Keys that are not ours count: they are carried along, and a person may edit them. */
export const questionDigests = once((question: Question): QuestionDigests => {
  const { id, ...says } = questionTable({
    ...question,
    built_from: undefined,
    testcases: [],
    completions: [],
  })
  return {
    question: keyOf('question 1', jsonOf(says)),
    testcases: question.testcases.map((testcase) => keyOf('testcase 1', jsonOf(testcaseTable(testcase)))),
  }
})

/** The digest of a completion's text, to the byte. */
export function textDigest(text: string): Digest {
  return digestOf(text)
}

/** The same for a completion as it was read, of which it is asked more than once. */
export const answerDigest = once(({ completion }: Completion) => textDigest(completion))

/** What JSON can't tell apart gets its type beside it. */
function jsonOf(value: TomlValue): Json {
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return { float: String(value) }
  if (typeof value === 'bigint') return { integer: String(value) }
  if (value instanceof Date) return { date: value.toISOString() }
  if (isList(value)) return value.map(jsonOf)
  if (!isTable(value)) throw new TypeError('not a TOML value')
  return { table: Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonOf(item)])) }
}
