/**
 * report.md, for a pull request or a job's summary: the headline numbers, how runs ended, and the questions that most
 * want a look. It stays far below the 65,536 characters that GitHub takes as a comment, however large the question set.
 *
 * All that people wrote (ids, names of chains) stands in tables, as spans of code: see `markdownCell`. Chosen against
 * folded sections and coloured badges: they need HTML or images, which some readers drop and others fetch.
 */
import type { Comparison, Difference } from './comparison.ts'
import { markdownCell } from './escape.ts'
import type { ChainSummary, QuestionSummary, Summary, Totals } from './summary.ts'

const questionsAtMost = 50
const passAtColumns = 3

export function reportMarkdown(summary: Summary): string {
  if (summary.questions.length === 0) return '# Report\n\nNo questions.\n'
  const chains = summary.chains ?? [{ name: '', totals: summary.totals }]
  const sections = [
    '# Report',
    headline(summary, chains),
    comparisons(summary),
    endings(chains),
    remarkable(chains),
    summary.chains === undefined ? questionsOfOne(summary) : questionsOfSeveral(summary, chains),
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

function headline(summary: Summary, chains: readonly ChainSummary[]): string {
  const named = summary.chains !== undefined
  const columns: readonly Column<ChainSummary>[] = [
    ...(named ? [words('chain', ({ name }: ChainSummary) => markdownCell(name))] : []),
    number('questions', ({ totals }) => questionsIn(totals)),
    number('completions', ({ totals }) => `${totals.completions}`),
    number('pass everything', ({ totals }) => passedOf(totals)),
    number('average', ({ totals }) => estimate(totals.average, totals.average_interval)),
    ...(summary.strategy === 'basic'
      ? []
      : [
          number(`score (${summary.strategy})`, ({ totals }: ChainSummary) =>
            estimate(totals.score, totals.score_interval),
          ),
        ]),
    ...ksOf(chains.map(({ totals }) => totals)).map((k) =>
      number(`pass@${k}`, ({ totals }: ChainSummary) => meanPassAt(totals, k)),
    ),
    ...(chains.some(({ totals }) => totals.cost !== undefined)
      ? [
          number('cost', ({ totals }: ChainSummary) =>
            totals.cost === undefined ? '–' : `$${totals.cost.toFixed(2)}`,
          ),
        ]
      : []),
  ]
  const bracketed = chains.some(({ totals }) => totals.average_interval !== undefined)
  const meaning = [
    'Average: the share of test cases passed, each question weighing the same.',
    ...(bracketed ? ['In brackets: 95 % intervals, by the bootstrap over questions.'] : []),
  ]
  return `${table(columns, chains)}\n\n${meaning.join(' ')}`
}

function questionsIn({ questions, scored_questions }: Totals): string {
  const without = questions - scored_questions
  return `${questions}${without > 0 ? `, ${without} without a score` : ''}`
}

function meanPassAt({ pass_at, scored_questions }: Totals, k: string): string {
  const at = pass_at[k]
  if (at === undefined) return '–'
  const fewer = at.questions < scored_questions ? `, ${at.questions} of ${scored_questions} questions` : ''
  return `${estimate(at.mean, at.interval)}${fewer}`
}

function comparisons({ strategy, comparisons = [] }: Summary): string {
  if (comparisons.length === 0) return ''
  const columns: readonly Column<Comparison>[] = [
    words(
      'chains',
      ({ chains: [first, second] }) => `${markdownCell(second)} against ${markdownCell(first)}`,
    ),
    number(
      'questions',
      ({ questions, only_in }) =>
        `${questions}${only_in[0] + only_in[1] > 0 ? `, ${only_in[0] + only_in[1]} more in one alone` : ''}`,
    ),
    number('average', ({ average }) => points(average)),
    ...(strategy === 'basic'
      ? []
      : [number(`score (${strategy})`, ({ score }: Comparison) => points(score))]),
    ...ksOf(comparisons).map((k) => number(`pass@${k}`, ({ pass_at }: Comparison) => points(pass_at[k]))),
    number('better', ({ average }) => `${average?.better ?? '–'}`),
    number('worse', ({ average }) => `${average?.worse ?? '–'}`),
    number('same', ({ average }) => `${average?.same ?? '–'}`),
  ]
  const meaning =
    'Differences in percentage points over the questions that both answered; more than 0 speaks for the chain named first.'
  return `## Compared\n\n${table(columns, comparisons)}\n\n${meaning}`
}

function endings(chains: readonly ChainSummary[]): string {
  const runs = chains.map(({ totals }) =>
    Object.values(totals.endings).reduce((sum, times) => sum + times, 0),
  )
  const verdicts = [...new Set(chains.flatMap(({ totals }) => Object.keys(totals.endings)))]
  if (verdicts.length === 0) return ''
  const columns = [
    words('verdict', (verdict: string) => markdownCell(verdict)),
    ...chains.map(({ name, totals }, index) =>
      number(titleOf(name, 'runs'), (verdict: string) => {
        const times = totals.endings[verdict] ?? 0
        return times === 0 ? '–' : `${times} (${percent(times / (runs[index] ?? 1))})`
      }),
    ),
  ]
  return `## How runs ended\n\n${table(columns, verdicts)}`
}

/** What is to know about the completions, as far as there is something to know. */
function remarkable(chains: readonly ChainSummary[]): string {
  const counts: readonly (readonly [string, (totals: Totals) => number])[] = [
    ['no code in the answer', ({ no_code }) => no_code],
    ['cut off by the token limit', ({ cut_off }) => cut_off],
    ['rejected by a person', ({ skipped }) => skipped],
    ['edited by a person', ({ edited }) => edited],
    ['written by a person', ({ human }) => human],
    [
      'without a score: not tested, or no test cases',
      ({ completions, scored, skipped }) => completions - scored - skipped,
    ],
  ]
  const some = counts.filter(([, count]) => chains.some(({ totals }) => count(totals) > 0))
  if (some.length === 0) return ''
  type Count = (typeof counts)[number]
  const columns = [
    words('completions', ([what]: Count) => what),
    ...chains.map(({ name, totals }) =>
      number(titleOf(name, 'number'), ([, count]: Count) => `${count(totals)}`),
    ),
  ]
  return table(columns, some)
}

function questionsOfOne({ questions }: Summary): string {
  const columns: readonly Column<QuestionSummary>[] = [
    words('question', ({ id }) => markdownCell(id)),
    number('pass everything', passedOf),
    number('average', ({ average }) => percent(average)),
    ...ksOf(questions).map((k) => number(`pass@${k}`, ({ pass_at }: QuestionSummary) => percent(pass_at[k]))),
    words('other runs', ({ endings }) =>
      Object.entries(endings)
        .filter(([verdict]) => verdict !== 'passed')
        .map(([verdict, times]) => `${times} ${markdownCell(verdict)}`)
        .join(', '),
    ),
  ]
  return worstFirst(questions, ({ average }) => average, columns)
}

/** A row a question, and in it the average of each chain. */
function questionsOfSeveral({ questions }: Summary, chains: readonly ChainSummary[]): string {
  const averages = new Map<string, Map<string, number>>()
  for (const { id, chain = '', average } of questions) {
    const known = averages.get(id) ?? new Map<string, number>()
    if (average !== undefined) known.set(chain, average)
    averages.set(id, known)
  }
  type Entry = readonly [id: string, averages: ReadonlyMap<string, number>]
  const columns = [
    words('question', ([id]: Entry) => markdownCell(id)),
    ...chains.map(({ name }) =>
      number(titleOf(name, 'no name'), ([, known]: Entry) => percent(known.get(name))),
    ),
  ]
  return worstFirst([...averages], ([, known]) => meanOf([...known.values()]), columns)
}

/** Those without a score come last. */
function worstFirst<Row>(
  rows: readonly Row[],
  average: (row: Row) => number | undefined,
  columns: readonly Column<Row>[],
): string {
  const sorted = rows.toSorted((one, other) => (average(one) ?? 2) - (average(other) ?? 2))
  const more = rows.length - questionsAtMost
  const rest = more > 0 ? `\n\nand ${more} more, in results.csv` : ''
  return `## Questions, the worst first\n\n${table(columns, sorted.slice(0, questionsAtMost))}${rest}`
}

interface Column<Row> {
  readonly title: string
  readonly align: '---' | '--:'
  readonly cell: (row: Row) => string
}

function words<Row>(title: string, cell: (row: Row) => string): Column<Row> {
  return { title, align: '---', cell }
}

function number<Row>(title: string, cell: (row: Row) => string): Column<Row> {
  return { title, align: '--:', cell }
}

function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ align }) => align)),
    ...rows.map((row) => line(columns.map(({ cell }) => cell(row)))),
  ].join('\n')
}

