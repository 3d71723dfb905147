/** Several completions with one request, and servers that make something else of it. Each answer is paid for once. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Budget, messageOf } from '../../engine/stage.ts'
import { type Step, startServer, type TestServer } from '../../engine/testing/server-client.ts'
import { shares } from './answers.ts'
import { type OpenAIOptions, openai } from './openai.ts'
import { another, ask as askAt, type Case } from './testing/asking.ts'

let server: TestServer
test.before(async () => {
  server = await startServer()
})
test.after(() => server.stop())

const retry = { attempts: 3, first: 0.001, floor: 0.001, cap: 0.05 }
const provider = (options: Partial<OpenAIOptions> = {}) =>
  openai({ model: 'm', baseURL: server.url, retry, ...options })

const twenty = Array.from({ length: 20 }, (_, sample) => sample)

/** What was asked, and what the server counts as answered in full, and so as paid. */
async function ask(steps: readonly Step[], options: Partial<OpenAIOptions> = {}, more: Case = {}) {
  await server.reset()
  await server.script(...steps)
  const asked = await askAt(provider(options), { samples: twenty, ...more })
  const log = await server.log()
  return {
    ...asked,
    log,
    texts: asked.answers.map(({ text }) => text),
    paid: log.flatMap(({ answers }) => answers).length,
    n: log.map(({ body }) => body['n'] ?? 1),
  }
}

test('twenty samples come with one request, each under its own number', async () => {
  const { answers, texts, paid, sent, n } = await ask([])
  assert.equal([sent, paid, n], [1, 20, [20]])
  assert.is(new Set(texts).size, 20)
  texts.forEach((text, sample) => void assert.match(text, `answer ${sample} to`))
  assert.is(answers[0]?.of, 20)
})

test('more than a chunk is several requests, the last one smaller', async () => {
  const { sent, paid, n } = await ask([], { chunk: 8 })
  assert.equal([sent, paid, [...n].sort()], [3, 20, [4, 8, 8]])
})

test('only the samples that are missing are asked for, and keep their numbers', async () => {
  const { answers, n } = await ask([], {}, { samples: [3, 7, 8] })
  assert.equal(n, [3])
  assert.equal(
    answers.flatMap((answer, sample) =>
      answer === undefined ? [] : [[sample, answer.text.match(/answer (\d)/)?.[1]]],
    ),
    [
      [3, '0'],
      [7, '1'],
      [8, '2'],
    ],
  )
})

test('tokens and cost of a request are shared out without a rest', async () => {
  const { answers, log } = await ask([], { prices: { m: { in: 1, out: 3 } } })
  const sum = (key: 'tokens_in' | 'tokens_out' | 'cost') =>
    answers.reduce((all, answer) => all + (answer[key] ?? Number.NaN), 0)
  const prompt = Math.ceil(JSON.stringify(log[0]?.body['messages']).length / 4)
  assert.is(sum('tokens_in'), prompt)
  assert.is(sum('tokens_out'), 240)
  assert.ok(Math.abs(sum('cost') - (prompt + 3 * 240) / 1e6) < 1e-9)
  fc.assert(
    fc.property(
      fc.nat(1e6),
      fc.array(fc.integer({ min: 1, max: 1e5 }), { minLength: 1 }),
      (total, weights) => {
        const parts = shares(total, weights)
        assert.is(
          parts.reduce<number>((all, part) => all + (part ?? Number.NaN), 0),
          total,
        )
        assert.ok(parts.every((part) => part !== undefined && part >= 0))
      },
    ),
  )
})

test('a server that ignores n: what came is kept, the rest comes in single requests, then nothing else is tried', async () => {
  const live = provider()
  await server.reset()
  await server.script({ times: 0, ignoreN: true })
  const first = await askAt(live, { samples: twenty })
  assert.is(first.error, undefined)
  assert.equal([first.sent, first.answers.filter(Boolean).length], [20, 20])
  assert.is((await server.counts()).answers, 20)
  await server.reset()
  const then = await askAt(live, { samples: [0, 1, 2] })
  assert.equal(
    [then.sent, (await server.log()).map(({ body }) => body['n'])],
    [3, [undefined, undefined, undefined]],
  )
})

test('a server that rejects n is asked for single samples, and the rejection costs nothing', async () => {
  const { error, sent, paid, answers } = await ask([{ times: 0, rejectN: true }])
  assert.is(error, undefined)
  assert.equal([sent, paid, answers.filter(Boolean).length], [21, 20, 20])
})

test('a rejection that is not about n is told as what it is, after two requests', async () => {
  const error = { message: 'temperature is not supported', param: 'temperature' }
  const { error: failure, sent, paid } = await ask([{ times: 0, status: 400, error }])
  assert.equal([sent, paid], [2, 0])
  assert.match(messageOf(failure), "'q'")
  assert.match(messageOf(failure), 'temperature is not supported')
  assert.match((failure as { remedy: string }).remedy, 'leave it out of generate')
})

