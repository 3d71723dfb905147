/**
 * A run with nothing to do, in as little as a look at each file takes.
 *
 * A run in which every target was fresh leaves behind all that it looked at (`cache/seen.json`: stamps of files and of
 * folders it listed, what the stages found out about the machine) and all that it said. When the next run finds each of
 * these as it was, it would look at the same things, decide the same and say the same; so it says that, and neither
 * records nor the store are opened. Nothing is judged here, only compared: what differs in anything is left to the run
 * itself, whose decisions this can't contradict because it has none of its own.
 *
 * What makes that safe: whoever runs anything for real removes the file first; what was too young to be told from a later
 * state by its stamp (cache/stamps.ts) is not left behind; the pipeline is loaded each time and must come out the same,
 * from the same bundle; and a run that did, said or met anything out of the ordinary leaves nothing.
 */
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { databaseFile } from './cache/database.ts'
import { canonical, type Digest, digestOf } from './cache/digest.ts'
import { stampNow } from './cache/stamps.ts'
import type { RunOptions } from './context.ts'
import type { Emit, Event, Summary } from './events.ts'
import type { Pipeline } from './graph.ts'
import type { Sights } from './lookout.ts'
import type { Machine } from './stage.ts'

interface Seen extends Sights {
  readonly key: Digest
  readonly store: string
  /** Events of that run in their order; a target's name stands for those that say that it is fresh. */
  readonly story: readonly (string | Event)[]
  readonly summary: Summary
}

export interface Glance {
  readonly cache: string
  readonly graph: Pipeline
  readonly options: RunOptions
  /** Names the code of program and pipeline; without it nothing is taken for granted. */
  readonly code: string | undefined
}

function seenFile(cache: string): string {
  return join(cache, 'seen.json')
}

/** When nothing has changed since a run that found all fresh: says what that run said, and answers its summary. */
export async function glance(look: Glance, emit: Emit): Promise<Summary | undefined> {
  const started = Date.now()
  const key = keyOf(look)
  const seen = key === undefined ? undefined : recall(look.cache)
  if (seen === undefined || seen.key !== key || seen.store !== identityOf(look.cache)) return undefined
  for (const [path, stamp] of seen.stamps) if (stampNow(path) !== stamp) return undefined
  if (!(await learnTheSame(look, seen.learned))) return undefined
  touch(look.cache)
  for (const item of seen.story) {
    if (typeof item !== 'string') emit(item)
    // A target's name begins with its stage's (graph.ts).
    else sayFresh(item, item.split('/', 1)[0] ?? item, emit)
  }
  return { ...seen.summary, seconds: (Date.now() - started) / 1000 }
}

/** What is said of a fresh target, by a run and in the memory of one. */
export function sayFresh(target: string, stage: string, emit: Emit): void {
  emit({ type: 'planned', target, stage, state: { type: 'fresh' } })
  emit({ type: 'target-finished', target, stage, result: 'fresh', written: [] })
}

/** Listens to a run; what it keeps is the run's story, as long as that is one of fresh targets and notices. */
export class Listener {
  #story: (string | Event)[] | undefined = []

  hear(event: Event): void {
    if (event.type === 'planned' && event.state.type === 'fresh') return
    if (event.type === 'target-finished' && event.result === 'fresh') this.#story?.push(event.target)
    else if (event.type === 'notice' || event.type === 'run-started') this.#story?.push(event)
    else this.#story = undefined
  }

  /** Leaves what the run saw for the next one; nothing when there was more to it than fresh targets. */
  leave(look: Glance, sights: Sights | undefined, summary: Summary): void {
    const key = keyOf(look)
    if (this.#story === undefined || key === undefined || sights === undefined) return
    const seen: Seen = { ...sights, key, store: identityOf(look.cache), story: this.#story, summary }
    const text = JSON.stringify(seen)
    const file = seenFile(look.cache)
    try {
      writeFileSync(`${file}.tmp`, `${crc32(text)}\n${text}`)
      renameSync(`${file}.tmp`, file)
    } catch {
      // The next run looks at everything again.
      rmSync(`${file}.tmp`, { force: true, recursive: true })
    }
  }
}

/** To be called before anything is changed. */
export function forget(cache: string): void {
  try {
    rmSync(seenFile(cache), { force: true })
  } catch {
    // Where nothing can be removed nothing can be remembered either: what it says of files goes on to be compared.
  }
}

/** The last run, if it was one with nothing to do: nothing else is written by such a run. */
export function lastGlance(cache: string): (Summary & { readonly at: string }) | undefined {
  const seen = recall(cache)
  const at = statSync(seenFile(cache), { throwIfNoEntry: false })?.mtime
  return seen && at && { ...seen.summary, at: at.toISOString() }
}

function keyOf({ graph, options, code }: Glance): Digest | undefined {
  const { dry, transient, force, only, budget, order, sandbox, repeat, consent } = options
  const plain = !dry && !transient && force.length === 0 && !(only ?? budget ?? order)
  if (!plain || code === undefined) return undefined
  const stages = graph.stages.map(({ name, stage }) => ({
    name,
    kind: stage.kind,
    version: stage.version,
    from: stage.from,
    to: stage.to,
    params: stage.params,
    files: stage.files,
  }))
  return digestOf(canonical({ code, stages, sandbox, repeat, consent }))
}

function recall(cache: string): Seen | undefined {
  try {
    const text = readFileSync(seenFile(cache), 'utf8')
    const end = text.indexOf('\n')
    const body = text.slice(end + 1)
    return String(crc32(body)) === text.slice(0, end) ? JSON.parse(body) : undefined
  } catch {
    return undefined
  }
}

/** When the database was made: who deletes it, or puts another in its place, wants what is in that one to count. */
function identityOf(cache: string): string {
  const stat = statSync(databaseFile(cache), { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? 'none' : `${stat.ino} ${stat.birthtimeNs}`
}

function touch(cache: string): void {
  const now = new Date()
  try {
    utimesSync(seenFile(cache), now, now)
  } catch {
    // Then `status` tells of an earlier run.
  }
}

/** Whether the stages, told what they remembered then, learn the same, without a word and with nothing to remember. */
async function learnTheSame({ graph, options }: Glance, learned: Sights['learned']): Promise<boolean> {
  for (const { name, stage } of graph.stages) {
    const then = learned[name]
    if (then === undefined) continue
    let quiet = true
    const stir = () => {
      quiet = false
    }
    const recalled = (wanted: string) => then.recalled[wanted] ?? undefined
    const machine: Machine = { options, recall: recalled, remember: stir, notice: stir }
    try {
      const params = (await stage.environment?.(machine)) ?? {}
      if (!quiet || canonical(params) !== canonical(then.params)) return false
    } catch {
      return false
    }
  }
  return true
}
