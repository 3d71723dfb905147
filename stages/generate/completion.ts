/**
 * A completion as it stands in a file: made from an answer, turned back into one, and looked at for what a person did
 * to it.
 */
import { type Digest, digestOf, type Json, keyOf } from '../../engine/stage.ts'
import type { Completion, Response } from '../questions/model.ts'
import type { Answer } from './provider.ts'

export interface Drawn {
  readonly provider: string
  readonly request: Json
  /** A name under which to draw anew on purpose. */
  readonly series?: string | undefined
}

/**
 * The key of a paid completion: all that decides the answer, and nothing else. Not the file, the question's id
 * or its test cases: a question that is renamed, moved or gets another test case has the answers that it had.
 */
export function completionKey(drawing: Digest, sample: number): Digest {
  return keyOf('completion', { scheme: 1, drawing, sample })
}

/** What all samples' keys have in common, digested once: a request may be long, and samples many. */
export function drawingKey({ provider, request, series }: Drawn): Digest {
  return keyOf('drawing', { scheme: 1, provider, request, series })
}

/** The key of a recorded completion says its text, by digest: so it can be told from a paid one's by the file alone. */
export function recordedKey(digest: Digest): Digest {
  return keyOf('recorded', { scheme: 1, digest })
}

export function isRecorded({ key, digest }: Completion): boolean {
  return key !== undefined && digest !== undefined && key === recordedKey(digest)
}

export function completionOf(answer: Answer, key: Digest, sample: number): Completion {
  const { text, model, finish, tokens_in, tokens_out, cost } = answer
  const response: Response = { model, finish, tokens_in, tokens_out, cost }
  const said = Object.values(response).some((value) => value !== undefined)
  return { completion: text, sample, key, digest: digestOf(text), ...(said ? { response } : {}) }
}

/** The answer that the completion holds, as far as a file says it. */
export function answerOf({ completion, response = {} }: Completion): Answer {
  const { model, finish, tokens_in, tokens_out, cost } = response
  return { text: completion, model, finish, tokens_in, tokens_out, cost }
}

/** True when the text is not what came from the model (or, without a key, from the file that was read). */
export function isEdited({ completion, key, digest }: Completion): boolean {
  return digest === undefined ? key !== undefined : digestOf(completion) !== digest
}

/** True when there is something in it that a person wrote. */
export function isTouched(completion: Completion): boolean {
  const { skip, note, unknown } = completion
  return isEdited(completion) || skip !== undefined || note !== undefined || unknown !== undefined
}

/** A completion that nobody drew here: written by hand, or by another tool. Its digest says what it was when it came in. */
export function given({ key: _, sample: __, ...rest }: Completion): Completion {
  return { ...rest, digest: digestOf(rest.completion) }
}

/** A person's variation on a completion that stands there as well: nobody's answer to any key. */
export function variation({
  key: _,
  sample: __,
  digest: ___,
  response: ____,
  ...rest
}: Completion): Completion {
  return rest
}
