/**
 * The question's own texts in a cleaned file: its prompt, options and test cases. They come from the question file, but a
 * person may change them here; theirs stay then, whatever the question file comes to say, until `accept` (nothing more
 * is said of it) or `reset`.
 */
import type { Digest } from '../../engine/stage.ts'
import { questionDigests } from '../questions/digests.ts'
import type { BuiltFrom, Question, TestCase } from '../questions/model.ts'

/** What a person changed here and has not accepted: a test case by its index, all of them, or all the rest. */
export type Changed = { readonly testcase: number } | 'testcases' | 'question'

export interface MergedTexts {
  readonly question: Question
  readonly changed: readonly Changed[]
  /** `mine:theirs` of each change that counts here, for `accept` to write down. */
  readonly pairs: readonly string[]
  /** Of what is accepted, that which still is so. */
  readonly accepted: readonly string[]
  /** What the test cases of `question` were made from. */
  readonly base: readonly Digest[]
}

/** The incoming question with a person's texts of `previous` in it. */
export function mergeTexts(incoming: Question, previous: Question | undefined): MergedTexts {
  const theirs = questionDigests(incoming)
  if (previous === undefined)
    return { question: incoming, changed: [], pairs: [], accepted: [], base: theirs.testcases }
  const mine = questionDigests(previous)
  const base = previous.built_from
  const changes: { readonly what: Changed; readonly pair: string }[] = []
  const ownText = mine.question !== (base?.question ?? theirs.question) && mine.question !== theirs.question
  if (ownText) changes.push({ what: 'question', pair: `${mine.question}:${theirs.question}` })
  const testcases = mergeTestcases(
    incoming.testcases,
    theirs.testcases,
    previous.testcases,
    mine.testcases,
    base,
  )
  changes.push(...testcases.changes)
  const isAccepted = ({ pair }: { readonly pair: string }) => base?.accepted?.includes(pair) === true
  return {
    question: { ...(ownText ? previous : incoming), id: incoming.id, testcases: testcases.all },
    changed: changes.filter((change) => !isAccepted(change)).map(({ what }) => what),
    pairs: changes.map(({ pair }) => pair),
    accepted: changes.filter(isAccepted).map(({ pair }) => pair),
    base: testcases.base,
  }
}

interface MergedTestcases {
  readonly all: readonly TestCase[]
  readonly changes: readonly { readonly what: Changed; readonly pair: string }[]
  readonly base: readonly Digest[]
}

function mergeTestcases(
  incoming: readonly TestCase[],
  theirs: readonly Digest[],
  previous: readonly TestCase[],
  mine: readonly Digest[],
  built: BuiltFrom | undefined,
): MergedTestcases {
  const base = built?.testcases ?? (mine.length > 0 ? [] : theirs)
  if (isSame(mine, base) || isSame(mine, theirs)) return { all: incoming, changes: [], base: theirs }
  // Each change in the place of what it changed. Where that can't be told, the person's list stands as it is: made from
  // what it was made from, or the next run would take it for changes of what comes in now, where that is as long.
  const places = mine.length === base.length ? placesOf(mine, base, theirs) : undefined
  if (places === undefined)
    return {
      all: previous,
      changes: [{ what: 'testcases', pair: `${mine.join(' ')}:${theirs.join(' ')}` }],
      base,
    }
  const all = incoming.map((testcase, place) => previous[places.indexOf(place)] ?? testcase)
  const changes = places.flatMap((place, i) =>
    place === undefined ? [] : [{ what: { testcase: place }, pair: `${mine[i]}:${theirs[place]}` }],
  )
  return { all, changes, base: theirs }
}

/**
 * For each test case that was changed here, which of the incoming ones it stands for: the one that it was made from,
 * wherever that is now, or the one in its place as long as nobody added or deleted any. Undefined when one has no place.
 */
function placesOf(
  mine: readonly Digest[],
  base: readonly Digest[],
  theirs: readonly Digest[],
): readonly (number | undefined)[] | undefined {
  const taken = new Set<number>()
  const places: (number | undefined)[] = []
  for (const [i, digest] of mine.entries()) {
    if (digest === base[i] || (digest === theirs[i] && theirs.length === base.length)) {
      places.push(undefined)
      continue
    }
    const place = placeOf(i, base, theirs, taken)
    if (place < 0) return undefined
    taken.add(place)
    places.push(place)
  }
  return places
}

function placeOf(
  i: number,
  base: readonly Digest[],
  theirs: readonly Digest[],
  taken: ReadonlySet<number>,
): number {
  const isFree = (at: number, digest: Digest | undefined) => theirs[at] === digest && !taken.has(at)
  if (isFree(i, base[i])) return i
  const found = theirs.findIndex((_, at) => isFree(at, base[i]))
  if (found >= 0) return found
  const changed = theirs[i] !== undefined && !base.includes(theirs[i]) && !taken.has(i)
  return changed ? i : -1
}

function isSame(a: readonly Digest[], b: readonly Digest[]): boolean {
  return a.length === b.length && a.every((digest, i) => digest === b[i])
}
