/**
 * Walks the graph: every target waits for its own inputs and for nothing else, so one file's completions are tested
 * while another's are still being generated.
 *
 * A dry run walks the same way. It builds into an overlay in memory instead of onto the disk, and its units count what
 * is missing instead of making it; all else is the same code, so a plan can't disagree with the run that follows.
 */
import { setMaxListeners } from 'node:events'
import { resolve } from 'node:path'
import pLimit, { type LimitFunction } from 'p-limit'
import { buildTarget, Moved } from './build.ts'
import { type Digest, digestOf } from './cache/digest.ts'
import { acquire, othersAround } from './cache/lock.ts'
import { concerned } from './concerned.ts'
import type { Context, RunOptions } from './context.ts'
import type { Emit, Notice, Reason, Summary } from './events.ts'
import { codeOf, Failure, messageOf } from './failure.ts'
import { forget, sayFresh } from './glance.ts'
import type { NamedStage, Pipeline, Target } from './graph.ts'
import { findTargets } from './graph.ts'
import { Judge } from './judge.ts'
import { Lookout, type Sights } from './lookout.ts'
import { stateFor, type TargetRecord } from './record.ts'
import { deskOf, shelfOf } from './shelf.ts'
import { Surveys } from './surveys.ts'
import { Units } from './units.ts'
import { urgent } from './urgent.ts'
import type { Workspace } from './workspace.ts'

/** How a target came out. `pending`: a dry run could not know its output to the end. */
export interface Settled {
  readonly result: 'fresh' | 'built' | 'unchanged' | 'incomplete' | 'failed' | 'blocked'
  readonly pending: boolean
}

const nextTurn = () => new Promise((turn) => setImmediate(turn))

const fresh: Settled = { result: 'fresh', pending: false }

/** Everything that the targets of one run share. */
export class Run implements Context {
  readonly units: Units
  readonly overlay = new Map<string, string>()
  readonly lookout: Lookout
  readonly shelf = shelfOf(this)
  readonly #abort = new AbortController()
  readonly signal = this.#abort.signal
  readonly workspace: Workspace
  readonly options: RunOptions
  readonly emit: Emit
  /** Exit status: 2 when a question file or the pipeline is wrong, 1 when a target failed or stayed incomplete. */
  exit: 0 | 1 | 2 = 0
  written = 0
  /** Ended by `drop`. */
  dropped = false
  /**
   * What each file held when this run used it, by absolute path; `changing` when it was not always the same. While it is
   * being written it may hold the old or the new: the disk knows before we do.
   */
  readonly judged = new Map<string, Digest | 'changing' | 'writing' | undefined>()
  #interrupted = false
  readonly #graph: Pipeline
  readonly #settled = new Map<string, Settled | Promise<Settled>>()
  readonly #slots = new Map<string, LimitFunction>()
  readonly #judge = new Judge(this)
  readonly #surveys = new Surveys(this)
  readonly #facts: Record<string, number> = {}
  readonly #failedBefore: Map<string, string>

  /** `failedBefore`: in watch mode, what failed and from what; unchanged, it is not tried again. */
  constructor(
    graph: Pipeline,
    workspace: Workspace,
    options: RunOptions,
    emit: Emit,
    failedBefore = new Map<string, string>(),
  ) {
    // Each request and each execution under way listens to it.
    setMaxListeners(0, this.signal)
    this.#graph = graph
    this.workspace = workspace
    this.lookout = new Lookout(workspace.stamps)
    this.options = options
    this.emit = emit
    this.units = new Units(workspace, options, emit)
    this.#failedBefore = failedBefore
    for (const named of graph.stages) this.#slots.set(named.name, pLimit(named.stage.targetsAtOnce))
  }