test('a server that sends fewer choices is asked for the rest', async () => {
  const { error, sent, paid, texts, n } = await ask([{ choices: 7 }])
  assert.is(error, undefined)
  assert.equal([sent, paid, new Set(texts).size, n], [2, 20, 20, [20, 13]])
})

test('choices out of order are put in order; with one number for all, or one id, they are taken as they stand', async () => {
  const shuffled = await ask([{ shuffle: true }])
  shuffled.texts.forEach((text, sample) => void assert.match(text, `answer ${sample} to`))
  for (const step of [{ sameIndex: true }, { sameId: true }]) {
    const { texts, paid } = await ask([step])
    assert.equal([paid, new Set(texts).size], [20, 20])
  }
})

for (const [what, step] of [
  ['a body that is cut off', { cut: true }],
  ['a reset connection', { reset: true }],
  ['a Content-Length that is too short', { wrongLength: -40 }],
  ['a Content-Length that is too long', { wrongLength: 40 }],
  ['a byte that is not UTF-8', { invalidUtf8: true }],
  ['an HTML page with status 200', { raw: '<html>Log in</html>' }],
  ['bad JSON', { raw: '{"choices":[{' }],
  ['an error inside a 200', { raw: '{"error":{"message":"upstream died","code":502}}' }],
  ['429', { status: 429, headers: { 'retry-after': '0' } }],
  ['500', { status: 500 }],
] as const)
  test(`${what}, in the middle of a run: all completions are there, each paid once`, async () => {
    const { error, paid, texts } = await ask([{}, step], { chunk: 5, concurrency: 1 })
    assert.is(error, undefined)
    assert.equal([paid, new Set(texts).size, texts.length], [20, 20, 20])
  })

test('what is left of a budget is used for as many samples as it has room for', async () => {
  const sampling = { maxTokens: 50 }
  const enough = await ask([], {}, { sampling, budgets: [new Budget({ tokens: 800 })] })
  assert.is(enough.error, undefined)
  assert.ok(enough.sent > 1)
  assert.is(enough.paid, 20)
  const little = await ask([], {}, { sampling, budgets: [new Budget({ tokens: 200 })] })
  assert.ok(little.paid > 4 && little.paid < 20, `${little.paid}`)
  assert.match(messageOf(little.error), 'the budget of 200 tokens is used up')
})

test('slow bytes, a late body, 5 MB of text, and sockets that close under load lose nothing', async () => {
  const steps: readonly Step[] = [
    { trickle: 5 },
    { late: 50 },
    { big: 5e6 },
    { dropAfter: true },
    { dropIdle: true },
    { dropAfter: true },
  ]
  const { error, paid, texts } = await ask(steps, { chunk: 2, concurrency: 3 })
  assert.is(error, undefined)
  assert.equal([paid, new Set(texts).size], [20, 20])
  assert.ok(texts.some((text) => text.length >= 5e6))
})

test('usage that is missing leaves tokens and cost unknown, and nothing else', async () => {
  const { answers } = await ask([{ without: ['usage'] }], { prices: { m: { in: 1, out: 1 } } })
  assert.equal([answers[3]?.tokens_out, answers[3]?.cost, answers.length], [undefined, undefined, 20])
})

test('an answer is stored with who answered, when, how long it took, and what the server counted', async () => {
  const { answers } = await ask([])
  const { request_id, fingerprint, usage, model, finish, at, seconds } = answers[0] ?? {}
  assert.match(request_id ?? '', /^request-/)
  assert.equal([fingerprint, model, finish], ['fp_test', 'm-2026-01-01', 'stop'])
  assert.is((usage as { completion_tokens: number }).completion_tokens, 240)
  assert.ok(Date.parse(at ?? '') > 0 && (seconds ?? 0) > 0)
})

test('a seed is another one for each request, so that single samples are not all the same', async () => {
  const { log } = await ask([], { chunk: 5 }, { sampling: { seed: 7 }, samples: [0, 1, 2, 3, 4, 10] })
  assert.equal(
    log.map(({ body }) => Number(body['seed'])).sort((a, b) => a - b),
    [7, 17],
  )
})

test('every sampling parameter and extra field is sent under the name that the server knows', async () => {
  const sampling = {
    ...{ temperature: 0.5, topP: 0.9, maxTokens: 32, stop: ['\n\n'], seed: 1 },
    ...{ presencePenalty: 0.1, frequencyPenalty: -0.1 },
  }
  const { log } = await ask([], { body: { top_k: 40 }, effort: 'low' }, { sampling })
  const { messages: _, ...body } = log[0]?.body ?? {}
  assert.equal(body, {
    ...{ model: 'm', n: 20, max_tokens: 32, temperature: 0.5, top_p: 0.9, stop: ['\n\n'], seed: 1 },
    ...{ presence_penalty: 0.1, frequency_penalty: -0.1, reasoning_effort: 'low', top_k: 40 },
  })
})

