/** The files of a stage together, as one run sees them: on disk or, in a dry run, as they would come to stand there. */
import { statSync } from 'node:fs'
import { digestOf } from './cache/digest.ts'
import { acquire } from './cache/lock.ts'
import type { Context } from './context.ts'
import { Moved } from './inputs.ts'
import { decode, readBytes, writeText } from './outputs.ts'
import { matches, nameIn } from './patterns.ts'
import type { Desk, Shelf } from './stage.ts'

export function shelfOf(run: Context): Shelf {
  return {
    paths: (pattern) => {
      const planned = [...run.overlay.keys()].filter((path) => nameIn(pattern, path) !== undefined)
      const standing = matches(run.workspace.root, pattern, run.lookout.folder).map(({ path }) => path)
      return [...new Set([...standing, ...planned])].sort()
    },
    read: (path) => readNow(run, path),
    changedAt: (path) => {
      run.lookout.unsure()
      return statSync(run.absolute(path), { throwIfNoEntry: false })?.mtimeMs ?? 0
    },
  }
}

/** The same when the targets are settled: now a file may be changed for what stands in others. */
export function deskOf(run: Context): Desk {
  return {
    ...shelfOf(run),
    dry: run.options.dry,
    rewrite: async (path, output, change) => {
      if (run.options.dry) return await rewriteUntilItHolds(run, path, change)
      const lock = await acquire(run.workspace.cache, run.absolute(output), { signal: run.signal })
      try {
        await rewriteUntilItHolds(run, path, change)
      } finally {
        lock.release()
      }
    },
  }
}

/** A person may save the file while it is being changed: then it is changed from what they saved. */
async function rewriteUntilItHolds(
  run: Context,
  path: string,
  change: (text: string) => Promise<string>,
): Promise<void> {
  const absolute = run.absolute(path)
  for (let tries = 0; ; tries++) {
    const before = await readNow(run, path)
    if (before === undefined) return
    const after = await change(before)
    if (after === before) return
    if (run.options.dry) {
      run.overlay.set(path, after)
      return
    }
    const guard = () => {
      run.workspace.stamps.invalidate(absolute)
      if (run.workspace.stamps.digest(absolute) !== digestOf(before)) throw new Moved(path)
    }
    try {
      run.writing(path)
      await writeText(absolute, after, path, { durable: true, guard })
      run.wrote(path, digestOf(after))
      return
    } catch (error) {
      if (!(error instanceof Moved) || tries >= 20) throw error
    }
  }
}

async function readNow(run: Context, path: string): Promise<string | undefined> {
  const planned = run.overlay.get(path)
  if (planned !== undefined) return planned
  const absolute = run.absolute(path)
  const bytes = await readBytes(absolute, path)
  run.lookout.file(absolute)
  const digest = run.workspace.stamps.digest(absolute)
  if (digest !== (bytes && digestOf(bytes))) run.lookout.unsure()
  return bytes === undefined ? undefined : decode(bytes, path)
}
