/**
 * Digests of files, found out once: a file whose size, mtime, ctime (in ns) and inode are those of a former time has
 * the content of that time, and costs one stat.
 *
 * That is wrong in one case, which git calls racy: a file that is written again within the same tick of the file
 * system's clock, to the same size, looks the same. So a stamp is only kept when both times are clearly older than
 * the moment before the file was read; then a later write gets a later ctime. A younger file is digested again at
 * the next run. The kernel's clock for files lags up to 10 ms behind; file systems with whole seconds
 * need more. ctime cannot be set by programs, so a restored mtime is noticed; stamps are compared for equality, so a
 * clock that goes backwards does no harm, and a time in the future is never clearly older.
 *
 * stat is called synchronously: for thousands of files that is several times as fast as through the thread pool.
 */
import { type BigIntStats, closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { codeOf, Failure, messageOf } from '../failure.ts'
import { type Digest, digestOfParts, isDigest } from './digest.ts'
import { isOld, stampOf } from './stamp.mjs'
import type { Store } from './store.ts'

const attempts = 5

/** A file as it was looked at. `stamp`: undefined where it was too young to prove anything; for no file it is `absent`. */
interface Seen {
  readonly digest: Digest | undefined
  readonly stamp: string | undefined
}

export const absent = '-'

export class Stamps {
  readonly #store: Store
  readonly #seen = new Map<string, Seen>()
  /** Entries of the store, read in one go: in a third of the time, and whoever writes others meanwhile, these stay true. */
  #stored: Map<string, string> | undefined

  constructor(store: Store) {
    this.#store = store
  }

  /**
   * The digest of the file's content, undefined when there is no such file. Asked for again, the answer is the same
   * until `invalidate`. Give absolute paths. Throws a Failure when the file can't be read.
   */
  digest(path: string): Digest | undefined {
    const known = this.#seen.get(path)
    if (known !== undefined) return known.digest
    const seen = this.#remembered(path) ?? this.#read(path)
    this.#seen.set(path, seen)
    return seen.digest
  }

  /** What a file that keeps it holds what `digest` said; undefined where nothing does, or `digest` was not asked. */
  stampOf(path: string): string | undefined {
    return this.#seen.get(path)?.stamp
  }

  /** The file may have changed; without a path, every file. */
  invalidate(path?: string): void {
    if (path === undefined) this.#seen.clear()
    else this.#seen.delete(path)
  }

  /** Drops what is remembered of the file, on disk too. */
  forget(path: string): void {
    this.invalidate(path)
    this.#stored?.delete(path)
    this.#store.remove('stamps', path)
  }

  #remembered(path: string): Seen | undefined {
    this.#stored ??= this.#store.getAll<string>('stamps')
    const entry = this.#stored.get(path)
    if (entry === undefined) return undefined
    const [digest, stamp] = [entry.slice(0, 32), entry.slice(33)]
    return isDigest(digest) && stamp === stampNow(path) ? { digest, stamp } : undefined
  }

  #read(path: string): Seen {
    for (let attempt = 1; ; attempt++) {
      const before = Date.now()
      const found = readWithStats(path)
      if (found === undefined) return { digest: undefined, stamp: absent }
      const [stamp, after] = found.stats.map(stampOf)
      const whole = stamp === after
      if (!whole && attempt < attempts) continue
      const { digest } = found
      if (!whole || stamp === undefined || !isOld(found.stats[0], before)) return { digest, stamp: undefined }
      this.#store.put('stamps', path, `${digest} ${stamp}`)
      this.#stored?.set(path, `${digest} ${stamp}`)
      return { digest, stamp }
    }
  }
}

/** What tells this state of a file or folder from any later one; `absent` when there is none, or it can't be looked at. */
export function stampNow(path: string): string {
  const stat = statOf(path)
  return stat === undefined ? absent : stampOf(stat)
}

/** The same, but undefined for what is so young that it could change and keep it. */
export function steadyStamp(path: string): string | undefined {
  const stat = statOf(path)
  if (stat === undefined) return absent
  return isOld(stat, Date.now()) ? stampOf(stat) : undefined
}

function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    // What is wrong with it is said when it is read.
    return undefined
  }
}

/** Stats from before and after the reading, of the very file that was read. */
function readWithStats(
  path: string,
): { readonly digest: Digest; readonly stats: readonly [BigIntStats, BigIntStats] } | undefined {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const before = fstatSync(file, { bigint: true })
    const digest = digestOfParts(partsOf(file))
    return { digest, stats: [before, fstatSync(file, { bigint: true })] }
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new Failure(`cannot read ${path}: ${messageOf(error)}`, { cause: error })
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** Memory for all of a large file takes longer than to read it. */
const part = Buffer.alloc(256 << 10)

/** Each part stands where the one before it stood. */
function* partsOf(file: number): Generator<Uint8Array> {
  for (;;) {
    const length = readSync(file, part)
    if (length === 0) return
    yield part.subarray(0, length)
  }
}