  async execute(): Promise<Summary> {
    const started = Date.now()
    const { order } = this.options
    if (!this.options.dry) forget(this.workspace.cache)
    const found = findTargets(this.#graph, this.workspace.root, this.lookout.folder)
    const { orphans, unmatched } = found
    const list = order === undefined ? found.list : await concerned(this, found.list, order)
    const missing = unmatched.find((pattern) => !pattern.includes('%'))
    if (missing !== undefined) throw new Failure(`${missing}: no such file`, { exit: 2 })
    this.emit({ type: 'run-started', targets: list.length, dry: this.options.dry })
    for (const notice of this.workspace.notices) this.emit({ type: 'notice', ...notice })
    for (const place of unmatched)
      this.emit({ type: 'notice', level: 'warning', place, text: 'no file matches this pattern' })
    for (const place of orphans)
      this.emit({
        type: 'notice',
        level: 'warning',
        place,
        text: 'left alone: no source file makes it any more, so it is in no report',
      })
    this.#judge.recallAll()
    await Promise.all(
      urgent(list, this.options.first ?? [], this.workspace.root).map((target) => this.#settle(target)),
    )
    const results = await this.#settleAll(list)
    if (order === undefined && !this.signal.aborted)
      for (const named of this.#graph.stages) await this.#conclude(named)
    await this.#remember()
    const count = (...kinds: Settled['result'][]) =>
      results.filter(({ result }) => kinds.includes(result)).length
    const summary: Summary = {
      dry: this.options.dry,
      requests: this.units.requests,
      executions: this.units.executions,
      built: count('built', 'unchanged', 'incomplete'),
      fresh: count('fresh'),
      failed: count('failed'),
      blocked: count('blocked'),
      incomplete: count('incomplete'),
      written: this.written,
      hits: this.units.hits,
      paid: this.units.paid,
      wanted: this.units.wanted,
      facts: this.#facts,
      interrupted: this.#interrupted,
      seconds: (Date.now() - started) / 1000,
    }
    if (summary.failed + summary.blocked + summary.incomplete > 0) this.exit ||= 1
    return summary
  }

  /** All that this run looked at; undefined when another that looks the same could have looked at something else. */
  sights(): Sights | undefined {
    const isWhole = this.exit === 0 && !this.signal.aborted
    return isWhole ? this.lookout.sights(this.judged) : undefined
  }

  /** Gives up work that a newer change has made pointless; not while answers that were paid for are under way. */
  drop(): void {
    if (this.units.paying > 0) return
    this.dropped = true
    this.#abort.abort()
  }

  /** Ends the run as soon as may be: nothing new is begun, what is under way is dropped. */
  stop(): void {
    this.#interrupted = true
    this.#abort.abort()
  }

  absolute(path: string): string {
    return resolve(this.workspace.root, path)
  }

  digest(path: string): Digest | undefined {
    const planned = this.overlay.get(path)
    if (planned !== undefined) return digestOf(planned)
    const absolute = this.absolute(path)
    const digest = this.workspace.stamps.digest(absolute)
    const changing = this.judged.has(absolute) && this.judged.get(absolute) !== digest
    this.judged.set(absolute, changing ? 'changing' : digest)
    return digest
  }

  writing(path: string): void {
    this.judged.set(this.absolute(path), 'writing')
  }

  wrote(path: string, digest: Digest): void {
    this.judged.set(this.absolute(path), digest)
  }

  /** What a stage has to say of its files together. What it can't read is a warning: no target waits for it. */
  async #conclude({ stage }: NamedStage): Promise<void> {
    try {
      const afterword = await stage.settled?.(deskOf(this))
      for (const notice of afterword?.notices ?? []) this.emit({ type: 'notice', ...notice })
      this.#count(afterword?.facts ?? {})
    } catch (error) {
      if (this.signal.aborted) return
      if (!(error instanceof Failure || error instanceof Moved)) throw error
      this.exit ||= 1
      const remedy = error instanceof Failure ? `. ${error.remedy}` : ''
      this.emit({ type: 'notice', level: 'warning', text: `${error.message}${remedy}`.trim() })
    }
  }

  /** A store that can't be written costs time at the next run, and is no reason to fail this one. */
  async #remember(): Promise<void> {
    try {
      await this.workspace.store.flush()
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      this.emit({ type: 'notice', level: 'warning', text: `${error.message}. ${error.remedy}` })
    }
    for (const place of this.units.damagedResponses())
      this.emit({
        type: 'notice',
        level: 'warning',
        place,
        text: 'this stored response is damaged, and counts as missing',
      })
  }

  /** While something is under way it is let on now and then: a sandbox starts while the other targets are looked at. */
  async #settleAll(list: readonly Target[]): Promise<readonly Settled[]> {
    const settling: (Settled | Promise<Settled>)[] = []
    let isWaiting = false
    let since = performance.now()
    for (const target of list) {
      await this.#askFor(target)
      const settled = this.#settle(target)
      settling.push(settled)
      isWaiting ||= settled !== fresh
      if (!isWaiting || performance.now() - since < 5) continue
      await nextTurn()
      since = performance.now()
    }
    return await Promise.all(settling)
  }

