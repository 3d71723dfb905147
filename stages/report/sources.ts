/** Which files a report reads, and how its chains are called. */
import { Failure } from '../../engine/stage.ts'

/** A pattern, several whose questions belong together, or a pattern for each of several chains under its label. */
export type Sources = string | readonly string[] | { readonly [chain: string]: string }

export interface ChainFiles {
  /** '' when there is only one chain: it needs no name. */
  readonly name: string
  /** Pattern of results files. */
  readonly results: string
  /** Pattern of the files with the models' own answers. */
  readonly raw: string | undefined
}

/** Throws Failure (exit 2) when `completions` is not in the form of `from`, or there is nothing to read. */
export function chainsOf(from: Sources, completions: Sources | undefined): readonly ChainFiles[] {
  const results = patternsOf(from)
  const raw =
    completions === undefined ? undefined : new Map(patternsOf(completions).map((each) => [each.key, each]))
  if (results.length === 0)
    throw new Failure('report: `from` names no files', {
      remedy: "Give it a pattern, as in from: 'data/results/%.toml'.",
      exit: 2,
    })
  const strange = raw && [...raw.keys()].find((key) => !results.some((each) => each.key === key))
  if (raw !== undefined && (strange !== undefined || raw.size !== results.length))
    throw new Failure('report: `completions` is not in the form of `from`', {
      remedy: 'Give as many patterns, under the same labels.',
      exit: 2,
    })
  return results.map(({ key, label, pattern }) => ({
    name: label,
    results: pattern,
    raw: raw?.get(key)?.pattern,
  }))
}

interface Pattern {
  /** What a pattern of `completions` belongs to: a label or a place. */
  readonly key: string
  readonly label: string
  readonly pattern: string
}

function patternsOf(sources: Sources): readonly Pattern[] {
  if (typeof sources === 'string') return [{ key: '0', label: '', pattern: sources }]
  if (isList(sources)) return sources.map((pattern, place) => ({ key: String(place), label: '', pattern }))
  const chains = Object.entries(sources)
  return chains.map(([name, pattern]) => ({ key: name, label: chains.length > 1 ? name : '', pattern }))
}

function isList(
  sources: readonly string[] | { readonly [chain: string]: string },
): sources is readonly string[] {
  return Array.isArray(sources)
}
