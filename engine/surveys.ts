/** What stages have to say of all their sources together, asked once a run, and only when a target is to be built. */
import type { Context } from './context.ts'
import type { Failure } from './failure.ts'
import type { NamedStage, Target } from './graph.ts'
import { inputFile } from './inputs.ts'
import { matches } from './patterns.ts'

type Wrong = ReadonlyMap<string, Failure>

export class Surveys {
  readonly #run: Context
  readonly #asked = new Map<string, Promise<Wrong>>()

  constructor(run: Context) {
    this.#run = run
  }

  /** Throws what is wrong with one of the target's inputs. */
  async pass(target: Target): Promise<void> {
    const { stage, name } = target.stage
    if (stage.survey === undefined || target.inputs.some((input) => input.madeBy !== undefined)) return
    let asking = this.#asked.get(name)
    if (asking === undefined) {
      asking = this.#ask(target.stage)
      this.#asked.set(name, asking)
    }
    const wrong = await asking
    for (const { path } of target.inputs) {
      const failure = wrong.get(path)
      if (failure !== undefined) throw failure
    }
  }

  /** By path. */
  async #ask(named: NamedStage): Promise<Wrong> {
    const run = this.#run
    const paths = named.stage.from.flatMap((pattern, index) =>
      matches(run.workspace.root, pattern, run.lookout.folder).map(({ path }) => ({ path, index })),
    )
    const files = paths.map(({ path, index }) => inputFile(run, path, index, true))
    const asking = { stage: named.name, forced: false, signal: run.signal, wants: () => true }
    return (await named.stage.survey?.(files, (unit) => run.units.get(unit, asking))) ?? new Map()
  }
}
