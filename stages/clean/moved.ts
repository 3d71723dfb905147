/**
 * Questions that stood in another file until now, with what a person did to them: an edit follows its question. It is
 * fetched by the file that the question came to, from the one that it left or from what that set aside; there it goes
 * when it stands here (settled.ts).
 */
import { fill, type Shelf } from '../../engine/stage.ts'
import { asidePath } from '../questions/aside.ts'
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

export interface Moved {
  /** What people did in the cleaned files that the questions left, as if it were set aside. */
  readonly edits: readonly Question[]
  /** What is set aside beside those files: it moves as well. */
  readonly aside: readonly Question[]
}

/**
 * For questions that are new in their file, and for those that have grown there: where a question was before, what is set
 * aside may be of a completion that it has again.
 */
export async function movedHere(
  { fresh, grown }: { readonly fresh: readonly Question[]; readonly grown: () => readonly Question[] },
  shelf: Shelf,
  { to, homes, name, at }: Move,
): Promise<Moved> {
  const library = libraryOf(shelf, to)
  const edits: Question[] = []
  const aside: Question[] = []
  const left = async (id: string, all: readonly Found[]) => {
    const those = await Promise.all(
      all.map(async (each) => each.name !== name && !(await isAtHome(id, each.name, homes, shelf))),
    )
    return all.filter((_, i) => those[i])
  }
  for (const { id } of fresh) {
    const found = await library.find(id)
    // Of several files that once held it the person was last at work in the one that was changed last.
    const [last] = (await left(id, found.cleaned)).toSorted(
      (a, b) => shelf.changedAt(b.path) - shelf.changedAt(a.path),
    )
    if (last !== undefined) edits.push(...withQuestion([], last.question, at))
    aside.push(...(await left(id, found.aside)).map(({ question }) => question))
  }
  if (library.hasAside(asidePath(to, fill(to, name))))
    for (const { id } of grown())
      aside.push(...(await left(id, (await library.find(id)).aside)).map(({ question }) => question))
  return { edits, aside }
}

/**
 * Whether a question is at home in a file still. Asked because ids need not be unique: answers of several models to the
 * same questions may lie side by side. What can't be read may have it.
 */
export async function isAtHome(id: string, name: string, homes: string, shelf: Shelf): Promise<boolean> {
  const text = await shelf.read(fill(homes, name))
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
