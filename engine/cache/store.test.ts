import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../testing/parts.ts'
import { databaseFile } from './database.ts'
import { Store } from './store.ts'
import { startRole, temporaryFolder } from './testing/children.ts'

const entries = 3000
const textOf = (index: number) => `${index} `.repeat(index % 40 === 0 ? 2000 : 20 + (index % 30))

const roles: { readonly [role: string]: (cache: string, name: string) => Promise<void> } = {
  /** Reads and writes all over the store, and fails when it meets a wrong value. */
  async use(cache) {
    const store = await Store.open(cache)
    let found = 0
    for (let index = 0; index < entries; index++) {
      const text = store.get<string>('units', `key ${index}`)
      if (text === undefined) continue
      if (text !== textOf(index)) throw new Error(`wrong value of ${index}`)
      found++
    }
    store.keys('units')
    for (let index = 0; index < entries; index += 7) store.put('units', `key ${index}`, textOf(index))
    for (let index = 0; index < 300; index++) store.put('memory', `key ${index}`, textOf(index * 40))
    await store.flush()
    await store.close()
    console.log(JSON.stringify({ found, notices: store.notices }))
  },
  /** Writes much, in many transactions. */
  async fill(cache, name) {
    const store = await Store.open(cache)
    for (let index = 0; index < 200; index++) {
      store.put('units', `${name} ${index}`, name.repeat(20_000))
      if (index % 10 === 0) await store.flush()
    }
    await store.close()
  },
}

async function filled(cache = temporaryFolder()): Promise<string> {
  const store = await Store.open(cache)
  for (let index = 0; index < entries; index++) store.put('units', `key ${index}`, textOf(index))
  await store.close()
  return cache
}

const dataFile = databaseFile

function copyOf(cache: string): string {
  const copy = temporaryFolder()
  mkdirSync(join(copy, 'store'))
  copyFileSync(dataFile(cache), dataFile(copy))
  return copy
}

interface Used {
  readonly died: boolean
  readonly found: number
  readonly notices: readonly string[]
}

async function useInChild(cache: string): Promise<Used> {
  const child = startRole(import.meta.url, 'use', cache)
  const { status } = await child.ended
  if (status === 1) throw new Error('the child met a wrong value or threw')
  const said: unknown = JSON.parse(child.lines.at(-1) ?? '{"found":0,"notices":[]}')
  return { died: status !== 0, ...(said as Pick<Used, 'found' | 'notices'>) }
}

test('what is put is there at once, after a flush, and in the next run', async () => {
  const cache = temporaryFolder()
  const value = { stdout: 'ä\u0000\n', list: [1.5, null, true], empty: {} }
  let store = await Store.open(cache)
  assert.equal(store.notices, [])
  store.put('units', 'a', value)
  assert.equal(store.get('units', 'a'), value)
  await store.flush()
  assert.equal(store.get('units', 'a'), value)
  assert.is(store.get('targets', 'a'), undefined)
  await store.close()
  store = await Store.open(cache)
  assert.equal(store.get('units', 'a'), value)
  assert.equal(store.notices, [])
  await store.close()
})

test('entries and keys are those of disk and memory together', async () => {
  const store = await Store.open(temporaryFolder())
  store.put('stamps', 'kept', 1)
  store.put('stamps', 'removed', 1)
  store.put('stamps', 'replaced', 1)
  await store.flush()
  store.remove('stamps', 'removed')
  store.put('stamps', 'replaced', 2)
  store.put('stamps', 'new', 3)
  const wanted = [
    ['kept', 1],
    ['new', 3],
    ['replaced', 2],
  ]
  assert.equal([...store.entries('stamps')].sort(), wanted)
  await store.flush()
  assert.equal([...store.entries('stamps')].sort(), wanted)
  assert.ok(store.bytes > 0 && store.bytesOf('stamps', 'new') > 0)
  await store.close()
})

test('a key that is too long is not remembered, and no error', async () => {
  const store = await Store.open(temporaryFolder())
  for (const key of ['', 'k'.repeat(5000)]) {
    store.put('units', key, 1)
    assert.is(store.get('units', key), undefined)
    store.remove('units', key)
  }
  await store.flush()
  await store.close()
})

