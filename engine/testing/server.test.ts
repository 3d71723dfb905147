/** The test server does what the other tests take it to do. */
import { Agent, request } from 'node:http'
import OpenAI, { toFile } from 'openai'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { spanOf } from './server/limits.ts'
import { type BatchScript, type Step, startServer, type TestServer } from './server-client.ts'

let server: TestServer
test.before(async () => {
  server = await startServer()
})
test.before.each(() => server.reset())
test.after(() => server.stop())

interface Choice {
  readonly index: number
  readonly text: string
  readonly message: { readonly content: string | null; readonly refusal?: string }
}

/** The three endpoints' answers in one. */
interface Body {
  readonly id: string
  readonly object: string
  readonly status: string
  readonly incomplete_details: unknown
  readonly choices: readonly Choice[]
  readonly output: readonly [unknown, { readonly content: readonly [{ readonly text: string }] }]
  readonly usage: { readonly [name: string]: number }
  readonly system_fingerprint: string
  readonly error: { readonly message: string; readonly param?: string }
}

interface Got {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Without meaning when the server sent no JSON. */
  readonly body: Body
}

async function post(path: string, body: object, headers: { [name: string]: string } = {}): Promise<Got> {
  const response = await fetch(server.root + path, { method: 'POST', body: JSON.stringify(body), headers })
  const text = await response.text()
  const json = response.headers.get('content-type') === 'application/json'
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: json ? JSON.parse(text) : undefined,
  }
}

const messages = [{ role: 'user', content: 'p' }]
const chat = (more: object = {}, headers = {}) =>
  post('/v1/chat/completions', { model: 'm', messages, ...more }, headers)
const scripted = async (step: Step, more: object = {}) => {
  await server.script(step)
  return chat(more, { authorization: 'Bearer secret' })
}
const failed = (promise: Promise<unknown>) => promise.then(() => false).catch(() => true)
const last = async () => (await server.log()).at(-1)
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('chat and completions: n choices, each an answer of its own', async () => {
  const { body } = await chat({ n: 3 })
  assert.equal(
    body.choices.map(({ index }) => index),
    [0, 1, 2],
  )
  assert.equal([body.usage['completion_tokens'], body.system_fingerprint], [36, 'fp_test'])
  assert.match(body.choices[2]?.message.content ?? '', 'answer 2 to')
  assert.match((await chat()).body.choices[0]?.message.content ?? '', 'answer 3 to')
  const legacy = await post('/v1/completions', { model: 'm', prompt: 'x', n: 2 })
  assert.match(legacy.body.choices[1]?.text ?? '', 'answer 1 to')
  const log = await server.log()
  assert.equal(
    log.map(({ answers, answer, status }) => [answers, answer, status]),
    [
      [[0, 1, 2], 0, 200],
      [[3], 3, 200],
      [[0, 1], 0, 200],
    ],
  )
})

test('responses: whole, cut by its length, refused; told apart by their input', async () => {
  const ask = (input: string) => post('/v1/responses', { model: 'm', input })
  const { body } = await ask('a')
  assert.equal([body.object, body.status, body.incomplete_details], ['response', 'completed', null])
  assert.match(body.output[1].content[0].text, 'answer 0 to')
  const { input_tokens = 0, output_tokens = 0, total_tokens } = body.usage
  assert.is(total_tokens, input_tokens + output_tokens)
  await server.script({ finish: 'length' }, { refusal: 'I cannot.' })
  const cut = (await ask('a')).body
  assert.equal([cut.status, cut.incomplete_details], ['incomplete', { reason: 'max_output_tokens' }])
  assert.match(cut.output[1].content[0].text, 'answer 1 to')
  assert.equal((await ask('b')).body.output[1].content, [{ type: 'refusal', refusal: 'I cannot.' }])
  assert.equal((await last())?.answers, [0])
})

test('any prefix, a query, and the headers', async () => {
  const path = '/openai/deployments/d/chat/completions'
  assert.is((await post(`${path}?api-version=1`, { messages }, { 'API-Key': 'k' })).status, 200)
  const logged = await last()
  assert.equal([logged?.path, logged?.query], [path, { 'api-version': '1' }])
  assert.is(logged?.headers['api-key'], 'k')
  assert.is((await post('/v1/embeddings', {})).status, 404)
  assert.is((await chat()).status, 200)
  assert.is((await last())?.path, '/v1/chat/completions')
})

