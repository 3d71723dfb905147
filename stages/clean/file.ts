/** A whole cleaned file: its questions matched to those that come in, and what has to be said about it. */
import type { Notice } from '../../engine/stage.ts'
import type { Question, QuestionFile } from '../questions/model.ts'
import { countAside, returningTo, wholeOf, withCompletions, withoutReturned, withQuestion } from './aside.ts'
import { type Base, type Facts, type Merged, mergeQuestion } from './edits.ts'
import { placed } from './matching.ts'

export interface Standing {
  /** The cleaned file as it is. */
  readonly file: QuestionFile | undefined
  readonly aside: readonly Question[]
}

/** Where things stand, for messages. */
export interface Places {
  readonly output: string
  readonly aside: string
  /** The question file, where a changed test case belongs. */
  readonly questions: string
}

export interface MergedFile {
  readonly file: QuestionFile
  readonly aside: readonly Question[]
  /** Something was set aside just now: that file has to be written first. */
  readonly grew: boolean
  readonly notices: readonly Notice[]
  readonly facts: Facts & { readonly setAside: number }
}

export function mergeFile(
  incoming: QuestionFile,
  bases: readonly (readonly Base[])[],
  standing: Standing,
  places: Places,
  at: Date,
): MergedFile {
  const previous = standing.file?.questions ?? []
  const matches = matchQuestions(incoming.questions, previous)
  const merges = incoming.questions.map((question, i) => {
    const before = previous[matches[i] ?? -1] ?? wholeOf(standing.aside, question)
    return mergeQuestion(question, bases[i] ?? [], before, returningTo(standing.aside, question))
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
  const questions = placed<Question>(inOrder, added)

  let aside = standing.aside
  for (const { question, setAside } of merges) aside = withCompletions(aside, question, setAside, at)
  for (const [index, question] of previous.entries())
    if (!matches.includes(index) && question.built_from !== undefined)
      aside = withQuestion(aside, question, at)
  const grew = aside !== standing.aside
  // What came back leaves only once the cleaned file that holds it has been written.
  if (!grew) aside = withoutReturned(aside, questions)
  const unknown = { ...standing.file?.unknown, ...incoming.unknown }
  const left = countAside(withoutReturned(aside, questions))
  return {
    file: { questions, ...(Object.keys(unknown).length > 0 ? { unknown } : {}) },
    aside: isSameList(aside, standing.aside) ? standing.aside : aside,
    grew,
    notices: [...merges.flatMap((merge) => noticesOf(merge, places)), ...asideNotice(left, places)],
    facts: { ...total(merges), setAside: left },
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

function isSameList(a: readonly Question[], b: readonly Question[]): boolean {
  return a.length === b.length && a.every((question, i) => question === b[i])
}

function total(merges: readonly Merged[]): Facts {
  const sum = (of: (facts: Facts) => number) => merges.reduce((all, { facts }) => all + of(facts), 0)
  return {
    edited: sum(({ edited }) => edited),
    skipped: sum(({ skipped }) => skipped),
    deleted: sum(({ deleted }) => deleted),
    added: sum(({ added }) => added),
    noCode: sum(({ noCode }) => noCode),
  }
}

function noticesOf({ question, changed, leftOut }: Merged, places: Places): Notice[] {
  const notices: Notice[] = []
  if (changed.length > 0)
    notices.push({
      level: 'warning',
      text: `${inWords(changed)} of '${question.id}' ${changed.length === 1 && !/cases$/.test(changed[0] ?? '') ? 'was' : 'were'} changed here, and ${places.questions} says otherwise: the change counts for this file only, and belongs there`,
      place: places.output,
    })
  if (leftOut > 0)
    notices.push({
      level: 'warning',
      text: `'${question.id}' was not written by clean: its own completions are tested, and ${leftOut} from the completions file ${leftOut === 1 ? 'is' : 'are'} left out. Delete the question here to have them cleaned`,
      place: places.output,
    })
  return notices
}

function inWords(parts: readonly string[]): string {
  const last = parts.at(-1) ?? ''
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`
}

function asideNotice(count: number, places: Places): Notice[] {
  if (count === 0) return []
  return [
    {
      level: 'warning',
      text: `${count} ${count === 1 ? 'edit is' : 'edits are'} set aside: what ${count === 1 ? 'it was' : 'they were'} made from changed or is gone. Take over what is still of use, and delete the rest`,
      place: places.aside,
    },
  ]
}
