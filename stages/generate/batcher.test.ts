/** The Batch API: left, taken up, partly failed, expired, created without an answer. Each answer is paid for once. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Budget, type Json, messageOf } from '../../engine/stage.ts'
import {
  type BatchScript,
  type Step,
  startServer,
  type TestServer,
} from '../../engine/testing/server-client.ts'
import { type OpenAIOptions, openai } from './openai.ts'
import { another, ask, type Case } from './testing/asking.ts'

let server: TestServer
test.before(async () => {
  server = await startServer()
})
test.after(() => server.stop())

const retry = { attempts: 3, first: 0.001, floor: 0.001, cap: 0.05 }
const provider = (options: Partial<OpenAIOptions> = {}) =>
  openai({ model: 'm', baseURL: server.url, mode: 'batch', poll: 0.02, retry, ...options })

const samples = Array.from({ length: 6 }, (_, sample) => sample)

async function scripted(batches: readonly BatchScript[], steps: readonly Step[] = []): Promise<void> {
  await server.reset()
  await server.batches(...batches)
  await server.script(...steps)
}

async function state() {
  const log = await server.log()
  const calls = await server.calls()
  return {
    log,
    paid: log.flatMap(({ answers }) => answers).length,
    created: calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/batches')).length,
  }
}

async function batch(batches: readonly BatchScript[], options: Partial<OpenAIOptions> = {}, more: Case = {}) {
  await scripted(batches)
  const asked = await ask(provider(options), { samples, ...more })
  return { ...asked, ...(await state()) }
}

/** Two questions asked at the same time by one provider, as two files do. */
const two = (live: ReturnType<typeof provider>, more: Case = {}) =>
  Promise.all([ask(live, { samples, ...more }), ask(live, { samples, ...more })])

const stateIn = (notes: ReadonlyMap<string, Json>) =>
  [...notes.values()].map((note) => (note as { state: string }).state)

/** Asks, and is stopped as soon as the batch is noted. */
async function leave(batches: readonly BatchScript[]) {
  await scripted(batches)
  const notes = new Map<string, Json>()
  const controller = new AbortController()
  const asked = another()
  const first = ask(provider(), { samples, asked, notes, signal: controller.signal })
  while (!stateIn(notes).includes('created')) await new Promise((resolve) => setTimeout(resolve, 20))
  controller.abort()
  return { notes, asked, left: await first }
}

test('what several questions want goes into one batch, and comes at half the price', async () => {
  await scripted([])
  const notes = new Map<string, Json>()
  const [one, other] = await two(provider({ prices: { m: { in: 0, out: 1000 } } }), { notes })
  const { log, created, paid } = await state()
  assert.equal([one.error, other.error], [undefined, undefined])
  assert.equal([created, paid, log.length], [1, 12, 2])
  assert.ok(log.every(({ batch }) => batch !== undefined))
  assert.equal([one.answers.length, other.answers.length, one.kept.size + other.kept.size], [6, 6, 12])
  assert.is(one.answers[0]?.cost, 0.006)
  assert.match(one.answers[0]?.request_id ?? '', /./)
  assert.equal(stateIn(notes), ['collected'])
})

test('answers in any order, one a request or several, go to their samples', async () => {
  for (const chunk of [1, 4, 20]) {
    const { answers, error, paid } = await batch([{ shuffle: true }], { chunk })
    assert.is(error, undefined)
    assert.equal([paid, new Set(answers.map(({ text }) => text)).size], [6, 6])
    if (chunk === 20) answers.forEach(({ text }, sample) => void assert.match(text, `answer ${sample} to`))
  }
})

test('samples with gaps keep their numbers', async () => {
  const { answers, error, paid } = await batch([], {}, { samples: [2, 3, 9] })
  assert.is(error, undefined)
  assert.equal([paid, Object.keys(answers)], [3, ['2', '3', '9']])
})

test('a failed line is asked for again in another batch; what was answered is not', async () => {
  const { answers, error, paid, created } = await batch([{ fail500: [2] }], { chunk: 2 })
  assert.is(error, undefined)
  assert.equal([answers.length, paid, created], [6, 6, 2])
})

test('an expired batch: the rest goes into another one', async () => {
  const { answers, error, paid, created } = await batch([{ expireAfter: 4 }], { chunk: 1 })
  assert.is(error, undefined)
  assert.equal([answers.length, paid, created], [6, 6, 2])
})

test('a line that is refused for what it is fails its question, and the others are there', async () => {
  const { answers, error, paid, created } = await batch([{ fail: [1] }], { chunk: 3 })
  assert.equal([Object.keys(answers), paid, created], [['3', '4', '5'], 3, 1])
  assert.match(messageOf(error), "'q'")
  assert.match(messageOf(error), '400')
})

