/**
 * The summary as people see it in the terminal, and in summary.txt: plain text, no colour, at most 100 columns.
 *
 * A long question set would scroll everything else away: beyond 40 questions only those with the lowest averages
 * are listed (results.csv has them all). Ids are people's text, so nothing in them reaches the terminal as a command.
 */
import type { QuestionSummary, Summary } from './summary.ts'

const rowsAtMost = 40
const worstShown = 20
const idWidth = 32
const passAtColumns = 3

/** @param columns the widest that a line may be. */
export function summaryTable(summary: Summary, columns = 100): string {
  if (summary.questions.length === 0) return 'No questions.\n'
  const passAt = Object.keys(summary.totals.pass_at).slice(0, passAtColumns)
  const header = ['question', 'passed', 'average', ...passAt.map((k) => `pass@${k}`), 'what else']
  const rows = shown(summary.questions).map((question) => [
    fitted(printable(question.id), idWidth),
    passedOf(question),
    percent(question.average),
    ...passAt.map((k) => percent(question.pass_at[k])),
    remarks(question),
  ])
  const totals = totalsRow(summary, passAt)
  const lines = aligned([header, ...rows, totals], columns)
  const rule = '─'.repeat(Math.max(...lines.flatMap((line) => line.split('\n')).map((line) => line.length)))
  return [...lines.slice(0, 1), rule, ...lines.slice(1, -1), rule, ...lines.slice(-1), ''].join('\n')
}

function shown(questions: readonly QuestionSummary[]): readonly QuestionSummary[] {
  if (questions.length <= rowsAtMost) return questions
  return questions
    .filter(({ average }) => average !== undefined)
    .sort((a, b) => (a.average ?? 0) - (b.average ?? 0))
    .slice(0, worstShown)
}

function totalsRow({ questions, totals }: Summary, passAt: readonly string[]): readonly string[] {
  const listed = shown(questions).length
  const left = questions.length - listed
  return [
    `${count(totals.questions, 'question')}${left > 0 ? ` (the worst ${listed} shown)` : ''}`,
    passedOf(totals),
    percent(totals.average),
    ...passAt.map((k) => percent(totals.pass_at[k]?.mean)),
    remarks(totals),
  ]
}

function passedOf({ passed, scored }: { readonly passed: number; readonly scored: number }): string {
  return scored === 0 ? '–' : `${passed} of ${scored}`
}

type Remarkable = Pick<
  QuestionSummary,
  'endings' | 'edited' | 'human' | 'skipped' | 'no_code' | 'cut_off' | 'completions' | 'scored'
> & { readonly testcases?: number }

/** How the runs ended that did not pass, then what is to know about the completions. */
function remarks(of: Remarkable): string {
  const ended = Object.entries(of.endings)
    .filter(([verdict]) => verdict !== 'passed')
    .map(([verdict, times]) => `${times} ${verdict}`)
  const untested = of.testcases === 0 ? 0 : of.completions - of.scored - of.skipped
  const counted: readonly (readonly [number, string])[] = [
    [of.no_code, 'no code'],
    [of.cut_off, 'cut off'],
    [of.skipped, 'skipped'],
    [of.edited, 'edited'],
    [of.human, 'by hand'],
    [of.testcases === undefined ? 0 : untested, 'not tested'],
  ]
  const known = counted.filter(([times]) => times > 0).map(([times, what]) => `${times} ${what}`)
  return [...(of.testcases === 0 ? ['no test cases'] : []), ...ended, ...known].join(', ')
}

/** Columns side by side, the first to the left and numbers to the right; the last one goes on in further lines. */
function aligned(rows: readonly (readonly string[])[], columns: number): readonly string[] {
  const last = (rows[0]?.length ?? 1) - 1
  const widths = Array.from({ length: last }, (_, index) =>
    Math.max(...rows.map((row) => (row[index] ?? '').length)),
  )
  return rows.map((row) => {
    const cells = row
      .slice(0, last)
      .map((text, index) => (index === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[index] ?? 0)))
    const start = `${cells.join('  ')}  `
    const [first = '', ...more] = wrapped(row[last] ?? '', columns - start.length)
    const lines = [start + first, ...more.map((text) => ' '.repeat(start.length) + text)]
    return lines.map((line) => fitted(line.trimEnd(), columns)).join('\n')
  })
}

/** Lines of at most so many characters, broken after commas; a longer piece stands alone. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const piece of text.split(/(?<=,) /)) {
    const line = lines.at(-1)
    if (line !== undefined && line.length + 1 + piece.length <= width)
      lines[lines.length - 1] = `${line} ${piece}`
    else lines.push(piece)
  }
  return lines
}

function fitted(text: string, width: number): string {
  if (text.length <= width) return text
  const halfCharacter = /[\ud800-\udbff]$/
  return `${text.slice(0, width - 1).replace(halfCharacter, '')}…`
}

function percent(share: number | undefined): string {
  return share === undefined ? '–' : `${(share * 100).toFixed(1)}%`
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`
}

/** Without what moves a cursor, colours or turns a line around. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{FFFD}')
}
