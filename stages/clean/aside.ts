/**
 * Edits that have no place in the cleaned file any more: `.set-aside/` beside it, a question file like any other, in
 * which each completion says why and when it was put there (`set_aside`, `at`). Nothing but a person ever deletes one;
 * it leaves by itself only when it stands in the cleaned file again.
 *
 * A question that is gone as a whole is kept with its texts, and carries the two keys itself.
 */
import { digestOf } from '../../engine/stage.ts'
import { questionDigests } from '../questions/digests.ts'
import type { Completion, Question } from '../questions/model.ts'
import { deletedEntries, isTouched, type SetAside } from './edits.ts'

/** Why `reset` put an edit here; such a one does not come back by itself. */
export const byReset = 'reset by a person'

function isWhole({ unknown }: Question): boolean {
  return unknown?.['set_aside'] !== undefined
}

/** Whether an entry speaks of the question: by its id, or by its prompt when it has moved. */
function isOf(entry: Question, { id, prompt }: Question): boolean {
  return (entry.unknown?.['set_aside_id'] ?? entry.id) === id || (prompt !== '' && entry.prompt === prompt)
}

/** Completions that may come back into the question, without the keys that they got here. */
export function returningTo(aside: readonly Question[], question: Question): Completion[] {
  return aside
    .filter((entry) => !isWhole(entry) && isOf(entry, question))
    .flatMap(({ completions }) => completions)
    .filter(({ raw, unknown }) => raw !== undefined && unknown?.['set_aside'] !== byReset)
    .map(plain)
}

/** The question as it stood in the cleaned file when it was set aside as a whole. */
export function wholeOf(aside: readonly Question[], question: Question): Question | undefined {
  const entry = aside.find((each) => isWhole(each) && isOf(each, question))
  return entry && { ...plain(entry), id: question.id, completions: entry.completions.map(plain) }
}

function plain<T extends Completion | Question>(marked: T): T {
  const { set_aside, set_aside_id, at, ...unknown } = marked.unknown ?? {}
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
    .filter(({ completion }) => !home.completions.some((other) => isSame(other, completion)))
    .map(({ completion, why }) => ({
      ...completion,
      unknown: { ...completion.unknown, set_aside: why, at },
    }))
  const filled = { ...home, completions: [...home.completions, ...more] }
  return standing === undefined ? [...aside, filled] : aside.with(index, filled)
}

/** The same with a whole question that is gone, and what a person did in it. Unchanged when they did nothing. */
export function withQuestion(aside: readonly Question[], question: Question, at: Date): readonly Question[] {
  const completions = question.completions.filter(isTouched)
  if (completions.length === 0 && !hasOwnTexts(question)) return aside
  const { built_from } = question
  const entry: Question = {
    ...question,
    ...named(aside, question),
    completions,
    ...(built_from && { built_from: { ...built_from, completions: deletedEntries(question) } }),
  }
  if (aside.some((other) => isWhole(other) && isOf(other, question) && says(other) === says(entry)))
    return aside
  const unknown = { ...entry.unknown, set_aside: 'the question is gone', at }
  return [...aside, { ...entry, unknown }]
}

function hasOwnTexts(question: Question): boolean {
  const base = question.built_from
  if (base === undefined) return true
  const { question: text, testcases } = questionDigests(question)
  return text !== base.question || testcases.join() !== base.testcases.join()
}

/** The id, or one that is free, with the real one beside it: a file holds no id twice. */
function named(aside: readonly Question[], { id, unknown }: Question): Pick<Question, 'id' | 'unknown'> {
  if (!aside.some((each) => each.id === id)) return unknown === undefined ? { id } : { id, unknown }
  let number = 2
  while (aside.some((each) => each.id === `${id} (${number})`)) number++
  return { id: `${id} (${number})`, unknown: { ...unknown, set_aside_id: id } }
}

/** What is left when that which stands in the cleaned questions again has been taken out. */
export function withoutReturned(
  aside: readonly Question[],
  cleaned: readonly Question[],
): readonly Question[] {
  return aside.flatMap((entry) => {
    const homes = cleaned.filter((question) => isOf(entry, question))
    if (homes.length === 0) return [entry]
    const others = aside.filter((other) => other !== entry && !isWhole(other) && isWhole(entry))
    const standing = [...homes, ...others].flatMap(({ completions }) => completions)
    const completions = entry.completions.filter(
      (completion) =>
        completion.unknown?.['set_aside'] === byReset || !standing.some((other) => isSame(other, completion)),
    )
    if (completions.length > 0)
      return [completions.length === entry.completions.length ? entry : { ...entry, completions }]
    return isWhole(entry) && hasOwnTexts(entry) && !homes.some((home) => sameTexts(home, entry))
      ? [{ ...entry, completions }]
      : []
  })
}

function sameTexts(one: Question, other: Question): boolean {
  const [a, b] = [questionDigests(plain(one)), questionDigests(plain(other))]
  return a.question === b.question && a.testcases.join() === b.testcases.join()
}

function isSame(one: Completion, other: Completion): boolean {
  return (
    one.completion === other.completion &&
    one.raw === other.raw &&
    one.note === other.note &&
    one.skip === other.skip
  )
}

function says(entry: Question): string {
  const { question, testcases } = questionDigests(plain(entry))
  const completions = entry.completions.map(({ completion, raw = '' }) => `${raw} ${digestOf(completion)}`)
  return [question, ...testcases, ...completions].join('\n')
}

/** How many edits are set aside: completions, and questions whose own texts were changed. */
export function countAside(aside: readonly Question[]): number {
  return aside.reduce((sum, entry) => sum + Math.max(entry.completions.length, isWhole(entry) ? 1 : 0), 0)
}
