/** Judges targets: what is remembered of each against what stands on disk and in pipeline.ts now. */
import type { Digest, Json } from './cache/digest.ts'
import type { Context } from './context.ts'
import type { Reason } from './events.ts'
import type { NamedStage, Target } from './graph.ts'
import { differences, type Present, type TargetRecord } from './record.ts'

/** Ends the name under which a target's unit keys are kept: apart from its record, because only `gc` reads them. */
export const unitsMark = '#units'

type Params = { readonly [name: string]: Json }

export class Judge {
  readonly #context: Context
  readonly #knownParams = new Map<string, Promise<Params>>()

  constructor(context: Context) {
    this.#context = context
  }

  /** Why the target is not fresh; none when it is. `without`: inputs that failed, and count as not there. */
  async reasons(target: Target, without: ReadonlySet<string>): Promise<Reason[]> {
    const record = this.record(target)
    const reasons = differences(record, await this.present(target, record, without))
    if (reasons.length > 0) return reasons
    const { transient, order } = this.#context.options
    if (order !== undefined) return [{ type: 'ordered', by: order.verb }]
    return transient ? [{ type: 'never-built' }] : []
  }

  /** What the target would be built from now; `record` says whose outputs to look at. */
  async present(
    target: Target,
    record: TargetRecord | undefined,
    without: ReadonlySet<string>,
  ): Promise<Present> {
    const { stage, name } = target.stage
    const inputs: Record<string, Digest> = {}
    for (const path of [...target.inputs.map((input) => input.path), ...stage.files]) {
      const digest = without.has(path) ? undefined : this.#context.digest(path)
      if (digest !== undefined) inputs[path] = digest
    }
    const outputs: Record<string, Digest | undefined> = {}
    for (const path of Object.keys(record?.outputs ?? {})) outputs[path] = this.#context.digest(path)
    const params = await this.#params(target.stage)
    return {
      version: stage.version,
      params,
      inputs,
      outputs,
      forced: this.#context.options.force.includes(name),
    }
  }

  /** What is remembered of the target; nothing for one command on files anywhere. */
  record({ id }: Target): TargetRecord | undefined {
    if (this.#context.options.transient) return undefined
    const { records, store } = this.#context.workspace
    const known = records.get(id) ?? (store.get('targets', id) as TargetRecord | undefined)
    if (known !== undefined) records.set(id, known)
    return known
  }

  /** The stage's parameters with what it finds out about this machine: the same object for all its targets. */
  #params(named: NamedStage): Promise<Params> {
    const known = this.#knownParams.get(named.name)
    if (known !== undefined) return known
    const asking = this.#askParams(named)
    this.#knownParams.set(named.name, asking)
    return asking
  }

  async #askParams({ stage }: NamedStage): Promise<Params> {
    const { store } = this.#context.workspace
    const found = await stage.environment?.({
      options: this.#context.options,
      remember: (name, value) => {
        if (!this.#context.options.dry) store.put('memory', name, value)
      },
      recall: (name) => store.get('memory', name),
      notice: (notice) => this.#context.emit({ type: 'notice', ...notice }),
    })
    return { ...stage.params, ...found }
  }

  /** `units`: keys of all that the target consists of. */
  remember({ id }: Target, record: TargetRecord, units: readonly Digest[]): void {
    if (this.#context.options.dry || this.#context.options.transient) return
    const { records, store } = this.#context.workspace
    records.set(id, record)
    store.put('targets', id, record as unknown as Json)
    store.put('targets', `${id}${unitsMark}`, units.join(''))
  }

  /** Another process may have built the target since its record was read. */
  forget({ id }: Target): void {
    this.#context.workspace.records.delete(id)
  }
}
