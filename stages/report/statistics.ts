/**
 * The report's numbers, as pure functions. What is not defined (an average of nothing, a deviation of one value,
 * pass@10 of five completions) is `undefined`, never NaN: a file then leaves it out.
 */
export type Spread = {
  readonly average: number
  readonly median: number
  /** Sample standard deviation (divided by n − 1); undefined for a single value. */
  readonly stdev?: number | undefined
  readonly min: number
  readonly max: number
}

/** Average, median, deviation and range of the values, whatever their order; undefined when there are none. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = Float64Array.from(values).sort()
  const min = sorted[0]
  const max = sorted.at(-1)
  if (min === undefined || max === undefined) return undefined
  // Rounding may push the quotient past its bounds: (0.1 + 0.1 + 0.1) / 3 is more than 0.1.
  const average = Math.min(max, Math.max(min, sum(sorted) / sorted.length))
  return { average, median: medianOf(sorted), stdev: deviationOf(sorted, average), min, max }
}

function medianOf(sorted: Float64Array): number {
  const middle = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1)
  return sum(middle) / middle.length
}

function deviationOf(values: Float64Array, average: number): number | undefined {
  if (values.length < 2) return undefined
  return Math.sqrt(sum(values.map((value) => (value - average) ** 2)) / (values.length - 1))
}

export function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}

/**
 * pass@k: the probability that at least one of k completions passes, estimated without bias from n completions of
 * which `correct` pass: 1 − C(n − correct, k) / C(n, k). Undefined for k > n.
 *
 * Source: Chen et al., "Evaluating Large Language Models Trained on Code" (2021), arXiv:2107.03374, equation 1. As there
 * (figure 3) the quotient is computed as a product, since binomials leave the range of a double at n of about 1,030. Their
 * product has `correct` factors; the quotient is the same with k and `correct` exchanged, so here it has the fewer of both.
 */
export function passAtK(n: number, correct: number, k: number): number | undefined {
  if (k > n) return undefined
  const [few, many] = k < correct ? [k, correct] : [correct, k]
  let allFail = 1
  for (let i = 0; i < few; i++) allFail *= (n - many - i) / (n - i)
  return 1 - allFail
}

/** The 97.5 % quantile of the normal distribution, for intervals of 95 %. */
const z = 1.959963984540054

/**
 * The 95 % interval of a share, by Wilson's score method (no continuity correction): within 0 and 1, and sensible for
 * few completions and for shares of 0 and 1, where the textbook interval has no width. Undefined for n = 0.
 *
 * Source: Wilson (1927), JASA 22:209–212; recommended by Newcombe (1998), Statistics in Medicine 17:857–872.
 */
export function wilsonInterval(successes: number, n: number): readonly [number, number] | undefined {
  if (n === 0) return undefined
  const share = successes / n
  const scale = 1 + z ** 2 / n
  const centre = (share + z ** 2 / (2 * n)) / scale
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2))
  return [successes === 0 ? 0 : centre - half, successes === n ? 1 : centre + half]
}
