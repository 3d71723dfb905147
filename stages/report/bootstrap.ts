/**
 * How far a mean over questions might have come out otherwise, had other questions of the same kind been asked: the
 * percentile bootstrap. The questions are drawn again, with replacement, because completions of one question are alike:
 * an interval that took each completion for an observation of its own would be too narrow.
 *
 * Chosen against: the normal interval (it leaves 0 to 1 for few questions and high scores) and BCa (better coverage, for
 * an acceleration constant that few readers could check). The price is known: with fewer than about 20 questions a
 * percentile interval is somewhat too narrow.
 *
 * The same values give the same interval in each report, in whatever order they come: they are sorted first, and the
 * generator begins at the same seed.
 */

export type Interval = readonly [low: number, high: number]

export interface BootstrapOptions {
  /** How many resamples are drawn; more make the ends steadier, not the interval narrower. Default 2000. */
  readonly resamples?: number
  /** Where the random numbers begin: a whole number, of which 32 bits count. Default 1. */
  readonly seed?: number
}

/** What lies outside of an interval of 95 %, on either side. */
const tail = 0.025

/**
 * The 95 % interval of the mean of each column, in the unit of its values; a column holds one value a question. Undefined
 * for a column of fewer than 2 values, which says nothing of how values vary.
 *
 * Columns of the same length are resampled with the same draws. That is right because each interval is read by itself,
 * and of one column the draws are as random as ever; only numbers computed from several columns (a difference) would
 * notice, and such a number is to be a column of its own.
 *
 * Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), section 13.3; the ends are, as there, the kth
 * lowest and kth highest mean, with k = ⌊(resamples + 1) × 0.025⌋, and the extremes where that is 0.
 */
export function meanIntervals(
  columns: readonly (readonly number[])[],
  { resamples = 2000, seed = 1 }: BootstrapOptions = {},
): readonly (Interval | undefined)[] {
  const sorted = columns.map((values) => Float64Array.from(values).sort())
  const intervals = new Map<string, Interval>()
  for (const length of new Set(sorted.map((column) => column.length))) {
    if (length < 2) continue
    // Numbers that say the same (with one test case a question, say) have the same columns.
    const distinct = new Map<string, Float64Array>()
    for (const column of sorted) if (column.length === length) distinct.set(contentOf(column), column)
    const means = resampledMeans([...distinct.values()].filter(varies), length, resamples, seed)
    for (const [content, column] of distinct)
      intervals.set(content, intervalOf(column, means.get(column) ?? column))
  }
  return sorted.map((column) => intervals.get(contentOf(column)))
}

/** Of a column that does not, each resample has the same mean. */
function varies(column: Float64Array): boolean {
  return column[0] !== column.at(-1)
}

function contentOf({ buffer }: Float64Array): string {
  return Buffer.from(buffer).toString('latin1')
}

/** The means of each column in each resample. All columns have `length` values, and each resample is of as many. */
function resampledMeans(
  columns: readonly Float64Array[],
  length: number,
  resamples: number,
  seed: number,
): ReadonlyMap<Float64Array, Float64Array> {
  const drawn = new Uint32Array(length)
  const means = new Map(columns.map((column) => [column, new Float64Array(resamples)]))
  let state = seed | 0
  for (let resample = 0; resample < resamples && columns.length > 0; resample++) {
    state = draw(drawn, state)
    for (const [column, into] of means) into[resample] = meanOf(column, drawn)
  }
  return means
}

/** Fills in places from 0 to below their number. A loop of nothing but numbers, for two million of them. */
function draw(drawn: Uint32Array, start: number): number {
  const length = drawn.length
  let state = start
  for (let i = 0; i < length; i++) {
    state = (state + step) | 0
    drawn[i] = numberOf(state) * length
  }
  return state
}

function meanOf(column: Float64Array, drawn: Uint32Array): number {
  let total = 0
  for (let i = 0; i < drawn.length; i++) total += column[drawn[i] ?? 0] ?? 0
  return total / drawn.length
}

/** Of a sorted column. Rounding may push a mean past the values it is of: those of 0.1 and 0.1 and 0.1. */
function intervalOf(column: Float64Array, means: Float64Array): Interval {
  const sorted = means.sort()
  const outside = Math.max(1, Math.floor((sorted.length + 1) * tail))
  const within = (mean = 0) => Math.min(column.at(-1) ?? mean, Math.max(column[0] ?? mean, mean))
  return [within(sorted[outside - 1]), within(sorted.at(-outside))]
}

/**
 * Random numbers from 0 to below 1, in steps of 2⁻³². Period 2³², of which a report of 1,000 questions uses two million.
 *
 * Source: mulberry32 by Tommy Ettinger (2017, public domain), https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 */
export function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + step) | 0
    return numberOf(state)
  }
}

/** What the state goes on by. */
const step = 0x6d2b79f5

function numberOf(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 15), state | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}
