/** A run that finds everything as the last one left it says what that one said; in anything else the run itself decides. */
import { existsSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from './events.ts'
import { type Ran, TestFolder } from './testing/workspace.ts'

const stages = `
  up: each({ from: 'data/in/%.txt', to: 'data/up/%.txt', params: { of: process.env.OF ?? '' }, run: (text) => text.toUpperCase() }),
  all: all({ from: 'data/up/%.txt', to: 'data/all.txt', run: (files) => files.map(({ text }) => text).join('') }),`

/** Built, and looked at: the run after the next one needs no more than a glance. */
async function seen(): Promise<TestFolder> {
  const folder = new TestFolder()
  for (const name of ['a', 'b', 'sub/c']) folder.write(`data/in/${name}.txt`, name)
  folder.pipeline(stages)
  assert.is((await folder.run()).summary.built, 4)
  await sleep(120)
  assert.is((await folder.run()).summary.fresh, 4)
  assert.ok(existsSync(folder.at('cache/seen.json')))
  return folder
}

/** Without what takes another time each time. */
function told({ events }: Ran): readonly Event[] {
  return events.map((event) => (event.type === 'summary' ? { ...event, seconds: 0 } : event))
}

/** A run takes the file away that a glance goes by, and leaves another (which may well get the inode of the one before). */
async function isGlance(folder: TestFolder, args: readonly string[] = []): Promise<boolean> {
  const born = () =>
    statSync(folder.at('cache/seen.json'), { bigint: true, throwIfNoEntry: false })?.birthtimeNs
  const before = born()
  const { code } = await folder.run(args)
  assert.is(code, 0)
  return born() === before
}

const test = suite('glance')

test('it says, event by event, what the run said that it goes by', async () => {
  const folder = await seen()
  folder.write('data/up/left.txt', 'an orphan is told of in every run')
  await folder.run()
  await sleep(120)
  const walked = await folder.run()
  assert.ok(walked.events.some((event) => event.type === 'notice'))
  assert.equal(told(await folder.run()), told(walked))
  assert.ok(await isGlance(folder))
  assert.match((await folder.plain()).stdout, 'nothing to do: 4 targets fresh')
})

test('it is not believed when anything is not as it was', async () => {
  const folder = await seen()
  const changes: readonly (readonly [string, () => void])[] = [
    ['a source is edited', () => folder.write('data/in/a.txt', 'x')],
    ['a source comes', () => folder.write('data/in/sub/d.txt', 'd')],
    ['a source goes', () => folder.remove('data/in/b.txt')],
    ['a folder is moved', () => renameSync(folder.at('data/in/sub'), folder.at('data/in/other'))],
    ['an output is edited', () => folder.write('data/all.txt', 'mine')],
    ['an output is deleted', () => folder.remove('data/up/a.txt')],
    ['pipeline.ts is edited', () => folder.edit('pipeline.ts', 'toUpperCase()', 'toUpperCase().trim()')],
    ['the store is deleted', () => folder.remove('cache/store')],
  ]
  for (const [what, change] of changes) {
    await sleep(120)
    await folder.run()
    assert.ok(await isGlance(folder), `before ${what}`)
    change()
    assert.not.ok(await isGlance(folder), what)
    const wanted = Object.values(folder.tree('data/in')).join('').toUpperCase()
    assert.is(folder.read('data/all.txt'), wanted, what)
  }
})

test('a source is rewritten to the same size, and its times are set back', async () => {
  const folder = await seen()
  const { atime, mtime } = statSync(folder.at('data/in/a.txt'))
  folder.write('data/in/a.txt', 'x')
  utimesSync(folder.at('data/in/a.txt'), atime, mtime)
  await folder.run()
  assert.is(folder.read('data/up/a.txt'), 'X')
})

test('a file that was looked at a moment after it was written is not vouched for', async () => {
  const folder = new TestFolder()
  folder.write('data/in/a.txt', 'a')
  folder.pipeline(stages)
  await folder.run()
  for (let round = 0; round < 5; round++) {
    folder.write('data/in/a.txt', String(round))
    await folder.run()
    await folder.run()
    assert.is(folder.read('data/all.txt'), String(round))
  }
})

test('a parameter comes from the environment', async () => {
  const folder = await seen()
  const { summary } = await folder.run([], { env: { OF: 'another' } })
  assert.is(summary.built, 3)
})

test('other options and other stages are other runs', async () => {
  const folder = await seen()
  assert.is((await folder.run(['--force', 'up'])).summary.built, 3)
  await sleep(120)
  await folder.run()
  assert.ok(await isGlance(folder))
  assert.not.ok(await isGlance(folder, ['up']))
  assert.is((await folder.run(['up'])).summary.fresh, 3)
})

test('what it goes by is damaged', async () => {
  const folder = await seen()
  const whole = folder.read('cache/seen.json')
  for (const text of ['', '{}', 'null', whole.slice(0, -30), whole.replace('"fresh":4', '"fresh":5')]) {
    writeFileSync(folder.at('cache/seen.json'), text)
    assert.is((await folder.run()).summary.fresh, 4)
  }
})

test('status tells of it as of any run', async () => {
  const folder = await seen()
  const last = async () => /last run +(\S+):/.exec((await folder.plain(['status'])).stdout)?.[1] ?? ''
  const before = await last()
  assert.ok(await isGlance(folder))
  assert.ok((await last()) > before)
})

test('where it can leave nothing to go by, a run looks at everything, and says so', async () => {
  const folder = await seen()
  const walked = await folder.run()
  rmSync(folder.at('cache/seen.json'))
  // A folder with something in it where the file should come to stand: that stops root as well.
  folder.write('cache/seen.json/in the way', '')
  for (let round = 0; round < 2; round++) {
    const ran = await folder.run()
    assert.is(ran.code, 0, ran.stderr)
    assert.equal(told(ran), told(walked))
  }
})

test.run()
