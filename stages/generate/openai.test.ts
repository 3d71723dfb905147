import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure, messageOf } from '../../engine/stage.ts'
import { type Step, startServer, type TestServer } from '../../engine/testing/server-client.ts'
import { type OpenAIOptions, openai } from './openai.ts'
import { type Asked, ask as askAt, type Case, question } from './testing/asking.ts'

const key = 'a-key-0123456789abcdef'
const keyVariable = 'CODEX_RUNNER_TEST_KEY'
let server: TestServer

test.before(async () => {
  process.env[keyVariable] = key
  server = await startServer()
})
test.after(() => server.stop())

const provider = (options: Partial<OpenAIOptions> = {}) =>
  openai({
    model: 'm',
    baseURL: server.url,
    keyVariable,
    retry: { attempts: 3, first: 0.001, floor: 0.001, cap: 0.05 },
    ...options,
  })

/** Asks under a script. */
async function ask(
  steps: readonly Step[],
  { options = {}, ...more }: Case & { readonly options?: Partial<OpenAIOptions> } = {},
): Promise<Asked> {
  await server.script(...steps)
  return await askAt(provider(options), more)
}

const last = async () => (await server.log()).at(-1)

test('chat: sends the prompt and the parameters, and the key as a header', async () => {
  const { answers, error } = await ask([{ text: 'the answer\r\n ' }], { asked: question('Sum up.') })
  assert.is(error, undefined)
  const logged = await last()
  assert.is(logged?.path, '/v1/chat/completions')
  assert.is(logged?.authorization, `Bearer ${key}`)
  assert.equal(logged?.body, {
    model: 'm',
    messages: [{ role: 'user', content: 'Sum up.' }],
    max_tokens: 512,
    temperature: 0.9,
  })
  const [answer] = answers
  assert.is(answer?.text, 'the answer\r\n ')
  assert.is(answer?.model, 'm-2026-01-01')
  assert.is(answer?.finish, 'stop')
  assert.is(answer?.tokens_out, 12)
  assert.match(answer?.request_id ?? '', 'request-')
  assert.ok(Date.parse(answer?.at ?? ''))
})

test('chat: system text and preload are put to the model, and braces of the prompt are left alone', async () => {
  await ask([], {
    options: { system: 'Be brief.', withPreload: '{prompt}|{preload}' },
    asked: question('f"{preload} $& {x}"', 'def f():'),
  })
  assert.equal((await last())?.body['messages'], [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'f"{preload} $& {x}"|def f():' },
  ])
})

test('legacy: prompt, blank line, preload; the answer begins with the preload, exactly joined', async () => {
  const { answers } = await ask([{ text: '  return 1' }], {
    options: { endpoint: 'completions' },
    asked: question('Write f.', 'def f():\n'),
  })
  const logged = await last()
  assert.is(logged?.path, '/v1/completions')
  assert.is(logged?.body['prompt'], 'Write f.\n\ndef f():\n')
  assert.is(logged?.body['max_tokens'], 512)
  assert.is(answers[0]?.text, 'def f():\n  return 1')
})

test('with chunks of one, each sample is a request of its own', async () => {
  const { answers, sent } = await ask([], { samples: [0, 1, 2], options: { concurrency: 1, chunk: 1 } })
  assert.is(sent, 3)
  assert.is(new Set(answers.map(({ text }) => text)).size, 3)
})

const half: Step = {
  raw: '{"choices":[{"message":{"content":"hal',
  headers: { 'content-type': 'application/json' },
}
for (const [what, step] of [
  ['408', { status: 408 }],
  ['409', { status: 409 }],
  ['429', { status: 429, error: { message: 'slow down', code: 'rate_limit_exceeded' } }],
  ['500', { status: 500 }],
  ['502 with an HTML page', { raw: '<html><title>Bad gateway</title></html>', status: 502 }],
  ['503', { status: 503 }],
  ['a reset connection', { reset: true }],
  ['a body cut off', { cut: true }],
  ['bad JSON with status 200', half],
  ['an HTML page with status 200', { raw: '<!doctype html><p>Log in</p>' }],
  ['an empty body', { raw: '' }],
  ['JSON that is no answer', { raw: '{"choices":[]}' }],
  ['an error inside a 200', { raw: '{"error":{"message":"upstream","code":502}}' }],
  ['a server that is silent', { delay: 900 }],
  ['a server that falls silent in the middle', { stall: true }],
] as const)
  test(`${what}: asked again, and the answer is there`, async () => {
    const { answers, error, sent } = await ask([step], { options: { timeout: 0.2 } })
    assert.is(error, undefined)
    assert.is(sent, 2)
    assert.match(answers[0]?.text ?? '', 'answer')
  })

