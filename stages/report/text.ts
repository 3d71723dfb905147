/**
 * The summary as people see it in the terminal, and in summary.txt: plain text, no colour, at most 100 columns.
 *
 * A long question set would scroll everything else away: beyond 40 questions only those with the lowest averages
 * are listed (results.csv has them all). Of several chains no question is listed: they are looked at side by side, a line
 * a chain, and then pair by pair. Ids and names are people's text, so nothing in them reaches the terminal as a command.
 */
import type { Interval } from './bootstrap.ts'
import { aligned, fitted, hanging, ruleUnder } from './columns.ts'
import type { Comparison, Difference } from './comparison.ts'
import { oneLine } from './escape.ts'
import type { Strategy } from './strategies.ts'
import type { ChainSummary, QuestionSummary, Summary, Totals } from './summary.ts'

const rowsAtMost = 40
const worstShown = 20
const nameWidth = 32
const passAtColumns = 3

/** @param columns the widest that a line may be. */
export function summaryTable(summary: Summary, columns = 100): string {
  if (summary.questions.length === 0) return 'No questions.\n'
  const { strategy, chains, comparisons = [] } = summary
  const lines =
    chains === undefined
      ? [...questionLines(summary, columns), ...intervalLines(summary, columns)]
      : [
          ...chainLines(chains, strategy, columns),
          ...comparisons.flatMap((of) => comparedLines(of, strategy, columns)),
        ]
  return `${lines.join('\n')}\n`
}

/** A line a question between two rules, and one of totals. */
function questionLines(summary: Summary, columns: number): readonly string[] {
  const { strategy, questions, totals } = summary
  const passAt = passAtOf([totals]).slice(0, passAtColumns)
  const header = [
    'question',
    'passed',
    ...meanNames(strategy),
    ...passAt.map((k) => `pass@${k}`),
    'what else',
  ]
  const rows = shown(questions).map((question) => [
    shownName(question.id),
    passedOf(question),
    ...meanNames(strategy).map((name) => percent(question[name])),
    ...passAt.map((k) => percent(question.pass_at[k])),
    remarks(question),
  ])
  const [head = '', ...body] = aligned([header, ...rows, totalsRow(summary, passAt)], columns)
  const rule = ruleUnder([head, ...body])
  return [head, rule, ...body.slice(0, -1), rule, ...body.slice(-1)]
}

/** None for a single question. */
function intervalLines({ strategy, totals }: Summary, columns: number): readonly string[] {
  const intervals: readonly (readonly [string, Interval | undefined])[] = [
    ['average', totals.average_interval],
    ...(strategy === 'basic' ? [] : [[`score (${strategy})`, totals.score_interval] as const]),
    ...passAtOf([totals])
      .slice(0, passAtColumns)
      .map((k) => [`pass@${k}`, totals.pass_at[k]?.interval] as const),
  ]
  const said = intervals.flatMap(([name, interval]) => (interval ? [`${name} ${range(interval)}`] : []))
  return said.length === 0 ? [] : hanging(`95% intervals: ${said.join(', ')}`, columns)
}

/** A line a chain, and below it how its runs ended: beside so many numbers there is no room for that. */
function chainLines(chains: readonly ChainSummary[], strategy: Strategy, columns: number): readonly string[] {
  const main = mainMean(strategy)
  const ks = passAtOf(chains.map(({ totals }) => totals))
  const passAt = [...new Set([...ks.slice(0, 1), ...ks.slice(-1)])]
  const header = ['chain', 'questions', 'passed', main, '95% interval', ...passAt.map((k) => `pass@${k}`), '']
  const rows = chains.map(({ name, totals }) => [
    shownName(name),
    `${totals.questions}`,
    passedOf(totals),
    percent(totals[main]),
    range(totals[`${main}_interval`]),
    ...passAt.map((k) => percent(totals.pass_at[k]?.mean)),
    '',
  ])
  const [head = '', ...body] = aligned([header, ...rows], columns)
  const remarked = chains.map(({ totals }) => remarks(totals))
  const lines = body.flatMap((line, index) => [
    line,
    ...(remarked[index] ? hanging(`    ${remarked[index]}`, columns) : []),
  ])
  return [head, ruleUnder([head, ...lines]), ...lines]
}

