/** A whole cleaned file: its questions matched to those that come in. */
import type { Question, QuestionFile } from '../questions/model.ts'
import { isWorkedOn, returningTo, wholeOf, withCompletions, withId, withQuestion } from './aside.ts'
import { type Base, type Facts, type Merged, mergeQuestion } from './edits.ts'
import { originOf, originsOf, placed } from './matching.ts'

export interface Standing {
  /** The cleaned file as it is. */
  readonly file: QuestionFile | undefined
  /** What is set aside beside it. */
  readonly aside: readonly Question[]
  /** What people did to questions of ours in files that no longer have them, as if it were set aside. */
  readonly moved: readonly Question[]
}

export interface MergedFile {
  readonly file: QuestionFile
  /** What is to be set aside now; what has come back is still in it, until it stands in the cleaned file. */
  readonly aside: readonly Question[]
  /** One for each incoming question, in their order. */
  readonly merges: readonly Merged[]
}

export function mergeFile(
  incoming: QuestionFile,
  bases: readonly (readonly Base[])[],
  standing: Standing,
  at: Date,
): MergedFile {
  const previous = standing.file?.questions ?? []
  const matches = matchQuestions(incoming.questions, previous)
  const returning = [...standing.aside, ...standing.moved]
  const merges = incoming.questions.map((question, i) => {
    const before = previousOf(question, previous[matches[i] ?? -1], returning)
    return mergeQuestion(question, bases[i] ?? [], before, returningTo(returning, question))
  })
  const inOrder = previous.flatMap((question, index): { item: Question; order: number | undefined }[] => {
    const i = matches.indexOf(index)
    const merge = merges[i]
    if (merge !== undefined) return [{ item: merge.question, order: i }]
    // A question that clean never wrote is a person's own.
    return question.built_from === undefined ? [{ item: question, order: undefined }] : []
  })
  const added = merges.flatMap((merge, i) =>
    matches[i] === undefined ? [{ item: merge.question, order: i }] : [],
  )
  let aside = standing.aside
  for (const [i, { id }] of incoming.questions.entries()) {
    const before = previous[matches[i] ?? -1]
    if (before !== undefined && before.id !== id) aside = withId(aside, before.id, id)
  }
  for (const { question, setAside } of merges) aside = withCompletions(aside, question, setAside, at)
  for (const [index, question] of previous.entries())
    if (!matches.includes(index) && question.built_from !== undefined)
      aside = withQuestion(aside, question, at)
  const unknown = { ...standing.file?.unknown, ...incoming.unknown }
  return {
    file: {
      questions: placed<Question>(inOrder, added),
      ...(Object.keys(unknown).length > 0 ? { unknown } : {}),
    },
    aside,
    merges,
  }
}

/**
 * The question as it stood here. One that is known by its prompt only, and in which nobody did anything, gives way to
 * what was set aside under its id.
 */
function previousOf(
  question: Question,
  standing: Question | undefined,
  returning: readonly Question[],
): Question | undefined {
  if (standing !== undefined && (standing.id === question.id || isWorkedOn(standing))) return standing
  return wholeOf(returning, question) ?? standing
}

/** Incoming questions that do not stand in the cleaned file yet. */
export function newIn(incoming: QuestionFile, standing: QuestionFile | undefined): readonly Question[] {
  const matches = matchQuestions(incoming.questions, standing?.questions ?? [])
  return incoming.questions.filter((_, i) => matches[i] === undefined)
}

/** Incoming questions that stand there, and have got a raw text since. */
export function grownIn(incoming: QuestionFile, standing: QuestionFile | undefined): readonly Question[] {
  const previous = standing?.questions ?? []
  const matches = matchQuestions(incoming.questions, previous)
  return incoming.questions.filter(({ completions }, i) => {
    const entries = previous[matches[i] ?? -1]?.built_from?.completions
    const raws = new Set(entries?.map((entry) => originOf(entry).raw))
    return entries !== undefined && originsOf(completions).some(({ raw }) => !raws.has(raw))
  })
}

export function total(merges: readonly Merged[]): Facts {
  const sum = (of: (facts: Facts) => number) => merges.reduce((all, { facts }) => all + of(facts), 0)
  return {
    edited: sum(({ edited }) => edited),
    accepted: sum(({ accepted }) => accepted),
    skipped: sum(({ skipped }) => skipped),
    deleted: sum(({ deleted }) => deleted),
    added: sum(({ added }) => added),
    noCode: sum(({ noCode }) => noCode),
  }
}

/** By id, then by prompt among those that are left. */
function matchQuestions(
  incoming: readonly Question[],
  previous: readonly Question[],
): (number | undefined)[] {
  const taken = new Set<number>()
  const find = (is: (question: Question) => boolean): number | undefined => {
    const index = previous.findIndex((question, at) => !taken.has(at) && is(question))
    if (index < 0) return undefined
    taken.add(index)
    return index
  }
  const byId = incoming.map(({ id }) => find((question) => question.id === id))
  return incoming.map(
    ({ prompt }, i) => byId[i] ?? find((question) => prompt !== '' && question.prompt === prompt),
  )
}
