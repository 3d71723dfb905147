/** The predecessor's commands, on files anywhere, through the command line. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../engine/testing/parts.ts'
import { startServer } from '../engine/testing/server-client.ts'
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
  assert.is(first.summary.requests, 6)
  const [request] = await server.log()
  assert.is(request?.body['temperature'], 0.7)
  assert.is(request?.body['max_tokens'] ?? request?.body['max_completion_tokens'], 32)
  assert.is((await run('--n', '5', '--max-tokens', '32', '--temperature', '0.7')).summary.requests, 4)
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
  ]) {
    const { code, stderr } = await folder.plain(args)
    assert.is(code, 2, `${args.join(' ')}: ${stderr}`)
    assert.not.match(stderr, /^\s+at /m)
  }
  folder.destroy()
})

test.run()
