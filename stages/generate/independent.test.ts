/**
 * The provider against somebody else's idea of OpenAI's API: the mock server aimock, in this process.
 *
 * Our own test server is made by who made the client, and may share its mistakes. Where aimock is not like OpenAI it is
 * like some other server: it answers one choice whatever `n` says, and has no legacy endpoint.
 */
import { type ChaosConfig, type FixtureMatch, type FixtureOpts, LLMock } from '@copilotkit/aimock'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure, messageOf } from '../../engine/stage.ts'
import { type OpenAIOptions, openai } from './openai.ts'
import { type Asked, ask as askAt, type Case, question } from './testing/asking.ts'

const key = 'a-key-0123456789abcdef'
const keyVariable = 'CODEX_RUNNER_INDEPENDENT_KEY'
const mock = new LLMock({ port: 0, host: '127.0.0.1', auth: { apiKeys: [key] } })

test.before(async () => {
  process.env[keyVariable] = key
  await mock.start()
})
test.before.each(() => {
  process.env[keyVariable] = key
  mock.clearChaos().reset()
})
test.after(() => mock.stop())

const retry = { attempts: 3, first: 0.001, floor: 0.001, cap: 0.05 }
const provider = (options: Partial<OpenAIOptions> = {}) =>
  openai({ model: 'm', baseURL: `${mock.url}/v1`, keyVariable, retry, ...options })

type Response = Parameters<typeof mock.on>[1]
const answer = (response: Response, match: FixtureMatch = {}, opts: FixtureOpts = {}) =>
  mock.on({ userMessage: 'Sum up', ...match }, response, opts)

const asked = question('Sum up.', 'def f(x):')
const ask = (options: Partial<OpenAIOptions> = {}, more: Case = {}): Promise<Asked> =>
  askAt(provider(options), { asked, ...more })

/** Status of each request for an answer, in order of arrival. */
const statuses = () =>
  mock
    .getRequests()
    .filter(({ path }) => !/files|batches/.test(path))
    .map(({ response }) => response.status)
const bodies = () => mock.getRequests().map(({ body }) => body as { readonly [key: string]: unknown } | null)

const usage = { prompt_tokens: 30, completion_tokens: 70 }
const code = '```python\r\ndef f(x):\n    return "ä€😀"\n```\n '

test('chat: text, model, finish, usage, cost and fingerprint are those of the fixture', async () => {
  answer({ content: code, usage, model: 'm-2026', finishReason: 'length', systemFingerprint: 'fp_1' })
  const { answers, error, sent } = await ask({ prices: { m: { in: 1, out: 2 } } })
  assert.is(error, undefined)
  const { text, model, finish, tokens_in, tokens_out, cost, fingerprint, request_id } = answers[0] ?? {}
  assert.equal(
    [sent, text, model, finish, tokens_in, tokens_out, fingerprint],
    [1, code, 'm-2026', 'length', 30, 70, 'fp_1'],
  )
  assert.ok(Math.abs((cost ?? 0) - 170e-6) < 1e-12)
  assert.match(request_id ?? '', /./)
})

test('chat: the parameters arrive under names that it knows', async () => {
  answer({ content: 'x' })
  const sampling = { temperature: 0.5, topP: 0.9, maxTokens: 32, stop: ['\n\n'], seed: 1 }
  const { error } = await ask({ system: 'Be brief.' }, { sampling })
  assert.is(error, undefined)
  const { messages, ...body } = bodies().at(-1) ?? {}
  assert.match(JSON.stringify(messages), '"role":"system","content":"Be brief."')
  assert.equal(Object.fromEntries(Object.entries(body).filter(([name]) => !name.startsWith('_'))), {
    model: 'm',
    max_tokens: 32,
    temperature: 0.5,
    top_p: 0.9,
    stop: ['\n\n'],
    seed: 1,
  })
})

test('chat: a server that answers one choice whatever n says; every sample is there, none is asked for twice', async () => {
  for (let at = 0; at < 20; at++) answer({ content: `answer ${at}`, usage }, { sequenceIndex: at })
  const samples = Array.from({ length: 20 }, (_, sample) => sample)
  const { answers, error, sent } = await ask({}, { samples })
  assert.is(error, undefined)
  assert.equal([sent, mock.getRequests().length], [20, 20])
  assert.is(new Set(answers.map(({ text }) => text)).size, 20)
  assert.is(answers[0]?.text, 'answer 0')
  assert.equal(
    bodies().map((body) => body?.['n']),
    [20, ...samples.slice(1).map(() => undefined)],
  )
  assert.ok(answers.every(({ tokens_out }) => tokens_out === 70))
})

