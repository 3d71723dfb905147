/** The predecessor's commands, on files anywhere, through the command line. */
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../engine/testing/parts.ts'
import { type Step, startServer, type TestServer } from '../engine/testing/server-client.ts'
import { TestFolder } from '../engine/testing/workspace.ts'

const earlier = `[[questions]]
id = 'greet'
prompt = '''
Write greet(name).
'''
answer_preload = '''None'''

[[questions.completions]]
completion = '''
def greet(name):
    print('Hello, ' + name + '!')
'''
results = [false, true]

[[questions.completions]]
completion = '''
def greet(name):
    print('Hi')
'''

[[questions.testcases]]
code = '''greet('Ada')'''
stdin = ''''''
expect = '''Hello, Ada!'''

[[questions.testcases]]
code = '''
greet(input('Name? '))
'''
stdin = '''Bob'''
expect = '''Name? Bob
Hello, Bob!'''
`

const later = earlier
  .replace(/^completion = /gm, 'code = ')
  .replace("answer_preload = '''None'''", "answer_preload = ''")
  .replace(
    'results = [false, true]',
    "[[questions.completions.test_results]]\ncode = '''greet('Ada')'''\nstdin = ''\nexpect = 'Hello, Ada!'\ngot = 'Hello, Ada!'",
  )

const verdicts = (text: string) => [...text.matchAll(/^results = (.*)$/gm)].map((match) => match[1])

for (const [form, text] of Object.entries({ earlier, later }))
  needing(
    test,
    ['bwrap'],
    `run-tests reads the ${form} form, and --seed-semantics echoes input as it did`,
    async () => {
      const folder = new TestFolder()
      folder.write('in.toml', text)
      const own = await folder.run(['run-tests', 'in.toml', 'out.toml'])
      assert.is(own.code, 0, own.stdout + own.stderr)
      assert.is(own.summary.executions, 4)
      assert.equal(verdicts(folder.read('out.toml')), ['[true, false]', '[false, false]'])
      await folder.run(['run-tests', 'in.toml', 'seed.toml', '--seed-semantics'])
      assert.equal(verdicts(folder.read('seed.toml')), ['[true, true]', '[false, false]'])
      folder.destroy()
    },
  )