for (const [status, remedy] of [
  [400, 'parameters'],
  [401, keyVariable],
  [403, keyVariable],
  [404, "'m'"],
] as const)
  test(`${status}: asked once, and the failure names question, status and remedy`, async () => {
    const { error, sent } = await ask([{ status, error: { message: `no, ${key}` } }])
    assert.is(sent, 1)
    assert.instance(error, Failure)
    assert.match(messageOf(error), "'q'")
    assert.match(messageOf(error), String(status))
    assert.match(error instanceof Failure ? error.remedy : '', remedy)
    assert.not.match(messageOf(error), key)
  })

test('a quota that is used up ends the asking; waiting would not help', async () => {
  const step: Step = { status: 429, times: 0, error: { message: 'no credit', code: 'insufficient_quota' } }
  const { error, sent } = await ask([step], { samples: [0, 1, 2, 3], options: { concurrency: 1, chunk: 1 } })
  assert.is(sent, 1)
  assert.match(messageOf(error), 'quota')
  assert.match(error instanceof Failure ? error.remedy : '', 'credit')
})

test('a refused key is asked with once, however many samples wait, and anew in the next round', async () => {
  const live = provider({ concurrency: 2, chunk: 1 })
  const samples = [0, 1, 2, 3, 4, 5]
  await server.script({ status: 401, times: 0 })
  const refused = await askAt(live, { samples })
  assert.ok(refused.sent <= 2, `${refused.sent} sent`)
  assert.instance(refused.error, Failure)
  await server.script()
  const { sent, error } = await askAt(live, { samples })
  assert.equal([sent, error], [6, undefined])
})

test('one sample that fails does not lose the others', async () => {
  const { answers, error } = await ask([{ status: 400 }], {
    samples: [0, 1, 2],
    options: { concurrency: 1, chunk: 1 },
  })
  assert.instance(error, Failure)
  assert.is(answers.filter(Boolean).length, 2)
})

test('gives up with the number of tries and the last trouble', async () => {
  const { error, sent } = await ask([{ status: 503, times: 0, error: { message: 'overloaded' } }])
  assert.is(sent, 3)
  assert.match(messageOf(error), /'q'.*3 tries.*503.*overloaded/)
})

test('a time-out says so', async () => {
  const { error } = await ask([{ stall: true, times: 0 }], {
    options: { timeout: 0.1, retry: { attempts: 1 } },
  })
  assert.match(messageOf(error), 'no whole answer within 0.1 s')
})

test('an error inside a 200 is taken for what it says', async () => {
  const { error, sent } = await ask([{ raw: '{"error":{"message":"no such user","code":401}}' }])
  assert.is(sent, 1)
  assert.match(messageOf(error), 'no such user')
  assert.match(error instanceof Failure ? error.remedy : '', keyVariable)
})

test('a wait above the cap is cut, and said', async () => {
  const { error, said } = await ask([{ status: 429, headers: { 'retry-after': '3600' } }])
  assert.is(error, undefined)
  assert.equal(said, ['the server asks to wait 3600 s; trying again after 1 s'])
})

test('an empty answer, a refusal and a cut answer are kept and marked', async () => {
  const message = (content: unknown, finish: string, more = {}) =>
    JSON.stringify({ choices: [{ finish_reason: finish, message: { content, ...more } }] })
  const empty = await ask([{ raw: message(null, 'content_filter') }])
  assert.equal([empty.answers[0]?.text, empty.answers[0]?.finish, empty.sent], ['', 'content_filter', 1])
  const refusal = await ask([{ raw: message(null, 'stop', { refusal: 'I cannot.' }) }])
  assert.equal([refusal.answers[0]?.text, refusal.answers[0]?.finish], ['I cannot.', 'refusal'])
  const cut = await ask([{ text: 'def f(', finish: 'length' }])
  assert.equal([cut.answers[0]?.text, cut.answers[0]?.finish], ['def f(', 'length'])
})