test('chat: an answer with reasoning beside it is the answer alone', async () => {
  answer({ content: 'x = 1', reasoning: 'Let me think.' }, { model: 'o3' })
  assert.is((await ask({ model: 'o3' })).answers[0]?.text, 'x = 1')
})

test('responses: text, model, finish and usage', async () => {
  answer({ content: code, usage: { input_tokens: 5, output_tokens: 6 }, model: 'm-2026' })
  const { answers, error, sent } = await ask({ endpoint: 'responses' }, { samples: [0, 1, 2] })
  assert.is(error, undefined)
  assert.equal([sent, answers.length], [3, 3])
  const { text, model, finish, tokens_in, tokens_out } = answers[2] ?? {}
  assert.equal([text, model, finish, tokens_in, tokens_out], [code, 'm-2026', 'stop', 5, 6])
})

test('responses: reasoning stands apart, and an answer that broke off is told by its status where no reason is given', async () => {
  answer({ content: 'x =', reasoning: 'Let me think.', finishReason: 'length' }, { model: 'o3' })
  const { answers, error } = await ask({ endpoint: 'responses', model: 'o3' })
  assert.is(error, undefined)
  assert.equal([answers[0]?.text, answers[0]?.finish], ['x =', 'incomplete'])
})

test('the legacy endpoint, which it has not: told as that, once', async () => {
  const { error, sent } = await ask({ endpoint: 'completions' }, { samples: [0, 1, 2] })
  assert.is(sent, 1)
  assert.match(messageOf(error), 'status 404')
  assert.match(error instanceof Failure ? error.remedy : '', 'whether the server has this endpoint')
})

test('the address of an Azure deployment, with its key in a header', async () => {
  answer({ content: 'x = 1' }, { model: 'gpt-4o' })
  const baseURL = `${mock.url}/openai/deployments/gpt-4o`
  const { answers, error } = await ask({ baseURL, keyHeader: 'api-key', model: 'gpt-4o' })
  assert.is(error, undefined)
  assert.is(answers[0]?.text, 'x = 1')
})

test('a wrong key is refused once, without being repeated; the right one is taken', async () => {
  answer({ content: 'x = 1' })
  const live = provider({ chunk: 1, concurrency: 1 })
  process.env[keyVariable] = 'another-key-0123456789'
  const { error, sent } = await askAt(live, { asked, samples: [0, 1, 2] })
  assert.is(sent, 1)
  assert.match(messageOf(error), 'refuses the key')
  assert.not.match(messageOf(error), 'another-key')
  process.env[keyVariable] = key
  const then = await askAt(live, { asked, samples: [0, 1, 2] })
  assert.equal([then.error, then.answers.length], [undefined, 3])
})

for (const [status, type, requests] of [
  [429, 'rate_limit_error', 2],
  [500, 'server_error', 2],
  [503, 'server_error', 2],
] as const)
  test(`${status} once: asked again, and the answer is there`, async () => {
    answer({ content: 'x = 1' })
    mock.nextRequestError(status, { message: 'not now', type })
    const { answers, error, sent } = await ask()
    assert.is(error, undefined)
    assert.equal([answers[0]?.text, sent, statuses()], ['x = 1', requests, [status, 200]])
  })

test('a wait that the server asks for is waited', async () => {
  answer(
    { error: { message: 'slow down', type: 'rate_limit_error' }, status: 429, retryAfter: 2 },
    { sequenceIndex: 0 },
  )
  answer({ content: 'x = 1' })
  const started = Date.now()
  const { error, answers } = await ask({ retry: { ...retry, cap: 10 } })
  assert.is(error, undefined)
  assert.is(answers[0]?.text, 'x = 1')
  assert.ok(Date.now() - started >= 1900, `${Date.now() - started} ms`)
})

test('500 for ever: given up after the tries, in its words', async () => {
  answer({ error: { message: 'out of order', type: 'server_error' }, status: 500 })
  const { error, sent } = await ask()
  assert.is(sent, 3)
  assert.match(messageOf(error), /'q'.*3 tries.*500.*out of order/)
})

test('400 with a parameter: told with what to leave out, not asked again for one sample', async () => {
  answer({
    error: { message: 'no temperature', type: 'invalid_request_error', param: 'temperature' },
    status: 400,
  })
  const { error, sent } = await ask()
  assert.is(sent, 1)
  assert.match(messageOf(error), /'q'.*400.*no temperature/)
  assert.match(error instanceof Failure ? error.remedy : '', "omit: ['temperature']")
})

