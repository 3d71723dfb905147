/** Builds the report: the pieces of every results file, made or looked up, and the files that are put together of them. */
import {
  type Built,
  Failure,
  fill,
  type InputFile,
  type Job,
  keyOf,
  type Notice,
  nameIn,
} from '../../engine/stage.ts'
import { readQuestions } from '../questions/read.ts'
import { type Piecewise, piecewise, type ReportFile } from './files.ts'
import { junitXml } from './junit.ts'
import { reportMarkdown } from './markdown.ts'
import { type Part, partOf } from './part.ts'
import { piecesOf, piecesVersion, type QuestionPieces, type Retrace } from './pieces.ts'
import { samplesJsonl } from './samples.ts'
import type { ChainFiles } from './sources.ts'
import type { Strategy } from './strategies.ts'
import { type Summary, summarize } from './summary.ts'
import { resultsOfRows, resultsRow } from './tables.ts'
import { testcasesCsv } from './testcases.ts'
import { summaryTable } from './text.ts'

/** Raise it when `partOf` gives something else for the same file. */
const partVersion = 1

/** The stage's options, checked and with their defaults. */
export interface Asked {
  readonly chains: readonly ChainFiles[]
  readonly passAt: readonly number[]
  readonly strategy: Strategy
  readonly files: readonly ReportFile[]
  readonly title: string
  readonly retrace: Retrace | undefined
}

export async function buildReport(job: Job, asked: Asked): Promise<Built> {
  const { chains, passAt, strategy, files, title, retrace } = asked
  const wanted = new Set(piecewise.filter((file) => files.includes(file)))
  const { rows, missing } = await readAll(job, chains, { wanted, retrace })
  checkIds(rows)
  const summary = summarize(rows, passAt, { strategy })
  const table = summaryTable(summary)
  const outputs = []
  for (const file of files)
    outputs.push({ path: `${job.output}/${file}`, text: await textOf(file, { rows, summary, table, title }) })
  return {
    outputs,
    display: table,
    incomplete: missing.length > 0 ? `not read: ${missing.join(', ')}` : undefined,
    notices: rows.length + missing.length > 0 ? [] : noticesOf(chains),
    facts: factsOf(summary),
  }
}

/** results.csv alone. */
export async function buildTable(job: Job): Promise<Built> {
  const parts: Part[] = []
  for (const input of job.inputs) parts.push((await partOfInput(job, input)) ?? [])
  return {
    outputs: [{ path: job.output, text: resultsOfRows(parts.flat().map((part) => resultsRow(part))) }],
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
