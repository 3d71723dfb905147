import { renameSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from './events.ts'
import { needing } from './testing/parts.ts'
import { pause, question, Watching } from './testing/watching.ts'

const executions = (events: readonly Event[]) =>
  events.reduce((sum, event) => sum + (event.type === 'summary' ? event.executions : 0), 0)
const said = (events: readonly Event[]) =>
  events.flatMap((event) => (event.type === 'said' ? [`${event.question} ${event.text}`] : []))

/** The watching process ends with the test, however it ends. */
function watched(name: string, body: (watching: Watching) => Promise<void>): void {
  needing(test, ['bwrap'], name, async () => {
    const watching = await Watching.start()
    try {
      await body(watching)
    } finally {
      await watching.stop()
    }
  })
}

watched(
  'a save in place and a save by renaming: the tests of that completion, its verdict, and no loop',
  async (watching) => {
    const { folder } = watching
    const first = await watching.after(() =>
      folder.edit('data/cleaned/one.toml', 'return n\n', 'return n + n\n'),
    )
    assert.is(executions(first), 1)
    assert.equal(said(first), ['one #0 passes 1 of 1, was 0 of 1'])
    const second = await watching.after(() => {
      folder.write(
        'data/cleaned/.one.toml.swp',
        folder.read('data/cleaned/one.toml').replace('return n + n\n', 'return n - n\n'),
      )
      renameSync(folder.at('data/cleaned/.one.toml.swp'), folder.at('data/cleaned/one.toml'))
    })
    assert.equal(said(second), ['one #0 passes 0 of 1 (failed), was 1 of 1'])
    const quiet = watching.events.length
    await pause(700)
    assert.equal(watching.events.slice(quiet), [])
  },
)

watched('a touch, and a file that does not matter, wake nothing', async (watching) => {
  const { folder } = watching
  folder.write('data/cleaned/one.toml', folder.read('data/cleaned/one.toml'))
  folder.write('data/cleaned/notes.txt', 'not a question file')
  const before = watching.events.length
  await pause(700)
  assert.is(watching.events.slice(before).filter(({ type }) => type === 'summary').length, 0)
})

watched('several files saved at once, and a save during a run, are all seen', async (watching) => {
  const { folder } = watching
  const from = watching.events.length
  folder.edit('data/cleaned/one.toml', 'return n\n', 'import time; time.sleep(0.4); return 2 * n\n')
  folder.edit('data/cleaned/two.toml', 'return n\n', 'return n * 2\n')
  await pause(150)
  folder.edit('data/cleaned/two.toml', 'return n * 2\n', 'return n * 3\n')
  await watching.until((events) => {
    const lines = said(events.slice(from))
    const report = folder.read('data/report/results.csv')
    return (
      lines.some((line) => /^one #0 passes 1 of 1/.test(line)) &&
      /^one,1/m.test(report) &&
      /^two,0/m.test(report)
    )
  })
  assert.match(folder.read('data/results/two.toml'), /^\s*return n \* 3/m)
  assert.match(folder.read('data/report/results.csv'), /one,1\.0000,1\.0000/)
  assert.match(folder.read('data/report/results.csv'), /two,0\.0000,1\.0000/)
})

watched('a broken file is reported, not tried again until it changes, and mended', async (watching) => {
  const { folder } = watching
  const whole = folder.read('data/questions/one.toml')
  const broken = await watching.after(() =>
    folder.write('data/questions/one.toml', `${whole}\n[[questions]\n`),
  )
  assert.ok(broken.some((event) => event.type === 'target-failed' && event.target === 'generate/one'))
  const other = await watching.after(() =>
    folder.edit('data/cleaned/two.toml', 'return n\n', 'return n * 2\n'),
  )
  assert.equal(said(other), ['two #0 passes 1 of 1, was 0 of 1'])
  assert.not.ok(other.some((event) => event.type === 'target-started' && event.target === 'generate/one'))
  const mended = await watching.after(() =>
    folder.write('data/questions/one.toml', whole.replace("'4'", "'2'")),
  )
  assert.ok(
    mended.some(
      (event) => event.type === 'target-finished' && event.target === 'test/one' && event.result === 'built',
    ),
  )
})

watched('files come and go, and pipeline.ts changes', async (watching) => {
  const { folder } = watching
  await watching.after(() => folder.write('data/questions/new/three.toml', question('three')))
  assert.match(folder.read('data/report/results.csv'), /^three,/m)
  await watching.after(() => folder.remove('data/questions/two.toml'))
  assert.not.match(folder.read('data/report/results.csv'), /^two,/m)
  const fewer = await watching.after(() => folder.edit('pipeline.ts', 'n: 2', 'n: 1'))
  assert.ok(
    fewer.some(
      (event) =>
        event.type === 'target-started' &&
        event.reasons.some((reason) => reason.type === 'param' && reason.name === 'n'),
    ),
  )
  await watching.until(() => /^qid,response 1,average/m.test(folder.read('data/report/results.csv')))
  folder.edit('pipeline.ts', 'n: 1', 'n: 0')
  await watching.until((events) =>
    events.some((event) => event.type === 'notice' && /pipeline as it was/.test(event.text)),
  )
  await watching.after(() => folder.edit('pipeline.ts', 'n: 0', 'n: 2'))
})

test.run()
