/** A command that a package of stages brings to the command line: a pipeline made from its arguments, run once. */
import type { Pipeline } from './graph.ts'

export interface Command {
  readonly name: string
  /** Its arguments, e.g. 'IN OUT'. */
  readonly usage: string
  /** What it does, in a line; more lines may follow, shown by `NAME --help`. */
  readonly help: string
  readonly options: {
    readonly [name: string]: {
      readonly type: 'string' | 'boolean'
      readonly short?: string
      readonly help: string
    }
  }
  /** Throws Failure when the arguments are wrong. Paths are relative to the folder in which the command was given. */
  pipeline(
    args: readonly string[],
    values: { readonly [name: string]: string | boolean | readonly string[] | undefined },
  ): Pipeline
}
