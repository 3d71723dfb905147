/**
 * Everything that happens, as one union. The engine says it; the terminal, `--json` and watch mode only listen.
 */
import type { Json } from './cache/digest.ts'
import type { Paid } from './money.ts'

/** Something a person should know; `place` is a path, or path:line:column. */
export interface Notice {
  readonly level: 'info' | 'warning'
  readonly text: string
  readonly place?: string | undefined
}

/** Why a target is not fresh. */
export type Reason =
  | { readonly type: 'never-built' }
  | { readonly type: 'input'; readonly path: string; readonly change: 'changed' | 'added' | 'removed' }
  | {
      readonly type: 'param'
      readonly name: string
      readonly from: Json | undefined
      readonly to: Json | undefined
    }
  | { readonly type: 'version'; readonly from: number; readonly to: number }
  | { readonly type: 'output-missing'; readonly path: string }
  | { readonly type: 'output-edited'; readonly path: string }
  | { readonly type: 'incomplete'; readonly why: string }
  | { readonly type: 'forced' }
  | { readonly type: 'ordered'; readonly by: string }

/** What a plan says of a target. */
export type State =
  | { readonly type: 'fresh' }
  | { readonly type: 'stale'; readonly reasons: readonly Reason[] }
  /** Only its output differs, and people edit that output: it will be looked at and kept. */
  | { readonly type: 'edited'; readonly reasons: readonly Reason[] }
  | { readonly type: 'blocked'; readonly by: string }
  /** An input is to be rebuilt, and may come out the same. */
  | { readonly type: 'maybe'; readonly upstream: readonly string[] }

export interface Summary {
  /** Nothing was written: what a run would do. */
  readonly dry: boolean
  /** Requests that were sent, the repeated ones too; several completions may come with one. */
  readonly requests: number
  readonly executions: number
  readonly built: number
  readonly fresh: number
  readonly failed: number
  readonly blocked: number
  readonly incomplete: number
  /** Outputs whose bytes changed on disk. */
  readonly written: number
  /** Requests and executions found in the cache. */
  readonly hits: number
  /** What arrived in this run, and what it cost. */
  readonly paid: Readonly<Paid>
  /** In a dry run: what would be made. */
  readonly wanted: Wanted
  readonly facts: { readonly [name: string]: number }
  readonly interrupted: boolean
  readonly seconds: number
}

export interface Wanted {
  /** Completions to be asked for. */
  readonly requests: number
  readonly executions: number
  /** US dollars that the completions may cost, as far as their price is known. */
  readonly cost: number
  /** Completions whose price is not known. */
  readonly unpriced: number
}

export type Event =
  | { readonly type: 'run-started'; readonly targets: number; readonly dry: boolean }
  | { readonly type: 'planned'; readonly target: string; readonly stage: string; readonly state: State }
  | { readonly type: 'target-waiting'; readonly target: string; readonly owner: number }
  | {
      readonly type: 'target-started'
      readonly target: string
      readonly stage: string
      readonly reasons: readonly Reason[]
    }
  | {
      readonly type: 'target-finished'
      readonly target: string
      readonly stage: string
      readonly result: 'built' | 'unchanged' | 'fresh' | 'incomplete'
      readonly written: readonly string[]
      /** What it lacks. */
      readonly why?: string | undefined
      /** Why, when other targets may lack something for the same reason. */
      readonly because?: { readonly message: string; readonly remedy: string } | undefined
    }
  | {
      readonly type: 'target-failed'
      readonly target: string
      readonly stage: string
      readonly message: string
      readonly remedy: string
      readonly stack?: string | undefined
    }
  | { readonly type: 'target-blocked'; readonly target: string; readonly stage: string; readonly by: string }
  | {
      readonly type: 'units'
      readonly stage: string
      readonly kind: 'request' | 'execution'
      readonly added: number
    }
  | {
      readonly type: 'unit-done'
      readonly stage: string
      readonly kind: 'request' | 'execution'
    }
  | {
      readonly type: 'said'
      readonly target: string
      readonly question: string
      readonly text: string
      readonly good?: boolean | undefined
    }
  | {
      readonly type: 'display'
      readonly target: string
      readonly text: string
      readonly style?: 'diff' | undefined
    }
  | ({ readonly type: 'notice'; readonly target?: string | undefined } & Notice)
  | { readonly type: 'watching'; readonly files: number }
  | { readonly type: 'serving'; readonly url: string }
  | { readonly type: 'changed'; readonly paths: readonly string[] }
  | ({ readonly type: 'summary' } & Summary)

export type Emit = (event: Event) => void
