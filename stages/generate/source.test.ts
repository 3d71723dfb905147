import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { GenerateOptions } from './index.ts'
import { recorded } from './recorded.ts'
import { aside, asks, changed, edited, model, question, stage, workspace } from './testing/index.ts'

const recording = (lines: { readonly [id: string]: readonly string[] }) =>
  Object.entries(lines)
    .map(([id, completions]) => `${JSON.stringify({ id, completions })}\n`)
    .join('')

test('recorded: replays, says which questions are short of how many, and is no business of the paid cache', async () => {
  const place = workspace()
  place.files.set('r.jsonl', recording({ foo: ['1', '2', '3', '4'], bar: ['5'], other: [] }))
  const { incomplete } = await place.build(stage(recorded('r.jsonl')))
  assert.is(incomplete, "recorded: 'bar' has 1 of 3 completions")
  assert.equal(await place.completions(), ['1', '2', '3'])
  await place.build(stage(recorded('r.jsonl'), { n: 1 }))
  assert.equal(await place.completions(), ['1'])
  assert.is(place.responses.size, 0)
})

test('recorded: sampling parameters and series make nothing stale', () => {
  const params = (more: Partial<GenerateOptions>) => stage(recorded('r.jsonl'), more).params
  assert.equal(params({ temperature: 0.9, maxTokens: 5, series: 'x' }), params({}))
  assert.equal(stage(recorded('r.jsonl')).files, ['r.jsonl'])
})

test('recorded: an edit is kept while its text is in the recording, wherever it moves', async () => {
  const place = workspace(question('foo'))
  const build = async (...texts: readonly string[]) => {
    place.files.set('r.jsonl', recording({ foo: texts }))
    await place.build(stage(recorded('r.jsonl')))
    return await place.completions()
  }
  await build('1', '2', '3')
  await place.edit(changed(1, edited('mine')))
  assert.equal(await build('1', '2', '3'), ['1', 'mine', '3'])
  assert.equal(await build('2', '1', '4'), ['mine', '1', '4'])
  assert.equal(await build('5', '1', '4'), ['5', '1', '4'])
  assert.equal(await place.completions(aside), ['mine'])
  assert.equal(await build('5', '1', '2'), ['5', '1', 'mine'])
})

test('recorded: one text twice is two samples, and an edit of one of them is of that one', async () => {
  const place = workspace(question('foo'))
  place.files.set('r.jsonl', recording({ foo: ['1', '2', '2'] }))
  await place.build(stage(recorded('r.jsonl')))
  await place.edit(changed(1, edited('mine')))
  await place.build(stage(recorded('r.jsonl')))
  assert.equal(await place.completions(), ['1', 'mine', '2'])
  place.files.set('r.jsonl', recording({ foo: ['2', '1', '3'] }))
  await place.build(stage(recorded('r.jsonl')))
  assert.equal(await place.completions(), ['2', '1', '3'])
  assert.equal(await place.completions(aside), ['mine'])
})

test('recorded: a renamed question keeps what it had, and says so', async () => {
  const place = workspace(question('foo'))
  place.files.set('r.jsonl', recording({ foo: ['1', '2', '3'] }))
  await place.build(stage(recorded('r.jsonl')))
  place.write('questions/a.toml', { questions: [question('new', { prompt: 'ask foo' })] })
  for (const was of [" as 'foo'", '']) {
    const { incomplete, notices } = await place.build(stage(recorded('r.jsonl')))
    assert.is(incomplete, undefined)
    assert.match(notices, `'new' is not in r.jsonl: the completions that it had${was} are kept`)
    assert.equal(await place.completions(), ['1', '2', '3'])
  }
})

test('recorded: a question that asks what another one asks does not get that one’s completions', async () => {
  const place = workspace(question('foo'))
  place.files.set('r.jsonl', recording({ foo: ['1', '2', '3'] }))
  await place.build(stage(recorded('r.jsonl')))
  place.write('questions/a.toml', { questions: [question('twin', { prompt: 'ask foo' }), question('foo')] })
  const { incomplete } = await place.build(stage(recorded('r.jsonl')))
  assert.is(incomplete, "recorded: 'twin' has 0 of 3 completions")
  assert.equal(await place.completions('completions/a.toml', 1), ['1', '2', '3'])
})

test('recorded: answers of a model are not passed off as recorded ones, and go back to the cache', async () => {
  const [place, provider] = [workspace(question('foo')), model()]
  await place.build(stage(provider))
  place.responses.clear()
  place.files.set('r.jsonl', recording({ other: [] }))
  assert.match((await place.build(stage(recorded('r.jsonl')))).incomplete ?? '', "'foo' has 0 of 3")
  assert.is(await asks(provider, () => place.build(stage(provider))), 0)
})

test.run()
