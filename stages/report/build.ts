/** Builds the report: the pieces of every results file, made or found in the former report, and the files made of them. */
import {
  type Built,
  type Digest,
  Failure,
  fill,
  type InputFile,
  type Job,
  keyOf,
  type Notice,
  nameIn,
  type Output,
} from '../../engine/stage.ts'
import { readQuestions } from '../questions/read.ts'
import type { ReportFile } from './files.ts'
import { junitXml } from './junit.ts'
import { knownFrom, remember } from './known.ts'
import { type Part as Bytes, Layout, type Stretch } from './layout.ts'
import { reportMarkdown } from './markdown.ts'
import { sharesOf } from './part.ts'
import { type PieceName, piecesOf, type QuestionPieces, type Retrace } from './pieces.ts'
import type { ChainFiles } from './sources.ts'
import type { Strategy } from './strategies.ts'
import { type Summary, summarize } from './summary.ts'
import { type ResultsRow, resultsOfRows, resultsRow } from './tables.ts'
import { testcasesCsv } from './testcases.ts'
import { summaryTable } from './text.ts'

/** Raise it when a file's rows in results.csv come to be others. */
const rowVersion = 1

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
  const { chains, passAt, strategy, files, title } = asked
  const sources = await piecesOfAll(job, asked)
  const rows = sources.flatMap(({ chain, file, questions }) =>
    questions.map((question) => ({ ...question, chain, file })),
  )
  checkIds(rows)
  const summary = summarize(rows, passAt, { strategy })
  const whole = { job, rows, summary, table: summaryTable(summary), title }
  const layouts = new Map<ReportFile, Layout>()
  for (const file of files) layouts.set(file, new Layout(await partsOf(file, whole)))
  await remember(job, new Map(sources.map(({ key, questions }) => [key, questions])), layouts)
  return {
    outputs: [...layouts].map(([file, layout]) => outputOf(`${job.output}/${file}`, layout)),
    display: whole.table,
    notices: rows.length > 0 ? [] : noticesOf(chains),
    facts: factsOf(summary),
  }
}

/** results.csv alone. */
export async function buildTable(job: Job): Promise<Built> {
  const rows: ResultsRow<string>[] = []
  for (const input of job.inputs) rows.push(...((await rowsOfInput(job, input)) ?? []))
  return { outputs: [{ path: job.output, text: resultsOfRows(rows).join('') }] }
}

interface Row extends QuestionPieces {
  readonly chain: string
  readonly file: string
}

interface Whole {
  readonly job: Job
  readonly rows: readonly Row[]
  readonly summary: Summary
  readonly table: string
  readonly title: string
}

/** What a file of the report is made of. What takes long to load is loaded for the file that needs it. */
async function partsOf(
  file: ReportFile,
  { job, rows, summary, table, title }: Whole,
): Promise<readonly Bytes[]> {
  const several = summary.chains !== undefined
  const all = (name: PieceName) => rows.map((row) => pieceOf(row, name))
  switch (file) {
    case 'results.csv':
      return resultsOfRows(rows.map(resultsPieces), several)
    case 'testcases.csv':
      return testcasesCsv(all('testcases'), several)
    case 'summary.json':
      return [`${JSON.stringify(summary, null, 2)}\n`]
    case 'summary.txt':
      return [table]
    case 'report.md':
      return [reportMarkdown(summary)]
    case 'junit.xml':
      return junitXml(all('suite'))
    case 'samples.jsonl':
      return all('samples')
    case 'report.html': {
      const { pageOf } = await import('./page/index.ts')
      const page = await pageOf({
        title,
        summary,
        rows: rows.map((row) => ({
          ...row,
          cells: pieceOf(row, 'cells'),
          searched: pieceOf(row, 'searched'),
          blob: pieceOf(row, 'blob'),
        })),
        remember: (key, make) => remembered(job, key, make),
      })
      return page.parts
    }
  }
}

function resultsPieces(row: Row): ResultsRow<Stretch> {
  return {
    start: pieceOf(row, 'rowStart'),
    completions: row.part.scores.completions,
    end: pieceOf(row, 'rowEnd'),
  }
}

