/**
 * The report stage: reads all results files together and writes results.csv (for a spreadsheet), summary.json (for
 * programs) and summary.txt, the table that the terminal shows when the report was built.
 */
import { Failure, type InputFile, type Job, keyOf, type Notice, type Stage } from '../../engine/stage.ts'
import { readQuestions } from '../questions/read.ts'
import { type Part, partOf } from './part.ts'
import { type Row, type Summary, summarize } from './summary.ts'
import { resultsCsv } from './tables.ts'
import { summaryTable } from './text.ts'

export interface ReportOptions {
  /** Results files: a pattern, or several whose questions go into one report. */
  readonly from: string | readonly string[]
  /** The folder that the report is written into. */
  readonly to: string
  /** For which k to estimate pass@k. Default 1, 5, 10 and 100; left out for questions with fewer than k completions. */
  readonly passAt?: readonly number[] | undefined
}

/** Raise it when `partOf` gives something else for the same file. */
const partVersion = 1

/** Throws Failure for a `passAt` that is not of whole numbers from 1. */
export function report(options: ReportOptions): Stage {
  const from = typeof options.from === 'string' ? [options.from] : options.from
  const passAt = checkedPassAt(options.passAt ?? [1, 5, 10, 100])
  return {
    kind: 'report',
    version: 1,
    from,
    to: options.to,
    whole: true,
    kept: false,
    params: { passAt },
    files: [],
    targetsAtOnce: 1,
    async build(job) {
      const { rows, missing } = await readAll(job)
      checkIds(rows)
      const summary = summarize(rows, passAt)
      const table = summaryTable(summary)
      return {
        outputs: [
          { path: `${job.output}/results.csv`, text: await resultsCsv(rows.map(({ part }) => part)) },
          { path: `${job.output}/summary.json`, text: `${JSON.stringify(summary, null, 2)}\n` },
          { path: `${job.output}/summary.txt`, text: table },
        ],
        display: table,
        incomplete: missing.length > 0 ? `not read: ${missing.join(', ')}` : undefined,
        notices: noticesOf(job.inputs, from),
        facts: factsOf(summary),
      }
    },
  }
}

/** results.csv alone, at the path `to`. */
export function resultsTable({ from, to }: Pick<ReportOptions, 'from' | 'to'>): Stage {
  return {
    kind: 'report',
    version: 1,
    from: typeof from === 'string' ? [from] : from,
    to,
    whole: true,
    kept: false,
    params: {},
    files: [],
    targetsAtOnce: 1,
    async build(job) {
      if (job.inputs.length === 0) throw new Failure(`${[from].flat().join(', ')}: no such file`, { exit: 2 })
      const { rows } = await readAll(job)
      return { outputs: [{ path: job.output, text: await resultsCsv(rows.map(({ part }) => part)) }] }
    },
  }
}

/** One file after the other: it is the processor that is busy, and this way only one text is in memory. */
async function readAll(job: Job): Promise<{ rows: readonly Row[]; missing: readonly string[] }> {
  const rows: Row[] = []
  const missing: string[] = []
  for (const input of job.inputs) {
    const part = await partOfInput(job, input)
    if (part === undefined) missing.push(input.path)
    else rows.push(...part.map((question) => ({ file: input.path, part: question })))
  }
  return { rows, missing }
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
  for (const { file, part } of rows) {
    const other = files.get(part.id)
    if (other !== undefined)
      throw new Failure(`question '${part.id}' has results twice: in ${other} and in ${file}`, {
        remedy: 'Delete the results file that is a copy or left over, or rename one of the questions.',
        exit: 2,
      })
    files.set(part.id, file)
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

function noticesOf(inputs: readonly InputFile[], patterns: readonly string[]): readonly Notice[] {
  if (inputs.length > 0) return []
  return [{ level: 'info', text: `the report is empty: there are no results in ${patterns.join(', ')}` }]
}

function factsOf({ totals }: Summary): { readonly [name: string]: number } {
  return {
    questions_reported: totals.questions,
    completions_scored: totals.scored,
    completions_passed: totals.passed,
  }
}
