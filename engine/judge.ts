/** Judges targets: what is remembered of each against what stands on disk and in pipeline.ts now. */
import type { Digest, Json } from './cache/digest.ts'
import type { Context } from './context.ts'
import type { Reason } from './events.ts'
import type { NamedStage, Target } from './graph.ts'
import { differences, type Present, type TargetRecord } from './record.ts'
import type { Machine } from './stage.ts'

/** Ends the name under which a target's unit keys are kept: apart from its record, because only `gc` reads them. */
export const unitsMark = '#units'

const none: ReadonlySet<string> = new Set()

export type Params = { readonly [name: string]: Json }

export class Judge {
  readonly #context: Context
  readonly #asked = new Map<string, Promise<Params>>()
  readonly #params = new Map<string, Params>()

  constructor(context: Context) {
    this.#context = context
  }

  /** Reads all targets' records in one go. */
  recallAll(): void {
    const { workspace, options } = this.#context
    if (options.transient || workspace.records.size > 0) return
    for (const [id, record] of workspace.store.getAll<Json>('targets', unitsMark))
      workspace.records.set(id, record as unknown as TargetRecord)
  }

  /** Whether the stage's parameters were asked for. */
  isAsked({ name }: NamedStage): boolean {
    return this.#asked.has(name)
  }

  /** The stage's parameters with what it finds out about this machine: the same object for all its targets. */
  paramsOf(named: NamedStage): Promise<Params> {
    const known = this.#asked.get(named.name)
    if (known !== undefined) return known
    const asking = this.#askParams(named)
    this.#asked.set(named.name, asking)
    return asking
  }

  /** Whether the target is fresh; undefined while that can't be told because the stage's parameters are not known yet. */
  isFresh(target: Target): boolean | undefined {
    const params = this.#params.get(target.stage.name)
    return params && this.reasons(target, params, none).length === 0
  }

  /** Why the target is not fresh; none when it is. `without`: inputs that failed, and count as not there. */
  reasons(target: Target, params: Params, without: ReadonlySet<string>): Reason[] {
    const record = this.record(target)
    const reasons = differences(record, this.present(target, params, record, without))
    if (reasons.length > 0) return reasons
    const { transient, order } = this.#context.options
    if (order !== undefined) return [{ type: 'ordered', by: order.verb }]
    return transient ? [{ type: 'never-built' }] : []
  }

  /** What the target would be built from now; `record` says whose outputs to look at. */
  present(
    target: Target,
    params: Params,
    record: TargetRecord | undefined,
    without: ReadonlySet<string>,
  ): Present {
    const { stage, name } = target.stage
    const inputs: Record<string, Digest> = {}
    const add = (path: string) => {
      const digest = without.has(path) ? undefined : this.#context.digest(path)
      if (digest !== undefined) inputs[path] = digest
    }
    for (const { path } of target.inputs) add(path)
    for (const path of stage.files) add(path)
    const outputs: Record<string, Digest | undefined> = {}
    for (const path in record?.outputs) outputs[path] = this.#context.digest(path)
    const forced = this.#context.options.force.includes(name)
    return { version: stage.version, params, inputs, outputs, forced }
  }

  /** What is remembered of the target; nothing for one command on files anywhere. */
  record({ id }: Target): TargetRecord | undefined {
    if (this.#context.options.transient) return undefined
    const { records, store } = this.#context.workspace
    const known = records.get(id) ?? (store.get('targets', id) as TargetRecord | undefined)
    if (known !== undefined) records.set(id, known)
    return known
  }

  async #askParams({ name, stage }: NamedStage): Promise<Params> {
    const { workspace, lookout } = this.#context
    const { store } = workspace
    const recalled: Record<string, Json | null> = {}
    const machine: Machine = {
      options: this.#context.options,
      remember: (name, value) => {
        if (!this.#context.options.dry) store.put('memory', name, value)
      },
      recall: (name) => store.get('memory', name),
      notice: (notice) => this.#context.emit({ type: 'notice', ...notice }),
    }
    const found = await stage.environment?.(lookout.watched(machine, recalled))
    lookout.learned(name, { recalled, params: found ?? {} })
    const params = { ...stage.params, ...found }
    this.#params.set(name, params)
    return params
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