test('a quota that is used up is not waited for', async () => {
  answer({
    error: { message: 'no credit', type: 'insufficient_quota', code: 'insufficient_quota' },
    status: 429,
  })
  const { error, sent } = await ask({ chunk: 1, concurrency: 1 }, { samples: [0, 1, 2] })
  assert.is(sent, 1)
  assert.match(messageOf(error), 'the quota is used up')
})

for (const [what, chaos] of [
  ['dropped requests', { dropRate: 0.5 }],
  ['malformed bodies with status 200', { malformedRate: 0.5 }],
  ['connections that end without an answer', { disconnectRate: 0.5 }],
  ['late answers', { latencyMs: 30 }],
  ['all of it', { dropRate: 0.2, malformedRate: 0.2, disconnectRate: 0.2, latencyMs: 5 }],
] as const satisfies readonly (readonly [string, ChaosConfig])[])
  test(`chaos, ${what}: all completions are there`, async () => {
    answer({ content: 'x = 1' })
    mock.setChaos(chaos)
    const samples = Array.from({ length: 20 }, (_, sample) => sample)
    const patient = { attempts: 40, first: 0.001, floor: 0.001, cap: 0.01 }
    const { answers, error } = await ask({ chunk: 1, retry: patient }, { samples })
    assert.is(error, undefined)
    assert.is(answers.filter((each) => each?.text === 'x = 1').length, 20)
  })

test('a rate limit that lets in one of two: all completions are there', async () => {
  answer({ content: 'x = 1' })
  mock.setChaos({ rateLimitRate: 0.5 })
  const samples = Array.from({ length: 10 }, (_, sample) => sample)
  // So many tries that bad luck alone never ends them.
  const patient = { attempts: 40 }
  const { answers, error, said } = await ask(
    { chunk: 1, retry: patient },
    { samples, sampling: { maxTokens: 16 } },
  )
  assert.is(error, undefined)
  assert.is(answers.filter(Boolean).length, 10)
  assert.ok(said.every((text) => /asks to wait 1 s/.test(text)))
})

const batch = (options: Partial<OpenAIOptions> = {}, more: Case = {}) =>
  ask({ mode: 'batch', poll: 0.02, ...options }, { samples: [0, 1, 2, 3, 4], ...more })

const created = () =>
  mock.getRequests().filter(({ method, path }) => method === 'POST' && path.endsWith('/batches')).length

for (const endpoint of ['chat', 'completions', 'responses'] as const)
  test(`a batch for ${endpoint}: uploaded, created, polled, its output read, every answer delivered`, async () => {
    const { answers, error, said } = await batch({ endpoint })
    assert.is(error, undefined)
    assert.is(answers.length, 5)
    // The legacy endpoint goes on from the preload.
    const text = `${endpoint === 'completions' ? 'def f(x):' : ''}Mock batch completion`
    assert.ok(answers.every((each) => each.text === text && each.model === 'm' && each.finish === 'stop'))
    assert.match(answers[0]?.request_id ?? '', /^req_/)
    assert.match(said.join(), /is sent, with \d requests/)
    // One answer a line, whatever n says: the other four come by a second batch, one a line.
    assert.is(created(), endpoint === 'responses' ? 1 : 2)
  })

test('a batch is polled until it is over, and taken up by a later run by the list', async () => {
  const controller = new AbortController()
  const first = batch({ poll: 5, chunk: 1 }, { signal: controller.signal })
  while (created() === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  await new Promise((resolve) => setTimeout(resolve, 100))
  controller.abort()
  await first
  const { answers, error, said } = await batch({ chunk: 1 })
  assert.is(error, undefined)
  assert.is(answers.length, 5)
  assert.match(said.join(), 'taking up batch')
  assert.is(created(), 1)
})

test('a batch that fails as a whole says why, and is not sent again', async () => {
  const { error } = await batch({ headers: { 'x-aimock-batch-outcome': 'failed' } })
  assert.is(created(), 1)
  assert.match(messageOf(error), 'Mock batch failure')
})

test('batches that expire without an answer are given up after three', async () => {
  const { error, answers } = await batch({ headers: { 'x-aimock-batch-outcome': 'expired' } })
  assert.equal([created(), answers.length], [3, 0])
  assert.match(messageOf(error), 'did not answer it')
})

test.run()
