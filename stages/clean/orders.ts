/**
 * What a person decides about what they did in a cleaned file, carried out on the file as it stands, before it is merged
 * with what comes in:
 *
 * - `accept`: the text as it stands is the base. An edited completion is no edit any more but stays as it is while its raw
 *   text is the same; of a changed prompt or test case nothing more is said until the question file changes it, too; of
 *   what is set aside nothing more is said at all.
 * - `reset`: as if the person had not done it. What they wrote is set aside, and does not come back by itself.
 *   Completions of their own stay: there is no automatic text for them.
 */
import { digestOf, Failure, type Saying } from '../../engine/stage.ts'
import type { Completion, Question } from '../questions/model.ts'
import { byReset, idOf, settled, withCompletions, withQuestion } from './aside.ts'
import { accepted, deletedEntries, isEdited, isHuman, isTouched } from './edits.ts'
import { originOf } from './matching.ts'
import { mergeTexts } from './texts.ts'

/** A question, or one completion of it: by its sample or, where a person wrote it, by its place. */
export interface Ask {
  readonly id: string
  readonly number: number | undefined
}

/** The parts of a cleaned file and its surroundings that an order is about. */
export interface Standing {
  readonly questions: readonly Question[]
  readonly aside: readonly Question[]
}

export interface Carried extends Standing {
  readonly saying: Saying
}

/** What a word means here: an id, or an id and a number. Undefined when no question here has that id. */
export function askOf(word: string, ids: ReadonlySet<string>): Ask | undefined {
  if (ids.has(word)) return { id: word, number: undefined }
  const [, id = '', number] = /^(.*?) ?#(\d+)$/s.exec(word) ?? []
  return ids.has(id) ? { id, number: Number(number) } : undefined
}

/** Whether the ask means the completion that stands at `place` in its question. */
export function isMeant({ number }: Ask, { sample }: Completion, place: number): boolean {
  return number === undefined || number === (sample ?? place)
}

/** Whether there is anything that the ask may mean: a completion that stands here, was deleted, or is set aside. */
export function isKnown(ask: Ask, { questions, aside }: Standing): boolean {
  if (ask.number === undefined) return true
  const question = questions.find(({ id }) => id === ask.id)
  return (
    question?.completions.some((completion, place) => isMeant(ask, completion, place)) === true ||
    deletedEntries(question).some((entry) => originOf(entry).sample === ask.number) ||
    aside.some(
      (entry) => idOf(entry) === ask.id && entry.completions.some(({ sample }) => sample === ask.number),
    )
  )
}

export function accept(ask: Ask, incoming: Question | undefined, { questions, aside }: Standing): Carried {
  const index = questions.findIndex(({ id }) => id === ask.id)
  const question = questions[index]
  const after = question && acceptedIn(question, ask, incoming)
  const left = settled(aside, ask.id, ask.number)
  const did = [
    ...(after?.did ?? []),
    ...counted(marked(left, aside), 'edit that is set aside', 'edits that are set aside'),
  ]
  return {
    questions: after === undefined ? questions : questions.with(index, after.question),
    aside: left,
    saying: sayingOf(ask, 'accept', 'accepted', did),
  }
}

interface Accepted {
  readonly question: Question
  readonly did: readonly string[]
}

function acceptedIn(question: Question, ask: Ask, incoming: Question | undefined): Accepted {
  const completions = question.completions.map((completion, place) =>
    isMeant(ask, completion, place) && isEdited(completion) ? accepting(completion) : completion,
  )
  const texts = counted(changes(completions, question.completions), 'edited text')
  const pairs = ask.number === undefined && incoming ? mergeTexts(incoming, question).pairs : []
  const { built_from } = question
  if (pairs.length === 0 || built_from === undefined)
    return { question: { ...question, completions }, did: texts }
  return {
    question: { ...question, completions, built_from: { ...built_from, accepted: pairs } },
    did: [
      ...texts,
      ...counted(pairs.length, 'change of the prompt or a test case', 'changes of the prompt or test cases'),
    ],
  }
}

