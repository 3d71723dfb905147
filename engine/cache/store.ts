/**
 * Everything that can be computed again: results of units, records of targets, stamps of files, what stages remember.
 * One SQLite database in `cache/store/`, a table each.
 *
 * A value is stored as JSON beside a CRC-32 over table, key and JSON, so that a value found under another key is damaged
 * too. A damaged entry is dropped, counted, and a miss. Nothing is compressed: a typical result has 300 bytes, and where
 * deflate pays in space (a third to a half of 7 to 60 KB) it makes reading three to six times as slow.
 *
 * Writes gather in memory for some milliseconds and go out in one transaction, in this thread: reads see them at
 * once, a key that is written twice costs once, and a failure is an exception in one place, with everything still in
 * memory to be tried again. What a kill -9 takes is the last such batch, which is computed again.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { Failure, messageOf } from '../failure.ts'
import {
  type Database,
  databaseFile,
  isDamage,
  openDatabase,
  type Row,
  type Table,
  tables,
  thrownAway,
} from './database.ts'
import type { Json } from './digest.ts'
import { Recent } from './recent.ts'

export type { Table } from './database.ts'

type Pending = { readonly [table in Table]: Map<string, Row | 'removed'> }

const gatherMs = 25
const retryMs = 1000
/** Characters: the units of a file of thousands of completions, for which an edit in watch mode asks again. */
const unitsKept = 8 << 20
const gatherCharacters = 8 << 20
/** What has a longer key is not remembered: no path and no digest has, and an index of such keys serves nobody. */
const longestKey = 1000

export class Store {
  /** The cache's folder. */
  readonly cache: string
  readonly #pending: Pending = { units: new Map(), targets: new Map(), stamps: new Map(), memory: new Map() }
  /** A unit's key says all that it came from: what was read of it holds for as long as this database does. */
  readonly #units = new Recent<string, Json>(unitsKept)
  readonly #notices: string[]
  #database: Database | undefined
  #pendingCharacters = 0
  #timer: NodeJS.Timeout | undefined
  /** The last transaction failed: then memory holds what comes, and a try now and then is enough. */
  #failing = false
  #damaged = 0

  private constructor(cache: string, database: Database | undefined, notices: readonly string[]) {
    this.cache = cache
    this.#database = database
    this.#notices = [...notices]
  }

  /** `cache` is the cache's folder. Never throws: a store that can't be used remembers until the process ends. */
  static async open(cache: string): Promise<Store> {
    const { database, notices } = await openDatabase(cache)
    return new Store(cache, database, notices)
  }

  /** What a person should know of it: why it was thrown away, why it can't be used. */
  get notices(): readonly string[] {
    return this.#notices
  }

  get<T extends Json>(table: Table, key: string): T | undefined {
    const known = table === 'units' ? this.#units.get(key) : undefined
    if (known !== undefined) return known as T
    const row = this.#read(table, key)
    return row === undefined ? undefined : this.#valueOf<T>(table, row)
  }

  /** Values of a whole table by key, but those whose key ends in `but`. */
  getAll<T extends Json>(table: Table, but?: string): Map<string, T> {
    const values = new Map<string, T>()
    const stored = this.#ask((database) => database.rows(table, but)) ?? []
    const pending = this.#pending[table]
    for (const row of [...stored.filter(({ key }) => !pending.has(key)), ...pending.values()]) {
      if (row === 'removed' || (but !== undefined && row.key.endsWith(but))) continue
      const value = this.#valueOf<T>(table, row)
      if (value !== undefined) values.set(row.key, value)
    }
    return values
  }

  /** Remembered at once in this process, and on disk soon, or when `flush` resolves. */
  put(table: Table, key: string, value: Json): void {
    if (!fits(key)) return
    const json = JSON.stringify(value)
    this.#set(table, key, { key, sum: checksum(table, key, json), json })
  }

  remove(table: Table, key: string): void {
    if (fits(key)) this.#set(table, key, 'removed')
  }

  keys(table: Table): readonly string[] {
    const pending = this.#pending[table]
    const stored = this.#ask((database) => database.keys(table)) ?? []
    const added = [...pending].filter(([, row]) => row !== 'removed').map(([key]) => key)
    return [...stored.filter((key) => !pending.has(key)), ...added]
  }