test('choices: fewer, refused, out of order, without their numbers', async () => {
  const indices = ({ body }: Got) => body.choices.map(({ index }) => index)
  assert.equal(indices(await scripted({ ignoreN: true }, { n: 3 })), [0])
  assert.equal((await last())?.answers, [0])
  assert.equal(indices(await scripted({ choices: 2 }, { n: 3 })), [0, 1])
  assert.equal((await last())?.answers, [1, 2])
  const shuffled = await scripted({ shuffle: true }, { n: 2 })
  assert.equal(indices(shuffled), [1, 0])
  assert.match(shuffled.body.choices[0]?.message.content ?? '', 'answer 4')
  assert.equal(indices(await scripted({ sameIndex: true }, { n: 2 })), [0, 0])
  const refused = await scripted({ rejectN: true }, { n: 2 })
  assert.equal([refused.status, refused.body.error.param], [400, 'n'])
  assert.equal((await last())?.answers, [])
  assert.is((await scripted({ rejectN: true })).status, 200)
  assert.is((await scripted({ sameId: true })).body.id, 'duplicate')
})

test('texts: none, a refusal, a long one, one that gives the key away', async () => {
  assert.is((await scripted({ empty: true })).body.choices[0]?.message.content, null)
  const message = (await scripted({ refusal: 'No.' })).body.choices[0]?.message
  assert.equal([message?.content, message?.refusal], [null, 'No.'])
  assert.is((await scripted({ big: 100_000 })).body.choices[0]?.message.content?.length, 100_000)
  assert.match((await scripted({ echo: true })).text, 'Bearer secret')
  assert.match((await scripted({ echo: true, status: 401 })).body.error.message, 'Bearer secret')
  assert.match((await scripted({ invalidUtf8: true })).text, '\uFFFD')
  assert.equal((await last())?.answers, [])
})

test('cut, reset, stalled, malformed, refused: no answer is paid for, and none is used up', async () => {
  for (const step of [{ cut: true }, { reset: true }, { wrongLength: 5 }] as const)
    assert.ok(await failed(scripted(step)), JSON.stringify(step))
  assert.ok(await failed(scripted({ wrongLength: -5 })), 'half of the JSON')
  await server.script({ stall: true })
  const body = JSON.stringify({ model: 'm', messages })
  const signal = AbortSignal.timeout(50)
  const stalled = fetch(`${server.url}/chat/completions`, { method: 'POST', body, signal })
  assert.ok(await failed(stalled.then((response) => response.text())))
  await scripted({ raw: '{}' })
  await scripted({ status: 500 })
  assert.equal(
    (await server.log()).map(({ answers, status }) => [answers.length, status]),
    [0, 0, 0, 0, 0, 200, 500].map((status) => [0, status]),
  )
  assert.match((await chat()).text, 'answer 0 to')
  assert.equal((await server.counts()).byStatus, { 0: 5, 200: 2, 500: 1 })
})

test('slowly: in pieces, and the headers long before the body', async () => {
  const timed = async (step: Step) => {
    const started = performance.now()
    const { status } = await scripted(step)
    return [status, performance.now() - started >= 90]
  }
  assert.equal(await timed({ trickle: 5 }), [200, true])
  assert.equal(await timed({ late: 95 }), [200, true])
  await server.script({ late: 200 })
  const started = performance.now()
  const early = await fetch(`${server.url}/chat/completions`, { method: 'POST', body: '{"messages":[]}' })
  assert.ok(performance.now() - started < 150)
  await early.text()
})

test('a client that has gone before its answer is not charged', async () => {
  await server.script({ delay: 80 })
  const signal = AbortSignal.timeout(20)
  const body = JSON.stringify({ model: 'm', messages })
  assert.ok(await failed(fetch(`${server.url}/chat/completions`, { method: 'POST', body, signal })))
  await pause(120)
  assert.equal([(await last())?.status, (await last())?.answers], [0, []])
})

test('connections that end without a word: the answer is whole, the next one needs a new connection', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const once = () =>
    new Promise<readonly [string, unknown]>((resolve, reject) => {
      const options = { agent, method: 'POST' }
      const sent = request(`${server.url}/chat/completions`, options, (response) => {
        let text = ''
        response.on('data', (chunk) => (text += chunk))
        response.on('end', () => resolve([text, response.headers.connection]))
      })
      sent.on('error', reject).end(JSON.stringify({ model: 'm', messages }))
    })
  for (const step of [{ dropAfter: true }, { dropIdle: true }]) {
    await server.script(step)
    const [text, connection] = await once()
    assert.match(text, 'answer')
    assert.is(connection, 'keep-alive')
    await pause(30)
    assert.is(Object.keys(agent.freeSockets).length, 0)
    assert.match((await once())[0], 'answer')
  }
  agent.destroy()
  assert.is((await server.counts()).answers, 4)
})

