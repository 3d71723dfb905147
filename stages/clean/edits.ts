/**
 * What a person did in a cleaned file, recognised from that file alone, and kept.
 *
 * Three texts meet: what comes in now, what the file was built from (`built_from`, and `raw` and `cleaned` of each
 * completion), and what stands in the file. Where the last two differ a person was at work, and theirs stays.
 * Digests are enough for that: the text that was replaced is in the raw file, and cleaning makes it again.
 *
 * Rejected: remembering what was written in the cache (a deleted cache would turn edits into automatic text to be
 * overwritten); keeping the automatic text beside the edited one (twice the file, and people edit the wrong one).
 */
import { isDeepStrictEqual } from 'node:util'
import { type Digest, digestOf } from '../../engine/stage.ts'
import { answerDigest, questionDigests } from '../questions/digests.ts'
import type { BuiltFrom, Completion, Question } from '../questions/model.ts'
import { entryOf, match, type Origin, originOf, originsOf, placed } from './matching.ts'
import { type Changed, mergeTexts } from './texts.ts'

/** What the rules made of a completion. */
export interface Base {
  readonly text: string
  readonly rules: readonly string[]
  readonly noCode: boolean
  /** Blocks of code that might have been the answer, and were not chosen. */
  readonly candidates?: number
}

export interface Facts {
  readonly edited: number
  /** Edits that are the base now. */
  readonly accepted: number
  readonly skipped: number
  readonly deleted: number
  /** Written by a person. */
  readonly added: number
  readonly noCode: number
}

/** A completion whose edit has no place in the file any more. */
export interface SetAside {
  readonly completion: Completion
  readonly why: string
}

export interface Merged {
  readonly question: Question
  readonly setAside: readonly SetAside[]
  readonly facts: Facts
  /** What of the question itself was changed in this file and is not accepted. */
  readonly changed: readonly Changed[]
  /** What `accept` would write down of them. */
  readonly pairs: readonly string[]
  /** Completions that came in and are left out, because the question here was never written by clean. */
  readonly leftOut: number
}

/** A text that differs from what clean wrote there. */
export function isEdited(completion: Completion): boolean {
  return completion.raw !== undefined && answerDigest(completion) !== completion.cleaned
}

/** A person's text that is the base now: it stays as it is while its raw text is the same. */
export function isAccepted(completion: Completion): boolean {
  return completion.cleaned_by?.includes(accepted) === true && !isEdited(completion)
}

export const accepted = 'accepted'

/** Written by a person: nothing says what raw text it was made from. */
export function isHuman({ raw }: Completion): boolean {
  return raw === undefined
}

/** There is something of a person's in it. */
export function isTouched(completion: Completion): boolean {
  return (
    isHuman(completion) ||
    isEdited(completion) ||
    isAccepted(completion) ||
    completion.skip === true ||
    completion.note !== undefined
  )
}

/**
 * The cleaned question: what comes in, cleaned, with what a person did to `previous`. `returning` are completions that
 * were set aside and may come back: with the raw text that they were made from.
 */
export function mergeQuestion(
  incoming: Question,
  bases: readonly Base[],
  previous: Question | undefined,
  returning: readonly Completion[] = [],
): Merged {
  const given = { bases, previous, returning }
  const before = last.get(incoming)
  if (before !== undefined && isDeepStrictEqual(before.given, given)) return before.merged
  const merged = mergeAnew(incoming, bases, previous, returning)
  last.set(incoming, { given, merged })
  return merged
}

/** In a large file most questions meet what they met the last time, and what comes of that depends on nothing else. */
const last = new WeakMap<Question, { readonly given: Given; readonly merged: Merged }>()

interface Given {
  readonly bases: readonly Base[]
  readonly previous: Question | undefined
  readonly returning: readonly Completion[]
}

function mergeAnew(
  incoming: Question,
  bases: readonly Base[],
  previous: Question | undefined,
  returning: readonly Completion[],
): Merged {
  if (previous !== undefined && previous.built_from === undefined && previous.completions.length > 0)
    return { ...merged(previous, [], { changed: [], pairs: [] }), leftOut: incoming.completions.length }

  const origins = originsOf(incoming.completions)
  const { completions, setAside, remembered } = mergeCompletions(
    incoming,
    origins,
    bases,
    previous,
    returning,
  )
  const texts = mergeTexts(incoming, previous)
  const built_from: BuiltFrom = {
    ...previous?.built_from,
    question: questionDigests(incoming).question,
    testcases: texts.base,
    completions: [...origins.map(entryOf), ...remembered],
    accepted: texts.accepted.length > 0 ? texts.accepted : undefined,
  }
  const result = merged({ ...texts.question, built_from, completions }, setAside, texts)
  const standing = completions.filter((completion) => !isHuman(completion)).length
  return { ...result, facts: { ...result.facts, deleted: origins.length - standing } }
}

function merged(
  question: Question,
  setAside: readonly SetAside[],
  { changed, pairs }: Pick<Merged, 'changed' | 'pairs'>,
): Merged {
  const count = (is: (completion: Completion) => boolean) => question.completions.filter(is).length
  const facts: Facts = {
    edited: count(isEdited),
    accepted: count(isAccepted),
    skipped: count(({ skip }) => skip === true),
    deleted: 0,
    added: count(isHuman),
    noCode: count(
      (completion) => !isEdited(completion) && completion.cleaned_by?.includes('no-code') === true,
    ),
  }
  return { question, setAside, facts, changed, pairs, leftOut: 0 }
}

