/**
 * results.csv, in the shape of the seed tool: a row a question, a column a completion with its share of passed test
 * cases, then the aggregates.
 *
 * A cell is empty where there is nothing to say: a skipped or untested completion, a question without test cases, a
 * column beyond a question's last completion, the deviation of a single score (where python's `statistics.stdev`
 * raises). Ids are people's text: what a spreadsheet would take for a formula gets an apostrophe in front.
 */
import type { QuestionPart } from './part.ts'
import { spreadOf } from './statistics.ts'
import { scoresOf } from './summary.ts'

const aggregates = ['average', 'median', 'stdev', 'min', 'max'] as const

/** An id that stands in a CSV file as it is. */
const plain = /^\w[\w/. -]*$/

export async function resultsCsv(parts: readonly QuestionPart[]): Promise<string> {
  const { stringify } = await import('csv-stringify/sync')
  // Only ids can need quotes, and few do: to send all cells of a large set through the library takes ten times as long.
  const quoted = (id: string) =>
    plain.test(id) ? id : stringify([[id]], { escape_formulas: true, eof: false })
  const columns = parts.reduce((most, { shares }) => Math.max(most, shares.length), 0)
  const responses = Array.from({ length: columns }, (_, index) => `response ${index + 1}`)
  const rows = parts.map((part) => [quoted(part.id), ...numbersOf(part, columns)])
  return [['qid', ...responses, ...aggregates], ...rows].map((row) => `${row.join(',')}\n`).join('')
}

function numbersOf(part: QuestionPart, columns: number): readonly string[] {
  const spread = spreadOf(scoresOf(part))
  return [
    ...Array.from({ length: columns }, (_, index) => cell(part.shares[index])),
    ...aggregates.map((name) => cell(spread?.[name])),
  ]
}

function cell(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : fourDecimals(value)
}

/**
 * As python's `.4f` writes it, to the byte: of two equally near values the even one, where `toFixed` takes the upper.
 * A double lies in the middle between two such values only when it is an odd multiple of 1/32.
 */
export function fourDecimals(value: number): string {
  if (Math.abs(value * 32) % 2 !== 1) return value.toFixed(4)
  const below = Math.floor(value * 10_000)
  return ((below % 2 === 0 ? below : below + 1) / 10_000).toFixed(4)
}
