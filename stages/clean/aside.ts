/**
 * Edits that have no place in the cleaned file any more: `.set-aside/` beside it, a question file like any other, in
 * which each completion says why and when it was put there (`set_aside`, `at`), and whether a person has settled it
 * (`accepted`). Nothing but a person ever deletes one; it leaves by itself only when it stands in a cleaned file again.
 *
 * A question that is gone as a whole is kept with its texts, and carries the keys itself.
 */
import { questionDigests } from '../questions/digests.ts'
import type { Completion, Question } from '../questions/model.ts'
import { deletedEntries, isTouched, type SetAside } from './edits.ts'

/** Why `reset` put an edit here; such a one does not come back by itself. */
export const byReset = 'reset by a person'

/** The id of the question that an entry speaks of: a file holds no id twice, so its own may have been altered. */
export function idOf({ id, unknown }: Question): string {
  return String(unknown?.['set_aside_id'] ?? id)
}

export function isWhole({ unknown }: Question): boolean {
  return unknown?.['set_aside'] !== undefined
}

/** Whether an entry speaks of the question: by its id, or by its prompt when it has moved. */
export function isOf(entry: Question, { id, prompt }: Question): boolean {
  return idOf(entry) === id || (prompt !== '' && entry.prompt === prompt)
}

/**
 * The question as it stood in a cleaned file when it was set aside as a whole: of several the last, for that is where the
 * person was last at work.
 */
export function wholeOf(aside: readonly Question[], question: Question): Question | undefined {
  const entry = lastWhole(aside, question)
  return entry && { ...plain(entry), id: question.id, completions: entry.completions.map(plain) }
}

function lastWhole(aside: readonly Question[], question: Question): Question | undefined {
  return aside.findLast((each) => isWhole(each) && !isReset(each) && isOf(each, question))
}

/** Further completions that may come back into the question, without the keys that they got here; the last ones first. */
export function returningTo(aside: readonly Question[], question: Question): Completion[] {
  const whole = lastWhole(aside, question)
  return aside
    .filter((entry) => entry !== whole && isOf(entry, question))
    .flatMap(({ completions }) => completions)
    .filter((completion) => completion.raw !== undefined && !isReset(completion))
    .map(plain)
    .toReversed()
}

function isReset({ unknown }: Completion | Question): boolean {
  return unknown?.['set_aside'] === byReset
}

function plain<T extends Completion | Question>(marked: T): T {
  const { set_aside, set_aside_id, at, accepted, ...unknown } = marked.unknown ?? {}
  const { unknown: _, ...own } = marked
  return (Object.keys(unknown).length > 0 ? { ...own, unknown } : own) as T
}

/** The set-aside questions with more completions of one question; what is there already is not put there twice. */
export function withCompletions(
  aside: readonly Question[],
  question: Question,
  entries: readonly SetAside[],
  at: Date,
): readonly Question[] {
  if (entries.length === 0) return aside
  const index = aside.findIndex((each) => !isWhole(each) && each.id === question.id)
  const standing = aside[index]
  const { prompt, answer_preload } = question
  const home: Question = standing ?? {
    ...named(aside, question),
    prompt,
    answer_preload,
    testcases: [],
    support_files: [],
    completions: [],
  }
  const more = entries
    .filter(
      ({ completion, why }) =>
        !home.completions.some((other) => isSame(other, completion) && isReset(other) === (why === byReset)),
    )
    .map(({ completion, why }) => ({
      ...completion,
      unknown: { ...completion.unknown, set_aside: why, at },
    }))
  const filled = { ...home, completions: [...home.completions, ...more] }
  return standing === undefined ? [...aside, filled] : aside.with(index, filled)
}

/**
 * The same with a whole question, and what a person did in it: changed, added, deleted. Unchanged when they did nothing, or
 * when it is there already.
 */
export function withQuestion(
  aside: readonly Question[],
  question: Question,
  at: Date,
  why = 'the question is gone',
): readonly Question[] {
  const completions = question.completions.filter(isTouched)
  if (completions.length === 0 && !hasOwnTexts(question) && deletedEntries(question).length === 0)
    return aside
  const { built_from } = question
  const entry: Question = {
    ...question,
    ...named(aside, question),
    completions,
    ...(built_from && { built_from: { ...built_from, completions: deletedEntries(question) } }),
  }
  const put = { ...entry, unknown: { ...entry.unknown, set_aside: why, at } }
  const isThere = (other: Question) => isOf(other, question) && isSameEntry(other, put)
  return aside.some(isThere) ? aside : [...aside, put]
}

/** Whether a person did anything in it. */
export function isWorkedOn(question: Question): boolean {
  return withQuestion([], question, new Date(0)).length > 0
}

