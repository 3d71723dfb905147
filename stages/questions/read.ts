/**
 * Reading a question file: text → model, or every error of the file with its place.
 *
 * The fast parser and the checker come first. Places are looked up only when something is wrong, so that
 * positions cost nothing on the way that nearly every read takes.
 */
import { TomlError } from 'smol-toml'
import { Failure, type Notice } from '../../engine/stage.ts'
import type { QuestionFile } from './model.ts'
import { readInPieces } from './pieces.ts'
import { offsetOf, placesOf } from './place.ts'
import { check, type Problem } from './problems.ts'
import { type Fault, lineAt, show } from './show.ts'
import { normal, parseToml } from './toml.ts'
import { unknownKeys } from './unknown.ts'

export type Parsed =
  | { readonly file: QuestionFile }
  | { readonly faults: readonly Fault[] }
  | { readonly problems: readonly Problem[] }

export interface Reading {
  readonly file: QuestionFile
  readonly notices: readonly Notice[]
}

const example = `A question looks like this:

    [[questions]]
    id = 'double'
    prompt = 'Write a function double(n) that returns 2 * n.'`

/**
 * Reads a question file of any stage. `path` is what messages name it by.
 * Throws a Failure (exit 2) that lists every error of the file as `path:line:column: sentence`, with the line.
 */
export async function readQuestions(text: string, path: string): Promise<Reading> {
  const parsed = parseQuestions(text)
  if ('file' in parsed) return { file: parsed.file, notices: unknownKeys(parsed.file, path) }
  const plain = normal(text)
  const faults = 'faults' in parsed ? parsed.faults : await located(plain, parsed.problems)
  const remedy = faults.find((fault) => fault.remedy !== undefined)?.remedy
  throw new Failure(
    faults
      .toSorted((a, b) => a.offset - b.offset)
      .map((fault) => show(fault, plain, path))
      .join('\n\n'),
    { exit: 2, ...(remedy === undefined ? {} : { remedy }) },
  )
}

/** The same at once, without places and messages. */
export function parseQuestions(text: string): Parsed {
  const plain = normal(text)
  const file = readInPieces(plain)
  return file === undefined ? parsedWhole(plain) : { file }
}

/** Without looking at single questions first. */
export function parsedWhole(plain: string): Parsed {
  const unreadable = halfCharacter(plain) ?? conflict(plain)
  if (unreadable !== undefined) return { faults: [unreadable] }
  try {
    const values = parseToml(plain)
    if (Object.keys(values).length > 0) return check(values)
    return { faults: [{ offset: 0, sentence: 'there are no questions in this file', remedy: example }] }
  } catch (error) {
    if (error instanceof TomlError) return { faults: [syntax(error, plain)] }
    throw error
  }
}

/** Ids in the order of the file, for whoever compares files. */
export function idsOf(file: QuestionFile): string[] {
  return file.questions.map((question) => question.id)
}

/** A lone surrogate can't be written to a file: it would become U+FFFD there, silently. */
function halfCharacter(plain: string): Fault | undefined {
  const half = /\p{Surrogate}/u.exec(plain)
  if (half === null) return undefined
  return {
    offset: half.index,
    sentence: 'half a character (a lone surrogate) stands here, which no file can hold',
  }
}

/**
 * A conflict inside a completion is valid TOML, and would be taken for a person's edit: so it is looked for
 * everywhere. The writer escapes a line that could be taken for one (see string.ts).
 */
function conflict(plain: string): Fault | undefined {
  if (!plain.includes('<<<<<<<')) return undefined
  const start = plain.search(/(?<![^\n])<{7}(?![^ \n])/)
  const middle = start < 0 ? -1 : plain.indexOf('\n=======\n', start)
  if (middle < 0 || !/\n>{7}(?![^ \n])/.test(plain.slice(middle))) return undefined
  return {
    offset: start,
    sentence: 'a merge conflict of git begins here',
    remedy:
      'Choose between the two sides and delete the lines of <<<<<<<, ======= and >>>>>>>. ' +
      'Where such a line is meant, write its first character as \\u003C, in a text between """.',
  }
}

function syntax(error: TomlError, plain: string): Fault {
  const offset = lineAt(plain, error.line) + error.column - 1
  if (/^\\u[dD][89a-fA-F]/.test(plain.slice(offset)))
    return { offset, sentence: 'half a character (a lone surrogate) stands here: write the whole one' }
  const reason = error.message.replace(/^Invalid TOML document: /, '').split('\n', 1)
  return { offset, sentence: `this is not valid TOML: ${reason}` }
}

async function located(plain: string, problems: readonly Problem[]): Promise<Fault[]> {
  const places = await placesOf(plain)
  return problems.map(({ path, at, sentence, other }) => {
    const offset = offsetOf(places, path, at)
    const remedy = path.length === 1 && path[0] === 'questions' ? { remedy: example } : {}
    if (other === undefined) return { offset, sentence, ...remedy }
    return { offset, sentence, other: offsetOf(places, other, 'value') }
  })
}
