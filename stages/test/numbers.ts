/** Numbers in what a program prints, and when two of them are the same. */

/** What Python's float() takes, except for underscores and for digits other than 0 to 9. */
const syntax = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf|infinity|nan)$/i

/** How far apart two numbers may be. */
export interface Tolerances {
  /** As a share of the larger number. */
  readonly tolerance: number
  /** For numbers near 0. */
  readonly absolute: number
}

/** The number that a word is as a whole: `2.` and `-inf` are one, `2,` and `[2` are none (undefined). */
export function numberIn(word: string): number | undefined {
  if (!syntax.test(word)) return undefined
  if (/nan$/i.test(word)) return Number.NaN
  if (/^[+-]?inf/i.test(word)) return word.startsWith('-') ? -Infinity : Infinity
  return Number(word)
}

/**
 * As Python's math.isclose(a, b, rel_tol=tolerance, abs_tol=absolute):
 *
 *     |a − b| ≤ max(tolerance · max(|a|, |b|), absolute)
 *
 * and infinities are close to themselves alone. Unlike there, nan is close to nan: where nan is the right answer, it can
 * be given.
 */
export function isClose(a: number, b: number, { tolerance, absolute }: Tolerances): boolean {
  if (Object.is(a, b) || a === b) return true
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false
  return Math.abs(a - b) <= Math.max(tolerance * Math.max(Math.abs(a), Math.abs(b)), absolute)
}
