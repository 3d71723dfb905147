/**
 * What one question adds to each of the report's files: after one edit one file's pieces are made, and those of the others
 * are copied from where they stand (former.ts).
 */
import { type Digest, digestOf } from '../../engine/stage.ts'
import { answerDigest, textDigest } from '../questions/digests.ts'
import type { Question } from '../questions/model.ts'
import type { ReportFile } from './files.ts'
import { junitSuite } from './junit.ts'
import { Stretch } from './layout.ts'
import { blobOf, type CompletionTexts } from './page/blob.ts'
import { cellsOf, searchedOf } from './page/list.ts'
import { partOf, type QuestionPart, sharesOf } from './part.ts'
import { samplesOf } from './samples.ts'
import { resultsRow } from './tables.ts'
import { testcasesOf } from './testcases.ts'

/** Raise it when a piece comes to be another for the same question. */
export const piecesVersion = 4

/** The file that each piece stands in. */
export const homes = {
  rowStart: 'results.csv',
  rowEnd: 'results.csv',
  testcases: 'testcases.csv',
  samples: 'samples.jsonl',
  suite: 'junit.xml',
  cells: 'report.html',
  searched: 'report.html',
  blob: 'report.html',
} as const satisfies { readonly [name: string]: ReportFile }
export type PieceName = keyof typeof homes
export const pieceNames = Object.keys(homes) as readonly PieceName[]

export interface QuestionPieces {
  readonly part: QuestionPart
  readonly prompt: Digest
  /** Those of the files that are wanted. */
  readonly stretches: { readonly [name in PieceName]?: Stretch }
}

/** Gives what the cleaning rules make of a question's raw answers, in their order. */
export type Retrace = (raw: Question) => Promise<readonly string[]>

export interface Wanted {
  /** Which of several chains it is of; '' when there is only one. */
  readonly chain: string
  readonly wanted: ReadonlySet<string>
  readonly retrace: Retrace | undefined
}

/** @param raw the questions with the model's own answers, by id; none when they are not at hand */
export function piecesOf(
  questions: readonly Question[],
  raw: ReadonlyMap<string, Question>,
  how: Wanted,
): Promise<readonly QuestionPieces[]> {
  const parts = partOf({ questions })
  return Promise.all(
    questions.flatMap((question, index) => {
      const part = parts[index]
      return part === undefined ? [] : [questionPieces(question, part, raw.get(question.id), how)]
    }),
  )
}

async function questionPieces(
  question: Question,
  part: QuestionPart,
  raw: Question | undefined,
  { chain, wanted, retrace }: Wanted,
): Promise<QuestionPieces> {
  const texts = wanted.has('report.html') ? await textsOf(question, raw, retrace) : []
  const shares = sharesOf(question)
  const row = resultsRow(part.id, shares, chain)
  const make: { readonly [name in PieceName]: () => string | Promise<string> } = {
    rowStart: () => row.start,
    rowEnd: () => row.end,
    testcases: () => testcasesOf(question, chain),
    samples: () => samplesOf(question, chain),
    suite: () => junitSuite(question, chain),
    cells: () => cellsOf(part, shares, question.prompt),
    searched: () => searchedOf(question.prompt),
    blob: () => blobOf(question, texts),
  }
  const stretches: { [name in PieceName]?: Stretch } = {}
  for (const name of pieceNames) if (wanted.has(homes[name])) stretches[name] = Stretch.of(await make[name]())
  return { part, prompt: digestOf(question.prompt), stretches }
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