needing(
  test,
  ['bwrap'],
  'run-tests in place: comments stay, a second run executes and changes nothing',
  async () => {
    const folder = new TestFolder()
    folder.write('q.toml', `# my questions\n${earlier}`)
    assert.is((await folder.run(['run-tests', 'q.toml', 'q.toml'])).code, 0)
    const once = folder.read('q.toml')
    assert.match(once, /^# my questions\n/)
    assert.equal(verdicts(once), ['[true, false]', '[false, false]'])
    const { summary } = await folder.run(['run-tests', 'q.toml', 'q.toml'])
    assert.equal([summary.executions, summary.written], [0, 0])
    folder.destroy()
  },
)

needing(test, ['bwrap'], 'write-results: the table of scores', async () => {
  const folder = new TestFolder()
  folder.write('in.toml', earlier)
  await folder.run(['run-tests', 'in.toml', 'tested.toml'])
  const { code } = await folder.run(['write-results', 'tested.toml', 'scores/out.csv'])
  assert.is(code, 0)
  assert.is(
    folder.read('scores/out.csv'),
    'qid,response 1,response 2,average,median,stdev,min,max\ngreet,0.5000,0.0000,0.2500,0.2500,0.3536,0.0000,0.5000\n',
  )
  folder.destroy()
})

const questions = (count: number) =>
  Array.from(
    { length: count },
    (_, index) => `[[questions]]\nid = 'q${index}'\nprompt = 'Write f${index}().'\n`,
  ).join('\n')

test('generate-completions sends what its parameters say, and asks only for what is missing', async () => {
  const server = await startServer()
  const folder = new TestFolder()
  folder.write('in.toml', questions(2))
  const env = { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: server.url }
  const run = (...args: string[]) =>
    folder.run(['generate-completions', 'in.toml', 'out.toml', ...args], { env })
  const first = await run('--n', '3', '--max-tokens', '32', '--temperature', '0.7')
  assert.is(first.code, 0, first.stdout + first.stderr)
  assert.is(first.summary.requests, 2)
  const [request] = await server.log()
  assert.is(request?.body['temperature'], 0.7)
  assert.is(request?.body['max_tokens'] ?? request?.body['max_completion_tokens'], 32)
  assert.is((await run('--n', '5', '--max-tokens', '32', '--temperature', '0.7')).summary.requests, 2)
  folder.edit('out.toml', /^completion = .*$/m, "completion = 'x = 1  # by hand'")
  const third = await run('--n', '5', '--max-tokens', '32', '--temperature', '0.7')
  assert.is(third.summary.requests, 0)
  assert.match(folder.read('out.toml'), /by hand/)
  await server.stop()
  folder.destroy()
})

test("generate-completions --endpoint completions asks the predecessor's way: prompt, blank line, preload", async () => {
  const server = await startServer()
  const folder = new TestFolder()
  folder.write('in.toml', "[[questions]]\nid = 'a'\nprompt = 'Write f.'\nanswer_preload = 'def f(x):'\n")
  const env = { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: server.url }
  const { code, stdout } = await folder.run(
    [
      'generate-completions',
      'in.toml',
      'out.toml',
      '--endpoint',
      'completions',
      '--model',
      'gpt-3.5-turbo-instruct',
    ],
    { env },
  )
  assert.is(code, 0, stdout)
  const [request] = await server.log()
  assert.match(request?.path ?? '', /\/completions$/)
  assert.is(request?.body['prompt'], 'Write f.\n\ndef f(x):')
  assert.match(folder.read('out.toml'), /def f\(x\):/)
  await server.stop()
  folder.destroy()
})

const byHand = `# by hand
[[questions]]
id = 'q0'
prompt = 'Write f0().'

[[questions.completions]]
completion = """
def f0():  # mine
    return 'a\\\\b'
"""

[[questions.completions]]
code = '''x = 2'''
note = 'from elsewhere'

[[questions]]
id = 'q1'
prompt = 'Write f1().'
`

interface World {
  readonly folder: TestFolder
  readonly server: TestServer
  /** Runs generate-completions IN OUT, and says how many completions each request was for. */
  generate(
    from: string,
    to: string,
    ...args: string[]
  ): Promise<{ readonly code: number; readonly stdout: string; readonly n: readonly number[] }>
}

/** A folder and a server, for one test. */
async function world(body: (world: World) => Promise<void>, ...steps: readonly Step[]): Promise<void> {
  const server = await startServer()
  const folder = new TestFolder()
  const env = { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: server.url }
  await server.script(...steps)
  await body({
    folder,
    server,
    generate: async (from, to, ...args) => {
      const before = (await server.log()).length
      const { code, stdout } = await folder.run(['generate-completions', from, to, ...args], { env })
      const n = (await server.log()).slice(before).map(({ body }) => Number(body['n'] ?? 1))
      return { code, stdout, n: n.sort((a, b) => b - a) }
    },
  })
  folder.destroy()
  await server.stop()
}

const count = (text: string, what: string | RegExp) => text.split(what).length - 1

test('generate-completions: fifty come with three requests, a second run sends none, ten more are ten more', () =>
  world(async ({ folder, server, generate }) => {
    folder.write('in.toml', questions(1))
    const args = ['--max-tokens', '32', '--temperature', '0.9']
    const first = await generate('in.toml', 'out.toml', '--n', '50', ...args)
    assert.equal([first.code, first.n], [0, [20, 20, 10]], first.stdout)
    for (const { body } of await server.log())
      assert.equal([body['model'], body['max_tokens'], body['temperature']], ['gpt-4o-mini', 32, 0.9])
    const once = folder.read('out.toml')
    assert.is(count(once, '[[questions.completions]]'), 50)
    assert.equal((await generate('in.toml', 'out.toml', '--n', '50', ...args)).n, [])
    assert.is(folder.read('out.toml'), once)
    assert.equal((await generate('in.toml', 'out.toml', '--n', '60', ...args)).n, [10])
    assert.is(count(folder.read('out.toml'), '[[questions.completions]]'), 60)
  }))

test('generate-completions: each option is sent under the name that the server knows', () =>
  world(async ({ folder, server }) => {
    folder.write('in.toml', questions(1))
    const run = (...args: string[]) =>
      folder.plain(
        [
          'generate-completions',
          'in.toml',
          'out.toml',
          '--base-url',
          server.url,
          '--key-variable',
          'MY_KEY',
          ...args,
        ],
        {
          env: { MY_KEY: 'sk-mine', OPENAI_BASE_URL: 'http://127.0.0.1:9' },
        },
      )
    const all = ['--n', '3', '--chunk', '2', '--top-p', '0.5', '--stop', 'END', '--seed', '7', '--model', 'm']
    assert.is((await run(...all)).code, 0)
    const log = await server.log()
    assert.is(log[0]?.authorization, 'Bearer sk-mine')
    const { messages: _, ...body } = log.find(({ body }) => body['n'] === 2)?.body ?? {}
    assert.equal(body, {
      model: 'm',
      n: 2,
      top_p: 0.5,
      stop: ['END'],
      seed: 7,
      temperature: 0.9,
      max_tokens: 512,
    })
    assert.is((await run(...all, '--series', 'again')).code, 0)
    assert.is((await server.log()).length, 4)
    assert.is((await run('--endpoint', 'responses', '--model', 'r')).code, 0)
    const last = (await server.log()).at(-1)
    assert.equal([last?.path, last?.body['max_output_tokens']], ['/v1/responses', 512])
    assert.is((await run('--mode', 'batch', '--model', 'b')).code, 0)
    assert.ok((await server.log()).at(-1)?.batch !== undefined)
  }))

for (const [where, from, to] of [
  ['IN', 'have.toml', 'out.toml'],
  ['OUT', 'in.toml', 'have.toml'],
  ['IN and OUT, one file', 'have.toml', 'have.toml'],
] as const)
  test(`generate-completions: completions without keys count, and are kept to the byte: in ${where}`, () =>
    world(async ({ folder, generate }) => {
      folder.write('in.toml', questions(2))
      folder.write('have.toml', byHand)
      const first = await generate(from, to, '--n', '3')
      assert.equal([first.code, first.n], [0, [3, 1]], first.stdout)
      const kept = () => {
        const text = folder.read(to)
        // In a file of its own it is written as a literal text: the same text, spelt another way.
        assert.match(text, /def f0\(\): {2}# mine\n {4}return 'a\\{1,2}b'\n/)
        assert.match(text, 'x = 2')
        assert.match(text, "note = 'from elsewhere'")
        return text
      }
      assert.is(count(kept(), '[[questions.completions]]'), 6)
      if (to === 'have.toml') assert.match(kept(), /^# by hand\n/)
      assert.equal((await generate(from, to, '--n', '3')).n, [])
      // An answer that is corrected, and one of a person's own that is changed again.
      folder.edit(to, /print\('answer 0 to/, "print('corrected, answer 0 to")
      folder.edit(to, '# mine', '# mine, twice')
      const corrected = folder.read(to)
      assert.equal((await generate(from, to, '--n', '3')).n, [])
      assert.is(folder.read(to), corrected)
      const { n } = await generate(from, to, '--n', '5')
      assert.equal(n, [2, 2])
      const text = folder.read(to)
      for (const line of corrected.split('\n')) assert.ok(text.includes(line), line)
      assert.is(count(text, '[[questions.completions]]'), 10)
    }))

test('generate-completions: OUT is as it was until it is complete, and so when the run is killed', () =>
  world(
    async ({ folder, server, generate }) => {
      folder.write('in.toml', questions(2))
      folder.write('out.toml', byHand)
      const env = { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: server.url }
      const args = ['generate-completions', 'in.toml', 'out.toml', '--n', '6', '--chunk', '1']
      const killed = folder.start(args, { env })
      const dead = new Promise((done) => killed.on('close', done))
      while ((await server.log()).length < 3) await sleep(20)
      killed.kill('SIGKILL')
      await dead
      assert.is(folder.read('out.toml'), byHand)
      let over = false
      const run = generate('in.toml', 'out.toml', '--n', '6', '--chunk', '1').finally(() => {
        over = true
      })
      const seen = new Set<string>()
      while (!over) {
        seen.add(folder.read('out.toml'))
        await sleep(1)
      }
      assert.is((await run).code, 0)
      const after = folder.read('out.toml')
      assert.is(count(after, '[[questions.completions]]'), 12)
      assert.equal(
        [...seen].filter((text) => text !== byHand && text !== after),
        [],
      )
      assert.ok(seen.has(byHand))
    },
    { delay: 300, times: 0 },
  ))

test('generate-completions: --budget stops it, with what has arrived in OUT', () =>
  world(async ({ folder, generate }) => {
    folder.write('in.toml', questions(1))
    const args = ['--n', '10', '--chunk', '1', '--max-tokens', '1000']
    // At most $0.0006 for each, and then what the server counts: 12 tokens.
    const { code, stdout, n } = await generate('in.toml', 'out.toml', ...args, '--budget', '0.00065')
    assert.is(code, 1, stdout)
    const had = count(folder.read('out.toml'), '[[questions.completions]]')
    assert.ok(had > 0 && had < 10, String(had))
    assert.is(n.length, had)
    assert.match(stdout, 'is used up')
    assert.is((await generate('in.toml', 'out.toml', ...args)).n.length, 10 - had)
  }))

test('clean-completions cleans into another file, and not in place', async () => {
  const folder = new TestFolder()
  folder.write(
    'in.toml',
    "[[questions]]\nid = 'a'\nprompt = 'Write f.'\n[[questions.completions]]\ncompletion = '''\nSure!\n\n```python\ndef f():\n    pass\n```\n'''\n",
  )
  assert.is((await folder.run(['clean-completions', 'in.toml', 'out.toml'])).code, 0)
  assert.not.match(folder.read('out.toml'), /Sure!|```/)
  const refused = await folder.plain(['clean-completions', 'in.toml', 'in.toml'])
  assert.is(refused.code, 2)
  assert.match(refused.stderr, /raw texts would be lost/)
  folder.destroy()
})

test('wrong arguments get a sentence and exit 2', async () => {
  const folder = new TestFolder()
  for (const args of [
    ['run-tests'],
    ['run-tests', 'a', 'b', 'c'],
    ['run-tests', 'missing.toml', 'out.toml'],
    ['generate-completions', 'a', 'b', '--n', 'many'],
    ['generate-completions', 'a', 'b', '--n', '0'],
    ['generate-completions', 'a', 'b', '--endpoint', 'chats'],
    ['generate-completions', 'a', 'b', '--mode', 'slow'],
    ['generate-completions', 'a', 'b', '--chunk', '0'],
    ['generate-completions', 'a', 'b', '--top-p', ''],
    ['generate-completions', 'a', 'b', '--seed', '1.5'],
    ['generate-completions', 'a', 'b', '--base-url', 'localhost'],
    ['generate-completions', 'a', 'b', '--endpoint', 'responses', '--stop', 'x'],
  ]) {
    const { code, stderr } = await folder.plain(args)
    assert.is(code, 2, `${args.join(' ')}: ${stderr}`)
    assert.not.match(stderr, /^\s+at /m)
  }
  folder.destroy()
})

test.run()
