/**
 * The report stage: reads all results files together and writes what is listed in `reportFiles`, and shows the summary's
 * table in the terminal when the report was built.
 */
import {
  Failure,
  fill,
  type InputFile,
  type Job,
  keyOf,
  type Notice,
  nameIn,
  type Stage,
} from '../../engine/stage.ts'
import { readQuestions } from '../questions/read.ts'
import { junitXml } from './junit.ts'
import { reportMarkdown } from './markdown.ts'
import { type Part, partOf } from './part.ts'
import {
  type Piecewise,
  piecesOf,
  piecesVersion,
  piecewise,
  type QuestionPieces,
  type Retrace,
} from './pieces.ts'
import { samplesJsonl } from './samples.ts'
import { type ChainFiles, chainsOf, type Sources } from './sources.ts'
import { type Strategy, strategies } from './strategies.ts'
import { type Summary, summarize } from './summary.ts'
import { resultsOfRows, resultsRow } from './tables.ts'
import { testcasesCsv } from './testcases.ts'
import { summaryTable } from './text.ts'

/** What a report can consist of. */
export const reportFiles = [
  'results.csv',
  'testcases.csv',
  'summary.json',
  'summary.txt',
  'report.md',
  'junit.xml',
  'samples.jsonl',
  'report.html',
] as const
export type ReportFile = (typeof reportFiles)[number]

export interface ReportOptions {
  /** Results files. With labels, as in `{ 'gpt-4o': 'a/results/%.toml', mini: 'b/results/%.toml' }`, chains are compared. */
  readonly from: Sources
  /** Files with the models' own answers, in the same form as `from`; then the page shows what became of each. */
  readonly completions?: Sources | undefined
  /** The folder that the report is written into. */
  readonly to: string
  /** For which k to estimate pass@k. Default 1, 5, 10 and 100; left out for questions with fewer than k completions. */
  readonly passAt?: readonly number[] | undefined
  /** How a question's score is computed: 'basic' (default), 'all-or-nothing', 'expected', 'finite-expected'. */
  readonly strategy?: Strategy | undefined
  /** Which files to write. Default: all. */
  readonly files?: readonly ReportFile[] | undefined
  /** Heading of the page. Default 'Report'. */
  readonly title?: string | undefined
}

/** Raise it when the same results give another report. */
const version = 2
/** Raise it when `partOf` gives something else for the same file. */
const partVersion = 1

/** Throws Failure (exit 2) for options that can't be meant. `retrace` lets the page show what cleaning did before an edit. */
export function report(options: ReportOptions, retrace?: Retrace): Stage {
  const chains = chainsOf(options.from, options.completions)
  const passAt = checkedPassAt(options.passAt ?? [1, 5, 10, 100])
  const strategy = oneOf(strategies, options.strategy ?? 'basic', 'strategy')
  const files = (options.files ?? reportFiles).map((file) => oneOf(reportFiles, file, 'files'))
  const { title = 'Report' } = options
  return {
    kind: 'report',
    version,
    from: chains.flatMap(({ results, raw }) => (raw === undefined ? [results] : [results, raw])),
    to: options.to,
    whole: true,
    kept: false,
    params: { passAt, strategy, files, title, chains: chains.map(({ name }) => name) },
    files: [],
    targetsAtOnce: 1,
    ...(files.includes('report.html') && { page: `${options.to}/report.html` }),
    async build(job) {
      const wanted = new Set(piecewise.filter((file) => files.includes(file)))
      const { rows, missing } = await readAll(job, chains, { wanted, retrace })
      checkIds(rows)
      const summary = summarize(rows, passAt, { strategy })
      const table = summaryTable(summary)
      const outputs = []
      for (const file of files)
        outputs.push({
          path: `${job.output}/${file}`,
          text: await textOf(file, { rows, summary, table, title }),
        })
      return {
        outputs,
        display: table,
        incomplete: missing.length > 0 ? `not read: ${missing.join(', ')}` : undefined,
        notices: rows.length + missing.length > 0 ? [] : noticesOf(chains),
        facts: factsOf(summary),
      }
    },
  }
}

/** results.csv alone, at the path `to`. */
export function resultsTable({ from, to }: { readonly from: string; readonly to: string }): Stage {
  return {
    kind: 'report',
    version,
    from: [from],
    to,
    whole: true,
    kept: false,
    params: {},
    files: [],
    targetsAtOnce: 1,
    async build(job) {
      if (job.inputs.length === 0) throw new Failure(`${from}: no such file`, { exit: 2 })
      const parts: Part[] = []
      for (const input of job.inputs) parts.push((await partOfInput(job, input)) ?? [])
      return {
        outputs: [{ path: job.output, text: resultsOfRows(parts.flat().map((part) => resultsRow(part))) }],
      }
    },
  }
}

interface Row extends QuestionPieces {
  readonly chain: string
  readonly file: string
}

interface Whole {
  readonly rows: readonly Row[]
  readonly summary: Summary
  readonly table: string
  readonly title: string
}

