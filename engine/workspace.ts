/**
 * The place a pipeline lives in: its folder, and what the engine remembers about it. Opened once a process; in watch
 * mode it stays open from run to run.
 */
import { join, resolve } from 'node:path'
import type { Digest } from './cache/digest.ts'
import { Journal } from './cache/journal.ts'
import { Recent } from './cache/recent.ts'
import { Responses } from './cache/responses.ts'
import { Stamps } from './cache/stamps.ts'
import { Store } from './cache/store.ts'
import type { Notice } from './events.ts'
import type { TargetRecord } from './record.ts'

/** Characters: two files of 5 MB in each of three stages, before and after an edit. */
const textsKept = 40e6

export interface Workspace {
  /** The pipeline file's folder: all paths in it are relative to this. Absolute. */
  readonly root: string
  readonly cache: string
  readonly store: Store
  readonly stamps: Stamps
  /** Texts of files that were read or written a moment ago: they need not be read and decoded again. */
  readonly texts: Recent<Digest, string>
  /** Records that this process has read or written; who has just got a target's lock reads anew. */
  readonly records: Map<string, TargetRecord>
  readonly responses: Responses
  readonly journal: Journal
  /** What opening the cache had to say (a damaged store was dropped, …). */
  readonly notices: readonly Notice[]
  close(): Promise<void>
}

export async function openWorkspace(root: string, cache = join(root, 'cache')): Promise<Workspace> {
  const store = await Store.open(cache)
  const responses = Responses.open(cache)
  return {
    root: resolve(root),
    cache,
    store,
    stamps: new Stamps(store),
    texts: new Recent(textsKept),
    records: new Map(),
    responses,
    journal: Journal.open(cache),
    notices: store.notices.map((text) => ({ level: 'warning', text })),
    close: async () => {
      await responses.close()
      await store.close()
    },
  }
}
