/**
 * Writing a question file: model → text. The same model gives the same text, and the text read again gives the model.
 *
 * Laid out for people: a header for each table and a blank line before it, one key a line, code as it reads.
 * The layout is ours and not smol-toml's `stringify`, which writes every string on one line.
 */
import { Failure } from '../../engine/stage.ts'
import type { QuestionFile, TomlTable, TomlValue } from './model.ts'
import { once } from './once.ts'
import { parseQuestions } from './read.ts'
import { tomlKey, tomlString } from './string.ts'
import { fileTable, questionTable } from './tables.ts'
import { isList, isTable, same } from './toml.ts'

/** Lists longer than this are broken into lines. */
const width = 100

/** Tables of a few numbers and words, written in their line. */
const inline: ReadonlySet<string> = new Set(['compare', 'limits', 'response'])

/**
 * The file's canonical text, read again and compared before it is returned. Throws a Failure when a text holds half
 * a character (a lone surrogate), which no file can hold.
 */
export function writeQuestions(file: QuestionFile): string {
  const table = fileTable(file)
  const text = canonical(table)
  if (!text.isWellFormed()) throw halfCharacter(file)
  if (!says(text, table)) throw new Error('what was written reads differently from what it should say')
  return text
}

/** The canonical text of a file, given as `fileTable` gives it. */
export function canonical(table: TomlTable): string {
  return tomlTable([], table).replace(/^\n/, '')
}

/** Whether the text, read, is this file (given as `fileTable` gives it). */
export function says(text: string, table: TomlTable): boolean {
  const parsed = parseQuestions(text)
  return 'file' in parsed && same(fileTable(parsed.file), table)
}

/** The keys of a table, then its tables, each below a header. */
export function tomlTable(path: readonly string[], table: TomlTable): string {
  let text = ''
  let tables = ''
  for (const [key, value] of Object.entries(table)) {
    if (isBelow(key, value)) tables += sections([...path, key], value)
    else text += tomlPair(key, value)
  }
  return text + tables
}

/** Whether a value is written below headers of its own, and not behind its key. */
export function isBelow(key: string, value: TomlValue): value is TomlTable | readonly TomlTable[] {
  return isTable(value) ? !inline.has(key) : isTables(value)
}

/** A table or a list of tables at `path`: before each a blank line and its header. */
export function sections(path: readonly string[], value: TomlTable | readonly TomlTable[]): string {
  const name = path.map(tomlKey).join('.')
  if (isTable(value)) return `\n[${name}]\n${tomlTable(path, value)}`
  if (name === 'questions') return value.map(questionText).join('')
  if (name === 'questions.completions') return value.map(completionText).join('')
  return value.map((item) => `\n[[${name}]]\n${tomlTable(path, item)}`).join('')
}

const questionText = once((question: TomlTable) => `\n[[questions]]\n${tomlTable(['questions'], question)}`)

const completionText = once(
  (completion: TomlTable) =>
    `\n[[questions.completions]]\n${tomlTable(['questions', 'completions'], completion)}`,
)

export function tomlPair(key: string, value: TomlValue): string {
  return `${tomlKey(key)} = ${tomlValue(value)}\n`
}

/** A list that is written as headers. */
export function isTables(value: TomlValue): value is readonly TomlTable[] {
  return isList(value) && value.length > 0 && value.every(isTable)
}

/** A value as it stands behind `key = `. */
export function tomlValue(value: TomlValue): string {
  if (typeof value === 'string') return tomlString(value)
  if (typeof value === 'number') return float(value)
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (value instanceof Date) return value.toISOString()
  if (isList(value)) return list(value.map(tomlValue))
  if (!isTable(value)) throw new TypeError('not a TOML value')
  const pairs = Object.entries(value).map(([key, item]) => `${tomlKey(key)} = ${tomlValue(item)}`)
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`
}

function float(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0.0'
  const digits = String(value)
  return /[.e]/.test(digits) ? digits : `${digits}.0`
}

/** On one line where it fits; else an item a line, or as many as fit when they are words. */
function list(items: readonly string[]): string {
  const one = `[${items.join(', ')}]`
  if (one.length <= width || items.length === 0) return one
  const words = items.every((item) => item.length <= 20 && !item.includes('\n'))
  const lines: string[] = []
  for (const item of items) {
    const last = lines.at(-1)
    if (words && last !== undefined && last.length + item.length + 2 <= width)
      lines[lines.length - 1] = `${last} ${item},`
    else lines.push(`  ${item},`)
  }
  return `[\n${lines.join('\n')}\n]`
}

function halfCharacter({ questions, unknown }: QuestionFile): Failure {
  const held = (table: TomlTable) => !tomlTable([], table).isWellFormed()
  const at = questions.findIndex((question) => held({ question: questionTable(question) }))
  const id = questions[at]?.id ?? ''
  const key = Object.keys(unknown ?? {}).find((name) => held({ [name]: unknown?.[name] ?? '' })) ?? ''
  const question = id.isWellFormed() ? `question '${id}'` : `the id of question ${at + 1}`
  const place = at < 0 ? `\`${key.toWellFormed()}\`` : question
  return new Failure(`${place} holds half a character (a lone surrogate), which no file can hold`, {
    remedy: 'Replace it, or draw that completion anew.',
  })
}
