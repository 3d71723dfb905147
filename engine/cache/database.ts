/**
 * Opening the SQLite database in `cache/store/`, and throwing away what can't be used: everything in it can be
 * computed again, so there is no repair.
 *
 * SQLite, because several processes use one cache at once (a watch, and a run beside it), each may be killed at any
 * moment, and the file may be damaged by a full disk or a power failure: it tells damage from data without dying of
 * it, and what was committed before a kill is there after it. In its write-ahead mode readers and a writer do not wait
 * for each other, and `synchronous = NORMAL` syncs when the log is folded in: a power failure may take the last
 * commits and nothing else.
 *
 * lmdb was here before. It reads three times as fast and loads three times as slowly (50 ms), which comes out even for
 * a run with nothing to do. But a truncated file kills the process that maps it, and lmdb-js 3.5 itself damages its
 * file when several processes are busy in it: with five of them one try in fifteen, with one that writes and four that
 * read one in forty; the C library's 0.9.24 stood the same test.
 *
 * Ordinary tables rather than WITHOUT ROWID: three times as fast with values of some hundred bytes to some kilobytes.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync, DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite'
import { messageOf } from '../failure.ts'
import { acquire } from './lock.ts'

export const tables = ['units', 'targets', 'stamps', 'memory'] as const
export type Table = (typeof tables)[number]

export interface Row {
  readonly key: string
  readonly sum: number
  readonly json: string
}

interface Statements {
  readonly get: StatementSyncInstance
  readonly put: StatementSyncInstance
  readonly remove: StatementSyncInstance
  readonly keys: StatementSyncInstance
  readonly rows: StatementSyncInstance
}

/** What came of opening: without a database the process remembers nothing, and a notice says why. */
export interface Opened {
  readonly database: Database | undefined
  readonly notices: readonly string[]
}

const waitForOpenersMs = 10_000
/** How long a commit waits for another process's. Everything else waits with it, so it is short; the next try comes soon. */
const waitForWriterMs = 2000

export function databaseFile(cache: string): string {
  return join(cache, 'store', 'store.sqlite')
}

/** Openers exclude each other, so that nobody opens what is being made or removed. */
export async function openDatabase(cache: string): Promise<Opened> {
  const notices: string[] = []
  try {
    const { DatabaseSync } = await import('@photostructure/sqlite')
    mkdirSync(join(cache, 'store'), { recursive: true })
    const signal = AbortSignal.timeout(waitForOpenersMs)
    const right = await acquire(cache, 'opening the store', { signal })
    try {
      return { database: openOrDiscard(DatabaseSync, cache, notices), notices }
    } finally {
      right.release()
    }
  } catch (error) {
    notices.push(
      `${join(cache, 'store')} cannot be used: ${messageOf(error)}; this run computes everything anew and remembers nothing of it`,
    )
    return { database: undefined, notices }
  }
}

function openOrDiscard(Connection: typeof DatabaseSync, cache: string, notices: string[]): Database {
  try {
    return new Database(Connection, cache)
  } catch (error) {
    if (!isDamage(error)) throw error
    discard(cache)
    notices.push(thrownAway(cache, error))
    return new Database(Connection, cache)
  }
}

/**
 * Others may have it open: they keep what they have opened, which is gone when they close it, and begin anew with what
 * they add to it from now on.
 */
function discard(cache: string): void {
  const folder = join(cache, 'store')
  const aside = `${folder}.damaged-${randomBytes(4).toString('hex')}`
  renameSync(folder, aside)
  rmSync(aside, { recursive: true, force: true })
  mkdirSync(folder)
}

export function thrownAway(cache: string, why: unknown): string {
  return `${join(cache, 'store')} was thrown away (${messageOf(why)}); everything in it will be computed again`
}

/** SQLite's codes 11 and 26: the file is malformed, or none of its own. */
export function isDamage(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && [11, 26].includes(Number(error.errcode) & 0xff)
}

export class Database {
  readonly #Connection: typeof DatabaseSync
  readonly #cache: string
  readonly #connection: DatabaseSyncInstance
  readonly #statements: { readonly [table in Table]: Statements }
  readonly #inode: number
  #written = false
  #reading = false

