/**
 * Reading a file question by question, so that in a large file of which one question changed all others are known from
 * before: as the same objects, so that what was made of them (see once.ts) is known too.
 *
 * The text is cut before every line `[[questions]]`, without asking what that line stands in. TOML is read from left to
 * right, so a text that is cut inside a string, a list or a table's header is no TOML in itself: if all pieces can be
 * read, each cut was a right one, and the file is the sum of them. Any other file is read in one (see read.ts), which
 * also finds the words for what is wrong with it.
 */
import { Recent } from '../../engine/stage.ts'
import type { Question, QuestionFile } from './model.ts'
import { check } from './problems.ts'
import { parseToml } from './toml.ts'

/** Characters of text whose models are kept: those of a file of 5 MB in three stages, before and after an edit. */
const keptAtMost = 40e6

/** The file that a `normal` text says; undefined when it has to be read in one. */
export function readInPieces(text: string): QuestionFile | undefined {
  const questions: Question[] = []
  let unknown: QuestionFile['unknown']
  for (const [index, piece] of cut(text).entries()) {
    const file = known(piece)
    // Two pieces may each say a part of a table that is not ours, or the same part twice.
    if (file === undefined || (index > 0 && file.unknown !== undefined)) return undefined
    questions.push(...file.questions)
    unknown ??= file.unknown
  }
  if (new Set(questions.map(({ id }) => id)).size < questions.length) return undefined
  return { questions, ...(unknown === undefined ? {} : { unknown }) }
}

/** What stands before the first question goes with it. */
function cut(text: string): string[] {
  const starts = Array.from(text.matchAll(/^\[\[questions\]\]$/gm), ({ index }) => index)
  return [0, ...starts.slice(1)].map((start, index) => text.slice(start, starts[index + 1]))
}

/**
 * The pieces that were read last. By their text, and not by its digest: to compare a text with one that is the same takes
 * a tenth of digesting it.
 */
const recent = new Recent<string, QuestionFile>(keptAtMost)

function known(piece: string): QuestionFile | undefined {
  const before = recent.get(piece)
  if (before !== undefined) return before
  // Half characters and merge conflicts are found in the whole text; see read.ts.
  if (!piece.isWellFormed() || /^<{7}(?![^ \n])/m.test(piece)) return undefined
  // A text of its own: a part of another one would keep all of that in memory.
  const text = Buffer.from(piece).toString()
  const file = read(text)
  if (file !== undefined) recent.put(text, file, text.length)
  return file
}

function read(piece: string): QuestionFile | undefined {
  try {
    const checked = check(parseToml(piece))
    return 'file' in checked ? frozen(checked.file) : undefined
  } catch {
    return undefined
  }
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  for (const each of Object.values(value)) frozen(each)
  return Object.freeze(value)
}
