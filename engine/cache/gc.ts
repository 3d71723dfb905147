/**
 * Garbage: what no present target can reach. Results of units that no target's record names, records of targets
 * that are no more, stamps of files that are gone, locks of dead processes. Paid responses are never garbage, and
 * what stages remember is theirs.
 *
 * The file does not become smaller: SQLite keeps freed pages and fills them again. Writing it anew to give them back
 * would take as long as all that stays is large, for room that the next runs take again; whoever wants it back deletes
 * `cache/store/`, which costs computing time only.
 */
import { existsSync } from 'node:fs'
import { removeDeadLocks } from './lock.ts'
import type { Store } from './store.ts'

/** What is to stay: the keys of units that the targets' records name, and the keys of the records. */
export interface Reachable {
  readonly units: ReadonlySet<string>
  readonly targets: ReadonlySet<string>
}

export interface Collected {
  /** Entries and left-behind lock files. */
  readonly dropped: number
  /** What the entries took. */
  readonly bytes: number
}

/** Rejects with a Failure when the store can't be written. */
export async function collect(store: Store, reachable: Reachable): Promise<Collected> {
  let dropped = await removeDeadLocks(store.cache)
  let bytes = 0
  const stays = {
    units: (key: string) => reachable.units.has(key),
    targets: (key: string) => reachable.targets.has(key),
    stamps: (path: string) => existsSync(path),
  }
  for (const table of ['units', 'targets', 'stamps'] as const) {
    for (const key of store.keys(table)) {
      if (stays[table](key)) continue
      bytes += store.bytesOf(table, key)
      store.remove(table, key)
      dropped++
    }
  }
  await store.flush()
  return { dropped, bytes }
}
