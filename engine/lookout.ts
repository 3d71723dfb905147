/** Notes all that a run looks at, so that the next one can tell at a glance whether all of it is as it was. */
import type { Json } from './cache/digest.ts'
import { type Stamps, steadyStamp } from './cache/stamps.ts'
import type { Machine } from './stage.ts'

/** What a stage learned from the machine, and from what it remembered. */
export interface Learned {
  readonly recalled: { readonly [name: string]: Json | null }
  readonly params: { readonly [name: string]: Json }
}

/** Everything that a run looked at. */
export interface Sights {
  /** Stamps by absolute path. */
  readonly stamps: readonly (readonly [path: string, stamp: string])[]
  /** By the stage's name. */
  readonly learned: { readonly [stage: string]: Learned }
}

export class Lookout {
  readonly #stamps: Stamps
  /** By path; undefined for what was too young to be told from a later state of it. */
  readonly #folders = new Map<string, string | undefined>()
  readonly #beside = new Set<string>()
  readonly #learned: Record<string, Learned> = {}
  #sure = true

  constructor(stamps: Stamps) {
    this.#stamps = stamps
  }

  /** Its stamp is taken before it is listed, and the first time counts: what comes into it later makes it another. */
  readonly folder = (path: string): void => {
    if (!this.#folders.has(path)) this.#folders.set(path, steadyStamp(path))
  }

  /** A file that no target was judged by was read. */
  file(path: string): void {
    this.#beside.add(path)
  }

  /** Something came to pass that a later run would not meet. */
  unsure(): void {
    this.#sure = false
  }

  /** The machine as a stage is to see it, under observation. */
  watched(machine: Machine, recalled: Record<string, Json | null>): Machine {
    return {
      options: machine.options,
      recall: (name) => {
        const value = machine.recall(name)
        recalled[name] = value ?? null
        return value
      },
      remember: (name, value) => {
        this.unsure()
        machine.remember(name, value)
      },
      notice: (notice) => {
        this.unsure()
        machine.notice(notice)
      },
    }
  }

  learned(stage: string, learned: Learned): void {
    this.#learned[stage] = learned
  }

  /**
   * `judged`: what targets were judged by, by path. Undefined when something was not always the same, or could change and
   * still look the same.
   */
  sights(judged: ReadonlyMap<string, string | undefined>): Sights | undefined {
    const stamps: (readonly [string, string])[] = []
    const add = (path: string, stamp: string | undefined) => {
      if (stamp === undefined) this.unsure()
      else stamps.push([path, stamp])
    }
    for (const [path, used] of judged) {
      if (this.#stamps.digest(path) !== used) this.unsure()
      add(path, this.#stamps.stampOf(path))
    }
    for (const path of this.#beside) add(path, this.#stamps.stampOf(path))
    for (const [path, stamp] of this.#folders) add(path, stamp)
    return this.#sure ? { stamps, learned: this.#learned } : undefined
  }
}