function pieceOf({ part, stretches }: QuestionPieces, name: PieceName): Stretch {
  const stretch = stretches[name]
  if (stretch === undefined) throw new Error(`${part.id} has no piece '${name}'`)
  return stretch
}

async function remembered(job: Job, key: Digest, make: () => Promise<string>): Promise<string> {
  return (await job.unit<string>({ kind: 'derived', key, make })) ?? (await make())
}

/** The text is made only for who asks for it: a dry run. */
function outputOf(path: string, bytes: Layout): Output {
  return {
    path,
    bytes,
    get text() {
      return bytes.text
    },
  }
}

/** What the questions of a results file come to. */
interface Source {
  readonly chain: string
  readonly file: string
  /** Says all that the pieces depend on, besides the report's options. */
  readonly key: string
  readonly questions: readonly QuestionPieces[]
}

/** Results files in work at a time: while another thread packs what one comes to, the next is read. */
const filesAtOnce = 3

async function piecesOfAll(job: Job, asked: Asked): Promise<readonly Source[]> {
  const known = await knownFrom(job, asked.files)
  const share = sharing()
  const sources: Promise<Source>[] = []
  for (const { chain, input, raw } of sourcesOf(job, asked.chains)) {
    await sources.at(-filesAtOnce)
    const key = `${input.digest} ${raw?.digest ?? ''} ${chain}`
    const questions = known.get(key) ?? piecesOfInput(input, raw, chain, asked)
    const source = Promise.resolve(questions).then((questions) => ({
      chain,
      file: input.path,
      key,
      questions,
    }))
    // What is wrong with a file is said when it is its turn.
    source.catch(() => {})
    sources.push(source)
  }
  return (await Promise.all(sources)).map((source) => ({ ...source, questions: source.questions.map(share) }))
}

interface SourceFiles {
  readonly chain: string
  readonly input: InputFile
  /** The model's own answers. */
  readonly raw: InputFile | undefined
}

function sourcesOf(job: Job, chains: readonly ChainFiles[]): readonly SourceFiles[] {
  const inputs = new Map(job.inputs.map((input) => [input.path, input]))
  let pattern = 0
  return chains.flatMap(({ name: chain, results, raw }) => {
    const own = job.inputs.filter((each) => each.pattern === pattern)
    pattern += raw === undefined ? 1 : 2
    return own.map((input) => {
      const name = nameIn(results, input.path)
      return {
        chain,
        input,
        raw: raw === undefined || name === undefined ? undefined : inputs.get(fill(raw, name)),
      }
    })
  })
}

async function piecesOfInput(
  input: InputFile,
  raw: InputFile | undefined,
  chain: string,
  { files, retrace }: Asked,
): Promise<readonly QuestionPieces[]> {
  const { questions } = (await readQuestions(await input.text(), input.path)).file
  const answers = raw === undefined ? [] : (await readQuestions(await raw.text(), raw.path)).file.questions
  const wanted = new Set(files)
  return piecesOf(questions, new Map(answers.map((each) => [each.id, each])), { chain, wanted, retrace })
}

/** Of prompts that are the same one stands in the page. */
function sharing(): (question: QuestionPieces) => QuestionPieces {
  const first = new Map<Digest, Stretch>()
  return (question) => {
    const { prompt, stretches } = question
    const searched = first.get(prompt) ?? stretches.searched
    if (searched === undefined) return question
    first.set(prompt, searched)
    return searched === stretches.searched ? question : { ...question, stretches: { ...stretches, searched } }
  }
}

function rowsOfInput(job: Job, input: InputFile): Promise<readonly ResultsRow<string>[] | undefined> {
  return job.unit<readonly ResultsRow<string>[]>({
    kind: 'derived',
    key: keyOf('report-rows', { version: rowVersion, digest: input.digest }),
    make: async () => {
      const { questions } = (await readQuestions(await input.text(), input.path)).file
      return questions.map((question) => resultsRow(question.id, sharesOf(question)))
    },
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
