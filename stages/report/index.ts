/**
 * The report stage: reads all results files together and writes what is listed in `reportFiles`, and shows the summary's
 * table in the terminal when the report was built. Here is what it is asked for; the work (build.ts) is loaded when there
 * is some, for most runs have nothing to report.
 */
import { Failure, type Stage } from '../../engine/stage.ts'
import { type ReportFile, reportFiles } from './files.ts'
import type { Retrace } from './pieces.ts'
import { chainsOf, type Sources } from './sources.ts'
import { type Strategy, strategies } from './strategies.ts'

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
    build: async (job) => {
      const { buildReport } = await import('./build.ts')
      return buildReport(job, { chains, passAt, strategy, files, title, retrace })
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
    build: async (job) => {
      if (job.inputs.length === 0) throw new Failure(`${from}: no such file`, { exit: 2 })
      const { buildTable } = await import('./build.ts')
      return buildTable(job)
    },
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
