/**
 * Creates a batch so that it is never paid for twice: noted first, and looked for before it is tried again, for the answer
 * to its creation may be lost though it is there.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure, type Journal } from '../../engine/stage.ts'
import type { Batch, BatchApi } from './batch-api.ts'
import { type BatchNote, nameOf, writeNote } from './batch-note.ts'
import { isPassing, type RetryPolicy, Trouble } from './retry.ts'

export interface Creation {
  /** The id of the uploaded file. */
  readonly input: string
  readonly policy: RetryPolicy
  readonly journal: Journal
  readonly signal: AbortSignal
}

/** Throws Trouble when it is certain that there is none, and Failure when nobody can tell. */
export async function create(
  api: BatchApi,
  note: BatchNote,
  { input, policy, journal, signal }: Creation,
): Promise<Batch> {
  // From here on something may exist that is charged for.
  await writeNote(journal, note)
  for (let tries = 1; ; tries++) {
    try {
      return await api.create(note.submission, input, note.endpoint)
    } catch (error) {
      if (!(error instanceof Trouble)) throw error
      if (isPassing(error.fault)) {
        const found = await listed(api)
        if (found === undefined) throw unknownFate(note)
        const there = found.find(({ submission }) => submission === note.submission)
        if (there !== undefined) return there
        if (tries < policy.attempts) {
          const seconds = Math.min(error.wait ?? policy.first * 2 ** tries, policy.cap)
          await sleep(seconds * 1000, undefined, { signal })
          continue
        }
      }
      await writeNote(journal, { ...note, state: 'collected' })
      throw error
    }
  }
}

/** Undefined: this server has no list of batches, or does not show it. */
export async function listed(api: BatchApi): Promise<readonly Batch[] | undefined> {
  try {
    return await api.list()
  } catch (error) {
    if (!(error instanceof Trouble) || error.fault.type !== 'status') throw error
    const { status } = error.fault
    // A refused key is refused for all else too, and is better said in the words of that.
    if (isPassing(error.fault) || status === 401) throw error
    return undefined
  }
}

export function unknownFate({ submission }: BatchNote): Failure {
  return new Failure(
    'a batch was being created when the connection or the run ended, and the server has no list of batches to look it up in',
    {
      remedy: `Look at the server for a batch with the metadata ${submission}. If there is none, delete cache/journal/${nameOf(submission)}.json and run again.`,
    },
  )
}
