/**
 * results.csv, in the shape of the seed tool: a row a question, a column a completion with its share of passed test
 * cases, then the aggregates.
 *
 * A cell is empty where there is nothing to say: a skipped or untested completion, a question without test cases, a
 * column beyond a question's last completion, the deviation of a single score (where python's `statistics.stdev`
 * raises). Ids are people's text: what a spreadsheet would take for a formula gets an apostrophe in front.
 *
 * Of several chains there is a row for each chain of each question, and a first column says which. Chosen against a file
 * a chain: a pivot table or `groupby` compares chains where they are in one table. With one chain there is no such column,
 * so that what reads the seed tool's file reads this one.
 */
import { csvCell } from './escape.ts'
import { type Shares, scoresOf } from './part.ts'

const aggregates = ['average', 'median', 'stdev', 'min', 'max'] as const

/** A question's row but for the empty cells that depend on other questions: how many columns there are. */
export type ResultsRow<Piece> = {
  /** The row's beginning, up to the cell of the last completion. */
  readonly start: Piece
  /** How many completions are in it. */
  readonly completions: number
  /** The aggregates. */
  readonly end: Piece
}

/** @param chain which of several chains the completions come from; '' when there is only one. */
export function resultsRow(id: string, shares: Shares, chain = ''): ResultsRow<string> {
  const { completions, spread } = scoresOf(shares)
  return {
    start: [...(chain === '' ? [] : [csvCell(chain)]), csvCell(id), ...shares.map(cell)].join(','),
    completions,
    end: aggregates.map((name) => cell(spread?.[name])).join(','),
  }
}

/** results.csv. @param chains whether the rows were made with the names of chains. */
export function resultsOfRows<Piece>(
  rows: readonly ResultsRow<Piece>[],
  chains = false,
): readonly (string | Piece)[] {
  const columns = rows.reduce((most, { completions }) => Math.max(most, completions), 0)
  const responses = Array.from({ length: columns }, (_, index) => `response ${index + 1}`)
  const header = [...(chains ? ['chain'] : []), 'qid', ...responses, ...aggregates].join(',')
  const lines = rows.flatMap(({ start, completions, end }) => [
    start,
    ','.repeat(columns - completions + 1),
    end,
    '\n',
  ])
  return [`${header}\n`, ...lines]
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
