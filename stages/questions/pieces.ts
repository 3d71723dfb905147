/**
 * Reading a file piece by piece, so that in a large file of which one completion changed all others are known from before:
 * as the same objects, so that what was made of them (see once.ts) is known too.
 *
 * The text is cut before every line `[[questions]]`, and a question's before every line `[[questions.completions]]`,
 * without asking what that line stands in. TOML is read from left to right, so a text that is cut inside a string, a list
 * or a table's header is no TOML in itself: if all pieces can be read, each cut was a right one, and the file is the sum of
 * them. Any other file is read in one (see read.ts), which also finds the words for what is wrong with it; and any other
 * question.
 */
import { Recent } from '../../engine/stage.ts'
import type { Completion, Question, QuestionFile, TomlTable } from './model.ts'
import { check, checkedCompletion } from './problems.ts'
import { isList, isTable, parseToml } from './toml.ts'

/** Characters of text whose models are kept: those of a file of 5 MB in three stages. What stands before completions is short. */
const [keptAtMost, keptOfHeads] = [24e6, 4e6]

/** From here on a question is kept as a whole, too: of a shorter one its completions are found as fast. */
const long = 1 << 16

/** The file that a `normal` text says; undefined when it has to be read in one. */
export function readInPieces(text: string): QuestionFile | undefined {
  const questions: Question[] = []
  let unknown: QuestionFile['unknown']
  for (const [index, piece] of questionsIn(text).entries()) {
    const file = piece.length > long ? recentLong(piece) : readQuestion(piece)
    // Two pieces may each say a part of a table that is not ours, or the same part twice.
    if (file === undefined || (index > 0 && file.unknown !== undefined)) return undefined
    questions.push(...file.questions)
    unknown ??= file.unknown
  }
  if (new Set(questions.map(({ id }) => id)).size < questions.length) return undefined
  return { questions, ...(unknown === undefined ? {} : { unknown }) }
}

/** What stands before the first question goes with it. */
function questionsIn(text: string): string[] {
  return cut(text, /^\[\[questions\]\]$/gm, 1)
}

/** Cut before each line but for the first `kept`. */
function cut(text: string, line: RegExp, kept: number): string[] {
  const starts = Array.from(text.matchAll(line), ({ index }) => index).slice(kept)
  return [0, ...starts].map((start, index) => text.slice(start, starts[index]))
}

/** A question that is the sum of its completions and of what stands before them; undefined when it has to be read in one. */
function inCompletions(piece: string): QuestionFile | undefined {
  const [first = '', ...rest] = cut(piece, /^\[\[questions\.completions\]\]$/gm, 0)
  if (rest.length === 0) return undefined
  const head = recentHead(first)
  if (head === undefined) return undefined
  const completions: Completion[] = []
  for (const text of rest) {
    const completion = recentCompletion(text)
    if (completion === undefined) return undefined
    completions.push(completion)
  }
  // Two that are one object could be told apart by nobody.
  return new Set(completions).size < completions.length ? undefined : sum(head, completions)
}

function readQuestion(piece: string): QuestionFile | undefined {
  return inCompletions(piece) ?? recentFile(piece)
}

const recentLong = recently(keptAtMost, readQuestion)

interface Sum {
  readonly head: QuestionFile
  readonly completions: readonly Completion[]
  readonly file: QuestionFile
}

/** The last one that began with that completion: in each stage's file it is another. */
const sums = new WeakMap<Completion, Sum>()

function sum(head: QuestionFile, completions: readonly Completion[]): QuestionFile {
  const [first] = completions
  const [question] = head.questions
  if (first === undefined || question === undefined) return head
  const before = sums.get(first)
  if (before?.head === head && isSame(before.completions, completions)) return before.file
  const whole = Object.freeze({ ...question, completions: Object.freeze(completions) })
  const file = Object.freeze({ ...head, questions: Object.freeze([whole]) })
  sums.set(first, { head, completions, file })
  return file
}

function isSame(one: readonly Completion[], other: readonly Completion[]): boolean {
  return one.length === other.length && one.every((completion, index) => completion === other[index])
}

const recentFile = recently(keptAtMost, (piece) => {
  const checked = check(parseToml(piece))
  return 'file' in checked ? checked.file : undefined
})

/** What stands before a question's completions, which says nothing of any. */
const recentHead = recently(keptOfHeads, (piece) => {
  // What is no question's own may end in the middle of what only looks like a question.
  if (!/^(?:#.*\n|\n)*\[\[questions\]\]\n/.test(piece)) return undefined
  const values = parseToml(piece)
  const [question, ...others] = tablesIn(values['questions'])
  if (question === undefined || others.length > 0 || 'completions' in question) return undefined
  const checked = check(values)
  return 'file' in checked ? checked.file : undefined
})

const recentCompletion = recently(keptAtMost, (piece) => {
  const { questions, ...others } = parseToml(piece)
  if (!isTable(questions) || Object.keys(others).length > 0) return undefined
  const { completions, ...more } = questions
  const [one, ...further] = tablesIn(completions)
  if (one === undefined || further.length > 0 || Object.keys(more).length > 0) return undefined
  return checkedCompletion(one)
})

function tablesIn(value: TomlTable[string] | undefined): readonly TomlTable[] {
  return isList(value) ? value.filter(isTable) : []
}

/**
 * The pieces that were read last. By their text, and not by its digest: to compare a text with one that is the same takes
 * a tenth of digesting it.
 */
function recently<Model extends object>(
  limit: number,
  read: (piece: string) => Model | undefined,
): (piece: string) => Model | undefined {
  const recent = new Recent<string, Model>(limit)
  return (piece) => {
    const before = recent.get(piece)
    if (before !== undefined) return before
    // Half characters and merge conflicts are found in the whole text; see read.ts.
    if (!piece.isWellFormed() || /^<{7}(?![^ \n])/m.test(piece)) return undefined
    // A text of its own: a part of another one would keep all of that in memory.
    const text = Buffer.from(piece).toString()
    const model = readable(read, text)
    if (model !== undefined) recent.put(text, frozen(model), text.length)
    return model
  }
}

function readable<Model>(read: (piece: string) => Model | undefined, piece: string): Model | undefined {
  try {
    return read(piece)
  } catch {
    return undefined
  }
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (Object.isFrozen(value)) return value
  for (const key in value) frozen(value[key])
  return Object.freeze(value)
}
