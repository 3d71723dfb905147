/**
 * What a stage is: the interface that stages are written to. The engine knows stages by nothing else.
 *
 * A stage turns files into files. The engine finds its targets (one a match of `from`, or one in all when it is
 * read whole), decides which are stale, and calls `build` for those. Inside a target the stage asks for *units*
 * (one completion, one execution) by key, and gets them from the cache or has them made.
 *
 * `build` is also what a dry run calls: there `unit` counts what is missing and answers `undefined`, and nothing
 * is written. So a plan can never disagree with the run that follows it.
 */
import type { Digest, Json } from './cache/digest.ts'
import type { Notice } from './events.ts'

export { Budget, type Reservation } from './budget.ts'
export {
  canonical,
  type Digest,
  digestOf,
  digestOfParts,
  isDigest,
  type Json,
  keyOf,
  keysOf,
} from './cache/digest.ts'
export { Recent } from './cache/recent.ts'
export type { Notice } from './events.ts'
export { codeOf, Failure, messageOf } from './failure.ts'
export { fill, nameIn } from './patterns.ts'

import type { Budget } from './budget.ts'
import type { Failure } from './failure.ts'
import type { Order, Verb } from './order.ts'

export type { Order, Verb } from './order.ts'

export interface Stage {
  /** What the stage does, in a word: 'generate', 'clean', … The name in `pipeline({…})` names the instance. */
  readonly kind: string
  /** Raise it when the same inputs give other outputs than before: every target is stale then. */
  readonly version: number
  /** Files read, relative to the pipeline file; `%` stands for the part that makes a target's name. */
  readonly from: readonly string[]
  /** File written, with `%` as in `from`; for a stage that reads whole, a folder or a file. */
  readonly to: string
  /** True: one target that reads every match of every pattern. False: a target for each match. */
  readonly whole: boolean
  /** True: people edit the outputs. An edited output is given to `build` as `previous` and is no fault. */
  readonly kept: boolean
  /** Everything besides the input files that can change an output. Shown by `why`, as `name: old → new`. */
  readonly params: { readonly [name: string]: Json }
  /** Further files that every target depends on (a recording, a price table), relative to the pipeline file. */
  readonly files: readonly string[]
  /** Parameters that have to be found out on this machine (a sandbox's fingerprint). Called at most once a run. */
  environment?(machine: Machine): Promise<{ readonly [name: string]: Json }>
  /** What this stage needs of this machine and whether it is there, for `doctor`. */
  diagnose?(machine: Machine): Promise<readonly Finding[]>
  /** How many targets may be in work at once: more for a stage that waits for a network. */
  readonly targetsAtOnce: number
  build(job: Job): Promise<Built>
  /**
   * Looks at all input files together before the first of them is built, and answers what is wrong, by path (ids that two
   * files share). Asked only of a stage that reads sources, and only when one of its targets is not fresh.
   */
  survey?(files: readonly InputFile[], unit: Job['unit']): Promise<ReadonlyMap<string, Failure>>
  /**
   * Asked in every run when all targets of the stage are settled, fresh ones too: what concerns its files together. What
   * it answers is said in that run and not remembered.
   */
  settled?(desk: Desk): Promise<Afterword>
  /** Orders of a person that its targets carry out (see `Job.order`), and where else a target is spoken of. */
  readonly obeys?: { readonly verbs: readonly Verb[]; beside(output: string): readonly string[] }
  /** An output that `watch --serve` shows in a browser: a page that needs nothing besides itself. */
  readonly page?: string
  /** Set when `--force` can't be meant for this stage; says what to do instead. */
  readonly refuseForce?: string
  /** Called when the run is over: workers, connections. */
  close?(): Promise<void>
}

/** What a stage may remember between runs and learn from the command line about this machine. */
export interface Machine {
  readonly options: Options
  remember(name: string, value: Json): void
  recall(name: string): Json | undefined
  notice(notice: Notice): void
}

/** One line of `doctor`. `bad`: something that is needed does not work. */
export interface Finding {
  readonly level: 'good' | 'info' | 'bad'
  readonly text: string
  /** What to do about it. */
  readonly remedy?: string | undefined
}

/** Options of the command line that reach stages. */
export interface Options {
  readonly jobs: number
  readonly sandbox?: string | undefined
  /** `--repeat`: how often each program is run, instead of what a stage says itself. */
  readonly repeat?: number | undefined
  /** `--budget`, `--budget-tokens`: for all stages of this run together; in watch mode, for all its rounds. */
  readonly budget?: Budget | undefined
  /** `--i-know-what-i-am-doing`: a stage may do what it otherwise refuses to. */
  readonly consent?: boolean | undefined
}

export interface InputFile {
  /** As written in messages: relative to the pipeline file, with forward slashes. */
  readonly path: string
  readonly digest: Digest
  /** Which of `from`'s patterns it matched. */
  readonly pattern: number
  /** True when no stage makes it: what is wrong with it is to be said here, and nowhere later. */
  readonly source: boolean
  text(): Promise<string>
}

/** A stage's files together, beyond those of one target. In a dry run they are as they would come to stand. */
export interface Shelf {
  /** Files that match a pattern; hidden folders count only where the pattern itself names them. */
  paths(pattern: string): readonly string[]
  read(path: string): Promise<string | undefined>
  /** When the file was last changed, in milliseconds; 0 when it is not there. For a guess which of two is the later one. */
  changedAt(path: string): number
}