function titleOf(chain: string, without: string): string {
  return chain === '' ? without : markdownCell(chain, 40)
}

/** The smallest k that any of them has. */
function ksOf(all: readonly { readonly pass_at: object }[]): readonly string[] {
  const ks = new Set(all.flatMap(({ pass_at }) => Object.keys(pass_at)))
  return [...ks].sort((one, other) => Number(one) - Number(other)).slice(0, passAtColumns)
}

function passedOf({ passed, scored }: { readonly passed: number; readonly scored: number }): string {
  return scored === 0 ? '–' : `${passed} of ${scored}`
}

function estimate(share: number | undefined, interval: readonly [number, number] | undefined): string {
  if (interval === undefined) return percent(share)
  return `${percent(share)} (${(interval[0] * 100).toFixed(1)}–${(interval[1] * 100).toFixed(1)})`
}

function points(difference: Difference | undefined): string {
  if (difference === undefined) return '–'
  const { mean, interval } = difference
  return `${signed(mean)}${interval === undefined ? '' : ` (${signed(interval[0])} to ${signed(interval[1])})`}`
}

function signed(share: number): string {
  const shown = (Math.abs(share) * 100).toFixed(1)
  return shown === '0.0' ? shown : `${share < 0 ? '−' : '+'}${shown}`
}

function percent(share: number | undefined): string {
  return share === undefined ? '–' : `${(share * 100).toFixed(1)}%`
}

function meanOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}