/** A file of the report, put together. What takes long to load is loaded for the file that needs it. */
async function textOf(file: ReportFile, { rows, summary, table, title }: Whole): Promise<string> {
  const several = summary.chains !== undefined
  switch (file) {
    case 'results.csv':
      return resultsOfRows(
        rows.map(({ part, chain }) => resultsRow(part, chain)),
        several,
      )
    case 'testcases.csv':
      return testcasesCsv(
        rows.map(({ testcases = '' }) => testcases),
        several,
      )
    case 'summary.json':
      return `${JSON.stringify(summary, null, 2)}\n`
    case 'summary.txt':
      return table
    case 'report.md':
      return reportMarkdown(summary)
    case 'junit.xml':
      return junitXml(rows.map(({ suite = '' }) => suite))
    case 'samples.jsonl':
      return samplesJsonl(rows.map(({ samples = '' }) => samples))
    case 'report.html': {
      const { pageOf } = await import('./page/index.ts')
      return pageOf({
        title,
        summary,
        rows: rows.map((row) => ({ ...row, prompt: row.prompt ?? '', blob: row.blob ?? '' })),
      })
    }
  }
}

/** One file after the other: it is the processor that is busy, and this way only one text is in memory. */
async function readAll(
  job: Job,
  chains: readonly ChainFiles[],
  how: { readonly wanted: ReadonlySet<Piecewise>; readonly retrace: Retrace | undefined },
): Promise<{ rows: readonly Row[]; missing: readonly string[] }> {
  const rows: Row[] = []
  const missing: string[] = []
  const inputs = new Map(job.inputs.map((input) => [input.path, input]))
  let pattern = 0
  for (const { name: chain, results, raw } of chains) {
    for (const input of job.inputs.filter((each) => each.pattern === pattern)) {
      const name = nameIn(results, input.path)
      const source = raw === undefined || name === undefined ? undefined : inputs.get(fill(raw, name))
      const pieces = await piecesOfInput(job, input, source, { chain, ...how })
      if (pieces === undefined) missing.push(input.path)
      else rows.push(...pieces.map((piece) => ({ ...piece, chain, file: input.path })))
    }
    pattern += raw === undefined ? 1 : 2
  }
  return { rows, missing }
}

function piecesOfInput(
  job: Job,
  input: InputFile,
  raw: InputFile | undefined,
  how: {
    readonly chain: string
    readonly wanted: ReadonlySet<Piecewise>
    readonly retrace: Retrace | undefined
  },
): Promise<readonly QuestionPieces[] | undefined> {
  const { chain, wanted } = how
  return job.unit<readonly QuestionPieces[]>({
    kind: 'derived',
    key: keyOf('report-pieces', {
      version: [partVersion, piecesVersion],
      results: input.digest,
      raw: raw?.digest ?? null,
      chain,
      wanted: [...wanted],
    }),
    make: async () => {
      const { questions } = (await readQuestions(await input.text(), input.path)).file
      const sources =
        raw === undefined ? [] : (await readQuestions(await raw.text(), raw.path)).file.questions
      return piecesOf(questions, new Map(sources.map((question) => [question.id, question])), how)
    },
  })
}

function partOfInput(job: Job, input: InputFile): Promise<Part | undefined> {
  return job.unit<Part>({
    kind: 'derived',
    key: keyOf('report-part', { version: partVersion, digest: input.digest }),
    make: async () => partOf((await readQuestions(await input.text(), input.path)).file),
  })
}

/** The question files were checked for this; results files can still be copied or renamed by hand. */
function checkIds(rows: readonly Row[]): void {
  const files = new Map<string, string>()
  for (const { chain, file, part } of rows) {
    const key = JSON.stringify([chain, part.id])
    const other = files.get(key)
    if (other !== undefined)
      throw new Failure(`question '${part.id}' has results twice: in ${other} and in ${file}`, {
        remedy: 'Delete the results file that is a copy or left over, or rename one of the questions.',
        exit: 2,
      })
    files.set(key, file)
  }
}

function checkedPassAt(passAt: readonly number[]): readonly number[] {
  const wrong = passAt.find((k) => !Number.isSafeInteger(k) || k < 1)
  if (wrong !== undefined)
    throw new Failure(`report: passAt holds ${wrong}`, {
      remedy: 'Give whole numbers from 1, as in passAt: [1, 10, 100].',
      exit: 2,
    })
  return [...new Set(passAt)].sort((a, b) => a - b)
}

/** pipeline.ts is not checked by a compiler before it runs. */
function oneOf<T extends string>(known: readonly T[], given: T, option: string): T {
  if (known.includes(given)) return given
  throw new Failure(`report: ${option} holds '${given}'`, {
    remedy: `Known are ${known.join(', ')}.`,
    exit: 2,
  })
}

function noticesOf(chains: readonly ChainFiles[]): readonly Notice[] {
  const patterns = chains.map(({ results }) => results).join(', ')
  return [{ level: 'info', text: `the report is empty: there are no results in ${patterns}` }]
}

function factsOf({ totals }: Summary): { readonly [name: string]: number } {
  return {
    questions_reported: totals.questions,
    completions_scored: totals.scored,
    completions_passed: totals.passed,
  }
}
