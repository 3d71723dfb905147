/**
 * Rewriting a file that a person formatted: it says something else then, in as few changed bytes as it takes.
 *
 * What changed is found between the two models, and only then looked for in the text; so the order of keys, other
 * ways of writing a string, defaults, and the seed tool's names are never seen as changes.
 *
 * - A section (a header with its lines and the comments directly above it) of which nothing changed keeps its bytes.
 * - In a changed section only the changed values are replaced. New keys come after its last, new sections after the
 *   one that they follow, both written as write.ts writes.
 * - A section that is gone takes the comments directly above it along. All other comments stay: those that stood
 *   behind a removed key or inside a replaced value get a line of their own.
 * - A section that changed its place is moved as it stands.
 * - Lists of tables written inline (`completions = [{ … }]`) are replaced as one value.
 *
 * The result is read again and compared. Should it not say what it must (TOML can be written in ways that are not
 * foreseen here), the file is written anew, with all its comments kept together at the top.
 *
 * Rejected: editing line by line with regular expressions, which a header inside a ''' text deceives; and a library
 * that patches TOML, since none keeps comments with the section that they speak of.
 */
import { changes } from './changes.ts'
import { dressedAs, editedAsIs } from './edits.ts'
import type { QuestionFile, TomlTable } from './model.ts'
import { type Outline, outlineOf } from './outline.ts'
import { parseQuestions } from './read.ts'
import { spansOf } from './spans.ts'
import { fileTable } from './tables.ts'
import { normal, same } from './toml.ts'
import { canonical, says, writeQuestions } from './write.ts'

/**
 * `previous`, changed so that it says `file`. Never throws for what `previous` holds: where it can't be read, or is
 * as `writeQuestions` writes it, this is the canonical text. Throws what `writeQuestions` throws.
 */
export async function rewriteQuestions(file: QuestionFile, previous: string): Promise<string> {
  const parsed = parseQuestions(previous)
  if (!('file' in parsed)) return writeQuestions(file)
  const [before, after] = [fileTable(parsed.file), fileTable(file)]
  if (same(before, after)) return previous
  if (dressedAs(previous, canonical(before)) === previous) return dressedAs(previous, writeQuestions(file))
  const outline = await outlineOf(normal(previous)).catch(() => undefined)
  const patched = outline && patchedText(previous, outline, before, after)
  return patched ?? dressedAs(previous, commentsOf(previous) + writeQuestions(file))
}

/** The text with the least changes; undefined when it would not say what it must. */
export function patchedText(
  previous: string,
  outline: Outline,
  before: TomlTable,
  after: TomlTable,
): string | undefined {
  const text = editedAsIs(previous, changes(outline, before, after))
  return says(text, after) ? text : undefined
}

/** Every comment of the text, a line each. */
function commentsOf(previous: string): string {
  const text = normal(previous)
  const comments = spansOf(text).filter(({ kind }) => kind === 'comment')
  return comments.length === 0
    ? ''
    : `${comments.map(({ start, end }) => text.slice(start, end)).join('\n')}\n\n`
}
