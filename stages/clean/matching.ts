/**
 * Which completion of today is which of the cleaned file's: by sample and raw text, then by raw text alone, so that an
 * edit follows its text through a changed n and another order.
 */
import { type Digest, digestOf } from '../../engine/stage.ts'
import type { Completion } from '../questions/model.ts'

/** A completion that came in: where it stands among the others, and its raw text's digest. */
export interface Origin {
  readonly sample: number
  readonly raw: Digest
}

export function originsOf(completions: readonly Completion[]): Origin[] {
  return completions.map(({ sample, completion }, index) => ({
    sample: sample ?? index,
    raw: digestOf(completion),
  }))
}

/** As `built_from.completions` lists it. */
export function entryOf({ sample, raw }: Origin): string {
  return `${sample}:${raw}`
}

/** For each one of `given` the index of the one of `standing` that it is, or undefined. No index is given twice. */
export function match(
  given: readonly Origin[],
  standing: readonly { readonly sample?: number | undefined; readonly raw?: string | undefined }[],
): (number | undefined)[] {
  const found: (number | undefined)[] = given.map(() => undefined)
  const taken = new Set<number>()
  const same = [
    (a: Origin, b: (typeof standing)[number]) => a.raw === b.raw && a.sample === b.sample,
    (a: Origin, b: (typeof standing)[number]) => a.raw === b.raw,
  ]
  for (const isSame of same) {
    given.forEach((origin, i) => {
      if (found[i] !== undefined) return
      const index = standing.findIndex((each, at) => !taken.has(at) && isSame(origin, each))
      if (index < 0) return
      found[i] = index
      taken.add(index)
    })
  }
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
