/**
 * The stage clean: raw completions in, programs out, with everything a person did to them kept. Here is what it is asked
 * for; the work (build.ts) is loaded when there is some.
 */
import type { Stage } from '../../engine/stage.ts'
import { asidePath } from '../questions/aside.ts'
import { described, type GivenRule, rulesVersion } from './chain.ts'

export { type Apply, cleaningRules, type GivenRule, type OwnRule } from './chain.ts'
export type { Cleaned } from './rules.ts'
export type { Task } from './task.ts'

export interface CleanOptions {
  /** Files with raw completions, with `%`: 'data/completions/%.toml'. */
  readonly from: string
  /** Where programs go: 'data/cleaned/%.toml'. */
  readonly to: string
  /** Where the questions come from, for messages: 'data/questions/%.toml'. */
  readonly questions?: string
  /**
   * Rules, in the order in which they are applied: built-in ones by their names, and functions of one's own. Default:
   * `cleaningRules`, which is all of the built-in ones; `[...cleaningRules, (text) => …]` adds one.
   */
  readonly rules?: readonly GivenRule[]
}

/** Throws Failure (exit 2) for rules that stand twice or can't be named as they are. */
export function clean(options: CleanOptions): Stage {
  const { from, to, rules } = options
  const named = rules && described(rules)
  return {
    kind: 'clean',
    version: rulesVersion,
    from: [from],
    to,
    whole: false,
    kept: true,
    params: named === undefined ? {} : { rules: named },
    files: [],
    targetsAtOnce: 4,
    obeys: { verbs: ['accept', 'reset', 'diff'], beside: (output) => [asidePath(to, output)] },
    build: async (job) => {
      const { buildCleaned } = await import('./build.ts')
      return buildCleaned(job, options)
    },
    settled: async (desk) => {
      const { settleAside } = await import('./settled.ts')
      return settleAside(desk, to, options.questions ?? options.from)
    },
  }
}