test('a damaged value, and one under another key, is a miss, counted and dropped', async () => {
  const cache = temporaryFolder()
  let store = await Store.open(cache)
  for (const key of ['a', 'b', 'c', 'd']) store.put('units', key, `value of ${key}`)
  await store.close()
  const connection = new DatabaseSync(dataFile(cache))
  connection.exec(`
    UPDATE units SET json = (SELECT json FROM units WHERE key = 'a'),
      sum = (SELECT sum FROM units WHERE key = 'a') WHERE key = 'b';
    UPDATE units SET json = '"value of A"' WHERE key = 'a';
    UPDATE units SET json = '' WHERE key = 'c'`)
  connection.close()
  store = await Store.open(cache)
  assert.equal([...store.entries('units')], [['d', 'value of d']])
  assert.is(store.damaged, 3)
  await store.close()
  store = await Store.open(cache)
  assert.equal(store.keys('units'), ['d'])
  await store.close()
})

test('processes that fill it at once lose nothing', async () => {
  const cache = temporaryFolder()
  const names = ['w', 'x', 'y', 'z']
  const children = names.map((name) => startRole(import.meta.url, 'fill', cache, name))
  const ends = await Promise.all(children.map(({ ended }) => ended))
  assert.ok(ends.every(({ status }) => status === 0))
  const store = await Store.open(cache)
  for (const name of names)
    for (let index = 0; index < 200; index++)
      assert.is(store.get<string>('units', `${name} ${index}`)?.length, 20_000)
  assert.equal([store.damaged, store.notices.length], [0, 0])
  await store.close()
})

test('what another process flushed is seen at once after a refresh, and else in the next turn', async () => {
  const cache = temporaryFolder()
  const [mine, other] = [await Store.open(cache), await Store.open(cache)]
  assert.is(mine.get('targets', 'a'), undefined)
  other.put('targets', 'a', 1)
  void other.flush()
  assert.is(mine.get('targets', 'a'), undefined)
  mine.refresh()
  assert.is(mine.get('targets', 'a'), 1)
  other.put('targets', 'a', 2)
  void other.flush()
  await new Promise((turn) => setImmediate(turn))
  assert.is(mine.get('targets', 'a'), 2)
  await mine.close()
  await other.close()
})

test('a unit that was read is not read again; one that was put or removed here is', async () => {
  const cache = await filled()
  const [mine, other] = [await Store.open(cache), await Store.open(cache)]
  assert.is(mine.get('units', 'key 1'), textOf(1))
  other.remove('units', 'key 1')
  await other.flush()
  mine.refresh()
  assert.is(mine.get('units', 'key 1'), textOf(1))
  mine.put('units', 'key 1', 'other')
  assert.is(mine.get('units', 'key 1'), 'other')
  await mine.flush()
  assert.is(mine.get('units', 'key 1'), 'other')
  mine.remove('units', 'key 1')
  assert.is(mine.get('units', 'key 1'), undefined)
  await mine.close()
  await other.close()
})

test('an error that is no damage is a miss, and nothing is thrown away for it', async () => {
  const cache = temporaryFolder()
  const store = await Store.open(cache)
  store.put('units', 'a', 1)
  await store.flush()
  const other = new DatabaseSync(dataFile(cache))
  other.exec('ALTER TABLE units RENAME TO elsewhere')
  assert.is(store.get('units', 'a'), undefined)
  store.refresh()
  other.exec('ALTER TABLE elsewhere RENAME TO units')
  other.close()
  assert.is(store.get('units', 'a'), 1)
  assert.equal([store.notices, store.damaged], [[], 0])
  await store.close()
})

test('a truncated file is thrown away with a notice', async () => {
  const cache = await filled()
  const size = statSync(dataFile(cache)).size
  for (const length of [0, 1, 100, 5000, 16_384, Math.floor(size / 2), size - 20_000, size - 8192]) {
    const copy = copyOf(cache)
    truncateSync(dataFile(copy), length)
    const first = await useInChild(copy)
    assert.equal({ length, died: first.died }, { length, died: false })
    assert.ok(length <= 1 || /thrown away/.test(first.notices.join()))
    const second = await useInChild(copy)
    assert.equal({ died: second.died, notices: second.notices }, { died: false, notices: [] })
  }
})

