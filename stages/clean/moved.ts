/**
 * Questions that stood in another file until now, with what a person did to them: an edit follows its question. It is
 * fetched by the file that the question came to, from the one that it left or from what that set aside; there it goes
 * when it stands here (settled.ts).
 */
import { fill, type Shelf } from '../../engine/stage.ts'
import type { Question } from '../questions/model.ts'
import { idsOf, parseQuestions } from '../questions/read.ts'
import { withQuestion } from './aside.ts'
import { type Found, Library } from './library.ts'

export interface Move {
  /** The cleaned files' pattern, and the files that say where a question is at home: the question files, or the raw ones. */
  readonly to: string
  readonly homes: string
  /** The target that asks: where it is new what it asks for. */
  readonly name: string
  readonly at: Date
}

/** As entries of a set-aside file, from which the edits return as from our own. */
export async function movedHere(
  questions: readonly Question[],
  shelf: Shelf,
  { to, homes, name, at }: Move,
): Promise<readonly Question[]> {
  const library = libraryOf(shelf, to)
  const entries: Question[] = []
  for (const { id } of questions) {
    const { cleaned, aside } = await library.find(id)
    const left = await leftBehind([...cleaned, ...aside], id, name, (other) => shelf.read(fill(homes, other)))
    for (const found of left)
      entries.push(...(cleaned.includes(found) ? withQuestion([], found.question, at) : [found.question]))
  }
  return entries
}

/** Those whose own file no longer has the question: ids need not be unique where answers of several models lie side by side. */
async function leftBehind(
  all: readonly Found[],
  id: string,
  name: string,
  home: (name: string) => Promise<string | undefined>,
): Promise<readonly Found[]> {
  const left: Found[] = []
  for (const found of all) if (found.name !== name && !has(await home(found.name), id)) left.push(found)
  return left
}

/** What can't be read may have it. */
function has(text: string | undefined, id: string): boolean {
  if (text === undefined) return false
  const parsed = parseQuestions(text)
  return !('file' in parsed) || idsOf(parsed.file).includes(id)
}

const libraries = new WeakMap<Shelf, Library>()

function libraryOf(shelf: Shelf, to: string): Library {
  const library = libraries.get(shelf) ?? new Library(shelf, to)
  libraries.set(shelf, library)
  return library
}
