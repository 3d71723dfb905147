/**
 * What is taken from the files that are there, before anything is asked for.
 *
 * The rules, in the order in which they are applied:
 *
 * - A completion that carries a wanted key is taken as it stands, edited or not. The key names the request, so an edit under
 *   it is an edit of that answer, and is kept for as long as that answer is wanted.
 * - Completions that came in with the question (written by hand, or by another tool) come first and count toward n; so
 *   do those that a person added to the output. They never push out an answer that is there, only ones not asked for yet.
 * - What the new file would lose: an answer goes back into the cache, if it was paid for; what a person wrote is set aside,
 *   and comes back when its key is wanted again.
 *
 * Rejected: to know edits by comparing with the cache. The cache may be gone, and the file may come from another machine.
 */
import { type Digest, digestOf } from '../../engine/stage.ts'
import type { Completion, Question } from '../questions/model.ts'
import { given, isEdited, isRecorded, isTouched, variation } from './completion.ts'
import { type Place, Standing } from './standing.ts'

export interface Files {
  readonly input: readonly Question[]
  /** Questions of the output as it stands; of the input itself, when that is the file to be written. */
  readonly output: readonly Question[]
  readonly aside: readonly Question[]
}

/** A sample that the question is to have; still to be asked for when it has no completion. */
export interface Slot {
  readonly sample: number
  readonly key: Digest
  readonly completion?: Completion | undefined
}

export interface Draft {
  readonly question: Question
  readonly given: readonly Completion[]
  readonly slots: readonly Slot[]
  readonly added: readonly Completion[]
}

export interface Adoption {
  /** One a question, in order. */
  readonly drafts: readonly Draft[]
  /** Every paid answer that a file holds unedited, kept or not: for the cache, should it lack them. */
  readonly paid: readonly Paid[]
  readonly aside: Aside
}

export type Paid = Completion & { readonly key: Digest }

export interface Aside {
  /** What stood there and was not taken back. */
  readonly kept: readonly Place[]
  readonly taken: readonly Place[]
  /** What the output would lose. */
  readonly fresh: readonly Place[]
}

/** The key of a question's sample; undefined when the provider has no such sample. `before`: what stands in the output. */
export type KeyOf = (question: Question, sample: number, before: Question | undefined) => Digest | undefined

export function adopt(files: Files, n: number, keyOf: KeyOf): Adoption {
  const shelves = shelvesOf(files)
  const { input, output, aside, inPlace } = shelves
  // All keys are claimed before anything else is looked at: a question that was renamed claims across the file.
  const claims = files.input.map((question) => claim(shelves, question, n, keyOf))
  const drafts = claims.map((claimed) => draft(shelves, claimed, n))
  const left = output.left()
  const variations = left.filter((place) => isVariation(place, claims))
  return {
    drafts: drafts.map((made, at) => {
      const here = variations.filter(({ question }) => question === claims[at]?.before)
      return { ...made, added: [...made.added, ...here.map(({ completion }) => variation(completion))] }
    }),
    paid: [...input.all(), ...(inPlace ? [] : output.all())]
      .map(({ completion }) => completion)
      .filter(isPaid),
    aside: {
      kept: aside.left(),
      taken: aside.taken(),
      fresh: left.filter((place) => !variations.includes(place) && isWritten(place.completion)),
    },
  }
}

interface Shelves {
  readonly input: Standing
  readonly output: Standing
  readonly aside: Standing
  readonly inPlace: boolean
  /** Of the questions that came in. */
  readonly ids: ReadonlySet<string>
}

function shelvesOf(files: Files): Shelves {
  const inPlace = files.input === files.output
  const input = new Standing(files.input)
  return {
    input,
    output: inPlace ? input : new Standing(files.output),
    aside: new Standing(files.aside),
    inPlace,
    ids: new Set(files.input.map(({ id }) => id)),
  }
}

interface Claim {
  readonly question: Question
  readonly before: Question | undefined
  readonly slots: readonly Slot[]
}

/** What is there of the answers that are wanted. */
function claim(
  { input, output, aside, inPlace, ids }: Shelves,
  question: Question,
  n: number,
  keyOf: KeyOf,
): Claim {
  const before = output.before(question, ids)
  const slots: Slot[] = []
  for (let sample = 0; sample < n; sample++) {
    const key = keyOf(question, sample, before)
    if (key === undefined) continue
    const offered = inPlace ? undefined : input.take(key, sample)
    const completion = output.take(key, sample) ?? offered ?? aside.take(key, sample)
    slots.push(
      completion === undefined ? { sample, key } : { sample, key, completion: { ...completion, sample } },
    )
  }
  return { question, before, slots }
}

function draft(shelves: Shelves, { question, before, slots }: Claim, n: number): Draft {
  const { output, aside, ids } = shelves
  const given = cameIn(shelves, question, before)
  const put = aside.before(question, ids)
  const added = [...(before ? output.takeAdded(before) : []), ...(put ? aside.takeAdded(put) : [])]
  const open = n - given.length - added.length
  return {
    question,
    given,
    slots: slots.filter(({ sample, completion }) => completion !== undefined || sample < open),
    added,
  }
}

/** The completions that the question brought along, each as it stands in the output now. */
function cameIn(
  { input, output, aside, inPlace }: Shelves,
  question: Question,
  before: Question | undefined,
): readonly Completion[] {
  if (inPlace) return output.takeUnkeyed(question)
  const brought = question.completions.filter((completion) => input.has(completion))
  return brought.map((completion) => {
    const { completion: text } = completion
    const digest = digestOf(text)
    const copy = (before && output.takeCopy(before, digest, text)) ?? aside.takeCopy(question, digest, text)
    return copy === undefined ? given(completion) : { ...copy, digest }
  })
}

/** Somebody copied an answer and changed the copy: there were two of one sample, and the other one was taken. */
function isVariation({ question, completion }: Place, claims: readonly Claim[]): boolean {
  if (completion.key === undefined || !isEdited(completion)) return false
  const home = claims.find(({ before }) => before === question)
  return (home?.slots ?? []).some(
    ({ key, sample, completion: taken }) =>
      taken !== undefined && key === completion.key && sample === completion.sample,
  )
}

/** There is something of a person's in it. */
function isWritten(completion: Completion): boolean {
  return isTouched(completion) || (completion.key === undefined && completion.digest === undefined)
}

function isPaid(completion: Completion): completion is Paid {
  return completion.key !== undefined && !isEdited(completion) && !isRecorded(completion)
}
