/** The program as bin.mjs starts it, from its bundle or from its sources. */
import type { Command } from './command.ts'

export interface Program {
  readonly version: string
  /** Commands that the stages bring. */
  readonly commands: readonly Command[]
  /** Why it was loaded file by file, when it was. */
  readonly slow?: string
  /** Imports a pipeline file, anew at each call. */
  load(file: string): Promise<Loaded>
}

export interface Loaded {
  readonly module: { readonly default?: unknown }
  /** Another whenever the code of the file, of those it imports or of the program is another; not always known. */
  readonly code?: string
}