/** The same when a question has got another id: what is set aside of it is found by that one. */
export function withId(aside: readonly Question[], from: string, to: string): readonly Question[] {
  let all = aside
  for (const [index, entry] of aside.entries()) {
    if (idOf(entry) !== from) continue
    const { set_aside_id, ...unknown } = entry.unknown ?? {}
    all = all.with(index, { ...entry, ...named(all, { ...entry, id: to, unknown }) })
  }
  return all
}

function hasOwnTexts(question: Question): boolean {
  const base = question.built_from
  if (base === undefined) return true
  const { question: text, testcases } = questionDigests(question)
  return text !== base.question || testcases.join() !== base.testcases.join()
}

/** The same with entries of another file. */
export function withEntries(aside: readonly Question[], entries: readonly Question[]): readonly Question[] {
  let all = aside
  for (const entry of entries) {
    if (all.some((other) => idOf(other) === idOf(entry) && isSameEntry(other, entry))) continue
    const { set_aside_id, ...unknown } = entry.unknown ?? {}
    all = [...all, { ...entry, ...named(all, { ...entry, id: idOf(entry), unknown }) }]
  }
  return all
}

/** The id, or one that is free, with the real one beside it: a file holds no id twice. */
function named(aside: readonly Question[], { id, unknown }: Question): Pick<Question, 'id' | 'unknown'> {
  if (!aside.some((each) => each.id === id)) return unknown === undefined ? { id } : { id, unknown }
  let number = 2
  while (aside.some((each) => each.id === `${id} (${number})`)) number++
  return { id: `${id} (${number})`, unknown: { ...unknown, set_aside_id: id } }
}

/** What is left when that which stands in cleaned questions again has been taken out. */
export function withoutReturned(
  aside: readonly Question[],
  cleaned: readonly Question[],
): readonly Question[] {
  return aside.flatMap((entry) => {
    const homes = cleaned.filter((question) => isOf(entry, question))
    if (homes.length === 0 || isReset(entry)) return [entry]
    const others = aside.filter((other) => other !== entry && !isWhole(other) && isWhole(entry))
    const standing = [...homes, ...others].flatMap(({ completions }) => completions)
    const completions = entry.completions.filter(
      (completion) => isReset(completion) || !standing.some((other) => isSame(other, completion)),
    )
    if (completions.length > 0)
      return [completions.length === entry.completions.length ? entry : { ...entry, completions }]
    return isWhole(entry) && !homes.some((home) => holdsTextsOf(entry, home))
      ? [{ ...entry, completions }]
      : []
  })
}

/** Whether a question has what a set-aside one says besides its completions: changed texts, and what was deleted. */
function holdsTextsOf(entry: Question, home: Question): boolean {
  const deleted = new Set(deletedEntries(home))
  if (!deletedEntries(entry).every((each) => deleted.has(each))) return false
  const [mine, theirs] = [questionDigests(plain(entry)), questionDigests(plain(home))]
  const same = mine.question === theirs.question && mine.testcases.join() === theirs.testcases.join()
  return same || !hasOwnTexts(entry)
}

function isSame(one: Completion, other: Completion): boolean {
  return (
    one.completion === other.completion &&
    one.raw === other.raw &&
    one.note === other.note &&
    one.skip === other.skip
  )
}

/** What was taken back and done again has two entries: one comes back by itself, the other does not. */
function isSameEntry(one: Question, other: Question): boolean {
  return isWhole(one) === isWhole(other) && isReset(one) === isReset(other) && says(one) === says(other)
}

/** All of a person's in it. */
function says(entry: Question): string {
  const { question, testcases } = questionDigests(plain(entry))
  const completions = entry.completions.map(({ completion, raw, note, skip }) => ({
    completion,
    raw,
    note,
    skip,
  }))
  return JSON.stringify([question, testcases, completions, entry.built_from?.completions])
}

/** How many edits wait for a person: completions, and questions whose own texts were changed; not those that they settled. */
export function countWaiting(aside: readonly Question[]): number {
  return aside
    .filter((entry) => !isSettled(entry))
    .reduce((sum, entry) => {
      const waiting = entry.completions.filter((completion) => !isSettled(completion)).length
      return sum + Math.max(waiting, isWhole(entry) ? 1 : 0)
    }, 0)
}

function isSettled(entry: Completion | Question): boolean {
  return isReset(entry) || entry.unknown?.['accepted'] === true
}

/** The entries of a question with a mark that a person has settled them; `sample`: only completions of that number. */
export function settled(
  aside: readonly Question[],
  id: string,
  sample: number | undefined,
): readonly Question[] {
  return aside.map((entry) => {
    if (idOf(entry) !== id) return entry
    const completions = entry.completions.map((completion) =>
      (sample === undefined || completion.sample === sample) && !isSettled(completion)
        ? marked(completion)
        : completion,
    )
    const all = sample === undefined && isWhole(entry) && !isSettled(entry)
    return { ...(all ? marked(entry) : entry), completions }
  })
}

function marked<T extends Completion | Question>(entry: T): T {
  return { ...entry, unknown: { ...entry.unknown, accepted: true } }
}