test('a batch that is rejected as a whole says why, and is not tried again', async () => {
  const { error, paid, created } = await batch([{ reject: 'model m has no batches', times: 0 }])
  assert.equal([paid, created], [0, 1])
  assert.match(messageOf(error), 'model m has no batches')
})

test('what never gets an answer is given up after three batches', async () => {
  const { error, created } = await batch([{ fail500: [1], times: 0 }])
  assert.is(created, 3)
  assert.match(messageOf(error), 'did not answer')
})

test('left while it is under way, a batch is taken up by a later run: by its note', async () => {
  const { notes, asked, left } = await leave([{ polls: 30 }])
  assert.is((left.error as Error).name, 'AbortError')
  assert.match(left.said.join(), 'run again to take it up')
  const { answers, error, sent } = await ask(provider(), { samples, asked, notes })
  const { paid, created } = await state()
  assert.is(error, undefined)
  assert.equal([answers.length, paid, created, sent], [6, 6, 1, 0])
  assert.equal(stateIn(notes), ['collected'])
})

test('with the cache gone, a batch is found by its mark in the server’s list', async () => {
  await scripted([{ polls: 30 }])
  const controller = new AbortController()
  const asked = another('def f():')
  const options = { endpoint: 'completions', chunk: 4 } as const
  const first = ask(provider(options), { samples, asked, signal: controller.signal })
  while ((await state()).created === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  await new Promise((resolve) => setTimeout(resolve, 100))
  controller.abort()
  await first
  const { answers, error } = await ask(provider(options), { samples: [...samples, 6], asked })
  const { paid, created } = await state()
  assert.is(error, undefined)
  assert.equal([answers.length, paid, created], [7, 7, 2])
  assert.match(answers[5]?.text ?? '', /^def f\(\):/)
})

test('answers of a batch that nobody wants any more are kept: they were paid for', async () => {
  const { notes } = await leave([{ polls: 3 }])
  // The same note, another question: looks once, and the batch is not over yet.
  for (let round = 0; round < 3; round++) {
    const { kept } = await ask(provider(), { samples: [0], notes })
    if (kept.size > 1) return assert.is(kept.size, 7)
  }
  assert.unreachable('the answers of the first batch were not kept')
})

test('the answer to the creation is lost: the batch is found, and not created a second time', async () => {
  const { answers, error, paid, created } = await batch([{ dropOnCreate: true }])
  assert.is(error, undefined)
  assert.equal([answers.length, paid, created], [6, 6, 1])
})

test('where no list tells whether it was created, the person decides, and nothing is paid for twice', async () => {
  const notes = new Map<string, Json>()
  const { error, created } = await batch([{ dropOnCreate: true, noList: true, times: 0 }], {}, { notes })
  assert.is(created, 1)
  assert.match((error as { remedy: string }).remedy, 'cache/journal/batch-')
  const again = await ask(provider(), { samples, notes })
  assert.match(messageOf(again.error), 'was being created')
  assert.is((await state()).created, 1)
})

test('a batch that the server does not know any more is told with what to do, and not paid for again', async () => {
  const { notes, asked } = await leave([{ polls: 30 }])
  await server.reset()
  const { error } = await ask(provider(), { samples, asked, notes })
  assert.match(messageOf(error), 'does not know the batch')
  assert.match((error as { remedy: string }).remedy, 'account')
  assert.is((await state()).created, 0)
  const other = await ask(provider(), { samples, notes })
  assert.is(other.error, undefined)
  assert.match(other.said.join(), 'does not know the batch')
})

test('a server that ignores n answers the rest in a second batch, one by one', async () => {
  await scripted([], [{ times: 0, ignoreN: true }])
  const { answers, error } = await ask(provider(), { samples })
  const { paid, created } = await state()
  assert.is(error, undefined)
  assert.equal([answers.length, paid, created], [6, 6, 2])
})

test('responses: one sample a line', async () => {
  const { answers, error, log } = await batch([], { endpoint: 'responses' }, { sampling: { maxTokens: 9 } })
  assert.is(error, undefined)
  assert.equal([answers.length, log.length, log[0]?.path], [6, 6, '/v1/responses'])
})

test('a budget lets as many lines into the batch as it has room for, and says so of the rest', async () => {
  const budget = new Budget({ tokens: 1500 })
  const sampling = { maxTokens: 400 }
  const { answers, error, paid } = await batch([], { chunk: 1 }, { budgets: [budget], sampling })
  assert.equal([answers.length, paid], [3, 3])
  assert.match(messageOf(error), 'the budget of 1,500 tokens is used up')
})

test('a refused key is told once, and in the words of live requests', async () => {
  await scripted([])
  const live = openai({
    ...{
      model: 'm',
      baseURL: 'https://api.openai.com/v1',
      mode: 'batch',
      keyVariable: 'NO_SUCH_KEY',
      poll: 0.02,
    },
  })
  const { error } = await ask(live, { samples })
  assert.match(messageOf(error), 'NO_SUCH_KEY is not set')
})

test.run()
