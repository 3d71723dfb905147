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
import { Library } from './library.ts'

export async function settleAside(desk: Desk, to: string): Promise<Afterword> {
  const pattern = asidePath(to, to)
  const library = new Library(desk, to)
  const notices: Notice[] = []
  let setAside = 0
  for (const path of desk.paths(pattern)) {
    const output = fill(to, nameIn(pattern, path) ?? '')
    const change = async (text: string): Promise<string> => {
      const entries = await readAside(text, path)
      if (entries.length === 0) return text
      const left = withoutReturned(entries, await homesOf(entries, output, path, desk, library))
      return isSameList(left, entries) ? text : await asideText(left, text)
    }
    if ((await readAside(await desk.read(path), path)).length === 0) continue
    await desk.rewrite(path, output, change)
    const count = countWaiting(await readAside(await desk.read(path), path))
    setAside += count
    if (count > 0) notices.push(noticeOf(count, path))
  }
  return { notices, facts: setAside > 0 ? { setAside } : {} }
}

/** The questions in which the entries may stand again. Where one has moved on, what is set aside there counts as well. */
async function homesOf(
  entries: readonly Question[],
  output: string,
  path: string,
  desk: Desk,
  library: Library,
): Promise<readonly Question[]> {
  const parsed = parseQuestions((await desk.read(output)) ?? '')
  const own = 'file' in parsed ? parsed.file.questions : []
  const homes = [...own]
  for (const entry of entries) {
    const id = idOf(entry)
    if (own.some((question) => question.id === id)) continue
    const { cleaned, aside } = await library.find(id)
    if (cleaned.length === 0) continue
    homes.push(
      ...[...cleaned, ...aside].filter((found) => found.path !== path).map(({ question }) => question),
    )
  }
  return homes
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
