import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { canonical, type Json } from '../../engine/stage.ts'
import type { Question } from '../questions/model.ts'
import { completionKey, drawingKey } from './completion.ts'
import { type OpenAIOptions, openai } from './openai.ts'
import { question, usual as sampling } from './testing/asking.ts'

const keysFor = (request: Json) => (sample: number) =>
  completionKey(drawingKey({ provider: 'openai', request }), sample)

const keysOf = (options: Partial<OpenAIOptions>, asked: Question, drawn = sampling) => {
  const live = openai({ model: 'm', baseURL: 'https://x/v1', ...options })
  return keysFor(live.request(asked, drawn))
}

test('a key is of the request alone: not of the id, the test cases or the key of the account', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), fc.nat(), (prompt, preload, id, sample) => {
      const one = keysOf({}, question(prompt, preload, 'one'))(sample)
      const testcases = [{ code: id, stdin: '', expect: id }]
      const other = { ...question(prompt, preload, id), testcases }
      const options = {
        keyVariable: 'X',
        concurrency: 3,
        chunk: 1,
        mode: 'batch',
        headers: { a: id },
      } as const
      assert.is(keysOf(options, other)(sample), one)
    }),
  )
})

test('whatever can change the answer changes the key', () => {
  const asked = question('p', 'def f():')
  const keys = [
    keysOf({}, asked)(0),
    keysOf({}, asked)(1),
    keysOf({}, question('p'))(0),
    keysOf({}, question('p2', 'def f():'))(0),
    keysOf({ model: 'm2' }, asked)(0),
    keysOf({ baseURL: 'https://y/v1' }, asked)(0),
    keysOf({ baseURL: 'https://api.openai.com/v1' }, asked)(0),
    keysOf({ endpoint: 'completions' }, asked)(0),
    keysOf({ endpoint: 'completions' }, question('p\n\ndef f():'))(0),
    keysOf({ system: 's' }, asked)(0),
    keysOf({ withPreload: '{prompt}|{preload}' }, asked)(0),
    keysOf({}, asked, { temperature: 0.2, maxTokens: 512 })(0),
    keysOf({}, asked, { temperature: 0.9, maxTokens: 16 })(0),
    keysOf({}, asked, {})(0),
    keysOf({ endpoint: 'responses' }, asked, { maxTokens: 512 })(0),
    keysOf({ effort: 'low' }, asked)(0),
    keysOf({ body: { top_k: 3 } }, asked)(0),
    keysOf({ messages: [{ role: 'user', content: 'Example.\n{question}' }] }, asked)(0),
    ...[
      { topP: 0.5 },
      { stop: 'x' },
      { stop: ['x'] },
      { seed: 1 },
      { presencePenalty: 1 },
      { frequencyPenalty: 1 },
    ].map((more) => keysOf({}, asked, { ...sampling, ...more })(0)),
  ]
  assert.is(new Set(keys).size, keys.length)
  assert.is(
    keysOf({ server: 'mine', baseURL: 'https://y/v1' }, asked)(0),
    keysOf({ server: 'mine' }, asked)(0),
  )
  assert.is(keysOf({ baseURL: 'https://x/v1/' }, asked)(0), keysOf({}, asked)(0))
})

test('the order in which a request’s keys were written is no part of its key', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
      // What JSON.parse makes of `__proto__` aside, the reversed object says the same.
      const reversed = Object.fromEntries(Object.entries(object).reverse())
      const keys = (request: object) => keysFor(JSON.parse(JSON.stringify(request)))(3)
      assert.is(keys(reversed), keys(object))
    }),
  )
})

test('neither request nor parameters say the key', () => {
  process.env['CODEX_RUNNER_TEST_KEY'] = 'sk-secret'
  const live = openai({ model: 'm', baseURL: 'https://x/v1', keyVariable: 'CODEX_RUNNER_TEST_KEY' })
  assert.not.match(canonical([live.request(question('p'), sampling), live.params(sampling)]), 'sk-')
})

test('parameters show what would be sent', () => {
  const live = openai({ model: 'm', baseURL: 'https://x/v1', system: 's' })
  assert.equal(live.params(sampling), {
    model: 'm',
    endpoint: 'chat',
    server: 'https://x/v1',
    system: 's',
    temperature: 0.9,
    maxTokens: 512,
  })
})

test.run()
