/**
 * A folder with a history. Each run in it is compared
 *
 * - with the same run where nothing is remembered, nor seen at a glance, but records of targets and results of units: in another folder, in which
 *   every file is read. What is planned and why, built, written and said must be the same;
 * - with what must stand in the outputs by a plain function of the sources;
 * - and a second run must find nothing to do.
 */
import { existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { databaseFile } from '../../cache/database.ts'
import type { Json } from '../../cache/digest.ts'
import type { Event, Summary } from '../../events.ts'
import { glance, Listener } from '../../glance.ts'
import { type Pipeline, upTo } from '../../graph.ts'
import { Run } from '../../run.ts'
import { openWorkspace, type Workspace } from '../../workspace.ts'
import type { Act, CacheAct, RunAct } from './acts.ts'
import type { Clock } from './clock.ts'
import { copyTree, firstFiles, make, perform, treeOf } from './files.ts'
import { type Expected, expected, firstSettings, pipelineOf, places, stageNames, standing } from './stages.ts'

/** Counted over all histories. */
export const done = { acts: 0, runs: 0, glances: 0 }

interface Ran {
  readonly events: readonly Event[]
  readonly summary: Summary
  readonly exit: number
}

/** What is no shortcut: records of targets and results of units. */
type Memory = readonly (readonly [table: 'targets' | 'units', key: string, value: Json])[]

export const fullRun: RunAct = {
  act: 'run',
  rested: true,
  dry: false,
  upTo: undefined,
  only: undefined,
  force: undefined,
  watch: false,
  again: true,
  amid: undefined,
}

export class History {
  readonly #folder: string
  readonly #root: string
  readonly #cache: string
  readonly #clock: Clock
  #settings = firstSettings
  /** A watch's workspace; `behind`: things have happened to its cache that it need not know of. */
  #open: { readonly workspace: Workspace; behind: boolean } | undefined

  constructor(parent: string, clock: (folder: string) => Clock) {
    this.#folder = mkdtempSync(join(parent, 'history-'))
    this.#root = join(this.#folder, 'root')
    this.#cache = join(this.#root, 'cache')
    this.#clock = clock(this.#folder)
    for (const [path, text] of Object.entries(firstFiles)) make(this.#root, path, text)
  }

  async take(act: Act): Promise<void> {
    done.acts++
    switch (act.act) {
      case 'run':
        return await this.#run(act)
      case 'cache':
        return await this.#changeCache(act.how)
      case 'set':
        this.#settings = { ...this.#settings, ...act.settings }
        return
      case 'pass':
        return await this.#clock.pass(act.ms)
      case 'jump':
        return this.#clock.jump(act.ms)
      default:
        return perform(this.#root, act)
    }
  }

  async end(): Promise<void> {
    this.#clock.stop()
    await this.#endWatch()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #run(act: RunAct): Promise<void> {
    if (act.rested) await this.#clock.rest()
    const wanted = expected(this.#root, this.#settings)
    const isBehind = act.watch && this.#open?.behind === true
    const comparable = act.amid === undefined && !isBehind
    const reference = comparable ? await this.#reference(act) : undefined
    // With its database gone, whoever writes so much as a stamp begins another.
    const before = act.dry && !isBehind ? await this.#memory(act) : undefined
    const ran = await this.#execute(act)
    // A dry run has forgotten and remembered nothing.
    if (before !== undefined) assert.equal(await this.#memory(act), before)
    if (reference !== undefined) assertSame(toldBy(ran, this.#root), reference)
    if (act.amid === undefined && act.only === undefined && !act.dry) await this.#judge(act, wanted, ran)
    if (this.#open !== undefined && !act.watch && !act.dry) this.#open.behind = true
    if (isBehind) await this.#endWatch()
  }

  async #judge(act: RunAct, wanted: readonly Expected[] | undefined, { exit, summary }: Ran): Promise<void> {
    const stages = upTo(this.#pipeline, act.upTo === undefined ? [] : [act.upTo]).stages
    if (wanted === undefined) {
      if (stages.length === stageNames.length) assert.is.not(exit, 0)
      return
    }
    assert.equal([exit, summary.failed, summary.blocked, summary.incomplete], [0, 0, 0, 0])
    for (const { stage, path, text } of wanted)
      if (stages.some(({ name }) => name === stage)) assert.is(standing(this.#root, path), text, path)
    if (!act.again) return
    const second = (await this.#execute({ ...act, force: undefined })).summary
    assert.equal([second.built, second.failed, second.executions, second.written], [0, 0, 0, 0], 'again')
  }

  get #pipeline(): Pipeline {
    return pipelineOf(this.#settings)
  }

  async #execute(act: RunAct): Promise<Ran> {
    if (!act.watch)
      return await inWorkspace(this.#root, (workspace) => execute(this.#pipeline, workspace, act))
    this.#open ??= { workspace: await openWorkspace(this.#root), behind: false }
    this.#open.workspace.stamps.invalidate()
    return await execute(this.#pipeline, this.#open.workspace, act)
  }

  /** The run as it is where every file is read. */
  async #reference(act: RunAct): Promise<Told> {
    const memory = await this.#memory(act)
    const root = join(this.#folder, 'reference')
    mkdirSync(root)
    for (const place of places)
      if (isThere(join(this.#root, place))) copyTree(join(this.#root, place), join(root, place))
    const ran = await inWorkspace(root, (workspace) => {
      for (const [table, key, value] of memory) workspace.store.put(table, key, value)
      return execute(this.#pipeline, workspace, act)
    })
    const told = toldBy(ran, root)
    rmSync(root, { recursive: true })
    return told
  }

  async #memory({ watch }: RunAct): Promise<Memory> {
    if (watch && this.#open !== undefined) return memoryOf(this.#open.workspace)
    return await inWorkspace(this.#root, async (workspace) => memoryOf(workspace))
  }

  async #changeCache(how: CacheAct['how']): Promise<void> {
    const copy = join(this.#folder, 'copy')
    const file = databaseFile(this.#cache)
    // Nobody can be asked to bear that a database is exchanged under them.
    if (how !== 'delete' && how !== 'delete file') await this.#endWatch()
    if (this.#open !== undefined) this.#open.behind = true
    if (how === 'delete') remove(this.#cache)
    else if (how === 'delete file') remove(file)
    else if (how === 'damage') {
      if (existsSync(file)) writeFileSync(file, 'no database'.repeat(1000))
    } else {
      const [from, to] = how === 'keep a copy' ? [this.#cache, copy] : [copy, this.#cache]
      if (!existsSync(from)) return
      remove(to)
      copyTree(from, to)
    }
  }

  async #endWatch(): Promise<void> {
    await this.#open?.workspace.close()
    this.#open = undefined
  }
}

async function inWorkspace<T>(root: string, what: (workspace: Workspace) => Promise<T>): Promise<T> {
  const workspace = await openWorkspace(root)
  try {
    return await what(workspace)
  } finally {
    await workspace.close()
  }
}

async function execute(whole: Pipeline, workspace: Workspace, act: RunAct): Promise<Ran> {
  done.runs++
  const { dry, upTo: last, only, force, amid } = act
  const events: Event[] = []
  const emit = (event: Event) => {
    events.push(event)
    if (events.length === amid?.event) happen()
  }
  const happen = () => {
    if (amid?.happens === 'stop') run.stop()
    else if (amid !== undefined) perform(workspace.root, amid.happens)
  }
  const options = {
    jobs: 2,
    transient: false,
    failFast: false,
    dry,
    force: force === undefined ? [] : [force],
    ...(only === undefined ? {} : { only: only === 'a' ? /a$/ : /^$/ }),
  }
  const graph = upTo(whole, last === undefined ? [] : [last])
  const look = { cache: workspace.cache, graph, options, code: 'as it is' }
  const seen = act.watch || amid !== undefined ? undefined : await glance(look, emit)
  if (seen !== undefined) {
    done.glances++
    return { events, summary: seen, exit: 0 }
  }
  const listener = new Listener()
  const run = new Run(graph, workspace, options, (event) => {
    listener.hear(event)
    emit(event)
  })
  if (amid?.twice) happen()
  const summary = await run.execute()
  listener.leave(look, run.sights(), summary)
  return { events, summary, exit: run.exit }
}

function memoryOf({ store, records }: Workspace): Memory {
  const isTarget = (key: string) => stageNames.some((name) => key === name || key.startsWith(`${name}/`))
  const stored = [...store.entries('targets')].filter(([key]) => isTarget(key))
  const targets = new Map<string, Json>(stored)
  for (const [key, record] of records) targets.set(key, record as unknown as Json)
  return [
    ...[...targets].map(([key, value]) => ['targets', key, value] as const),
    ...[...store.entries('units')].map(([key, value]) => ['units', key, value] as const),
  ]
}

/** What was said of each target, in order; what stands there afterwards; how it ended. */
type Told = ReadonlyMap<string, unknown>

function toldBy({ events, summary, exit }: Ran, root: string): Told {
  // Whether the second of two targets that want the same unit finds it done or under way depends on the moment.
  const told = new Map<string, unknown>([['end', { ...summary, exit, seconds: 0, hits: 0 }]])
  for (const event of events)
    if ('target' in event && event.target !== undefined) {
      const before = told.get(event.target)
      told.set(event.target, [...(Array.isArray(before) ? before : []), shown(event, root)])
    }
  for (const [path, text] of Object.entries(treeOf(root, places))) told.set(path, text)
  return told
}

function shown(event: Event, root: string): string {
  const text = JSON.stringify(event, (key, value: unknown) => (key === 'stack' ? undefined : value))
  return text.replaceAll(root, '')
}

/** One by one, for a short message. */
function assertSame(told: Told, reference: Told): void {
  for (const about of new Set([...reference.keys(), ...told.keys()]))
    assert.equal(told.get(about), reference.get(about), about)
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true })
}
