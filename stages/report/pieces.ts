/**
 * What one question adds to each of the report's files, as text: this is what the cache holds, a value a results file, so
 * that after one edit one file's pieces are made and the others are looked up and put together.
 */
import { answerDigest, textDigest } from '../questions/digests.ts'
import type { Question } from '../questions/model.ts'
import type { Piecewise } from './files.ts'
import { junitSuite } from './junit.ts'
import { blobOf, type CompletionTexts } from './page/blob.ts'
import { partOf, type QuestionPart } from './part.ts'
import { samplesOf } from './samples.ts'
import { testcasesOf } from './testcases.ts'

/** Raise it when a piece comes to be another for the same question. */
export const piecesVersion = 1

export type QuestionPieces = {
  readonly part: QuestionPart
  /** Where a page is wanted. */
  readonly prompt?: string
  readonly blob?: string
  readonly testcases?: string
  readonly samples?: string
  readonly suite?: string
}

/** Gives what the cleaning rules make of a question's raw answers, in their order. */
export type Retrace = (raw: Question) => Promise<readonly string[]>

/**
 * @param raw the questions with the model's own answers, by id; none when they are not at hand
 * @param chain which of several chains it is of; '' when there is only one
 */
export function piecesOf(
  questions: readonly Question[],
  raw: ReadonlyMap<string, Question>,
  { chain, wanted, retrace }: { chain: string; wanted: ReadonlySet<Piecewise>; retrace: Retrace | undefined },
): Promise<readonly QuestionPieces[]> {
  const pieces = async (question: Question, part: QuestionPart): Promise<QuestionPieces> => ({
    part,
    ...(wanted.has('testcases.csv') && { testcases: testcasesOf(question, chain) }),
    ...(wanted.has('samples.jsonl') && { samples: samplesOf(question, chain) }),
    ...(wanted.has('junit.xml') && { suite: junitSuite(question, chain) }),
    ...(wanted.has('report.html') && {
      prompt: question.prompt,
      blob: blobOf(question, await textsOf(question, raw.get(question.id), retrace)),
    }),
  })
  const parts = partOf({ questions })
  return Promise.all(
    questions.flatMap((question, index) => {
      const part = parts[index]
      return part === undefined ? [] : [pieces(question, part)]
    }),
  )
}

/**
 * Where each program came from. A raw answer is known by its digest, and what the rules made of it is believed only when
 * it is the text that was cleaned then: they may be others now, or a person's own.
 */
async function textsOf(
  { completions }: Question,
  raw: Question | undefined,
  retrace: Retrace | undefined,
): Promise<readonly CompletionTexts[]> {
  if (raw === undefined) return completions.map(() => ({}))
  const places = new Map(raw.completions.map((completion, place) => [answerDigest(completion), place]))
  const edited = completions.some(({ by }) => by === 'edited')
  const cleaned = edited && retrace !== undefined ? await retrace(raw) : []
  return completions.map((completion) => {
    const place = completion.raw === undefined ? undefined : places.get(completion.raw)
    if (place === undefined) return {}
    const text = completion.by === 'edited' ? cleaned[place] : undefined
    return {
      raw: raw.completions[place]?.completion,
      cleaned: text !== undefined && textDigest(text) === completion.cleaned ? text : undefined,
    }
  })
}
