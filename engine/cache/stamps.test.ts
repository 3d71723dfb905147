import { chmodSync, mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { digestOf } from './digest.ts'
import { Stamps } from './stamps.ts'
import { Store } from './store.ts'
import { temporaryFolder } from './testing/children.ts'

const folder = temporaryFolder()
const store = await Store.open(folder)
const oldEnough = 120

/** As the next run would see it. */
function nextRun(path: string) {
  return new Stamps(store).digest(path)
}

test('the digest is that of the content; undefined without a file', async () => {
  const path = join(folder, 'plain')
  writeFileSync(path, 'content')
  assert.is(await nextRun(path), digestOf('content'))
  assert.is(await nextRun(join(folder, 'missing')), undefined)
  assert.is(await nextRun(join(path, 'below a file')), undefined)
})

test('an old file is read once, and then known by its stamp', async () => {
  const path = join(folder, 'old')
  writeFileSync(path, 'content')
  await sleep(oldEnough)
  await nextRun(path)
  const entry = store.get<string>('stamps', path)
  assert.ok(entry?.startsWith(digestOf('content')))
  // Shows that the second answer comes from the stamp: with another digest in it, that one is the answer.
  store.put('stamps', path, `${digestOf('other')}${entry?.slice(32)}`)
  assert.is(await nextRun(path), digestOf('other'))
})

test('a file written a moment ago is not remembered, but later it is', async () => {
  const path = join(folder, 'young')
  writeFileSync(path, 'content')
  const stamps = new Stamps(store)
  stamps.digest(path)
  assert.is(store.get('stamps', path), undefined)
  assert.is(stamps.stampOf(path), undefined)
  await sleep(oldEnough)
  assert.is(nextRun(path), digestOf('content'))
  assert.ok(store.get<string>('stamps', path)?.startsWith(digestOf('content')))
})

test('a file with times in the future is not remembered', async () => {
  const path = join(folder, 'future')
  writeFileSync(path, 'content')
  utimesSync(path, new Date(), new Date(Date.now() + 60_000))
  await sleep(oldEnough)
  await nextRun(path)
  assert.is(store.get('stamps', path), undefined)
})

test('same size and mtime set back: ctime tells', async () => {
  const path = join(folder, 'set back')
  writeFileSync(path, 'one')
  utimesSync(path, 1_000_000_000, 1_000_000_000)
  await sleep(oldEnough)
  assert.is(await nextRun(path), digestOf('one'))
  assert.ok(store.get('stamps', path))
  writeFileSync(path, 'two')
  utimesSync(path, 1_000_000_000, 1_000_000_000)
  assert.is(statSync(path).mtimeMs, 1_000_000_000_000)
  assert.is(await nextRun(path), digestOf('two'))
})

test('replaced by another file of the same size', async () => {
  const path = join(folder, 'replaced')
  writeFileSync(path, 'one')
  writeFileSync(`${path}.new`, 'two')
  await sleep(oldEnough)
  await nextRun(path)
  renameSync(`${path}.new`, path)
  assert.is(await nextRun(path), digestOf('two'))
})

// Linux since 6.13 gives such writes different times by itself; on older kernels only the age limit does it.
test('rewritten within a tick of the clock, 500 times: never an old digest', async () => {
  const path = join(folder, 'racy')
  for (let turn = 0; turn < 500; turn++) {
    const [first, second] = [`a${turn}`.padEnd(8), `b${turn}`.padEnd(8)]
    writeFileSync(path, first)
    assert.is(await nextRun(path), digestOf(first))
    writeFileSync(path, second)
    assert.is(await nextRun(path), digestOf(second))
  }
})

test('within a run the answer stays until it is invalidated', async () => {
  const path = join(folder, 'stays')
  const stamps = new Stamps(store)
  writeFileSync(path, 'one')
  assert.is(await stamps.digest(path), digestOf('one'))
  writeFileSync(path, 'other')
  assert.is(await stamps.digest(path), digestOf('one'))
  stamps.invalidate(path)
  assert.is(await stamps.digest(path), digestOf('other'))
  rmSync(path)
  stamps.invalidate()
  assert.is(await stamps.digest(path), undefined)
})

test('a forgotten file is read again', async () => {
  const path = join(folder, 'forgotten')
  const stamps = new Stamps(store)
  writeFileSync(path, 'one')
  await sleep(oldEnough)
  await stamps.digest(path)
  stamps.forget(path)
  assert.is(store.get('stamps', path), undefined)
  assert.is(await stamps.digest(path), digestOf('one'))
})

function failure(path: string): string {
  try {
    return new Stamps(store).digest(path) ?? 'no failure'
  } catch (error) {
    return String(error)
  }
}

test('what cannot be read is a failure that names the file', () => {
  const path = join(folder, 'a folder')
  mkdirSync(path)
  assert.match(failure(path), /cannot read .*a folder/)
  const locked = join(folder, 'locked')
  writeFileSync(locked, 'x')
  chmodSync(locked, 0)
  if (process.getuid?.() !== 0) assert.match(failure(locked), /cannot read .*locked/)
})

test.after(() => store.close())
test.run()
