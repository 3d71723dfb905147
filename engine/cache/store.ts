/**
 * Everything that can be computed again: results of units, records of targets, stamps of files, what stages remember.
 * One lmdb environment in `cache/store/`, a table each.
 *
 * A value is stored as
 *
 *     CRC-32, 4 bytes little-endian | JSON in UTF-8
 *
 * with the checksum over table, key and JSON, so that a value found under another key is damaged too. A damaged entry
 * is dropped, counted, and a miss. Nothing is compressed: a typical result has 300 bytes, and where deflate pays in
 * space (a third to a half of 7 to 60 KB) it makes reading three to six times as slow, inflating being dearer than parsing.
 *
 * Writes gather in memory for some milliseconds and go out in one transaction, in this thread: reads see them at
 * once, a key that is written twice costs once, and a failure is an exception in one place, with everything still in
 * memory to be tried again. lmdb's own asynchronous writing reports a full disk on the console and through promises
 * nobody holds. What a kill -9 takes is the last such batch, which is computed again.
 */
import { closeSync, fsyncSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { Failure, messageOf } from '../failure.ts'
import type { Json } from './digest.ts'
import { type Environment, freeBytes, openEnvironment, type Table, tables } from './opening.ts'

export type { Table } from './opening.ts'

type Pending = { readonly [table in Table]: Map<string, Buffer | 'removed'> }

const gatherMs = 25
const retryMs = 1000
const gatherBytes = 8 << 20
const bytesToSpare = 4 << 20
const checksumSize = 4
/** lmdb can't hold much longer ones; what has a longer key is not remembered. */
const longestKey = 1000

export class Store {
  /** The cache's folder. */
  readonly cache: string
  readonly #pending: Pending = { units: new Map(), targets: new Map(), stamps: new Map(), memory: new Map() }
  readonly #notices: string[]
  #environment: Environment | undefined
  #pendingBytes = 0
  #timer: NodeJS.Timeout | undefined
  #writing = false
  /** The last transaction failed: then memory holds what comes, and a try now and then is enough. */
  #failing = false
  #damaged = 0

  private constructor(cache: string, environment: Environment | undefined, notices: readonly string[]) {
    this.cache = cache
    this.#environment = environment
    this.#notices = [...notices]
  }

  /** `cache` is the cache's folder. Never throws: a store that can't be used remembers until the process ends. */
  static async open(cache: string): Promise<Store> {
    const { environment, notices } = await openEnvironment(cache)
    return new Store(cache, environment, notices)
  }

  /** What a person should know of it: why it was thrown away, why it can't be used. */
  get notices(): readonly string[] {
    return this.#notices
  }

  get<T extends Json>(table: Table, key: string): T | undefined {
    const bytes = this.#read(table, key)
    if (bytes === undefined) return undefined
    const json = bytes.subarray(checksumSize)
    if (bytes.length > checksumSize && bytes.readUInt32LE(0) === checksum(table, key, json)) {
      const value: T = JSON.parse(json.toString('utf8'))
      return value
    }
    this.#damaged++
    this.remove(table, key)
    return undefined
  }

  /** Remembered at once in this process, and on disk soon, or when `flush` resolves. */
  put(table: Table, key: string, value: Json): void {
    if (key === '' || Buffer.byteLength(key) > longestKey) return
    const json = Buffer.from(JSON.stringify(value))
    const bytes = Buffer.allocUnsafe(checksumSize + json.length)
    bytes.writeUInt32LE(checksum(table, key, json), 0)
    json.copy(bytes, checksumSize)
    this.#set(table, key, bytes)
  }

  remove(table: Table, key: string): void {
    if (key !== '' && Buffer.byteLength(key) <= longestKey) this.#set(table, key, 'removed')
  }

  keys(table: Table): readonly string[] {
    const pending = this.#pending[table]
    const stored = this.#ask((environment) => [...environment.tables[table].getKeys()]) ?? []
    const added = [...pending].filter(([, bytes]) => bytes !== 'removed').map(([key]) => key)
    return [...stored.filter((key) => !pending.has(key)), ...added]
  }

  *entries<T extends Json>(table: Table): Generator<readonly [key: string, value: T]> {
    for (const key of this.keys(table)) {
      const value = this.get<T>(table, key)
      if (value !== undefined) yield [key, value]
    }
  }

  /** What an entry takes, in bytes, without the room that lmdb leaves around it. */
  bytesOf(table: Table, key: string): number {
    return this.#read(table, key)?.length ?? 0
  }

  /** How many damaged entries were met and dropped. */
  get damaged(): number {
    return this.#damaged
  }

  /** The size of its file. */
  get bytes(): number {
    return statSync(join(this.cache, 'store', 'data.mdb'), { throwIfNoEntry: false })?.size ?? 0
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
    const environment = this.#environment
    if (environment === undefined) return
    this.#environment = undefined
    if (this.#writing) syncFile(join(this.cache, 'store', 'data.mdb'))
    await environment.root.close()
    environment.marker.remove()
  }

  #read(table: Table, key: string): Buffer | undefined {
    const pending = this.#pending[table].get(key)
    if (pending !== undefined) return pending === 'removed' ? undefined : pending
    if (key === '' || Buffer.byteLength(key) > longestKey) return undefined
    return this.#ask((environment) => environment.tables[table].getBinary(key))
  }

  #ask<T>(question: (environment: Environment) => T): T | undefined {
    if (this.#environment === undefined) return undefined
    try {
      return question(this.#environment)
    } catch (error) {
      this.#giveUp(this.#environment, error)
      return undefined
    }
  }

  /** lmdb says that a page is damaged, so any page may be: use it no more, nor close it, and let the next run start anew. */
  #giveUp(environment: Environment, error: unknown): void {
    this.#environment = undefined
    this.#damaged++
    this.#notices.push(
      `${join(this.cache, 'store')} is damaged (${messageOf(error)}); this run computes anew what it does not find, and the next one starts with an empty store`,
    )
    try {
      environment.marker.damaged()
    } catch {
      // The folder is gone, and the damage with it.
    }
  }

  #set(table: Table, key: string, bytes: Buffer | 'removed'): void {
    this.#pending[table].set(key, bytes)
    this.#pendingBytes += key.length + bytes.length
    if (this.#environment === undefined) return
    if (this.#pendingBytes > gatherBytes && !this.#failing) this.#commit()
    else this.#timer ??= setTimeout(() => this.#commit(), this.#failing ? retryMs : gatherMs)
  }

  /** The error that kept it from being written, if any. */
  #commit(): unknown {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#environment === undefined || this.#pendingBytes === 0) return undefined
    try {
      // Looked at first, for lmdb calls a full disk an input/output error.
      if (freeBytes(this.cache) < 2 * this.#pendingBytes + bytesToSpare) throw new Error('the disk is full')
      if (!this.#writing) this.#environment.marker.sync()
      this.#writing = true
      this.#environment.root.transactionSync(() => this.#writePending())
    } catch (error) {
      if (isDamage(error)) return this.#giveUp(this.#environment, error)
      this.#failing = true
      return error
    }
    for (const table of tables) this.#pending[table].clear()
    this.#pendingBytes = 0
    this.#failing = false
    return undefined
  }

  /** Returns nothing on purpose: lmdb would take a promise for a transaction that goes on. */
  #writePending(): void {
    if (this.#environment === undefined) return
    for (const table of tables) {
      const database = this.#environment.tables[table]
      for (const [key, bytes] of this.#pending[table]) {
        if (bytes === 'removed') database.remove(key)
        else database.put(key, bytes)
      }
    }
  }
}

function checksum(table: Table, key: string, json: Uint8Array): number {
  return crc32(json, crc32(`${table}\n${key}\n`))
}

/** lmdb's own errors have negative codes; those of the system, as for a full disk, have positive ones. */
function isDamage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && error.code < 0
}

function syncFile(path: string): void {
  try {
    const file = openSync(path, 'r')
    fsyncSync(file)
    closeSync(file)
  } catch {
    // Deleted while it was open: there is nothing left to keep.
  }
}
