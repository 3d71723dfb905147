/**
 * Notes of things that are under way outside and must not be forgotten: a batch that a server is working on, for which
 * money is owed whether or not anybody comes for it.
 *
 * A note is one file, `cache/journal/<name>.json`, written beside its place, flushed, and renamed, so that after a crash
 * it is there in full or as it was before. Unlike the store it is not made of what can be computed again, and unlike a
 * response a note changes. There are few: one for each batch.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, Failure, messageOf } from '../failure.ts'
import type { Json } from './digest.ts'

const shape = /^[\w-]{1,100}$/

export class Journal {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** `cache` is the cache's folder. Nothing is read, and nothing made, before it is needed. */
  static open(cache: string): Journal {
    return new Journal(join(cache, 'journal'))
  }

  /** All notes by name, in the order of their names. Throws Failure for one that can't be read: it may name a debt. */
  notes(): ReadonlyMap<string, Json> {
    return new Map(this.#names().map((name) => [name, this.#read(name)]))
  }

  /** Resolves when the note is on disk to stay, in the place of the one that had this name. */
  async write(name: string, note: Json): Promise<void> {
    if (!shape.test(name)) throw new TypeError(`not a note's name: ${name}`)
    mkdirSync(this.#folder, { recursive: true })
    const path = this.#path(name)
    const beside = `${path}.${randomBytes(4).toString('hex')}.tmp`
    const file = await open(beside, 'wx')
    try {
      await file.writeFile(`${JSON.stringify(note, undefined, 1)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
    const folder = await open(this.#folder, 'r').catch(() => undefined)
    await folder?.sync().catch(() => {})
    await folder?.close()
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#folder)
        .filter((name) => name.endsWith('.json'))
        .map((name) => name.slice(0, -'.json'.length))
        .sort()
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      throw unreadable(this.#folder, error)
    }
  }

  #read(name: string): Json {
    try {
      return JSON.parse(readFileSync(this.#path(name), 'utf8')) as Json
    } catch (error) {
      throw unreadable(this.#path(name), error)
    }
  }

  #path(name: string): string {
    return join(this.#folder, `${name}.json`)
  }
}

function unreadable(path: string, error: unknown): Failure {
  return new Failure(`cannot read ${path}, which notes what is under way: ${messageOf(error)}`, {
    remedy: 'Make it readable; or, if it is damaged, move it away.',
    cause: error,
  })
}