interface MergedCompletions {
  readonly completions: readonly Completion[]
  readonly setAside: readonly SetAside[]
  /** Entries of deleted completions that did not come in this time; should they come back, they stay deleted. */
  readonly remembered: readonly string[]
}

function mergeCompletions(
  incoming: Question,
  origins: readonly Origin[],
  bases: readonly Base[],
  previous: Question | undefined,
  returning: readonly Completion[],
): MergedCompletions {
  const standing = previous?.completions ?? []
  const matches = match(origins, standing, isTouched)
  const placeOf = new Map(matches.flatMap((index, i) => (index === undefined ? [] : [[index, i] as const])))
  const deletions = deletedEntries(previous)
  const deleted = match(
    origins.map((origin, i) => (matches[i] === undefined ? origin : { ...origin, raw: '' as Digest })),
    deletions.map(originOf),
  )
  const isNew = (i: number) => matches[i] === undefined && deleted[i] === undefined
  const news = origins.flatMap((_, i) => (isNew(i) ? [i] : []))
  const comingBack = match(origins, returning)
  const fresh = (i: number) => cleanedOf(incoming, i, origins, bases, returning[comingBack[i] ?? -1])

  const setAside: SetAside[] = []
  const kept: { item: Completion; order: number | undefined }[] = []
  const inPlace = new Set<number>()
  standing.forEach((completion, index) => {
    const i = placeOf.get(index)
    if (i !== undefined) kept.push({ item: cleanedOf(incoming, i, origins, bases, completion), order: i })
    else if (isHuman(completion)) kept.push({ item: completion, order: undefined })
    else if (isCopy(completion, standing, placeOf)) kept.push({ item: asHuman(completion), order: undefined })
    else {
      const successor = news.find((each) => origins[each]?.sample === completion.sample && !inPlace.has(each))
      if (isTouched(completion)) setAside.push({ completion, why: whyGone(completion, origins) })
      if (successor === undefined) return
      inPlace.add(successor)
      kept.push({ item: fresh(successor), order: successor })
    }
  })
  const added = news.filter((i) => !inPlace.has(i)).map((i) => ({ item: fresh(i), order: i }))
  const used = new Set(deleted)
  return {
    completions: placed(kept, added),
    setAside,
    remembered: deletions.filter((_, index) => !used.has(index)),
  }
}

/** What was listed as built from and does not stand in the file: a person deleted it. */
export function deletedEntries(previous: Question | undefined): readonly string[] {
  const entries = previous?.built_from?.completions ?? []
  const left = new Map<string, number>()
  for (const { sample, raw } of previous?.completions ?? []) {
    const entry = `${sample}:${raw}`
    left.set(entry, (left.get(entry) ?? 0) + 1)
  }
  return entries.filter((entry) => {
    const count = left.get(entry) ?? 0
    left.set(entry, count - 1)
    return count <= 0
  })
}

/** A second completion with the record of one that is matched: a person copied it, and perhaps changed the copy. */
function isCopy(
  completion: Completion,
  standing: readonly Completion[],
  placeOf: ReadonlyMap<number, number>,
): boolean {
  return standing.some(
    (other, index) =>
      placeOf.has(index) && other.raw === completion.raw && other.sample === completion.sample,
  )
}

function asHuman(completion: Completion): Completion {
  const { sample, raw, cleaned, cleaned_by, candidates, response, ...own } = completion
  return own
}

function whyGone(completion: Completion, origins: readonly Origin[]): string {
  return origins.some(({ sample }) => sample === completion.sample)
    ? 'the raw completion changed'
    : 'the raw completion is gone'
}

/** The completion as it is to stand: an edited text as it is, any other as the rules made it. */
function cleanedOf(
  incoming: Question,
  i: number,
  origins: readonly Origin[],
  bases: readonly Base[],
  standing: Completion | undefined,
): Completion {
  const [source, origin, base] = [incoming.completions[i], origins[i], bases[i]]
  if (source === undefined || origin === undefined || base === undefined)
    throw new RangeError('every completion is cleaned before it is merged')
  const unknown = { ...source.unknown, ...standing?.unknown }
  const common = {
    sample: origin.sample,
    response: source.response,
    raw: origin.raw,
    skip: standing?.skip ?? source.skip,
    note: standing?.note ?? source.note,
    ...(Object.keys(unknown).length > 0 ? { unknown } : {}),
  }
  // An edit keeps the digest of what it was made from: it is one until a person says otherwise, also when the rules
  // come to write the very same text.
  if (standing !== undefined && (isEdited(standing) || isAccepted(standing)))
    return { ...standing, ...common }
  return { ...automatic(base), ...common }
}

/** A completion's text as the rules make it, and what they say of it. */
export function automatic({ text, rules, noCode, candidates = 0 }: Base): Completion {
  const cleaned_by = noCode ? ['no-code'] : rules
  return {
    completion: text,
    cleaned: digestOf(text),
    ...(cleaned_by.length > 0 ? { cleaned_by } : {}),
    ...(candidates > 0 ? { candidates } : {}),
  }
}