/** Throws Failure (exit 2) when a completion that a person wrote is asked for by its number. */
export function reset(ask: Ask, incoming: Question | undefined, standing: Standing, at: Date): Carried {
  const { questions } = standing
  const index = questions.findIndex(({ id }) => id === ask.id)
  const question = questions[index]
  if (question?.built_from === undefined)
    return {
      ...standing,
      saying: { question: nameOf(ask), text: 'nothing to reset: clean did not write it' },
    }
  const undone = undoneBy(ask, question)
  const deleted = deletedBy(ask, question)
  const ownTexts =
    ask.number === undefined && incoming !== undefined && mergeTexts(incoming, question).pairs.length > 0
  const entries = [...undone].map((completion) => ({ completion, why: byReset }))
  const kept = withCompletions(standing.aside, question, entries, at)
  const after: Question = {
    ...(ownTexts ? { ...incoming, id: question.id } : question),
    completions: question.completions.map((each) => (undone.has(each) ? untouched(each) : each)),
    built_from: {
      ...question.built_from,
      completions: without(question.built_from.completions, deleted),
    },
  }
  return {
    questions: questions.with(index, after),
    aside: ownTexts ? withQuestion(kept, textsOf(question), at, byReset) : kept,
    saying: sayingOf(ask, 'reset', 'reset', [
      ...counted(undone.size, 'completion'),
      ...counted(deleted.length, 'deleted completion'),
      ...(ownTexts ? ['its prompt and test cases'] : []),
    ]),
  }
}

/** A question without its completions. */
function textsOf(question: Question): Question {
  const { built_from } = question
  return {
    ...question,
    completions: [],
    ...(built_from && { built_from: { ...built_from, completions: [] } }),
  }
}

function undoneBy(ask: Ask, { completions }: Question): ReadonlySet<Completion> {
  const meant = completions.filter(
    (completion, place) => isMeant(ask, completion, place) && isTouched(completion),
  )
  if (ask.number !== undefined && meant.some(isHuman))
    throw new Failure(`${nameOf(ask)} was written by a person: there is no automatic text for it`, {
      exit: 2,
      remedy: 'Delete it in the file if you do not want it.',
    })
  return new Set(meant.filter((completion) => !isHuman(completion)))
}

/** A number is that of the completion that stands there; what had it before, was deleted and is away is not meant. */
function deletedBy(ask: Ask, question: Question): readonly string[] {
  const deleted = deletedEntries(question)
  if (ask.number === undefined) return deleted
  const stands = question.completions.some((completion, place) => isMeant(ask, completion, place))
  return stands ? [] : deleted.filter((entry) => originOf(entry).sample === ask.number)
}

function sayingOf(ask: Ask, verb: string, done: string, did: readonly string[]): Saying {
  const question = nameOf(ask)
  if (did.length === 0) return { question, text: `nothing to ${verb}: it is as it was made` }
  return { question, text: `${done}: ${did.join(', ')}`, good: true }
}

function accepting(completion: Completion): Completion {
  return { ...completion, cleaned: digestOf(completion.completion), cleaned_by: [accepted] }
}

/** A completion that holds its place until the merge fills it: with no text that anybody wrote, and no mark. */
function untouched({ sample, raw }: Completion): Completion {
  return { completion: '', sample, raw, cleaned: digestOf('') }
}

/** The list with one of each of `some` taken out. */
function without(list: readonly string[], some: readonly string[]): readonly string[] {
  const left = [...list]
  for (const each of some) left.splice(left.indexOf(each), 1)
  return left
}

function changes<T>(after: readonly T[], before: readonly T[]): number {
  return after.filter((each, i) => each !== before[i]).length
}

/** How many set-aside completions and questions were marked just now. */
function marked(after: readonly Question[], before: readonly Question[]): number {
  return after.reduce((sum, entry, i) => {
    const was = before[i]
    const inside = changes(entry.completions, was?.completions ?? [])
    return sum + Math.max(inside, entry.unknown !== was?.unknown ? 1 : 0)
  }, 0)
}

function counted(count: number, one: string, many = `${one}s`): string[] {
  return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`]
}

function nameOf({ id, number }: Ask): string {
  return number === undefined ? id : `${id} #${number}`
}
