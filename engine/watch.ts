/**
 * Watch mode. Events only wake the loop: what is to be done is decided by the same plan as in any run, so a missed or
 * doubled event can't make a wrong result. A file whose contents are what they were (our own writes, a `touch`) wakes
 * nothing.
 */
import { relative, resolve } from 'node:path'
import { watch as watchFiles } from 'chokidar'
import type { Digest } from './cache/digest.ts'
import type { RunOptions } from './context.ts'
import type { Emit, Event, Summary } from './events.ts'
import { Failure } from './failure.ts'
import { closeStages, type Pipeline } from './graph.ts'
import { folderOf } from './patterns.ts'
import { Run } from './run.ts'
import type { Workspace } from './workspace.ts'

/** Editors save in several steps (truncate, write, rename); events closer together than this are one change. */
const settleMs = 12

/** After so long without a change everything is looked at once. */
const quietMs = 1500

/** What a round of the loop is for. */
type Round = 'first' | 'changed' | 'checking'

export interface Watched {
  /** The pipeline file. */
  readonly file: string
  /** Loads it, anew each time. */
  load(): Promise<Pipeline>
  readonly workspace: Workspace
  readonly options: RunOptions
  readonly emit: Emit
  readonly signal: AbortSignal
}

export async function watch(watched: Watched): Promise<void> {
  const { workspace, emit, signal } = watched
  const failedBefore = new Map<string, string>()
  const changes = new Changes(workspace, signal)
  changes.uses(watched.file)
  let graph = await watched.load()
  let current: Run | undefined
  const watcher = watchFiles([...placesOf(graph, workspace.root), watched.file], {
    ignoreInitial: true,
    ignored: (path) =>
      /(^|\/)(\.[^/.]|node_modules\/)/.test(relative(workspace.root, path)) ||
      path.startsWith(workspace.cache),
  })
  for (const event of ['add', 'change', 'unlink'] as const)
    watcher.on(event, (path) => changes.heard(resolve(path), current))
  signal.addEventListener('abort', () => current?.stop(), { once: true })
  await new Promise<void>((done) => watcher.once('ready', () => done()))

  let paths: readonly string[] = []
  for (let round: Round = 'first'; !signal.aborted; ) {
    // Unchanged files are not even looked at: events tell which are. What they may have missed is found by one look at
    // all files once it is quiet.
    if (round !== 'changed') {
      workspace.stamps.invalidate()
      changes.suspect(watched.file)
    }
    const say = round === 'checking' ? onlyIfBuilding(emit) : emit
    current = new Run(graph, workspace, { ...watched.options, first: paths }, say, failedBefore)
    const summary = await current.execute()
    if (!current.dropped) report(summary, say, round === 'first')
    changes.judgedBy(current)
    if (round === 'first') emit({ type: 'watching', files: current.judged.size })
    const { dropped } = current
    current = undefined
    paths = await changes.next(dropped ? 0 : round === 'checking' ? undefined : quietMs)
    if (signal.aborted) break
    round = dropped || paths.length > 0 ? 'changed' : 'checking'
    if (paths.length > 0)
      emit({ type: 'changed', paths: paths.map((path) => relative(workspace.root, path)) })
    if (paths.includes(watched.file)) {
      changes.uses(watched.file)
      const next = await reload(watched, emit)
      if (next !== undefined) {
        await closeStages(graph)
        graph = next
        watcher.add(placesOf(graph, workspace.root))
      }
    }
  }
  await watcher.close()
  await closeStages(graph)
}

/** Holds back what is said of a look at everything until it turns out that something is to be built. */
function onlyIfBuilding(emit: Emit): Emit {
  let held: Event[] | undefined = []
  return (event) => {
    if (event.type === 'target-started' || event.type === 'target-failed') {
      held?.forEach(emit)
      held = undefined
    }
    if (held === undefined) emit(event)
    else held.push(event)
  }
}

function report(summary: Summary, emit: Emit, first: boolean): void {
  const happened =
    summary.written + summary.executions + summary.requests + summary.failed + summary.blocked > 0
  if (first || happened) emit({ type: 'summary', ...summary })
}

