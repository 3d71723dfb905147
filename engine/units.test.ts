import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { keyOf } from './cache/digest.ts'
import { temporaryFolder } from './cache/testing/children.ts'
import type { Unit } from './stage.ts'
import { type Asking, Units } from './units.ts'
import { openWorkspace } from './workspace.ts'

const asking: Asking = {
  stage: 'test',
  forced: false,
  signal: new AbortController().signal,
  wants: (question) => question !== 'left out',
}

test('units asked for together: each key is made once, what is known is a hit each time, in their order', async () => {
  const workspace = await openWorkspace(temporaryFolder())
  const units = new Units(workspace, { dry: false, jobs: 2 }, () => {})
  const made: string[] = []
  const unit = (name: string, question = 'q'): Unit<string> => ({
    kind: 'execution',
    key: keyOf('test', name),
    question,
    make: async () => {
      made.push(name)
      return name
    },
  })
  const asked = ['b', 'a', 'b'].map((name) => unit(name))
  assert.equal(await units.all(asked, asking), ['b', 'a', 'b'])
  assert.equal([made, units.hits], [['b', 'a'], 0])
  const more = [...asked, unit('c'), unit('d', 'left out')]
  assert.equal(await units.all(more, asking), ['b', 'a', 'b', 'c', undefined])
  assert.equal([made, units.hits], [['b', 'a', 'c'], 3])
  const failing = { ...unit('e'), make: () => Promise.reject(new Error('broken')) }
  const error = await units.all([unit('a'), failing], asking).catch(String)
  assert.is(error, 'Error: broken')
  assert.equal(await units.all([unit('e')], asking), ['e'])
  await workspace.close()
})

test('a dry run wishes for each key once, however often it is asked for', async () => {
  const workspace = await openWorkspace(temporaryFolder())
  const units = new Units(workspace, { dry: true, jobs: 2 }, () => {})
  const unit = (name: string): Unit<string> => ({
    kind: 'execution',
    key: keyOf('test', name),
    make: () => name,
  })
  assert.equal(await units.all([unit('a'), unit('b'), unit('a')], asking), [undefined, undefined, undefined])
  assert.is(units.wanted.executions, 2)
  await workspace.close()
})

test.run()