  /** Throws when the file is no database, or damaged where a first look falls. */
  constructor(Connection: typeof DatabaseSync, cache: string) {
    this.#Connection = Connection
    this.#cache = cache
    this.#connection = new Connection(databaseFile(cache), { timeout: waitForWriterMs })
    try {
      this.#connection.exec('PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
      this.#statements = {
        units: prepared(this.#connection, 'units'),
        targets: prepared(this.#connection, 'targets'),
        stamps: prepared(this.#connection, 'stamps'),
        memory: prepared(this.#connection, 'memory'),
      }
      this.#inode = statSync(databaseFile(cache)).ino
    } catch (error) {
      this.#connection.close()
      throw error
    }
  }

  /** Deleted or thrown away under us: SQLite would go on writing to a file that nobody can find. */
  get gone(): boolean {
    return statSync(databaseFile(this.#cache), { throwIfNoEntry: false })?.ino !== this.#inode
  }

  /**
   * An empty one in the place of this one, or the one that another process has put there since. Throws when there can be
   * none; the cache's folder itself is not made again, for who deletes that may be deleting the whole workspace.
   */
  replaced(): Database {
    if (!this.gone) discard(this.#cache)
    else if (!existsSync(join(this.#cache, 'store'))) mkdirSync(join(this.#cache, 'store'))
    const next = new Database(this.#Connection, this.#cache)
    this.close()
    return next
  }

  get(table: Table, key: string): Row | undefined {
    this.#read()
    const row: unknown = this.#statements[table].get.get(key)
    return isRow(row) ? row : undefined
  }

  keys(table: Table): readonly string[] {
    this.#read()
    return this.#statements[table].keys.all().map((row: { readonly key: unknown }) => String(row.key))
  }

  /** All rows but those whose key ends in `but`. For thousands of them a third of the time that `get` takes. */
  rows(table: Table, but?: string): readonly Row[] {
    this.#read()
    return this.#statements[table].rows.all(but === undefined ? '' : `%${but}`).filter(isRow)
  }

  /** What other processes wrote is seen from now on: a read sees what was there when this turn of the event loop began. */
  refresh(): void {
    if (!this.#reading) return
    this.#reading = false
    // Some errors have ended it already.
    if (this.#connection.isTransaction) this.#connection.exec('COMMIT')
  }

  /** The reads of one turn of the event loop share a transaction: each by itself takes twice as long. */
  #read(): void {
    if (this.#reading) return
    this.#connection.exec('BEGIN')
    this.#reading = true
    setImmediate(() => this.refresh())
  }

  /** All of it or, when it throws, nothing. */
  write(changes: { readonly [table in Table]: ReadonlyMap<string, Row | 'removed'> }): void {
    this.refresh()
    this.#written = true
    this.#connection.exec('BEGIN IMMEDIATE')
    try {
      for (const table of tables) {
        const { put, remove } = this.#statements[table]
        for (const [key, row] of changes[table])
          if (row === 'removed') remove.run(key)
          else put.run(key, row.sum, row.json)
      }
      this.#connection.exec('COMMIT')
    } catch (error) {
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK')
      throw error
    }
  }

  close(): void {
    this.refresh()
    // The library's close leaves SQLite's own to garbage collection, and with it the folding in of the log.
    try {
      if (this.#written) this.#connection.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // Another process is in the middle of it, or will do it.
    }
    this.#connection.close()
  }
}

function prepared(connection: DatabaseSyncInstance, table: Table): Statements {
  connection.exec(
    `CREATE TABLE IF NOT EXISTS ${table} (key TEXT PRIMARY KEY, sum INTEGER NOT NULL, json TEXT NOT NULL)`,
  )
  return {
    get: connection.prepare(`SELECT key, sum, json FROM ${table} WHERE key = ?`),
    put: connection.prepare(`INSERT OR REPLACE INTO ${table} (key, sum, json) VALUES (?, ?, ?)`),
    remove: connection.prepare(`DELETE FROM ${table} WHERE key = ?`),
    keys: connection.prepare(`SELECT key FROM ${table}`),
    rows: connection.prepare(`SELECT key, sum, json FROM ${table} WHERE key NOT LIKE ?`),
  }
}

function isRow(row: unknown): row is Row {
  return (
    typeof row === 'object' &&
    row !== null &&
    'sum' in row &&
    typeof row.sum === 'number' &&
    'json' in row &&
    typeof row.json === 'string'
  )
}