/** A pipeline file that is broken for the moment is said, and the one before stays in use. */
async function reload(watched: Watched, emit: Emit): Promise<Pipeline | undefined> {
  try {
    return await watched.load()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    emit({ type: 'notice', level: 'warning', text: `${error.message}; going on with the pipeline as it was` })
    return undefined
  }
}

function placesOf(graph: Pipeline, root: string): string[] {
  const patterns = graph.stages.flatMap(({ stage }) => [...stage.from, stage.to])
  const folders = patterns.map((pattern) => (pattern.includes('%') ? folderOf(pattern) : pattern))
  return [...new Set([...folders, ...graph.stages.flatMap(({ stage }) => stage.files)])].map((path) =>
    resolve(root, path),
  )
}

/**
 * What has changed on disk since a run judged it, by contents. Compared with what the run used, not with what stood
 * there when it ended: a file saved in between must count as changed.
 */
class Changes {
  #judged: Run['judged'] = new Map()
  readonly #heard = new Set<string>()
  /** What stands at the paths that were heard of, looked at once an event: a large file takes longer to read than to save. */
  readonly #standing = new Map<string, Digest | undefined>()
  readonly #workspace: Workspace
  #wake: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #over = false

  constructor(workspace: Workspace, signal: AbortSignal) {
    this.#workspace = workspace
    const end = () => {
      this.#over = true
      this.#wake?.()
    }
    signal.addEventListener('abort', end, { once: true })
  }

  /** `current`: the run under way, which is given up when it has used what is no longer so. */
  heard(path: string, current: Run | undefined): void {
    this.#heard.add(path)
    this.#standing.delete(path)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      if (current !== undefined && this.#differing(current.judged).length > 0) current.drop()
      if (this.#changed().length > 0) this.#wake?.()
    }, settleMs)
  }

  /** A file that no run judges, and whose contents count all the same: to be said before it is read. */
  uses(path: string): void {
    this.#standing.delete(path)
    this.#judged = new Map([...this.#judged, [path, this.#digest(path)]])
  }

  /** It may have changed without a word: of a file that is saved twice within 50 ms the second event does not come. */
  suspect(path: string): void {
    this.#standing.delete(path)
    this.#heard.add(path)
  }

  judgedBy(run: Run): void {
    const used = [...run.judged].map(
      ([path, state]) => [path, state === 'writing' ? 'changing' : state] as const,
    )
    this.#judged = new Map([...this.#judged, ...used])
  }

  /**
   * The changed files, once there are some; none when the watch is over, or when nothing has changed for so many
   * milliseconds (undefined: however long it takes).
   */
  async next(patience: number | undefined): Promise<string[]> {
    if (!this.#over && this.#changed().length === 0 && patience !== 0) {
      const timer = patience === undefined ? undefined : setTimeout(() => this.#wake?.(), patience)
      await new Promise<void>((wake) => (this.#wake = wake))
      clearTimeout(timer)
    }
    this.#wake = undefined
    const changed = this.#over ? [] : this.#changed()
    this.#heard.clear()
    this.#standing.clear()
    return changed
  }

  #changed(): string[] {
    const known = this.#differing(this.#judged)
    const appeared = [...this.#heard].filter(
      (path) => !this.#judged.has(path) && this.#digest(path) !== undefined,
    )
    return [...known, ...appeared]
  }

  #differing(judged: Run['judged']): string[] {
    return [...this.#heard].filter((path) => {
      const used = judged.get(path)
      if (!judged.has(path) || used === 'writing') return false
      return used === 'changing' || used !== this.#digest(path)
    })
  }

  #digest(path: string): Digest | undefined {
    if (!this.#standing.has(path)) this.#standing.set(path, this.#look(path))
    return this.#standing.get(path)
  }

  /** What can't be read at the moment counts as gone; the run that it wakes says why. */
  #look(path: string): Digest | undefined {
    try {
      this.#workspace.stamps.invalidate(path)
      return this.#workspace.stamps.digest(path)
    } catch {
      return undefined
    }
  }
}
