import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Digest, keyOf } from './digest.ts'
import { collect } from './gc.ts'
import { acquire } from './lock.ts'
import { thisProcess } from './owner.ts'
import { Responses } from './responses.ts'
import { Store } from './store.ts'
import { temporaryFolder } from './testing/children.ts'

test('what no present target reaches goes, and nothing else', async () => {
  const cache = temporaryFolder()
  const present = join(cache, 'present.toml')
  writeFileSync(present, '')
  let store = await Store.open(cache)
  for (const key of ['reached', 'unreached']) store.put('units', key, { text: key.repeat(100) })
  for (const key of ['here', 'gone']) store.put('targets', key, key)
  for (const path of [present, join(cache, 'gone.toml')]) store.put('stamps', path, 'stamp')
  store.put('memory', 'sandbox', 'bwrap')
  const collected = await collect(store, { units: new Set(['reached']), targets: new Set(['here']) })
  assert.is(collected.dropped, 3)
  assert.ok(collected.bytes > 900)
  await store.close()
  store = await Store.open(cache)
  assert.equal(
    (['units', 'targets', 'stamps', 'memory'] as const).map((table) => store.keys(table)),
    [['reached'], ['here'], [present], ['sandbox']],
  )
  await store.close()
})

test('never a response', async () => {
  const cache = temporaryFolder()
  const key: Digest = keyOf('test', 1)
  const responses = Responses.open(cache)
  await responses.put(key, 'paid')
  await responses.close()
  const store = await Store.open(cache)
  assert.is((await collect(store, { units: new Set(), targets: new Set() })).dropped, 0)
  await store.close()
  assert.is(Responses.open(cache).get(key), 'paid')
})

test('locks of dead processes go, those of living ones stay', async () => {
  const cache = temporaryFolder()
  mkdirSync(join(cache, 'locks'))
  writeFileSync(join(cache, 'locks', 'dead.lock'), JSON.stringify({ ...thisProcess(), pid: 2 ** 22 + 5 }))
  const store = await Store.open(cache)
  const lock = await acquire(cache, 'living')
  assert.is((await collect(store, { units: new Set(), targets: new Set() })).dropped, 1)
  const reached = await acquire(cache, 'living', { signal: AbortSignal.timeout(30) }).catch(
    () => 'still held',
  )
  assert.is(reached, 'still held')
  lock.release()
  await store.close()
})

test.run()
