/**
 * Opening the lmdb environment in `cache/store/` without ever dying of what a former process left there.
 *
 * Every process that has the store open keeps a marker in it, `open-<pid>-<random>.json`, that says how far it is:
 *
 * - `opening`: it maps the file and makes its first reads. A process that died here may have died of the file.
 * - `open`: it came through them.
 * - `damaged`: lmdb told it that a page is not what it must be. It leaves the marker behind.
 *
 * So when nobody alive has the store open, it is thrown away after a death while opening, or with such damage. After any other death, or
 * when the file is shorter than its header says, its pages are followed one by one (lmdb-file.ts), and it is thrown
 * away when they do not hold together: what died may have died of a later page, and though lmdb survives kill -9,
 * after a power failure pages may be missing, for the store is not synced until it is closed. While somebody alive
 * has it open it is never thrown away: if it looks bad then, this process does without. Openers exclude each other
 * by a lock, so nobody opens what is being removed.
 *
 * Everything in the store can be computed again, so there is no repair.
 */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Database, RootDatabase } from 'lmdb'
import { messageOf } from '../failure.ts'
import { fitsItsHeader, isSound } from './lmdb-file.ts'
import { acquire } from './lock.ts'
import { isOwner, lifeOf, thisProcess } from './owner.ts'

export const tables = ['units', 'targets', 'stamps', 'memory'] as const
export type Table = (typeof tables)[number]

export interface Environment {
  readonly root: RootDatabase<Buffer, string>
  readonly tables: { readonly [table in Table]: Database<Buffer, string> }
  readonly marker: Marker
}

/** What came of opening: without an environment the process remembers nothing, and a notice says why. */
export interface Opened {
  readonly environment: Environment | undefined
  readonly notices: readonly string[]
}

type Phase = 'opening' | 'open' | 'damaged'

const waitForOpenersMs = 10_000
const longestMarker = 200
const foreignMarkerCountsMs = 24 * 3_600_000
/** lmdb's lock file is mapped with holes; on a full disk, touching one is a SIGBUS. */
const bytesNeeded = 1 << 20

export async function openEnvironment(cache: string): Promise<Opened> {
  const folder = join(cache, 'store')
  const notices: string[] = []
  try {
    const lmdb = await import('lmdb')
    mkdirSync(folder, { recursive: true })
    if (freeBytes(cache) < bytesNeeded) throw new Error('the disk is full')
    const signal = AbortSignal.timeout(waitForOpenersMs)
    const right = await acquire(cache, 'opening the store', { signal })
    try {
      const damage = damageOf(folder)
      if (damage !== undefined) notices.push(discard(folder, damage))
      const first = attempt(lmdb, folder)
      if (!(first instanceof Error)) return { environment: first, notices }
      if (othersHaveIt(folder)) throw first
      notices.push(discard(folder, messageOf(first)))
      const second = attempt(lmdb, folder)
      if (second instanceof Error) throw second
      return { environment: second, notices }
    } finally {
      right.release()
    }
  } catch (error) {
    notices.push(
      `${folder} cannot be used: ${messageOf(error)}; this run computes everything anew and remembers nothing of it`,
    )
    return { environment: undefined, notices }
  }
}

/** Why the store must go; undefined when it can be opened. Throws when it is bad and somebody has it open. */
function damageOf(folder: string): string | undefined {
  const markers = markersIn(folder)
  const dead = markers.filter(({ alive }) => !alive)
  const file = join(folder, 'data.mdb')
  let damage: string | undefined
  if (markers.some(({ phase }) => phase === 'damaged')) damage = 'lmdb found damage in it'
  else if (dead.some(({ phase }) => phase === 'opening')) damage = 'the last run that opened it died of it'
  else if (!fitsItsHeader(file) && !isSound(file)) damage = 'its file is truncated or damaged'
  else if (dead.length > 0 && dead.length === markers.length && !isSound(file)) damage = 'its file is damaged'
  const other = markers.find(({ alive }) => alive)
  if (damage !== undefined && other !== undefined)
    throw new Error(`${damage}, and process ${other.pid} has it open`)
  for (const { path } of dead) rmSync(path, { force: true })
  return damage
}

function discard(folder: string, why: string): string {
  const aside = `${folder}.damaged-${randomBytes(4).toString('hex')}`
  renameSync(folder, aside)
  rmSync(aside, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return `${folder} was thrown away (${why}); everything in it will be computed again`
}

function attempt(lmdb: typeof import('lmdb'), folder: string): Environment | Error {
  const marker = new Marker(folder)
  try {
    const root = lmdb.open<Buffer, string>({
      path: folder,
      noSubdir: false,
      encoding: 'binary',
      // Nothing is synced until the store is closed: see above for why that is safe, and 10 times as fast.
      noSync: true,
      overlappingSync: false,
    })
    const open = (name: Table) => root.openDB<Buffer, string>({ name, encoding: 'binary' })
    const environment = {
      root,
      marker,
      tables: {
        units: open('units'),
        targets: open('targets'),
        stamps: open('stamps'),
        memory: open('memory'),
      },
    }
    for (const table of tables) firstReads(environment.tables[table])
    marker.opened()
    return environment
  } catch (error) {
    marker.remove()
    return error instanceof Error ? error : new Error(String(error))
  }
}

function firstReads(database: Database<Buffer, string>): void {
  for (const reverse of [false, true]) {
    for (const { value } of database.getRange({ limit: 1, reverse })) value.at(-1)
  }
}

function othersHaveIt(folder: string): boolean {
  return markersIn(folder).some(({ alive }) => alive)
}

interface Found {
  readonly path: string
  readonly pid: number
  readonly phase: unknown
  readonly alive: boolean
}

function markersIn(folder: string): readonly Found[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith('open-'))
    .map((name) => readMarker(join(folder, name)))
}

function readMarker(path: string): Found {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (isOwner(content) && 'phase' in content)
      return { path, pid: content.pid, phase: content.phase, alive: counts(path, lifeOf(content)) }
  } catch {
    // Gone or torn: below.
  }
  return { path, pid: 0, phase: undefined, alive: false }
}

/** Of another host's process nobody here knows whether it lives; its marker does not count for ever. */
function counts(path: string, life: ReturnType<typeof lifeOf>): boolean {
  if (life !== 'elsewhere') return life === 'alive'
  return Date.now() - statSync(path).mtimeMs < foreignMarkerCountsMs
}

/** This process's marker in the store's folder. */
export class Marker {
  readonly #path: string
  #stays = false

  constructor(folder: string) {
    this.#path = join(folder, `open-${process.pid}-${randomBytes(4).toString('hex')}.json`)
    this.#write('opening', 'wx')
  }

  opened(): void {
    this.#write('open', 'r+')
  }

  /** From now on `remove` does nothing. */
  damaged(): void {
    this.#stays = true
    this.#write('damaged', 'r+')
  }

  /**
   * To be called before the first write, so that the marker is there after a power failure that leaves half of what
   * follows. Throws when the folder was deleted.
   */
  sync(): void {
    const file = openSync(this.#path, 'r')
    fsyncSync(file)
    closeSync(file)
  }

  remove(): void {
    if (!this.#stays) rmSync(this.#path, { force: true })
  }

  #write(phase: Phase, flags: 'wx' | 'r+'): void {
    const file = openSync(this.#path, flags)
    try {
      const text = `${JSON.stringify({ ...thisProcess(), phase })}\n`
      // Of one length in every phase, so that what is overwritten is never torn.
      writeSync(file, text.padEnd(longestMarker), 0)
    } finally {
      closeSync(file)
    }
  }
}

/** What is free for us in the folder's file system. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}