/** The pair's names, and below them by how much the second is ahead. */
function comparedLines(comparison: Comparison, strategy: Strategy, columns: number): readonly string[] {
  const [first, second] = comparison.chains.map(shownName)
  return [
    '',
    fitted(`${second} against ${first}`, columns),
    ...hanging(`    ${differencesOf(comparison, strategy)}`, columns),
  ]
}

function differencesOf(comparison: Comparison, strategy: Strategy): string {
  const [onlyFirst, onlySecond] = comparison.only_in
  const main = comparison[mainMean(strategy)]
  const [k, passAtK] = Object.entries(comparison.pass_at)[0] ?? []
  const left: readonly (readonly [number, string])[] = [
    [onlyFirst, 'only in the other'],
    [onlySecond, 'only in this one'],
    [comparison.unscored, 'not scored in both'],
  ]
  return [
    ...(main ? [points(mainMean(strategy), main)] : ['no question has a score in both']),
    ...(k && passAtK ? [points(`pass@${k}`, passAtK)] : []),
    ...(main
      ? [`${count(main.better, 'question')} better`, `${main.worse} worse`, `${main.same} the same`]
      : []),
    ...left.filter(([times]) => times > 0).map(([times, what]) => `${times} ${what}`),
  ].join(', ')
}

function points(name: string, { mean, interval }: Difference): string {
  const said = `${name} ${signed(mean)} points`
  return interval ? `${said} (95%: ${signed(interval[0])} to ${signed(interval[1])})` : said
}

function signed(difference: number): string {
  const text = Math.abs(difference * 100).toFixed(1)
  return text === '0.0' ? text : `${difference < 0 ? '−' : '+'}${text}`
}

function meanNames(strategy: Strategy): readonly ('average' | 'score')[] {
  return strategy === 'basic' ? ['average'] : ['average', 'score']
}

/** The strategy's own number; with `basic` it is the average. */
function mainMean(strategy: Strategy): 'average' | 'score' {
  return strategy === 'basic' ? 'average' : 'score'
}

/** All k that any of them has, the smallest first. */
function passAtOf(totals: readonly Totals[]): readonly string[] {
  const ks = new Set(totals.flatMap(({ pass_at }) => Object.keys(pass_at)))
  return [...ks].sort((a, b) => Number(a) - Number(b))
}

function shown(questions: readonly QuestionSummary[]): readonly QuestionSummary[] {
  if (questions.length <= rowsAtMost) return questions
  return questions
    .filter(({ average }) => average !== undefined)
    .sort((a, b) => (a.average ?? 0) - (b.average ?? 0))
    .slice(0, worstShown)
}

function totalsRow({ strategy, questions, totals }: Summary, passAt: readonly string[]): readonly string[] {
  const listed = shown(questions).length
  const left = questions.length - listed
  return [
    `${count(totals.questions, 'question')}${left > 0 ? ` (the worst ${listed} shown)` : ''}`,
    passedOf(totals),
    ...meanNames(strategy).map((name) => percent(totals[name])),
    ...passAt.map((k) => percent(totals.pass_at[k]?.mean)),
    remarks(totals),
  ]
}

function shownName(name: string): string {
  return name === '' ? 'unnamed' : fitted(oneLine(name), nameWidth)
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

function percent(share: number | undefined): string {
  return share === undefined ? '–' : `${(share * 100).toFixed(1)}%`
}

function range(interval: Interval | undefined): string {
  return interval === undefined ? '–' : `${interval.map((end) => (end * 100).toFixed(1)).join('–')}%`
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`
}