test('responses: one answer a request, reasoning apart, cut and refused answers marked', async () => {
  const options = { endpoint: 'responses', effort: 'high', model: 'gpt-5-codex' } as const
  const { log, answers, error } = await ask([], options, { samples: [0, 1] })
  assert.is(error, undefined)
  assert.equal(
    log.map(({ path }) => path),
    ['/v1/responses', '/v1/responses'],
  )
  const { input, ...body } = log[0]?.body ?? {}
  // No temperature, which such a model refuses.
  assert.equal(body, {
    model: 'gpt-5-codex',
    max_output_tokens: 512,
    reasoning: { effort: 'high' },
    store: false,
  })
  assert.is((input as { role: string }[])[0]?.role, 'user')
  assert.match(answers[1]?.text ?? '', 'answer')
  assert.equal([answers[0]?.finish, answers[0]?.tokens_out], ['stop', 12])
  const cut = await ask([{ finish: 'length' }], options, { samples: [0] })
  assert.is(cut.answers[0]?.finish, 'length')
  const refused = await ask([{ refusal: 'I will not.' }], options, { samples: [0] })
  assert.equal([refused.answers[0]?.text, refused.answers[0]?.finish], ['I will not.', 'refusal'])
})

test('messages of one’s own: examples first, then the question', async () => {
  const messages = [
    { role: 'system', content: 'Python 3.' },
    { role: 'user', content: 'Example: {preload}' },
    { role: 'user', content: '{question}' },
  ]
  const asked = another('def f():')
  const { log } = await ask([], { messages, withPreload: '<{prompt}|{preload}>' }, { asked, samples: [0] })
  assert.equal(log[0]?.body['messages'], [
    { role: 'system', content: 'Python 3.' },
    { role: 'user', content: 'Example: def f():' },
    { role: 'user', content: `<${asked.prompt}|def f():>` },
  ])
})

test('another address, header and query for the key and the version, as Azure wants them', async () => {
  process.env['CODEX_RUNNER_AZURE_KEY'] = 'azure-key-0123'
  const { log, error } = await ask(
    [],
    {
      ...{ baseURL: `${server.root}/openai/deployments/gpt-4o`, keyHeader: 'api-key' },
      ...{
        keyVariable: 'CODEX_RUNNER_AZURE_KEY',
        query: { 'api-version': '2024-10-21' },
        headers: { 'x-title': 'mine' },
      },
    },
    { samples: [0] },
  )
  assert.is(error, undefined)
  const { headers, query, path } = log[0] ?? {}
  assert.equal(
    [path, query],
    ['/openai/deployments/gpt-4o/chat/completions', { 'api-version': '2024-10-21' }],
  )
  assert.equal(
    [headers?.['api-key'], headers?.authorization, headers?.['x-title']],
    ['azure-key-0123', undefined, 'mine'],
  )
})

test('organisation and project of the environment are told to nobody but OpenAI', async () => {
  process.env['OPENAI_ORG_ID'] = 'org-mine'
  const { log } = await ask([], {}, { samples: [0] })
  const given = await ask([], { organization: 'org-given', project: 'p' }, { samples: [0] })
  delete process.env['OPENAI_ORG_ID']
  assert.is(log[0]?.headers['openai-organization'], undefined)
  assert.equal(
    [given.log[0]?.headers['openai-organization'], given.log[0]?.headers['openai-project']],
    ['org-given', 'p'],
  )
})

test('where nobody answers, all give up when the first one does', async () => {
  const gone = await startServer()
  await gone.stop()
  const live = provider({ baseURL: gone.url, chunk: 1, concurrency: 1 })
  const { error, sent } = await askAt(live, { samples: [0, 1, 2, 3] })
  assert.ok(sent < 4 * 3, `${sent} sent`)
  assert.match(messageOf(error), 'ECONNREFUSED')
  assert.match((error as { remedy: string }).remedy, 'connected')
})

test('being told to come later is no failed try as long as others are let in', async () => {
  const refused: Step = { when: 'patient', status: 429, times: 6 }
  const asked = { ...another(), prompt: 'patient' }
  await server.reset()
  await server.script(refused)
  const live = provider({ chunk: 1, concurrency: 2 })
  const [patient] = await Promise.all([
    askAt(live, { asked, samples: [0] }),
    (async () => {
      for (let round = 0; round < 30; round++) await askAt(live, { samples: [0] })
    })(),
  ])
  assert.is(patient.error, undefined)
  assert.is(patient.sent, 7)
})

test.run()