  /**
   * Its stage is asked what it finds on this machine when the first of its targets has all that it is made from. What it can
   * say at once is waited for, a sandbox that has to be tried out first is not.
   */
  #askFor(target: Target): Promise<unknown> | undefined {
    if (this.#judge.isAsked(target.stage) || !this.#hasFreshMakers(target)) return undefined
    return Promise.race([this.#judge.paramsOf(target.stage).catch(() => {}), nextTurn()])
  }

  #settle(target: Target): Settled | Promise<Settled> {
    const known = this.#settled.get(target.id)
    if (known !== undefined) return known
    const settling = this.#isFreshNow(target) ? this.#foundFresh(target) : this.#walk(target)
    this.#settled.set(target.id, settling)
    return settling
  }

  #makersOf({ inputs }: Target): readonly Target[] {
    if (this.options.order !== undefined) return []
    const makers = new Set<Target>()
    for (const { madeBy } of inputs) if (madeBy !== undefined) makers.add(madeBy)
    return [...makers]
  }

  #hasFreshMakers(target: Target): boolean {
    return this.#makersOf(target).every((maker) => this.#settle(maker) === fresh)
  }

  /** Nearly all targets of nearly all runs: nothing they are made from is being made, and they are fresh. */
  #isFreshNow(target: Target): boolean {
    if (!this.#hasFreshMakers(target)) return false
    try {
      return this.#judge.isFresh(target) === true
    } catch {
      // A file that can't be read is said by the one that waits for it.
      return false
    }
  }

  async #walk(target: Target): Promise<Settled> {
    const makers = this.#makersOf(target)
    const upstream = await Promise.all(
      makers.map(async (maker) => ({ maker, ...(await this.#settle(maker)) })),
    )
    const broken = upstream.filter(({ result }) => result === 'failed' || result === 'blocked')
    // A stage that reads everything goes on without what is broken; its result is incomplete, and says so.
    if (broken[0] !== undefined && !(target.stage.stage.whole && broken.length < makers.length)) {
      this.emit({
        type: 'target-blocked',
        target: target.id,
        stage: target.stage.name,
        by: broken[0].maker.id,
      })
      return { result: 'blocked', pending: false }
    }
    const pending = upstream.filter((other) => other.pending).map(({ maker }) => maker.id)
    const without = new Set(broken.map(({ maker }) => maker.output))
    try {
      return await this.#untilItHolds(target, pending, without)
    } catch (error) {
      return this.#failed(target, error)
    }
  }

  /** A file that changes while it is being read or written makes us start over from the new state. */
  async #untilItHolds(
    target: Target,
    pending: readonly string[],
    without: ReadonlySet<string>,
  ): Promise<Settled> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.#bring(target, pending, without)
      } catch (error) {
        if (!(error instanceof Moved) || tries >= 20) throw error
        this.workspace.stamps.invalidate(this.absolute(error.path))
      }
    }
  }

  async #bring(target: Target, pending: readonly string[], without: ReadonlySet<string>): Promise<Settled> {
    const { stage } = target.stage
    const params = await this.#judge.paramsOf(target.stage)
    let reasons = this.#judge.reasons(target, params, without)
    const state =
      pending.length > 0 ? ({ type: 'maybe', upstream: pending } as const) : stateFor(reasons, stage.kept)
    this.emit({ type: 'planned', target: target.id, stage: target.stage.name, state })
    if (reasons.length === 0) return this.#fresh(target)
    const signature = JSON.stringify(this.#judge.present(target, params, undefined, without))
    if (this.#failedBefore.get(target.id) === signature) return { result: 'failed', pending: false }
    try {
      return await this.#slot(target.stage)(async () => {
        this.signal.throwIfAborted()
        if (this.options.dry) return await this.#build(target, reasons, pending, without)
        const lock = await acquire(this.workspace.cache, this.absolute(target.output), {
          signal: this.signal,
          onWait: ({ pid }) => this.emit({ type: 'target-waiting', target: target.id, owner: pid }),
        })
        try {
          // Another process may have built it while we waited for our turn.
          this.workspace.store.refresh()
          this.#judge.forget(target)
          for (const path of Object.keys(this.#judge.record(target)?.outputs ?? {}))
            this.workspace.stamps.invalidate(this.absolute(path))
          reasons = this.#judge.reasons(target, params, without)
          if (reasons.length === 0) return this.#fresh(target)
          return await this.#build(target, reasons, pending, without)
        } finally {
          // Who waits for the lock is to find what was made under it; alone, what is put together is written together.
          if (othersAround(this.workspace.cache)) await this.workspace.store.flush().catch(() => {})
          lock.release()
        }
      })
    } catch (error) {
      if (error instanceof Failure) this.#failedBefore.set(target.id, signature)
      throw error
    }
  }

  async #build(
    target: Target,
    reasons: readonly Reason[],
    pending: readonly string[],
    without: ReadonlySet<string>,
  ): Promise<Settled> {
    await this.#surveys.pass(target)
    this.emit({ type: 'target-started', target: target.id, stage: target.stage.name, reasons })
    const params = await this.#judge.paramsOf(target.stage)
    const present = this.#judge.present(target, params, this.#judge.record(target), without)
    const built = await buildTarget(this, target, present, without)
    const { record, written, missing, units, incomplete: why, because } = built
    this.written += written.length
    this.#noticeEdits(target, reasons, written)
    for (const notice of record.notices) this.#notice(target, notice)
    this.#count(record.facts)
    this.#judge.remember(target, record, units)
    const result = why !== undefined ? 'incomplete' : written.length > 0 ? 'built' : 'unchanged'
    const { id, stage } = target
    this.emit({ type: 'target-finished', target: id, stage: stage.name, result, written, why, because })
    // What --only left out is what the person asked to leave out: no fault, but not fresh either.
    const asked = result === 'incomplete' && this.options.only !== undefined && missing > 0
    return {
      result: asked ? 'built' : result,
      pending: this.options.dry && (missing > 0 || pending.length > 0),
    }
  }

  #foundFresh(target: Target): Settled {
    sayFresh(target.id, target.stage.name, this.emit)
    return this.#repeat(target)
  }

  /** It came to be fresh while it was waited for. */
  #fresh(target: Target): Settled {
    const { id, stage } = target
    this.emit({ type: 'target-finished', target: id, stage: stage.name, result: 'fresh', written: [] })
    return this.#repeat(target)
  }

  /** What is to be said of a target for as long as it stands as it is. */
  #repeat(target: Target): Settled {
    const record = this.#judge.record(target)
    for (const notice of record?.notices ?? []) this.#notice(target, notice)
    this.#count(record?.facts ?? {})
    return fresh
  }

  #failed(target: Target, error: unknown): Settled {
    if (this.signal.aborted) return { result: 'blocked', pending: false }
    const expected = error instanceof Failure || error instanceof Moved
    this.exit = error instanceof Failure && error.exit === 2 ? 2 : this.exit || 1
    this.emit({
      type: 'target-failed',
      target: target.id,
      stage: target.stage.name,
      message: expected ? messageOf(error) : `${messageOf(error)}${codeOf(error) ? '' : ' (this is a bug)'}`,
      remedy: error instanceof Failure ? error.remedy : '',
      stack: error instanceof Error ? error.stack : undefined,
    })
    if (this.options.failFast) this.#abort.abort()
    return { result: 'failed', pending: false }
  }

  #slot(named: NamedStage): LimitFunction {
    const slot = this.#slots.get(named.name)
    if (slot === undefined) throw new Error(`no slot for ${named.name}`)
    return slot
  }

  #noticeEdits(target: Target, reasons: readonly Reason[], written: readonly string[]): void {
    if (target.stage.stage.kept) return
    // After a kill between writing and recording an output differs from its record, too; only what really had to be
    // written again was somebody's edit.
    for (const reason of reasons)
      if (reason.type === 'output-edited' && written.includes(reason.path))
        this.#notice(target, {
          level: 'warning',
          place: reason.path,
          text: 'was changed by hand; it is derived from other files and was built again',
        })
  }

  #notice(target: Target, notice: Notice): void {
    this.emit({ type: 'notice', target: target.id, ...notice })
  }

  #count(facts: TargetRecord['facts']): void {
    for (const [name, count] of Object.entries(facts)) this.#facts[name] = (this.#facts[name] ?? 0) + count
  }
}
