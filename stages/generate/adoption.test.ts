import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Digest, Failure, messageOf } from '../../engine/stage.ts'
import { isEdited } from './completion.ts'
import { generate } from './index.ts'
import { aside, asks, changed, edited, model, question, stage, workspace } from './testing/index.ts'

test('an edit of a raw text is kept and said at each build, and never becomes the model’s answer', async () => {
  const [place, provider] = [workspace(), model()]
  await place.build(stage(provider))
  const answer = place.responses.get((await place.read()).questions[0]?.completions[1]?.key as Digest)
  await place.edit(changed(1, edited('mine')))
  const text = place.text()
  for (let time = 0; time < 2; time++) {
    const { notices, facts } = await place.build(stage(provider))
    assert.match(notices, "edited by hand, kept as they stand: 'foo' (1)")
    assert.equal(facts, { raw_edited: 1 })
    assert.is(place.text(), text)
  }
  place.responses.clear()
  await place.build(stage(provider))
  assert.is(place.responses.size, 5)
  place.responses.set((await place.read()).questions[0]?.completions[1]?.key as Digest, answer ?? null)
  // Deleting the edited completion brings the answer back.
  await place.edit((file) => ({
    ...file,
    questions: file.questions.map((each) => ({
      ...each,
      completions: each.completions.filter((c) => !isEdited(c)),
    })),
  }))
  assert.is(await asks(provider, () => place.build(stage(provider))), 0)
  assert.match((await place.completions())[1] ?? '', 'answer 2')
})

test('an edit whose answer is wanted no more is set aside, and comes back with it', async () => {
  const [place, provider] = [workspace(), model()]
  await place.build(stage(provider, { temperature: 0.9 }))
  await place.edit(changed(1, edited('mine')))
  const text = place.text()
  const { notices } = await place.build(stage(provider, { temperature: 0.2 }))
  assert.match(notices, '1 edited completion is set aside')
  assert.equal(await place.completions(aside), ['mine'])
  assert.not.ok((await place.completions()).includes('mine'))
  await place.build(stage(provider, { temperature: 0.9 }))
  assert.is(place.text(), text)
  assert.not.match(place.text(aside), 'mine')
  assert.is((await place.build(stage(provider, { temperature: 0.9 }))).notices.includes('set aside'), false)
})

test('a note or a rejection on an answer that goes is set aside too', async () => {
  const [place, provider] = [workspace(), model()]
  await place.build(stage(provider))
  await place.edit(changed(0, (completion) => ({ ...completion, note: 'cheats' })))
  await place.build(stage(provider, { temperature: 1 }))
  assert.match(place.text(aside), 'cheats')
  await place.build(stage(provider))
  assert.match(place.text(), 'cheats')
})

test('edits of a question that is gone are set aside, its answers go back to the cache', async () => {
  const [place, provider] = [workspace(), model()]
  await place.build(stage(provider))
  await place.edit(changed(0, edited('mine')))
  place.responses.clear()
  place.write('questions/a.toml', { questions: [question('bar')] })
  await place.build(stage(provider))
  assert.equal(await place.completions(aside), ['mine'])
  assert.is(place.responses.size, 5)
  place.write('questions/a.toml', { questions: [question('foo'), question('bar')] })
  assert.is(await asks(provider, () => place.build(stage(provider))), 0)
  assert.is((await place.completions())[0], 'mine')
})

test('completions that came with the question stand first and count toward n', async () => {
  const written = { completion: 'def f(): pass', results: [true] }
  const [place, provider] = [workspace(question('foo', { completions: [written] })), model()]
  assert.is(await asks(provider, () => place.build(stage(provider))), 2)
  const text = place.text()
  assert.is((await place.completions())[0], 'def f(): pass')
  assert.is((await place.completions()).length, 3)
  assert.is(await asks(provider, () => place.build(stage(provider))), 0)
  assert.is(place.text(), text)
})

test('a copy of a completion that came in is edited: the edit stands in its place', async () => {
  const [place, provider] = [workspace(question('foo', { completions: [{ completion: 'theirs' }] })), model()]
  await place.build(stage(provider, { n: 1 }))
  await place.edit(changed(0, edited('mine')))
  await place.build(stage(provider, { n: 1 }))
  assert.equal(await place.completions(), ['mine'])
  // Another text came in: the edit was not of that.
  place.write('questions/a.toml', {
    questions: [question('foo', { completions: [{ completion: 'other' }] })],
  })
  await place.build(stage(provider, { n: 1 }))
  assert.equal(await place.completions(), ['other'])
  assert.equal(await place.completions(aside), ['mine'])
})

