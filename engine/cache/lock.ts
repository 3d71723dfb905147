/**
 * A lock per target: a file `cache/locks/<digest of the name>.lock` that says which process holds it.
 *
 * Each process writes one file that says who it is, `<pid>-<random>.owner`, and takes a lock with link(2) of that
 * file: it fails where a lock stands, and the content is there the moment the lock is. Whoever waits reads the lock again and again, and looks whether its owner lives.
 *
 * The lock of a dead owner is removed, and then everybody contends for the free place as usual. Removing is the
 * dangerous part: between reading "its owner is dead" and unlink(2), somebody else may have removed it and taken the
 * lock, and a live lock would be deleted. So only the holder of a second lock, named after the very content that was
 * found dead, may remove it, after having read that content once more. The dead owner no longer touches it and all
 * others need that second lock, so nothing can change in between; and a dead process takes no lock again, so its
 * content (it has a random token) does not come back, and a late comer with an old reading finds another content
 * and leaves it alone. The second lock is a lock like any other: if its holder is killed too, it is taken over by the
 * same steps.
 *
 * Rejected: open(O_EXCL) and then write (a reader sees an empty file and must guess); rename the dead lock away and
 * look what one got (it may be a live one, and cannot be put back without a gap); a file written anew for each lock,
 * with the target's name in it (twice the system calls); a database transaction (the store may be thrown away at any
 * time, and an hour of generation is no transaction); flock (Node has none).
 */
import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, Failure, messageOf } from '../failure.ts'
import { digestOf } from './digest.ts'
import { isOwner, lifeOf, type Owner, thisProcess } from './owner.ts'

export interface Lock {
  /** Gives the lock back; a second call does nothing. */
  release(): void
}

/** Who is waited for. */
export interface Holder {
  readonly pid: number
  readonly host: string
  /** On another host: it cannot be seen whether it lives, so its lock is never taken over. */
  readonly elsewhere: boolean
  /** The lock's file, to be deleted by hand when its owner is known to be gone. */
  readonly file: string
}

export interface Waiting {
  readonly signal?: AbortSignal | undefined
  /** Called once for each holder that is waited for. */
  readonly onWait?: ((holder: Holder) => void) | undefined
}

const shortestPauseMs = 5
const longestPauseMs = 100

/**
 * Waits until the lock is ours. `folder` is the cache's folder. Two callers in one process exclude each other too.
 * Throws the signal's reason when it is raised, and a Failure when the folder can't be written.
 */
export async function acquire(folder: string, name: string, waiting: Waiting = {}): Promise<Lock> {
  const path = join(folder, 'locks', `${digestOf(name)}.lock`)
  let pause = shortestPauseMs
  let told = ''
  for (;;) {
    waiting.signal?.throwIfAborted()
    const lock = tryLink(folder, path)
    if (lock !== undefined) return lock
    const found = readLock(path)
    if (found === undefined) continue
    if (found.owner === undefined || isDead(found.owner)) {
      await removeDead(folder, path, found.text)
      continue
    }
    if (told !== found.text) {
      told = found.text
      waiting.onWait?.(holderOf(found.owner, path))
    }
    await sleep(pause, undefined, waiting.signal === undefined ? {} : { signal: waiting.signal }).catch(
      () => {},
    )
    pause = Math.min(pause * 2, longestPauseMs)
  }
}

/** Whether other processes have used locks in this cache and not said goodbye: they may be waiting for one of ours. */
export function othersAround(folder: string): boolean {
  const own = cards.get(folder)?.path
  const locks = join(folder, 'locks')
  return listed(locks).some((file) => file.endsWith('.owner') && join(locks, file) !== own)
}

/** Removes the locks of dead owners, and what else they left beside them. Returns how many files went. */
export async function removeDeadLocks(folder: string): Promise<number> {
  const locks = join(folder, 'locks')
  let removed = 0
  for (const file of listed(locks)) {
    const path = join(locks, file)
    const found = readLock(path)
    if (found === undefined || !isDead(found.owner)) continue
    if (file.endsWith('.owner')) {
      // One without an owner may be in the making.
      if (found.owner === undefined) continue
      rmSync(path, { force: true })
    } else if (!(await removeDead(folder, path, found.text))) continue
    removed++
  }
  return removed
}

function isDead(owner: Owner | undefined): boolean {
  return owner === undefined || lifeOf(owner) === 'dead'
}

async function removeDead(folder: string, path: string, text: string): Promise<boolean> {
  const right = await acquire(folder, `${path}\nleft behind: ${text}`)
  try {
    if (readLock(path)?.text !== text) return false
    unlinkSync(path)
    return true
  } finally {
    right.release()
  }
}

function tryLink(folder: string, path: string): Lock | undefined {
  try {
    const card = linkCard(folder, path)
    return lockAt(path, card.text)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined
    throw new Failure(`cannot lock ${path}: ${messageOf(error)}`, {
      remedy: 'Make the cache folder writable, free some disk space, or name another folder with --cache.',
      cause: error,
    })
  }
}

/** The file by which this process says who it is, one for each cache folder. */
interface Card {
  readonly path: string
  readonly text: string
}

const cards = new Map<string, Card>()

function linkCard(folder: string, path: string): Card {
  let card = cards.get(folder) ?? makeCard(folder)
  try {
    linkSync(card.path, path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    // Somebody deleted the cache.
    card = makeCard(folder)
    linkSync(card.path, path)
  }
  return card
}

function makeCard(folder: string): Card {
  const token = randomBytes(8).toString('hex')
  const path = join(folder, 'locks', `${process.pid}-${token}.owner`)
  const text = `${JSON.stringify({ ...thisProcess(), token })}\n`
  mkdirSync(dirname(path), { recursive: true })
  try {
    writeFileSync(path, text, { flag: 'wx' })
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  }
  const card = { path, text }
  if (cards.size === 0) process.once('exit', removeCards)
  cards.set(folder, card)
  return card
}

function removeCards(): void {
  for (const { path } of cards.values()) rmSync(path, { force: true })
}

function lockAt(path: string, text: string): Lock {
  let held = true
  return {
    release() {
      // Somebody may have deleted the cache meanwhile, and another may hold a lock of this name by now.
      if (held && readLock(path)?.text === text) rmSync(path, { force: true })
      held = false
    },
  }
}

/** Undefined: there is none. Without an owner: not a lock that anybody wrote to its end, as after a power failure. */
function readLock(path: string): { readonly text: string; readonly owner: Owner | undefined } | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new Failure(`cannot read the lock ${path}: ${messageOf(error)}`, { cause: error })
  }
  try {
    const content: unknown = JSON.parse(text)
    return { text, owner: isOwner(content) ? content : undefined }
  } catch {
    return { text, owner: undefined }
  }
}

function holderOf(owner: Owner, file: string): Holder {
  return { pid: owner.pid, host: owner.host, elsewhere: lifeOf(owner) === 'elsewhere', file }
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
