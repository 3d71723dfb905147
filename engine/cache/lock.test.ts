import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { digestOf } from './digest.ts'
import { acquire, type Holder, removeDeadLocks } from './lock.ts'
import { thisProcess } from './owner.ts'
import { startRole, temporaryFolder } from './testing/children.ts'

const roles: { readonly [role: string]: (folder: string) => Promise<void> } = {
  /** Takes the lock for ever. */
  async hold(folder) {
    await acquire(folder, 'target')
    console.log('held')
    await sleep(60_000)
  },
  /** Adds one to a counter, again and again, in a way that loses counts when two are at it. */
  async count(folder) {
    for (let turn = 0; turn < 50; turn++) {
      const lock = await acquire(folder, 'target')
      const counter = join(folder, 'counter')
      const count = Number(readFileSync(counter, 'utf8'))
      writeFileSync(counter, String(count + 1))
      lock.release()
      await sleep(Math.random() * 4)
    }
  },
  /** Says so when it finds somebody alive in the room that the lock protects. */
  async enter(folder) {
    const room = join(folder, 'room')
    for (;;) {
      const lock = await acquire(folder, 'target')
      const visitor = existsSync(room) ? Number(readFileSync(room, 'utf8')) : 0
      if (visitor !== 0 && isRunning(visitor)) console.log(`met ${visitor}`)
      writeFileSync(room, String(process.pid))
      await sleep(Math.random() * 3)
      unlinkSync(room)
      console.log('left')
      lock.release()
      await sleep(Math.random() * 20)
    }
  },
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

function putLock(folder: string, text: string): string {
  const path = join(folder, 'locks', `${digestOf('target')}.lock`)
  mkdirSync(join(folder, 'locks'), { recursive: true })
  writeFileSync(path, text)
  return path
}

function owner(changes: object): string {
  return JSON.stringify({ ...thisProcess(), token: 'x', ...changes })
}

test('two callers in one process exclude each other', async () => {
  const folder = temporaryFolder()
  const first = await acquire(folder, 'target')
  let taken = false
  const second = acquire(folder, 'target').then((lock) => {
    taken = true
    return lock
  })
  await sleep(40)
  assert.is(taken, false)
  first.release()
  ;(await second).release()
  assert.is(taken, true)
})

test('locks of different names do not wait for each other', async () => {
  const folder = temporaryFolder()
  const locks = await Promise.all(['one', 'two', 'three'].map((name) => acquire(folder, name)))
  for (const lock of locks) lock.release()
})

test('processes that hammer one counter lose no count', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'counter'), '0')
  const children = [1, 2, 3].map(() => startRole(import.meta.url, 'count', folder))
  const ends = await Promise.all(children.map(({ ended }) => ended))
  assert.ok(ends.every(({ status }) => status === 0))
  assert.is(readFileSync(join(folder, 'counter'), 'utf8'), '150')
})

test('the lock of a killed process is taken over', async () => {
  const folder = temporaryFolder()
  const holder = startRole(import.meta.url, 'hold', folder)
  await holder.printed(1)
  const waited: Holder[] = []
  const lock = acquire(folder, 'target', { onWait: (found) => waited.push(found) })
  await sleep(30)
  assert.is(waited[0]?.pid, holder.process.pid)
  assert.is(waited[0]?.elsewhere, false)
  holder.process.kill('SIGKILL')
  ;(await lock).release()
  assert.is(waited.length, 1)
})

test('however often holders are killed, nobody meets another inside', async () => {
  const folder = temporaryFolder()
  const all = [1, 2, 3, 4, 5, 6].map(() => startRole(import.meta.url, 'enter', folder))
  await Promise.all(all.map((child) => child.printed(1)))
  for (const child of all) {
    await sleep(50 + Math.random() * 50)
    child.process.kill('SIGKILL')
  }
  await Promise.all(all.map(({ ended }) => ended))
  assert.equal(
    all.flatMap(({ lines }) => lines).filter((line) => line !== 'left'),
    [],
  )
})

test('of many who find a dead lock at once, one at a time gets it', async () => {
  const folder = temporaryFolder()
  putLock(folder, owner({ started: '1' }))
  let inside = 0
  const visit = async () => {
    const lock = await acquire(folder, 'target')
    assert.is(++inside, 1)
    await sleep(2)
    inside--
    lock.release()
  }
  await Promise.all(Array.from({ length: 12 }, visit))
})

test('a lock whose pid now belongs to another process is taken over', async () => {
  const folder = temporaryFolder()
  putLock(folder, owner({ started: '1' }))
  ;(await acquire(folder, 'target')).release()
})

test('a lock with nothing in it, as a power failure leaves one, is taken over', async () => {
  const folder = temporaryFolder()
  putLock(folder, '')
  ;(await acquire(folder, 'target')).release()
})

test('the lock of another host is waited for, by name, and never taken over', async () => {
  const folder = temporaryFolder()
  const path = putLock(folder, owner({ host: 'far-away', pid: 2 ** 22 + 5 }))
  const waited: Holder[] = []
  const reason = new Error('enough')
  const controller = new AbortController()
  const lock = acquire(folder, 'target', {
    signal: controller.signal,
    onWait: (found) => waited.push(found),
  })
  setTimeout(() => controller.abort(reason), 50)
  const error = await lock.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.is(error, reason)
  assert.equal(waited, [{ pid: 2 ** 22 + 5, host: 'far-away', elsewhere: true, file: path }])
  assert.ok(existsSync(path))
})

test('a lock given back after the cache was deleted leaves the new lock alone', async () => {
  const folder = temporaryFolder()
  const old = await acquire(folder, 'target')
  rmSync(join(folder, 'locks'), { recursive: true })
  const fresh = await acquire(folder, 'target')
  old.release()
  assert.is(readdirSync(join(folder, 'locks')).filter((name) => name.endsWith('.lock')).length, 1)
  fresh.release()
  assert.is(readdirSync(join(folder, 'locks')).filter((name) => name.endsWith('.lock')).length, 0)
})

test('dead locks and what their owners left are removed, live ones stay', async () => {
  const folder = temporaryFolder()
  const holder = startRole(import.meta.url, 'hold', folder)
  await holder.printed(1)
  const live = await acquire(folder, 'another')
  holder.process.kill('SIGKILL')
  await holder.ended
  assert.is(await removeDeadLocks(folder), 2)
  assert.is(readdirSync(join(folder, 'locks')).length, 2)
  live.release()
  assert.is(await removeDeadLocks(join(folder, 'nowhere')), 0)
})

const [, , role, folder] = process.argv
if (role === undefined || folder === undefined) test.run()
else await roles[role]?.(folder)