test('a bucket: its burst, then as fast as it fills; the headers say so', async () => {
  await server.limits({ requestsPerMinute: 600, burst: 2, headers: true })
  const [one, two, three] = [await chat(), await chat(), await chat()]
  assert.equal([one.status, two.status, three.status], [200, 200, 429])
  assert.is(one.headers.get('x-ratelimit-limit-requests'), '600')
  assert.is(one.headers.get('x-ratelimit-remaining-requests'), '1')
  assert.match(two.headers.get('x-ratelimit-reset-requests') ?? '', /^(1\d\d|200)ms$/)
  assert.is(three.headers.get('retry-after'), '1')
  assert.equal(three.body.error, {
    message: 'Rate limit reached',
    type: 'requests',
    code: 'rate_limit_exceeded',
  })
  await pause(120)
  assert.is((await chat()).status, 200)
  const curve = await server.curve()
  assert.equal(
    curve.map(([, inFlight, status]) => [inFlight, status]),
    [200, 200, 429, 200].map((status) => [1, status]),
  )
  await server.limits(null)
  assert.is((await chat()).status, 200)
  assert.is((await server.curve()).length, 1)
})

test('how long to wait, in each way of saying it', async () => {
  const waitFor = async (retryAfter: 'ms' | 'date' | 'none') => {
    await server.limits({ requestsPerMinute: 60, burst: 1, retryAfter })
    await chat()
    const { headers } = await chat()
    return [headers.get('retry-after-ms'), headers.get('retry-after')]
  }
  const [ms] = await waitFor('ms')
  assert.ok(Number(ms) > 800 && Number(ms) <= 1000, String(ms))
  const [, date] = await waitFor('date')
  assert.ok(Date.parse(String(date)) > Date.now())
  assert.equal(await waitFor('none'), [null, null])
  assert.equal([0, 120, 1000, 1500, 360_000, 3_601_000].map(spanOf), [
    '0s',
    '120ms',
    '1s',
    '1.5s',
    '6m0s',
    '1h0m1s',
  ])
})

test('windows, tokens, and how many at once', async () => {
  const statuses = async (count: number, more = {}) => {
    const got: number[] = []
    for (let asked = 0; asked < count; asked++) got.push((await chat(more)).status)
    return got
  }
  await server.limits({ requestsPerMinute: 600, fixedWindow: true, windowSeconds: 0.3 })
  assert.equal(await statuses(4), [200, 200, 200, 429])
  await pause(310)
  assert.equal(await statuses(1), [200])
  await server.limits({ tokensPerMinute: 6000, headers: true })
  assert.equal(await statuses(3, { max_tokens: 280 }), [200, 200, 429])
  await server.limits({ concurrent: 2, latency: [50, 60] })
  const together = await Promise.all([chat(), chat(), chat()])
  assert.equal(together.map(({ status }) => status).sort(), [200, 200, 429])
  assert.is((await server.counts()).maxInFlight, 3)
  assert.equal(await statuses(1), [200])
})

test('quiet: no log, but counts; a reset forgets', async () => {
  await server.quiet()
  await chat({ n: 2 })
  assert.is((await server.log()).length, 0)
  assert.equal(await server.counts(), {
    requests: 1,
    lines: 0,
    answers: 2,
    byStatus: { 200: 1 },
    maxInFlight: 1,
  })
  await server.quiet(false)
  await server.reset()
  assert.is((await server.counts()).requests, 0)
  assert.match((await chat()).text, 'answer 0')
})

const client = () => new OpenAI({ apiKey: 'x', baseURL: server.url, maxRetries: 0 })

async function batchOf(prompts: readonly string[], ...scripts: readonly BatchScript[]) {
  await server.batches(...scripts)
  const lines = prompts.map((content, place) => ({
    custom_id: `line-${place}`,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'm', messages: [{ role: 'user', content }] },
  }))
  const text = lines.map((line) => JSON.stringify(line)).join('\n')
  const file = await client().files.create({
    purpose: 'batch',
    file: await toFile(Buffer.from(text), 'in.jsonl'),
  })
  assert.equal([file.filename, file.bytes, file.purpose], ['in.jsonl', text.length, 'batch'])
  return client().batches.create({
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    metadata: { run: '1' },
  })
}

