import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { digestOf, Failure, messageOf } from '../../engine/stage.ts'
import { asks, model, question, stage, workspace } from './testing/index.ts'

test('n completions a question, with key, digest and response; the question is as it was', async () => {
  const [place, provider] = [workspace(question('foo', { unknown: { mine: 'x' } })), model()]
  const { incomplete } = await place.build(stage(provider))
  assert.is(incomplete, undefined)
  const [made] = (await place.read()).questions
  assert.equal(made?.unknown, { mine: 'x' })
  assert.equal(made?.testcases, question('foo').testcases)
  assert.equal(
    made?.completions.map(({ sample }) => sample),
    [0, 1, 2],
  )
  const first = made?.completions[0]
  assert.is(first?.completion, `answer 1\r\nto {"prompt":"ask foo"}'''\n`)
  assert.is(first?.digest, digestOf(first?.completion ?? ''))
  assert.equal(first?.response, { model: 'm-1', tokens_out: 3, cost: 0.25 })
})

test('built again: nothing is asked for and the bytes are the same, with the cache or with the file alone', async () => {
  const [place, provider] = [workspace(), model()]
  await place.build(stage(provider))
  const [text, responses] = [place.text(), place.responses.size]
  assert.is(await asks(provider, () => place.build(stage(provider))), 0)
  place.responses.clear()
  assert.is(await asks(provider, () => place.build(stage(provider))), 0)
  assert.is(place.responses.size, responses)
  assert.is(place.text(), text)
  place.files.delete('completions/a.toml')
  assert.is(await asks(provider, () => place.build(stage(provider))), 0)
  assert.is(place.text(), text)
})

test('n up asks for the missing ones; down and up again asks for none, even with the cache gone in between', async () => {
  const [place, provider] = [workspace(), model()]
  await place.build(stage(provider, { n: 5 }))
  const five = place.text()
  assert.is(await asks(provider, () => place.build(stage(provider, { n: 7 }))), 4)
  const seven = place.text()
  place.responses.clear()
  await place.build(stage(provider, { n: 5 }))
  assert.is(place.text(), five)
  assert.is(await asks(provider, () => place.build(stage(provider, { n: 7 }))), 0)
  assert.is(place.text(), seven)
})

test('another temperature asks anew; back again, all come from the cache', async () => {
  const [place, provider] = [workspace(), model()]
  await place.build(stage(provider, { temperature: 0.9 }))
  const text = place.text()
  // The cache lost what the file still has: it must not be lost when the file changes.
  place.responses.clear()
  assert.is(await asks(provider, () => place.build(stage(provider, { temperature: 0.2 }))), 6)
  assert.is(await asks(provider, () => place.build(stage(provider, { temperature: 0.9 }))), 0)
  assert.is(place.text(), text)
})

test('another series draws anew, and the old one is still there', async () => {
  const [place, provider] = [workspace(), model()]
  await place.build(stage(provider))
  assert.is(await asks(provider, () => place.build(stage(provider, { series: 'b' }))), 6)
  assert.is(await asks(provider, () => place.build(stage(provider))), 0)
})

test('a question that is renamed, or moved to another file, has the answers that it had', async () => {
  const [place, provider] = [workspace(), model()]
  await place.build(stage(provider))
  const before = await place.completions()
  place.responses.clear()
  place.write('questions/a.toml', { questions: [question('bar'), question('new', { prompt: 'ask foo' })] })
  assert.is(await asks(provider, () => place.build(stage(provider))), 0)
  assert.equal(await place.completions('completions/a.toml', 1), before)
  place.write('questions/b.toml', { questions: [question('foo')] })
  const move = () => place.build(stage(provider), { input: 'questions/b.toml', output: 'completions/b.toml' })
  assert.is(await asks(provider, move), 0)
  assert.equal(await place.completions('completions/b.toml'), before)
})

test('what cannot be had leaves the rest: written, incomplete, and named', async () => {
  const [place, provider] = [workspace(), model()]
  provider.failing = (request, sample) =>
    request.includes('foo') && sample === 1 ? new Failure('no answer', { remedy: 'Run again.' }) : undefined
  const { incomplete } = await place.build(stage(provider))
  assert.is(incomplete, "model: 'foo' has 2 of 3 completions. no answer. Run again")
  assert.is((await place.completions()).length, 2)
  assert.is((await place.completions('completions/a.toml', 1)).length, 3)
  provider.failing = undefined
  assert.is(await asks(provider, () => place.build(stage(provider))), 1)
  assert.is((await place.completions()).length, 3)
})

test('when nothing at all can be had, the failure is the target’s', async () => {
  const [place, provider] = [workspace(), model()]
  provider.failing = () => new Failure('KEY is not set')
  const error = await place.build(stage(provider)).catch((error: unknown) => error)
  assert.is(messageOf(error), 'KEY is not set')
  assert.not.ok(place.files.has('completions/a.toml'))
})

test('a bug of a provider is no shortage', async () => {
  const [place, provider] = [workspace(), model()]
  provider.failing = (_, sample) => (sample === 1 ? new TypeError('a bug') : undefined)
  const error = await place.build(stage(provider)).catch((error: unknown) => error)
  assert.instance(error, TypeError)
  // What was paid for is kept all the same.
  assert.is(place.responses.size, 4)
})

test('an abort writes nothing, and what had arrived is not asked for again', async () => {
  const [place, provider, controller] = [workspace(), model(), new AbortController()]
  provider.failing = (_, sample) => {
    if (sample < 1) return undefined
    controller.abort()
    return new Failure('aborted')
  }
  const error = await place
    .build(stage(provider), { signal: controller.signal })
    .catch((error: unknown) => error)
  assert.is(error instanceof Error && error.name, 'AbortError')
  assert.not.ok(place.files.has('completions/a.toml'))
  provider.failing = undefined
  assert.is(await asks(provider, () => place.build(stage(provider))), 4)
})

test('a dry run asks for nothing and counts what is missing', async () => {
  const [place, provider] = [workspace(), model()]
  const { missing, notices } = await place.build(stage(provider), { dry: true })
  assert.is(notices, '')
  assert.equal([missing, provider.asked.length, place.files.has('completions/a.toml')], [6, 0, false])
})

test('--only: other questions keep what they have, and the file stays incomplete', async () => {
  const [place, provider] = [workspace(), model()]
  const only = (id: string) => id === 'bar'
  assert.match((await place.build(stage(provider), { only })).incomplete ?? '', "'foo' has 0 of 3")
  assert.is(provider.asked.length, 3)
  await place.build(stage(provider))
  const before = await place.completions()
  const { incomplete } = await place.build(stage(provider, { temperature: 1 }), { only })
  assert.match(incomplete ?? '', '--only')
  assert.equal(await place.completions(), before)
  assert.is(provider.asked.length, 9)
})

for (const n of [0, -1, 1.5, Number.NaN, 10_001, '5'])
  test(`n = ${n} is refused with a sentence`, () => {
    try {
      stage(model(), { n: n as number })
      assert.unreachable()
    } catch (error) {
      assert.is(error instanceof Failure && error.exit, 2)
      assert.match(messageOf(error), 'whole number from 1 to 10,000')
    }
  })

test('n = 10,000 is taken; a temperature that is no number, and no room for an answer, are not', () => {
  stage(model(), { n: 10_000 })
  assert.throws(() => stage(model(), { temperature: Number.NaN }), /temperature/)
  assert.throws(() => stage(model(), { maxTokens: 0 }), /maxTokens/)
})

test.run()