test('usage that is missing leaves tokens and cost out', async () => {
  const { answers } = await ask([{ without: ['usage', 'model'] }], { options: { model: 'gpt-4o' } })
  assert.equal(
    [answers[0]?.tokens_in, answers[0]?.cost, answers[0]?.model],
    [undefined, undefined, undefined],
  )
  const priced = await ask([], { options: { prices: { m: { in: 0, out: 1e6 } } } })
  assert.is(priced.answers[0]?.cost, 12)
})

test('an abort ends what is under way', async () => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 50)
  const started = Date.now()
  const { error } = await ask([{ delay: 3000 }], { signal: controller.signal })
  assert.is(error instanceof Error && error.name, 'AbortError')
  assert.ok(Date.now() - started < 2000)
})

test('OpenAI itself needs a key, and says so only when asked for something', async () => {
  const live = openai({
    model: 'gpt-4o-mini',
    baseURL: 'https://api.openai.com/v1/',
    keyVariable: 'NO_SUCH_KEY',
  })
  const { sent, error } = await askAt(live)
  assert.is(sent, 0)
  assert.match(messageOf(error), 'NO_SUCH_KEY is not set')
})

test('a .env that all can read is warned about once', async () => {
  const [home, folder] = [process.cwd(), mkdtempSync(join(tmpdir(), 'openai-'))]
  writeFileSync(join(folder, '.env'), 'CODEX_RUNNER_ENV_KEY=sk-from-the-file\n', { mode: 0o644 })
  process.chdir(folder)
  try {
    const { said } = await ask([], { samples: [0, 1, 2], options: { keyVariable: 'CODEX_RUNNER_ENV_KEY' } })
    assert.is(said.length, 1)
    assert.match(said[0] ?? '', 'chmod 600')
    assert.is((await last())?.authorization, 'Bearer sk-from-the-file')
  } finally {
    process.chdir(home)
    rmSync(folder, { recursive: true })
  }
})

test('a key that no header can hold is named, not shown', async () => {
  process.env['CODEX_RUNNER_BAD_KEY'] = 'sk-gehe imnis'
  const { error, sent } = await ask([], { options: { keyVariable: 'CODEX_RUNNER_BAD_KEY' } })
  assert.is(sent, 0)
  assert.match(messageOf(error), 'CODEX_RUNNER_BAD_KEY')
  assert.not.match(messageOf(error), 'imnis')
})

for (const baseURL of ['localhost:8000', 'ftp://x/v1', 'https://me:secret@x/v1', 'https://x/v1?key=secret'])
  test(`the base URL ${baseURL} is refused without repeating a secret`, () => {
    try {
      provider({ baseURL })
      assert.unreachable()
    } catch (error) {
      assert.is(error instanceof Failure && error.exit, 2)
      assert.not.match(messageOf(error), 'secret')
    }
  })

test('an estimate counts a request’s tokens once a chunk, answers at their longest, and a batch at half the price', async () => {
  const prices = { m: { in: 1000, out: 1 } }
  const need = async (options: Partial<OpenAIOptions>, samples = 40) => {
    const live = provider({ prices, ...options })
    return await live.estimate(live.request(question('Sum up.'), { maxTokens: 100 }), samples)
  }
  const [live, single, batch] = [await need({}), await need({ chunk: 1 }), await need({ mode: 'batch' })]
  assert.is(live.tokens_out, 4000)
  assert.is(single.tokens_in, 20 * live.tokens_in)
  assert.is(batch.cost, (live.cost ?? 0) / 2)
  assert.is((await need({ model: 'nobody-knows', prices: {} })).cost, undefined)
})

test('an option that there is none of is an error that names the one that is meant', () => {
  assert.throws(() => provider({ base_url: 'x' } as object), /there is no option 'base_url'/)
  try {
    provider({ base_url: 'x' } as object)
  } catch (error) {
    assert.match((error as Failure).remedy, 'Is baseURL meant?')
  }
})

test.run()
