/** What all targets of one run share, as the rooms around the run see it. */
import type { Digest } from './cache/digest.ts'
import type { Emit } from './events.ts'
import type { Lookout } from './lookout.ts'
import type { Order } from './order.ts'
import type { Options, Shelf } from './stage.ts'
import type { Units } from './units.ts'
import type { Workspace } from './workspace.ts'

export interface RunOptions extends Options {
  readonly dry: boolean
  /** Stages that are built anew though fresh. */
  readonly force: readonly string[]
  /** Questions outside this are left as they are. */
  readonly only?: RegExp | undefined
  readonly failFast: boolean
  /** Nothing is remembered of targets, and each is looked at: files anywhere, for one command. */
  readonly transient: boolean
  /** Files (absolute) whose targets a person waits for; they come first. */
  readonly first?: readonly string[]
  /** Only targets that this may concern are built, from what stands on disk; what they are made from is left alone. */
  readonly order?: Order | undefined
}

export interface Context {
  readonly units: Units
  readonly workspace: Workspace
  readonly options: RunOptions
  readonly emit: Emit
  readonly signal: AbortSignal
  readonly lookout: Lookout
  /** What a dry run would have written, by path. */
  readonly overlay: Map<string, string>
  readonly shelf: Shelf
  absolute(path: string): string
  /** The digest of what stands (or, in a dry run, would stand) at a path; undefined when there is no such file. */
  digest(path: string): Digest | undefined
  /** Told of each output that is about to be written, and when it was. */
  writing(path: string): void
  wrote(path: string, digest: Digest): void
}