export interface Desk extends Shelf {
  readonly dry: boolean
  /**
   * Changes a file while the target of `output` is locked. `change` is given what stands there, once more when a person
   * saves in between; a file that is not there is left so.
   */
  rewrite(path: string, output: string, change: (text: string) => Promise<string>): Promise<void>
}

export interface Afterword {
  readonly notices: readonly Notice[]
  readonly facts: { readonly [name: string]: number }
}

export interface Job {
  /** The target's name: what `%` matched, or the stage's own name. */
  readonly name: string
  readonly inputs: readonly InputFile[]
  /** The stage's `files`, in order; a missing one has failed the target before `build` is called. */
  readonly files: readonly InputFile[]
  /** `params` and the answers of `environment`. */
  readonly params: { readonly [name: string]: Json }
  readonly options: Options
  readonly dry: boolean
  /** Set when the target is built because a person gave an order about what they edited. */
  readonly order: Order | undefined
  readonly signal: AbortSignal
  /** The files of this stage's other targets; the same object in all jobs of one run. */
  readonly shelf: Shelf
  /** The path of this target's output (`to` with the name filled in). */
  readonly output: string
  /** An absolute path for a path relative to the pipeline file. */
  resolve(path: string): string
  /** What stands at an output path at the moment, if anything. */
  previous(path: string): Promise<string | undefined>
  /** False for a question that `--only` leaves out: units that are not in the cache stay undone. */
  wants(questionId: string): boolean
  /**
   * The unit's result, from the cache or from `make`. `undefined`: it is not to be had in this run (dry run, `--only`,
   * a budget), and the target is incomplete without it. Errors of `make` are never cached.
   */
  unit<T extends Json>(unit: Unit<T>): Promise<T | undefined>
  /** The same of many, in their order: those that are known cost no promise each, and a key that comes again no look-up. */
  units<T extends Json>(units: readonly Unit<T>[]): Promise<readonly (T | undefined)[]>
  /** A request goes out, or a program is executed: told by `make` each time, so that the summary counts what really ran. */
  count(kind: 'execution' | 'request'): void
  /**
   * Makes a response durable before a unit asks for it, or though none does: one that stands in an output file and that
   * the cache has lost, one of several that came together. One that is stored stays as it is. Nothing in a dry run.
   */
  restore(key: Digest, value: Json): Promise<void>
  /** Notes on what is under way outside, which outlive the run and the crash. */
  readonly journal: Journal
  notice(notice: Notice): void
  /** Something a watching person wants to see at once (a changed verdict). */
  say(line: Saying): void
}

export interface Unit<T extends Json> {
  /**
   * `derived`: computed here and cheap, made in dry runs too. `execution`: recomputable, counted, never in a dry run.
   * `request`: paid; kept for ever, durable before `unit` answers. Its value may say `cost` (US dollars), `tokens_in`,
   * `tokens_out` and `model`; the summary adds up what this run paid, and `status` what was ever paid.
   */
  readonly kind: 'derived' | 'execution' | 'request'
  readonly key: Digest
  /** The question it belongs to, for `--only`. */
  readonly question?: string
  /** What making it is likely to cost, in US dollars; for the plan. */
  readonly estimate?: number | undefined
  readonly make: (signal: AbortSignal) => Promise<T> | T
}

/** Durable notes by name; see engine/cache/journal.ts. */
export interface Journal {
  notes(): ReadonlyMap<string, Json>
  write(name: string, note: Json): Promise<void>
}

/** One line for the person who watches, e.g. a verdict that changed. */
export interface Saying {
  readonly question: string
  readonly text: string
  /** Left out when it is neither good news nor bad. */
  readonly good?: boolean | undefined
}

export interface Built {
  /** In the order in which they are to be written: what must not be lost first. */
  readonly outputs: readonly Output[]
  /** Why the target is not complete; it is written, and stays stale. */
  readonly incomplete?: string | undefined
  /** The cause, when it is one that other targets share (a budget, a quota): said once a run. Only with `incomplete`. */
  readonly because?: { readonly message: string; readonly remedy: string } | undefined
  /** Said at every run for as long as this target stands as it is. */
  readonly notices?: readonly Notice[] | undefined
  /** Shown as it is when the target was built (a table, the answer to an order). */
  readonly display?: string | undefined
  /** How to show it: 'diff' for lines that begin with + or -. */
  readonly style?: 'diff' | undefined

  /** Counts for `status` and the summary ({ edited: 2, skipped: 1, … }). */
  readonly facts?: { readonly [name: string]: number } | undefined
}

export interface Output {
  readonly path: string
  readonly text: string
  /** What the text is in UTF-8, when the stage has it at hand: then a large text need never be made (let it be a getter). */
  readonly bytes?: Bytes
  /** True: a companion (a set-aside edit) that is not part of the target's freshness. */
  readonly loose?: boolean
}

export interface Bytes {
  readonly digest: Digest
  /** All of them, from the first one each time. A chunk holds until the next one is asked for. */
  chunks(): Iterable<Uint8Array>
}
