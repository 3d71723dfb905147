/**
 * The set-aside files when a run's cleaning is done: what stands in a cleaned file again, its own or the one that its
 * question moved to, leaves; of the rest the person is told, in every run until they act.
 *
 * Looked at in each run, and by what is on disk: no target is built anew because a person deleted a set-aside edit.
 */
import { type Afterword, type Desk, fill, type Notice, nameIn } from '../../engine/stage.ts'
import { asidePath } from '../questions/aside.ts'
import type { Question } from '../questions/model.ts'
import { parseQuestions } from '../questions/read.ts'
import { countWaiting, idOf, withoutReturned } from './aside.ts'
import { asideText, readAside } from './aside-file.ts'
import { type Found, Library } from './library.ts'
import { isAtHome } from './moved.ts'

/** `homes`: the files that say where a question is at home, as in moved.ts. */
export async function settleAside(desk: Desk, to: string, homes: string): Promise<Afterword> {
  const pattern = asidePath(to, to)
  const library = new Library(desk, to)
  const notices: Notice[] = []
  let setAside = 0
  for (const path of desk.paths(pattern)) {
    const name = nameIn(pattern, path) ?? ''
    const places = { name, output: fill(to, name), homes }
    if ((await readAside(await desk.read(path), path)).length === 0) continue
    await desk.rewrite(path, places.output, async (text) => {
      const entries = await readAside(text, path)
      const left = withoutReturned(entries, await standingOf(entries, places, desk, library))
      return isSameList(left, entries) ? text : await asideText(left, text)
    })
    const count = countWaiting(await readAside(await desk.read(path), path))
    setAside += count
    if (count > 0) notices.push(noticeOf(count, path))
  }
  return { notices, facts: setAside > 0 ? { setAside } : {} }
}

interface Places {
  readonly name: string
  /** The cleaned file beside which they are set aside. */
  readonly output: string
  readonly homes: string
}

/**
 * The questions in which the entries may stand again. Where one has moved on, what moved aside with it counts as well. A file
 * that a question has left still holds what stood there, and is no home.
 */
async function standingOf(
  entries: readonly Question[],
  { name, output, homes }: Places,
  desk: Desk,
  library: Library,
): Promise<readonly Question[]> {
  const parsed = parseQuestions((await desk.read(output)) ?? '')
  const standing = 'file' in parsed ? [...parsed.file.questions] : []
  for (const id of new Set(entries.map(idOf))) {
    if (await isAtHome(id, name, homes, desk)) continue
    const { cleaned, aside } = await library.find(id)
    const found: Found[] = []
    for (const each of [...cleaned, ...aside])
      if (each.name !== name && (await isAtHome(id, each.name, homes, desk))) found.push(each)
    if (found.some((each) => cleaned.includes(each))) standing.push(...found.map(({ question }) => question))
  }
  return standing
}

function isSameList(a: readonly Question[], b: readonly Question[]): boolean {
  return a.length === b.length && a.every((question, i) => question === b[i])
}

function noticeOf(count: number, place: string): Notice {
  const [edits, they] = count === 1 ? ['1 edit is', 'it was'] : [`${count} edits are`, 'they were']
  return {
    level: 'warning',
    text: `${edits} set aside: what ${they} made from changed or is gone. Take over what is still of use and delete the rest, or say accept ID where all is well as it is`,
    place,
  }
}
