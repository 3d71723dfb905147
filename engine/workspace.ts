/**
 * The place a pipeline lives in: its folder, and what the engine remembers about it. Opened once a process; in watch
 * mode it stays open from run to run.
 */
import { join, resolve } from 'node:path'
import { Journal } from './cache/journal.ts'
import { Responses } from './cache/responses.ts'
import { Stamps } from './cache/stamps.ts'
import { Store } from './cache/store.ts'
import { Texts } from './cache/texts.ts'
import type { Notice } from './events.ts'
import type { TargetRecord } from './record.ts'

export interface Workspace {
  /** The pipeline file's folder: all paths in it are relative to this. Absolute. */
  readonly root: string
  readonly cache: string
  readonly store: Store
  readonly stamps: Stamps
  readonly texts: Texts
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
    texts: new Texts(),
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
