/**
 * Whether what was printed is what was expected. In every mode CRLF is as good as LF: a question file may be saved on
 * Windows. What is printed is never cut before it is compared.
 */
import { Failure } from '../../engine/stage.ts'
import { type CompareMode, type CompareSettings, compareModes } from '../questions/model.ts'
import { strip, stripEnd, words } from './blank.ts'
import { isClose, numberIn, type Tolerances } from './numbers.ts'
import { ratio } from './ratio.ts'

/**
 * What counts as the same:
 *
 * - `exact`: the same text, but for white space at both ends (the seed tool's rule).
 * - `lines`: the same lines, but for white space at the end of each and for blank lines at the end. White space at the
 *   beginning of a line or of the text counts.
 * - `number`: the same words, split at white space, where two words that are both numbers need only be close. So a
 *   line break is as good as a blank, and `[1.0,` is no number.
 * - `fuzzy`: as `exact`, and how near it came is kept as a score.
 * - `fuzzy_w_cutoff`: a score of `cutoff` or more; a lower one counts as 0.
 */
export type Comparison =
  | { readonly mode: 'exact' | 'lines' | 'fuzzy' | 'fuzzy_w_cutoff' }
  | ({ readonly mode: 'number' } & Tolerances)

/** From this score on `fuzzy_w_cutoff` passes. */
export const cutoff = 90

const usual: Tolerances = { tolerance: 1e-6, absolute: 1e-9 }

export type Compared =
  | { readonly same: true }
  /** `score`: from 0 to 100, at most two decimals, below 100; only in the modes that have one. */
  | { readonly same: false; readonly score?: number | undefined }

export function compare(printed: string, expected: string, comparison: Comparison): Compared {
  switch (comparison.mode) {
    case 'exact':
      return { same: sameOutput(printed, expected) }
    case 'lines':
      return { same: sameLines(printed, expected) }
    case 'number':
      return { same: sameWords(printed, expected, comparison) }
    case 'fuzzy': {
      const score = ratio(normal(printed), normal(expected))
      return score === 100 ? { same: true } : { same: false, score }
    }
    case 'fuzzy_w_cutoff':
      return ratio(normal(printed), normal(expected)) >= cutoff ? { same: true } : { same: false, score: 0 }
  }
}

/** Equal but for white space at both ends and for how lines end. */
export function sameOutput(printed: string, expected: string): boolean {
  return normal(printed) === normal(expected)
}

function normal(text: string): string {
  return strip(text).replaceAll('\r\n', '\n')
}

function sameLines(printed: string, expected: string): boolean {
  const [ours, theirs] = [printed, expected].map((text) =>
    stripEnd(text).split('\n').map(stripEnd).join('\n'),
  )
  return ours === theirs
}

/** Also asked of single lines, by whoever shows what differs. */
export function sameWords(printed: string, expected: string, tolerances: Tolerances): boolean {
  const [ours, theirs] = [words(printed), words(expected)]
  return (
    ours.length === theirs.length && ours.every((word, at) => sameWord(word, theirs[at] ?? '', tolerances))
  )
}

function sameWord(printed: string, expected: string, tolerances: Tolerances): boolean {
  if (printed === expected) return true
  const [ours, theirs] = [numberIn(printed), numberIn(expected)]
  return ours !== undefined && theirs !== undefined && isClose(ours, theirs, tolerances)
}

/** What a question's or a stage's `compare` means, with its defaults. */
export function comparisonOf(given: CompareMode | CompareSettings): Comparison {
  const settings = typeof given === 'string' ? { mode: given } : given
  const { mode } = settings
  if (mode !== 'number') return { mode }
  return {
    mode,
    tolerance: settings.tolerance ?? usual.tolerance,
    absolute: settings.absolute ?? usual.absolute,
  }
}

/** A stage's option, which nothing has checked yet. Throws Failure (exit 2). */
export function checkedComparison(given: CompareMode | CompareSettings): Comparison {
  const comparison = comparisonOf(given)
  if (!compareModes.includes(comparison.mode))
    throw new Failure(`test: compare is ${JSON.stringify(given)}`, {
      exit: 2,
      remedy: `Its mode must be one of ${compareModes.join(', ')}.`,
    })
  if (comparison.mode !== 'number') return comparison
  for (const key of ['tolerance', 'absolute'] as const)
    if (!Number.isFinite(comparison[key]) || comparison[key] < 0)
      throw new Failure(`test: compare has ${key} ${comparison[key]}`, {
        exit: 2,
        remedy: 'It must be a number from 0.',
      })
  return comparison
}
