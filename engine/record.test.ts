import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { digestOf, keyOf } from './cache/digest.ts'
import { differences, type Present, stateFor, type TargetRecord } from './record.ts'

const record: TargetRecord = {
  version: 1,
  params: { temperature: 0.9, model: 'a' },
  inputs: { 'q.toml': digestOf('one') },
  outputs: { 'c.toml': digestOf('out') },
  notices: [],
  facts: {},
}
const present: Present = {
  version: 1,
  params: record.params,
  inputs: record.inputs,
  outputs: record.outputs,
  forced: false,
}

test('nothing differs: fresh', () => {
  assert.equal(differences(record, present), [])
  assert.equal(stateFor([], false), { type: 'fresh' })
})

test('a changed parameter is told from what to what', () => {
  const reasons = differences(record, { ...present, params: { temperature: 0.2, model: 'a' } })
  assert.equal(reasons, [{ type: 'param', name: 'temperature', from: 0.9, to: 0.2 }])
})

test('inputs that changed, came and went are told apart', () => {
  const inputs = { 'new.toml': digestOf('x') }
  assert.equal(differences(record, { ...present, inputs }), [
    { type: 'input', path: 'q.toml', change: 'removed' },
    { type: 'input', path: 'new.toml', change: 'added' },
  ])
})

test('a missing output and an edited one are told apart', () => {
  assert.equal(differences(record, { ...present, outputs: { 'c.toml': undefined } }), [
    { type: 'output-missing', path: 'c.toml' },
  ])
  const edited = differences(record, { ...present, outputs: { 'c.toml': digestOf('typed') } })
  assert.equal(edited, [{ type: 'output-edited', path: 'c.toml' }])
  assert.is(stateFor(edited, true).type, 'edited')
  assert.is(stateFor(edited, false).type, 'stale')
})

test('an incomplete target stays stale', () => {
  assert.equal(differences({ ...record, incomplete: 'budget' }, present), [
    { type: 'incomplete', why: 'budget' },
  ])
})

test('the order of a parameter object is no change, any other value is', () => {
  const value = fc.dictionary(fc.string({ maxLength: 4 }), fc.oneof(fc.integer(), fc.string(), fc.boolean()))
  fc.assert(
    fc.property(value, value, (a, b) => {
      const reversed = Object.fromEntries(Object.entries(a).reverse())
      assert.is(keyOf('test', a), keyOf('test', reversed))
      const differ = differences({ ...record, params: { p: a } }, { ...present, params: { p: b } }).length > 0
      assert.is(differ, keyOf('test', a) !== keyOf('test', b))
    }),
  )
})

test('a number that JSON can not hold never gets into a key', () => {
  assert.throws(() => keyOf('test', { a: Number.NaN }), /cannot be part of a key/)
})

test.run()
