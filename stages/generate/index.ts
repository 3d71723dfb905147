/**
 * The stage generate: questions in, the same questions with n completions each out. Here is what it is asked for; the work
 * (build.ts) is loaded when there is some.
 */
import { Budget, Failure, type Stage } from '../../engine/stage.ts'
import type { Provider, Sampling } from './provider.ts'
import { checkNames, samplingIn } from './sampling.ts'

export interface GenerateOptions extends Sampling {
  /** Question files, with `%`: 'data/questions/%.toml'. */
  readonly from: string
  /** Where they go with their completions: 'data/completions/%.toml'. */
  readonly to: string
  readonly provider: Provider
  /** Completions a question, 1 to 10,000. Those that a question brings along count. */
  readonly n: number
  /** Under another name the same questions are asked anew; the answers under the old one stay in the cache. */
  readonly series?: string | undefined
  /**
   * What a run may spend here, in US dollars and in tokens (of requests and answers together); then it stops with all
   * that has arrived. `--budget` and `--budget-tokens` limit all stages of a run together. With maxTokens given it is
   * kept to, as far as the tokens of a request are counted right; without, answers are reckoned at 500 tokens.
   */
  readonly budget?:
    | { readonly dollars?: number | undefined; readonly tokens?: number | undefined }
    | undefined
}

const most = 10_000

/** Throws Failure (exit 2) for options that can't work. */
export function generate(options: GenerateOptions): Stage {
  const { from, to, provider, n, series, budget: limits } = options
  checkOptions(options)
  const sampling = samplingIn(options)
  const live = provider.type === 'live'
  const budget = limits === undefined ? undefined : new Budget(limits)
  return {
    kind: 'generate',
    version: 1,
    from: [from],
    to,
    whole: false,
    kept: true,
    params: {
      provider: provider.name,
      n,
      ...provider.params(sampling),
      ...(live && series !== undefined ? { series } : {}),
    },
    files: provider.files,
    // A live provider has a limit of its own; files wait for answers, not for each other.
    targetsAtOnce: live ? provider.targetsAtOnce : 4,
    refuseForce: 'completions are paid for once; to draw anew, name another `series` in generate({…})',
    survey: async (files, unit) => (await import('../questions/survey.ts')).surveyIds(files, unit),
    build: async (job) => {
      const { buildCompletions } = await import('./build.ts')
      return buildCompletions(job, { to, provider, drawing: { sampling, series, n, budget } })
    },
    close: async () => {
      if (provider.type === 'live') await provider.close?.()
    },
  }
}

function checkOptions(options: GenerateOptions): void {
  const { n, series } = options
  checkNames('generate', options, ['from', 'to', 'provider', 'n', 'series', 'budget'])
  if (!Number.isInteger(n) || n < 1 || n > most)
    throw new Failure(`n is ${shown(n)}, and must be a whole number from 1 to ${most.toLocaleString('en')}`, {
      exit: 2,
      remedy: 'n is how many completions each question is to have.',
    })
  if (series !== undefined && typeof series !== 'string')
    throw new Failure(`series is ${shown(series)}, and must be a name`, { exit: 2 })
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}