test('completions that a person adds to the output are kept, count, and push nothing out', async () => {
  const [place, provider] = [workspace(question('foo')), model()]
  await place.build(stage(provider))
  await place.edit((file) => ({
    ...file,
    questions: file.questions.map((each) => ({
      ...each,
      completions: [{ completion: 'added' }, ...each.completions],
    })),
  }))
  assert.is(await asks(provider, () => place.build(stage(provider))), 0)
  assert.is((await place.completions()).length, 4)
  assert.is(await asks(provider, () => place.build(stage(provider, { n: 5 }))), 1)
  assert.is((await place.completions()).at(-1), 'added')
})

test('a completion copied by hand and changed is kept beside the answer that it was copied from', async () => {
  const [place, provider] = [workspace(question('foo')), model()]
  await place.build(stage(provider))
  await place.edit((file) => ({
    ...file,
    questions: file.questions.map((each) => ({
      ...each,
      completions: each.completions.flatMap((c, at) => (at === 0 ? [edited('variation')(c), c] : [c])),
    })),
  }))
  await place.build(stage(provider))
  const texts = await place.completions()
  assert.match(texts[0] ?? '', 'answer 1')
  assert.is(texts.at(-1), 'variation')
  assert.not.ok(place.files.has(aside))
  assert.is(texts.length, 4)
})

test('one file, read and written: what is missing is added, what stands is kept', async () => {
  const [place, provider] = [workspace(), model()]
  const seeds = [{ completion: 'one', results: [true] }, { completion: 'two' }]
  place.write('all.toml', { questions: [question('foo', { completions: seeds })] })
  const inPlace = generate({ from: 'all.toml', to: 'all.toml', provider, n: 4 })
  const build = () => place.build(inPlace, { input: 'all.toml', output: 'all.toml' })
  assert.is(await asks(provider, build), 2)
  assert.equal((await place.completions('all.toml')).slice(0, 2), ['one', 'two'])
  assert.equal((await place.read('all.toml')).questions[0]?.completions[0]?.results, [true])
  const text = place.text('all.toml')
  assert.is(await asks(provider, build), 0)
  assert.is(place.text('all.toml'), text)
})

test('an output that cannot be read is not overwritten', async () => {
  const [place, provider] = [workspace(), model()]
  place.files.set('completions/a.toml', 'half [[')
  const error = await place.build(stage(provider)).catch((error: unknown) => error)
  assert.instance(error, Failure)
  assert.match(messageOf(error), 'completions/a.toml:1')
  assert.is(provider.asked.length, 0)
})

/** What may happen between two builds. */
const happening = fc.oneof(
  fc.record({ type: fc.constant('n' as const), n: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ type: fc.constant('temperature' as const), temperature: fc.constantFrom(0, 1) }),
  fc.record({ type: fc.constant('edit' as const), sample: fc.nat(3) }),
  fc.record({ type: fc.constant('add' as const) }),
  fc.record({ type: fc.constant('cache gone' as const) }),
  fc.record({ type: fc.constant('question gone' as const) }),
  fc.record({ type: fc.constant('question back' as const) }),
)

test('whatever happens: no edit is lost, and nothing that is anywhere is asked for', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 12 }), async (happenings) => {
      const [place, provider] = [workspace(), model()]
      const written = new Set<string>()
      let [n, temperature, edits] = [3, 0, 0]
      const build = async () => {
        const known = new Set(place.responses.keys())
        for (const { completions } of place.files.has('completions/a.toml')
          ? (await place.read()).questions
          : [])
          for (const completion of completions)
            if (completion.key !== undefined && !isEdited(completion)) known.add(completion.key)
        const before = new Set(place.responses.keys())
        await place.build(stage(provider, { n, temperature }))
        const asked = provider.asked.splice(0)
        const added = [...place.responses.keys()].filter((key) => !before.has(key))
        assert.is(added.filter((key) => !known.has(key)).length, asked.length, 'asked for what was known')
      }
      await build()
      for (const event of happenings) {
        const mine = `mine ${++edits}`
        if (event.type === 'n') n = event.n
        else if (event.type === 'temperature') temperature = event.temperature
        else if (event.type === 'cache gone') place.responses.clear()
        else if (event.type === 'question gone')
          place.write('questions/a.toml', { questions: [question('bar')] })
        else if (event.type === 'question back')
          place.write('questions/a.toml', { questions: [question('foo'), question('bar')] })
        else if (event.type === 'add') {
          written.add(mine)
          await place.edit((file) => ({
            ...file,
            questions: file.questions.map((each, at) =>
              at > 0 ? each : { ...each, completions: [...each.completions, { completion: mine }] },
            ),
          }))
        } else {
          const old = (await place.completions())[event.sample]
          if (old === undefined) continue
          written.delete(old)
          written.add(mine)
          await place.edit(changed(event.sample, edited(mine)))
        }
        await build()
        const texts = [place.text(), place.files.get(aside) ?? ''].join('\n')
        for (const text of written) assert.match(texts, `'${text}'`, `lost: ${text}`)
      }
      const text = place.text()
      await build()
      assert.is(place.text(), text)
    }),
    { numRuns: 60 },
  )
})

test.run()