interface ResultLine {
  readonly custom_id: string
  readonly response: { readonly status_code: number; readonly body: Body } | null
  readonly error: { readonly code: string } | null
}

async function linesOf(id: string | undefined): Promise<readonly ResultLine[]> {
  const text = await (await client().files.content(id ?? '')).text()
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

const look = (id: string) => client().batches.retrieve(id)

test('a batch: looked at until it is over; its lines count like requests', async () => {
  const batch = await batchOf(['a', 'b', 'a'], { polls: 3, shuffle: true, fail: [2] })
  assert.equal([batch.status, batch.metadata], ['validating', { run: '1' }])
  const seen = [await look(batch.id), await look(batch.id), await look(batch.id)]
  assert.equal(
    seen.map(({ status }) => status),
    ['in_progress', 'finalizing', 'completed'],
  )
  const over = seen[2]
  assert.equal(over?.request_counts, { total: 3, completed: 2, failed: 1 })
  const output = await linesOf(over?.output_file_id)
  assert.equal(
    output.map(({ custom_id }) => custom_id),
    ['line-2', 'line-0'],
  )
  assert.match(output[0]?.response?.body.choices[0]?.message.content ?? '', 'answer 1 to')
  const [error] = await linesOf(over?.error_file_id)
  assert.equal([error?.custom_id, error?.response?.status_code, error?.error], ['line-1', 400, null])
  assert.ok(error?.response?.body.error)
  const log = await server.log()
  assert.equal(
    log.map(({ path, batch, status, answers }) => [path, batch, status, answers]),
    [
      ['/v1/chat/completions', batch.id, 200, [0]],
      ['/v1/chat/completions', batch.id, 400, []],
      ['/v1/chat/completions', batch.id, 200, [1]],
    ],
  )
  assert.is((await server.counts()).lines, 3)
  await client().files.delete(over?.output_file_id ?? '')
  assert.ok(await failed(client().files.retrieve(over?.output_file_id ?? '')))
  assert.equal((await server.calls())[0]?.path, '/v1/files')
})

test('batches that expire, are rejected, are faulty, are cancelled', async () => {
  const late = await batchOf(['a', 'b', 'c'], { polls: 1, expireAfter: 1, fail500: [1] })
  const expired = await look(late.id)
  assert.is(expired.status, 'expired')
  const errors = await linesOf(expired.error_file_id)
  assert.equal(
    errors.map(({ response, error }) => [response?.status_code, error?.code]),
    [
      [500, undefined],
      [undefined, 'batch_expired'],
      [undefined, 'batch_expired'],
    ],
  )
  const rejected = await batchOf(['a'], { polls: 1, reject: 'over the quota' })
  const refused = await look(rejected.id)
  assert.equal([refused.status, refused.errors?.data?.[0]?.message], ['failed', 'over the quota'])
  const empty = await batchOf([''])
  assert.is((await look(empty.id)).status, 'in_progress')
  const cancelling = await client().batches.cancel(empty.id)
  assert.is(cancelling.status, 'cancelling')
  assert.is((await look(empty.id)).status, 'cancelled')
  assert.ok(await failed(client().batches.cancel(empty.id)))
  assert.is((await server.log()).length, 1)
})

test('the list of batches: newest first, in pages, or none at all; a lost answer leaves a batch behind', async () => {
  const [one, two] = [await batchOf(['a']), await batchOf(['b'])]
  assert.ok(await failed(batchOf(['c'], { dropOnCreate: true })))
  const page = await client().batches.list({ limit: 2 })
  assert.is(page.has_more, true)
  assert.is(page.data[1]?.id, two.id)
  const ids: string[] = []
  for await (const { id } of client().batches.list({ limit: 2 })) ids.push(id)
  assert.equal([ids.length, ids[2]], [3, one.id])
  await server.batches({ noList: true })
  assert.ok(await failed(client().batches.list().then()))
})

test('a Step says what a line of a batch is answered', async () => {
  await server.script({ times: 0, when: '"b"', text: 'for b' }, { when: '"a"', status: 429 })
  const batch = await batchOf(['a', 'b'], { polls: 0 })
  assert.is(batch.status, 'completed')
  assert.is((await linesOf(batch.output_file_id))[0]?.response?.body.choices[0]?.message.content, 'for b')
  assert.is((await linesOf(batch.error_file_id))[0]?.response?.status_code, 429)
})

test.run()
