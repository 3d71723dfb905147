/**
 * Which completion of today is which of the cleaned file's: by sample and raw text, then by raw text alone, so that an
 * edit follows its text through a changed n and another order.
 */
import type { Digest } from '../../engine/stage.ts'
import { answerDigest } from '../questions/digests.ts'
import type { Completion } from '../questions/model.ts'

/** A completion that came in: where it stands among the others, and its raw text's digest. */
export interface Origin {
  readonly sample: number
  readonly raw: Digest
}

export function originsOf(completions: readonly Completion[]): Origin[] {
  return completions.map((completion, index) => ({
    sample: completion.sample ?? index,
    raw: answerDigest(completion),
  }))
}

/** As `built_from.completions` lists it. */
export function entryOf({ sample, raw }: Origin): string {
  return `${sample}:${raw}`
}

interface Standing {
  readonly sample?: number | undefined
  readonly raw?: string | undefined
}

/**
 * For each one of `given` the index of the one of `standing` that it is, or undefined. No index is given twice. Of several
 * with the same raw text, those that matter are not the ones to be left over.
 */
export function match<T extends Standing>(
  given: readonly Origin[],
  standing: readonly T[],
  matters: (each: T) => boolean = () => false,
): (number | undefined)[] {
  const found: (number | undefined)[] = given.map(() => undefined)
  const taken = new Set<number>()
  for (const key of [({ sample, raw }: Standing) => `${sample}:${raw}`, ({ raw }: Standing) => raw ?? '']) {
    const places = new Map<string, number[]>()
    for (const [index, each] of standing.entries()) {
      if (taken.has(index)) continue
      const same = places.get(key(each))
      if (same === undefined) places.set(key(each), [index])
      else same.push(index)
    }
    for (const [i, origin] of given.entries()) {
      const index = found[i] === undefined ? places.get(key(origin))?.shift() : undefined
      if (index === undefined) continue
      found[i] = index
      taken.add(index)
    }
  }
  standing.forEach((each, index) => {
    if (taken.has(index) || !matters(each)) return
    const i = found.findIndex((at) => {
      const other = standing[at ?? -1]
      // Of the same sample, it is a copy: the other one is the original.
      return (
        other?.raw === each.raw && other?.sample !== each.sample && other !== undefined && !matters(other)
      )
    })
    if (i < 0) return
    found[i] = index
    taken.add(index)
  })
  return found
}

/** An entry of `built_from.completions`, read. */
export function originOf(entry: string): { readonly sample: number; readonly raw: string } {
  const at = entry.indexOf(':')
  return { sample: Number(entry.slice(0, at)), raw: entry.slice(at + 1) }
}

/**
 * Puts new items among those that stand: each after the one that it follows in its own order, else before the one that
 * it precedes, else at the end.
 */
export function placed<T>(
  standing: readonly { readonly item: T; readonly order: number | undefined }[],
  added: readonly { readonly item: T; readonly order: number }[],
): T[] {
  const all = [...standing]
  for (const each of added) {
    const before = greatestBelow(all, each.order)
    const after = all.findIndex(({ order }) => order !== undefined && order > each.order)
    all.splice(before !== undefined ? before + 1 : after >= 0 ? after : all.length, 0, each)
  }
  return all.map(({ item }) => item)
}

function greatestBelow(
  all: readonly { readonly order: number | undefined }[],
  limit: number,
): number | undefined {
  let best: number | undefined
  all.forEach(({ order }, index) => {
    if (order === undefined || order >= limit) return
    if (best === undefined || order > (all[best]?.order ?? -1)) best = index
  })
  return best
}
