import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findTargets, pipeline, upTo } from './graph.ts'
import type { Stage } from './stage.ts'
import { TestFolder } from './testing/workspace.ts'

function stage(from: string | readonly string[], to: string, whole = false): Stage {
  return {
    kind: 'test',
    version: 1,
    from: typeof from === 'string' ? [from] : from,
    to,
    whole,
    kept: false,
    params: {},
    files: [],
    targetsAtOnce: 1,
    build: async () => ({ outputs: [] }),
  }
}

test('stages come after those they read, in whatever order they are declared', () => {
  const graph = pipeline({
    c: stage('b/%', 'c/%'),
    b: stage('a/%', 'b/%'),
    d: stage(['c/%', 'a/%'], 'd', true),
  })
  assert.equal(
    graph.stages.map(({ name }) => name),
    ['b', 'c', 'd'],
  )
})

test('a circle is named', () => {
  assert.throws(() => pipeline({ a: stage('y/%', 'x/%'), b: stage('x/%', 'y/%') }), /a → b → a/)
  assert.throws(() => pipeline({ a: stage('x/%', 'x/%') }), /a → a/)
})

test('two stages that write one path are refused, also when only their files meet', () => {
  assert.throws(() => pipeline({ a: stage('x/%', 'z/%'), b: stage('y/%', 'z/%') }), /a and b both write/)
  const folder = new TestFolder()
  folder.write('x/one.toml', '')
  const graph = pipeline({ a: stage('x/%.toml', 'out/%.toml'), b: stage('x/one.toml', 'out/one.toml') })
  assert.throws(() => findTargets(graph, folder.path), /both write out\/one.toml/)
  folder.destroy()
})

test('names that are commands, and no stages at all, are refused', () => {
  assert.throws(() => pipeline({ watch: stage('a/%', 'b/%') }), /is a command/)
  assert.throws(() => pipeline({ 'a b': stage('a/%', 'b/%') }), /can't be named/)
  assert.throws(() => pipeline({}), /no stages/)
})

test('files that no source makes any more are orphans, not inputs', () => {
  const folder = new TestFolder()
  folder.write('a/one', '')
  folder.write('b/one', '')
  folder.write('b/two', '')
  const { list, orphans } = findTargets(
    pipeline({ b: stage('a/%', 'b/%'), c: stage('b/%', 'c/%') }),
    folder.path,
  )
  assert.equal(
    list.map(({ id }) => id),
    ['b/one', 'c/one'],
  )
  assert.equal(orphans, ['b/two'])
  folder.destroy()
})

test('a stage may read one file that another makes', () => {
  const folder = new TestFolder()
  folder.write('a/one', '')
  const { list } = findTargets(
    pipeline({ b: stage('a/%', 'b/%'), c: stage('b/one', 'c'), d: stage('c', 'd') }),
    folder.path,
  )
  assert.equal(
    list.map(({ inputs }) => inputs[0]?.madeBy?.id),
    [undefined, 'b/one', 'c/one'],
  )
  folder.destroy()
})

test('up to a stage takes along what it reads, and nothing else', () => {
  const graph = pipeline({ a: stage('x/%', 'a/%'), b: stage('a/%', 'b/%'), c: stage('a/%', 'c/%') })
  assert.equal(
    upTo(graph, ['b']).stages.map(({ name }) => name),
    ['a', 'b'],
  )
  assert.throws(() => upTo(graph, ['nope']), /no stage 'nope'/)
})

test.run()
