/**
 * What is noted of a batch: before it is created, so that a crash while the server creates it leaves a name to look for;
 * with its id, as soon as that is known; and when all its answers are kept.
 */
import { type Digest, Failure, type Journal, type Json } from '../../engine/stage.ts'
import { type Endpoint, isObject } from './answers.ts'
import { idOf, type Span, spanOf } from './batch-line.ts'

export interface BatchNote {
  /** Ours, and the batch's mark at the server. */
  readonly submission: string
  readonly state: 'sent' | 'created' | 'collected'
  /** The server's name; empty for OpenAI's own. */
  readonly server: string
  readonly model: string
  readonly endpoint: Endpoint
  /** The server's id; undefined before it is known. */
  readonly id?: string | undefined
  /** When it was sent, as ISO 8601; for the person who reads this. */
  readonly at: string
  readonly spans: readonly Span[]
  /** Legacy endpoint: what stands before the answer's text, by drawing. */
  readonly preloads: ReadonlyMap<Digest, string>
}

export async function writeNote(journal: Journal, note: BatchNote): Promise<void> {
  const { spans, preloads, id, ...rest } = note
  const json: Json = {
    ...rest,
    ...(id === undefined ? {} : { id }),
    lines: spans.map(idOf),
    preloads: Object.fromEntries(preloads),
  }
  await journal.write(nameOf(note.submission), json)
}

export function notesIn(journal: Journal): readonly BatchNote[] {
  return [...journal.notes()].flatMap(([name, json]) => {
    const note = name.startsWith('batch-') ? noteIn(json) : undefined
    return note === undefined ? [] : [note]
  })
}

/** Where a person finds it. */
export function nameOf(submission: string): string {
  return `batch-${submission}`
}

function noteIn(json: Json): BatchNote | undefined {
  if (!isObject(json)) return undefined
  const { lines, preloads, ...rest } = json
  const spans = Array.isArray(lines) ? lines.map(spanOf).filter((span) => span !== undefined) : []
  const before = isObject(preloads) ? Object.entries(preloads) : []
  return {
    ...(rest as unknown as Omit<BatchNote, 'spans' | 'preloads'>),
    spans,
    preloads: new Map(before) as never,
  }
}

/** Not asked for again by itself: seen with another account's key, a batch that was paid for is missing too. */
export function gone({ id, at, submission }: BatchNote): Failure {
  return new Failure(`the server does not know the batch ${id}, which was sent ${at}, or its files`, {
    remedy: `Is the key that of the account that sent it? If the batch is gone, delete cache/journal/${nameOf(submission)}.json and run again.`,
  })
}