  *entries<T extends Json>(table: Table): Generator<readonly [key: string, value: T]> {
    for (const key of this.keys(table)) {
      const value = this.get<T>(table, key)
      if (value !== undefined) yield [key, value]
    }
  }

  /** About what an entry takes, in bytes, without the room that SQLite leaves around it. */
  bytesOf(table: Table, key: string): number {
    return this.#read(table, key)?.json.length ?? 0
  }

  /** From now on what other processes have flushed before is seen; without it, from the next turn of the event loop on. */
  refresh(): void {
    this.#ask((database) => database.refresh())
  }

  /** How many damaged entries were met and dropped. */
  get damaged(): number {
    return this.#damaged
  }

  /** The size of its file and of the log beside it. */
  get bytes(): number {
    const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0
    return sizeOf(databaseFile(this.cache)) + sizeOf(`${databaseFile(this.cache)}-wal`)
  }

  /**
   * Resolves when everything that was put can no longer be lost by a kill. Rejects with a Failure when it could not
   * be written; it then stays remembered until the process ends, and the next flush tries again.
   */
  async flush(): Promise<void> {
    const error = this.#commit()
    if (error === undefined) return
    throw new Failure(`results cannot be remembered in ${join(this.cache, 'store')}: ${messageOf(error)}`, {
      remedy:
        'Free some disk space, or name another folder with --cache. Nothing is lost but time: they will be computed again.',
      cause: error,
    })
  }

  /** Writes what is left. Does not throw: who wants to know whether it could be written flushes first. */
  async close(): Promise<void> {
    this.#commit()
    clearTimeout(this.#timer)
    this.#database?.close()
    this.#database = undefined
  }

  #valueOf<T extends Json>(table: Table, { key, sum, json }: Row): T | undefined {
    if (sum === checksum(table, key, json)) {
      const value: T = JSON.parse(json)
      if (table === 'units') this.#units.put(key, value, json.length)
      return value
    }
    this.#damaged++
    this.remove(table, key)
    return undefined
  }

  #read(table: Table, key: string): Row | undefined {
    const pending = this.#pending[table].get(key)
    if (pending !== undefined) return pending === 'removed' ? undefined : pending
    return fits(key) ? this.#ask((database) => database.get(table, key)) : undefined
  }

  #ask<T>(question: (database: Database) => T): T | undefined {
    if (this.#database === undefined) return undefined
    try {
      return question(this.#database)
    } catch (error) {
      // Anything else (another process is in the middle of a recovery, a disk that fails for a moment) is a miss: the
      // store is not this process's alone, to be thrown away for that.
      if (isDamage(error)) this.#giveUp(this.#database, error)
      return undefined
    }
  }

  /** What can't be read is thrown away at once, and an empty database takes its place. */
  #giveUp(database: Database, error: unknown): void {
    this.#damaged++
    this.#notices.push(thrownAway(this.cache, error))
    this.#database = undefined
    try {
      this.#database = this.#anew(database)
    } catch {
      // Then memory has to do until this process ends.
    }
  }

  #anew(database: Database): Database {
    this.#units.clear()
    return database.replaced()
  }

  #set(table: Table, key: string, row: Row | 'removed'): void {
    if (table === 'units') this.#units.delete(key)
    this.#pending[table].set(key, row)
    this.#pendingCharacters += key.length + (row === 'removed' ? 0 : row.json.length)
    if (this.#database === undefined) return
    if (this.#pendingCharacters > gatherCharacters && !this.#failing) this.#commit()
    else this.#timer ??= setTimeout(() => this.#commit(), this.#failing ? retryMs : gatherMs)
  }

  /** The error that kept it from being written, if any. */
  #commit(): unknown {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#database === undefined || this.#pendingCharacters === 0) return undefined
    try {
      if (this.#database.gone) this.#database = this.#anew(this.#database)
      this.#database.write(this.#pending)
    } catch (error) {
      if (isDamage(error)) {
        this.#giveUp(this.#database, error)
        return this.#commit()
      }
      this.#failing = true
      return error
    }
    for (const table of tables) this.#pending[table].clear()
    this.#pendingCharacters = 0
    this.#failing = false
    return undefined
  }
}

function fits(key: string): boolean {
  return key !== '' && Buffer.byteLength(key) <= longestKey
}

function checksum(table: Table, key: string, json: string): number {
  return crc32(json, crc32(`${table}\n${key}\n`))
}
