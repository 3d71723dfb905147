/**
 * What is wanted of batches: each call of `ask` with the samples that it still waits for, and which batch each of them
 * is entrusted to.
 */
import type { Digest } from '../../engine/stage.ts'
import { type Span, samplesOf } from './batch-line.ts'
import type { Answer, Asking } from './provider.ts'

/** Batches that a sample goes into before it is given up. */
const most = 3

interface Place {
  /** The submission that it is part of; undefined as long as it is part of none. */
  batch: string | undefined
  tries: number
}

export class Wanted {
  readonly asking: Asking
  /** Settled when nothing is waited for any more. */
  readonly done: Promise<void>
  readonly #open: Map<number, Place>
  #failure: unknown
  #resolve: () => void = () => {}
  #reject: (error: unknown) => void = () => {}

  constructor(asking: Asking) {
    this.asking = asking
    this.#open = new Map(asking.samples.map((sample) => [sample, { batch: undefined, tries: 0 }]))
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Samples that no batch is at work on, in ascending order. */
  free(): readonly number[] {
    return [...this.#open].filter(([, { batch }]) => batch === undefined).map(([sample]) => sample)
  }

  /** True when some of what the batch is at work on is waited for here. */
  entrust(spans: readonly Span[], batch: string): boolean {
    let any = false
    for (const place of this.#places(spans)) {
      if (place.batch !== undefined) continue
      place.batch = batch
      place.tries++
      any = true
    }
    return any
  }

  async give(sample: number, answer: Answer): Promise<void> {
    if (!this.#open.has(sample)) return
    await this.asking.deliver(sample, answer)
    this.#open.delete(sample)
    this.#settleIfDone()
  }

  /** The batch is over, and these were not answered: they are free for another one, or fail after too many. */
  release(batch: string, failure: unknown): void {
    for (const [sample, place] of this.#open) {
      if (place.batch !== batch) continue
      if (place.tries >= most) this.fail([sample], failure)
      else place.batch = undefined
    }
  }

  /** Those of the samples that are still open are not waited for any more. */
  fail(samples: Iterable<number>, failure: unknown): void {
    for (const sample of samples) if (this.#open.delete(sample)) this.#failure ??= failure
    this.#settleIfDone()
  }

  failAll(failure: unknown): void {
    this.fail([...this.#open.keys()], failure)
  }

  /** Those that are entrusted to this batch. */
  of(batch: string): readonly number[] {
    return [...this.#open].filter(([, place]) => place.batch === batch).map(([sample]) => sample)
  }

  *#places(spans: readonly Span[]): Iterable<Place> {
    for (const span of spans) {
      if (span.drawing !== this.asking.drawing) continue
      for (const sample of samplesOf(span)) {
        const place = this.#open.get(sample)
        if (place !== undefined) yield place
      }
    }
  }

  #settleIfDone(): void {
    if (this.#open.size > 0) return
    if (this.#failure === undefined) this.#resolve()
    else this.#reject(this.#failure)
  }
}

/** All that is waited for at the moment. */
export class Desk {
  readonly #byDrawing = new Map<Digest, Set<Wanted>>()

  add(wanted: Wanted): void {
    const { drawing } = wanted.asking
    const others = this.#byDrawing.get(drawing)
    if (others === undefined) this.#byDrawing.set(drawing, new Set([wanted]))
    else others.add(wanted)
  }

  remove(wanted: Wanted): void {
    const { drawing } = wanted.asking
    const others = this.#byDrawing.get(drawing)
    others?.delete(wanted)
    if (others?.size === 0) this.#byDrawing.delete(drawing)
  }

  *all(): Generator<Wanted> {
    for (const wanted of this.#byDrawing.values()) yield* wanted
  }

  of(drawing: Digest): Iterable<Wanted> {
    return this.#byDrawing.get(drawing) ?? []
  }

  isEmpty(): boolean {
    return this.#byDrawing.size === 0
  }

  /** True when somebody waits for some of what the batch is at work on. */
  entrust(spans: readonly Span[], batch: string): boolean {
    let any = false
    for (const span of spans)
      for (const wanted of this.of(span.drawing)) if (wanted.entrust([span], batch)) any = true
    return any
  }

  failAll(failure: unknown): void {
    for (const wanted of [...this.all()]) wanted.failAll(failure)
  }
}
