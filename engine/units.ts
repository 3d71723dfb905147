/**
 * Units: the pieces of work inside a target that are cached by the digest of all that goes into them.
 *
 * Two kinds of memory stand behind them. What can be computed again is in the store and may be lost; what was paid for
 * is in the responses and is durable before anybody hears of it. A unit that is being made is made once, however many
 * ask for it.
 */
import pLimit, { type LimitFunction } from 'p-limit'
import type { Digest, Json } from './cache/digest.ts'
import type { Emit } from './events.ts'
import { addAnswer, nothingPaid } from './money.ts'
import type { Unit } from './stage.ts'
import type { Workspace } from './workspace.ts'

export interface Asking {
  readonly stage: string
  /** Made anew though known (`--force`); never said of requests. */
  readonly forced: boolean
  readonly signal: AbortSignal
  wants(question: string | undefined): boolean
}

export class Units {
  requests = 0
  executions = 0
  hits = 0
  /** Requests under way. */
  paying = 0
  /** What a dry run found missing. */
  readonly wanted = { requests: 0, executions: 0, cost: 0, unpriced: 0 }
  /** What arrived in this run, and what it cost. */
  readonly paid = nothingPaid()
  #usesResponses = false
  readonly #flying = new Map<Digest, Promise<Json | undefined>>()
  readonly #madeNow = new Set<Digest>()
  readonly #workspace: Workspace
  readonly #dry: boolean
  readonly #emit: Emit
  readonly #executing: LimitFunction

  constructor(workspace: Workspace, options: { readonly dry: boolean; readonly jobs: number }, emit: Emit) {
    this.#workspace = workspace
    this.#dry = options.dry
    this.#emit = emit
    this.#executing = pLimit(options.jobs)
  }

  async get<T extends Json>(unit: Unit<T>, asking: Asking): Promise<T | undefined> {
    return await this.#ask(unit, asking)
  }

  /** Answers in the order of the units. */
  async all<T extends Json>(units: readonly Unit<T>[], asking: Asking): Promise<readonly (T | undefined)[]> {
    const found = new Map<Digest, T>()
    let waiting = false
    const answers = units.map((unit) => {
      const before = found.get(unit.key)
      if (before !== undefined) return this.#hit(unit, before)
      const answer = this.#ask(unit, asking)
      if (answer instanceof Promise) waiting = true
      else if (answer !== undefined) found.set(unit.key, answer)
      return answer
    })
    return waiting ? await Promise.all(answers) : (answers as readonly (T | undefined)[])
  }

  count(kind: 'execution' | 'request'): void {
    if (kind === 'request') this.requests++
    else this.executions++
  }

  /** What other processes have paid for since; called before a target's first look at the responses. */
  refresh(): void {
    this.#usesResponses = true
    this.#workspace.responses.refresh()
  }

  /** Places of damaged responses; none when this run had no business with responses. */
  damagedResponses(): readonly string[] {
    return this.#usesResponses ? this.#workspace.responses.damaged() : []
  }

  /** A response that is known from elsewhere (it stands in an output file) goes back into the cache. */
  async restore(key: Digest, value: Json): Promise<void> {
    if (!this.#dry && this.#workspace.responses.get(key) === undefined)
      await this.#workspace.responses.put(key, value)
  }

  /** What is known is answered at once: a promise for each of 200,000 executions takes longer than finding them. */
  #ask<T extends Json>(unit: Unit<T>, asking: Asking): T | undefined | Promise<T | undefined> {
    const known = this.#known(unit, asking)
    if (known !== undefined) return this.#hit(unit, known)
    const flying = this.#flying.get(unit.key)
    if (flying !== undefined) return flying as Promise<T | undefined>
    if (unit.kind !== 'derived' && !asking.wants(unit.question)) return undefined
    if (this.#dry && unit.kind !== 'derived') return this.#wish(unit)
    const making = this.#make(unit, asking).finally(() => this.#flying.delete(unit.key))
    this.#flying.set(unit.key, making)
    return making
  }

  #hit<T extends Json>({ kind }: Unit<T>, value: T): T {
    if (kind !== 'derived') this.hits++
    return value
  }

  #known<T extends Json>(unit: Unit<T>, asking: Asking): T | undefined {
    const { responses, store } = this.#workspace
    if (unit.kind === 'request') return responses.get(unit.key) as T | undefined
    if (asking.forced && !this.#madeNow.has(unit.key)) return undefined
    return store.get<T>('units', unit.key)
  }

  #wish(unit: Unit<Json>): undefined {
    // A key asked for twice is made once; the second asking must not be counted as another.
    if (this.#madeNow.has(unit.key)) return undefined
    this.#madeNow.add(unit.key)
    if (unit.kind !== 'request') {
      this.wanted.executions++
      return undefined
    }
    this.wanted.requests++
    if (unit.estimate === undefined) this.wanted.unpriced++
    this.wanted.cost += unit.estimate ?? 0
    return undefined
  }

  async #make<T extends Json>(unit: Unit<T>, asking: Asking): Promise<T> {
    const { kind } = unit
    if (kind === 'derived') return this.#remember(unit, await unit.make(asking.signal))
    this.#emit({ type: 'units', stage: asking.stage, kind, added: 1 })
    const run = async (): Promise<T> => {
      asking.signal.throwIfAborted()
      return await unit.make(asking.signal)
    }
    const value =
      kind === 'execution' ? this.#remember(unit, await this.#executing(run)) : await this.#pay(unit.key, run)
    this.#emit({ type: 'unit-done', stage: asking.stage, kind })
    return value
  }

  async #pay<T extends Json>(key: Digest, run: () => Promise<T>): Promise<T> {
    this.paying++
    try {
      const value = await run()
      // Paid for, whether or not it can be stored.
      addAnswer(this.paid, value)
      await this.#workspace.responses.put(key, value)
      return value
    } finally {
      this.paying--
    }
  }

  #remember<T extends Json>(unit: Unit<T>, value: T): T {
    // A dry run writes nothing, not even what it had to derive.
    if (!this.#dry) this.#workspace.store.put('units', unit.key, value)
    this.#madeNow.add(unit.key)
    return value
  }
}