test('damaged pages kill no run and give no wrong value', async () => {
  const cache = await filled()
  const bytes = readFileSync(dataFile(cache))
  for (let round = 0; round < 6; round++) {
    const copy = copyOf(cache)
    const damaged = Buffer.from(bytes)
    for (let hit = 0; hit < 20; hit++) {
      // Mostly into the headers of pages, where it hurts.
      const page = Math.floor(Math.random() * (damaged.length / 8192)) * 8192
      damaged.writeUInt8(
        Math.floor(Math.random() * 256),
        page + Math.floor(Math.random() * (hit % 4 === 0 ? 8192 : 64)),
      )
    }
    writeFileSync(dataFile(copy), damaged)
    assert.is((await useInChild(copy)).died, false)
    assert.is((await useInChild(copy)).died, false)
  }
})

test('a store thrown away by one process is begun anew by the others that have it open', async () => {
  const cache = await filled()
  const mine = await Store.open(cache)
  assert.is(mine.get('units', 'key 1'), textOf(1))
  rmSync(join(cache, 'store'), { recursive: true })
  const other = await Store.open(cache)
  other.put('units', 'of the other', 1)
  await other.flush()
  mine.put('units', 'mine', 2)
  await mine.flush()
  assert.equal([mine.get('units', 'of the other'), other.get('units', 'mine')], [1, 2])
  assert.is(mine.get('units', 'key 1'), undefined)
  await mine.close()
  await other.close()
})

test('the cache deleted in mid-run: this run goes on, and the next one starts anew', async () => {
  const cache = await filled()
  const store = await Store.open(cache)
  rmSync(cache, { recursive: true })
  assert.is(store.get('units', 'key 5'), textOf(5))
  store.put('units', 'another', 1)
  const failed = await store.flush().then(() => '', String)
  assert.match(failed, /cannot be remembered/)
  assert.is(store.get('units', 'another'), 1)
  await store.close()
  const next = await Store.open(cache)
  assert.equal([next.keys('units').length, next.notices.length], [0, 0])
  await next.close()
})

test('a folder that cannot be made: remembers until the run ends, and says so', async () => {
  const cache = join(temporaryFolder(), 'file')
  writeFileSync(cache, '')
  const store = await Store.open(cache)
  assert.match(store.notices.join(), /cannot be used/)
  store.put('units', 'a', 1)
  await store.flush()
  assert.equal([...store.entries('units')], [['a', 1]])
  await store.close()
})

function fill(disk: string): void {
  try {
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(12 << 20))
  } catch {
    // As full as it can be.
  }
}

const root = process.getuid?.() === 0
needing(
  test,
  root ? ['mount'] : ['the rights of root'],
  'a full disk: a Failure, and the run goes on',
  async () => {
    const disk = join(temporaryFolder(), 'disk')
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', disk])
    try {
      const store = await Store.open(disk)
      store.put('units', 'before', 1)
      await store.flush()
      fill(disk)
      store.put('units', 'during', 'x'.repeat(100_000))
      assert.match(await store.flush().then(() => '', String), /disk is full/)
      assert.is(store.get<string>('units', 'during')?.length, 100_000)
      rmSync(join(disk, 'ballast'))
      await store.flush()
      await store.close()
      const next = await Store.open(disk)
      assert.equal([next.get('units', 'before'), next.get<string>('units', 'during')?.length], [1, 100_000])
      await next.close()
      rmSync(join(disk, 'store'), { recursive: true })
      fill(disk)
      const without = await Store.open(disk)
      assert.match(without.notices.join(), /cannot be used/)
      await without.close()
    } finally {
      execFileSync('umount', ['--lazy', disk])
    }
  },
)

const [, , role, folder, name] = process.argv
if (role === undefined || folder === undefined) test.run()
else await roles[role]?.(folder, name ?? '')
