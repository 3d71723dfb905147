/** What an edit makes run, and what it does not: counted through the real command line. */
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from './testing/parts.ts'
import { startServer } from './testing/server-client.ts'
import { TestFolder } from './testing/workspace.ts'

const question = `[[questions]]
id = 'double'
prompt = 'Write double(n).'

[[questions.testcases]]
code = 'print(double(2))'
expect = '4'

[[questions.testcases]]
code = 'print(double(0))'
expect = '0'
`

const answers = [
  'def double(n):\n    return 2 * n\n',
  '```python\ndef double(n):\n    return n + n\n```\n',
  'def double(n):\n    return n * n  # wrong for 3, right for 0 and 2\n',
  'def double(n):\n    return n\n',
  'def double(n):\n    raise ValueError(n)\n',
]

const stages = (generate: string) => `
  generate: generate({ from: 'data/questions/%.toml', to: 'data/completions/%.toml', ${generate} }),
  clean: clean({ from: 'data/completions/%.toml', to: 'data/cleaned/%.toml' }),
  test: test({ from: 'data/cleaned/%.toml', to: 'data/results/%.toml' }),
  report: report({ from: 'data/results/%.toml', to: 'data/report', files: ['results.csv', 'summary.json', 'summary.txt'] }),`

/** A folder with one question and five recorded answers, built. */
async function builtFolder(): Promise<TestFolder> {
  const folder = new TestFolder()
  folder.write('data/questions/basics.toml', question)
  folder.write('recording.jsonl', `${JSON.stringify({ id: 'double', completions: answers })}\n`)
  folder.pipeline(stages(`provider: recorded('recording.jsonl'), n: 5`))
  const { code, summary, stdout } = await folder.run()
  assert.is(code, 0, stdout)
  assert.is(summary.executions, 10)
  return folder
}

const scores = (folder: TestFolder) => folder.read('data/report/results.csv').split('\n')[1]

needing(test, ['bwrap'], 'nothing changed: nothing runs and no file is touched', async () => {
  const folder = await builtFolder()
  const before = folder.times()
  const { code, summary } = await folder.run()
  assert.is(code, 0)
  assert.equal([summary.requests, summary.executions, summary.built, summary.written], [0, 0, 0, 0])
  assert.is(summary.fresh, 4)
  assert.equal(folder.times(), before)
  folder.destroy()
})

needing(
  test,
  ['bwrap'],
  'one completion edited in a cleaned file: its own tests run, and its row changes',
  async () => {
    const folder = await builtFolder()
    assert.is(scores(folder), 'double,1.0000,1.0000,1.0000,0.5000,0.0000,0.7000,1.0000,0.4472,0.0000,1.0000')
    folder.edit('data/cleaned/basics.toml', 'raise ValueError(n)', 'return n * 2')
    const typed = folder.read('data/cleaned/basics.toml')
    const { summary } = await folder.run()
    assert.equal([summary.requests, summary.executions], [0, 2])
    assert.is(folder.read('data/cleaned/basics.toml'), typed)
    assert.is(scores(folder), 'double,1.0000,1.0000,1.0000,0.5000,1.0000,0.9000,1.0000,0.2236,0.5000,1.0000')
    assert.is((await folder.run()).summary.built, 0)
    folder.destroy()
  },
)

needing(
  test,
  ['bwrap'],
  '`expect` changed: no execution, but other verdicts and another report',
  async () => {
    const folder = await builtFolder()
    folder.edit('data/questions/basics.toml', "expect = '4'", "expect = '2'")
    const { summary } = await folder.run()
    assert.equal([summary.requests, summary.executions], [0, 0])
    assert.is(scores(folder), 'double,0.5000,0.5000,0.5000,1.0000,0.0000,0.5000,0.5000,0.3536,0.0000,1.0000')
    folder.destroy()
  },
)

needing(
  test,
  ['bwrap'],
  "one test case's code changed: that test case runs for each completion",
  async () => {
    const folder = await builtFolder()
    folder.edit('data/questions/basics.toml', 'print(double(0))', 'print(double(0) + 0)')
    const { summary } = await folder.run()
    assert.equal([summary.requests, summary.executions], [0, 5])
    folder.destroy()
  },
)

needing(test, ['bwrap'], 'a comment or another format in a question file: nothing downstream', async () => {
  const folder = await builtFolder()
  folder.edit(
    'data/questions/basics.toml',
    "[[questions]]\nid = 'double'",
    '# said twice\n[[questions]]\nid   =   "double"',
  )
  const { summary } = await folder.run()
  assert.equal([summary.requests, summary.executions, summary.written], [0, 0, 0])
  assert.is(summary.built, 1)
  folder.destroy()
})

needing(
  test,
  ['bwrap'],
  'a question moved to another file, or renamed: nothing is asked or executed',
  async () => {
    const folder = await builtFolder()
    folder.remove('data/questions/basics.toml')
    folder.write('data/questions/moved/more.toml', question)
    const moved = await folder.run()
    assert.equal([moved.summary.requests, moved.summary.executions], [0, 0])
    assert.ok(scores(folder)?.startsWith('double,1.0000'))
    folder.edit('data/questions/moved/more.toml', "id = 'double'", "id = 'twice'")
    const renamed = await folder.run()
    assert.is(renamed.code, 0, renamed.stdout)
    assert.equal([renamed.summary.requests, renamed.summary.executions], [0, 0])
    assert.ok(scores(folder)?.startsWith('twice,1.0000'))
    folder.destroy()
  },
)

needing(
  test,
  ['bwrap'],
  'completions, results and report deleted: the same bytes come back, nothing is executed',
  async () => {
    const folder = await builtFolder()
    const before = folder.tree()
    for (const name of ['completions', 'results', 'report']) folder.remove(`data/${name}`)
    const { summary } = await folder.run()
    assert.equal([summary.requests, summary.executions], [0, 0])
    assert.equal(folder.tree(), before)
    folder.destroy()
  },
)

needing(test, ['bwrap'], 'a results file edited by hand: noticed, said, built again', async () => {
  const folder = await builtFolder()
  const before = folder.tree()
  folder.edit('data/results/basics.toml', 'false', 'true')
  const { code, summary, events } = await folder.run()
  assert.is(code, 0)
  assert.is(summary.executions, 0)
  assert.ok(
    events.some(
      (event) =>
        event.type === 'notice' && event.place === 'data/results/basics.toml' && /by hand/.test(event.text),
    ),
  )
  assert.equal(folder.tree(), before)
  folder.destroy()
})

needing(test, ['bwrap'], 'the cache deleted: executed anew, the same bytes, and edits kept', async () => {
  const folder = await builtFolder()
  folder.edit('data/cleaned/basics.toml', 'raise ValueError(n)', 'return n * 2')
  await folder.run()
  const before = folder.tree()
  folder.remove('cache')
  const { summary } = await folder.run()
  assert.equal([summary.requests, summary.executions], [0, 10])
  assert.equal(folder.tree(), before)
  folder.destroy()
})

/** The same with a server that is asked for completions. */
async function servedFolder(url: string): Promise<{
  folder: TestFolder
  set: (options: string) => void
  run: (args?: string[]) => ReturnType<TestFolder['run']>
}> {
  const folder = new TestFolder()
  folder.write('data/questions/basics.toml', question)
  folder.write('data/questions/more.toml', question.replaceAll('double', 'second'))
  const set = (options: string) =>
    folder.pipeline(
      stages(`provider: openai({ model: 'gpt-4o-mini', baseURL: '${url}', chunk: 1 }), ${options}`),
    )
  return { folder, set, run: (args = []) => folder.run(args, { env: { OPENAI_API_KEY: 'sk-test' } }) }
}

needing(test, ['bwrap'], 'n from 5 to 7 and back: two new completions a question, then nothing', async () => {
  const server = await startServer()
  const { folder, set, run } = await servedFolder(server.url)
  set('n: 5, temperature: 0.9')
  assert.is((await run()).summary.requests, 10)
  set('n: 7, temperature: 0.9')
  assert.is((await run()).summary.requests, 4)
  set('n: 5, temperature: 0.9')
  const back = await run()
  assert.equal([back.code, back.summary.requests, back.summary.executions], [0, 0, 0])
  assert.is((await server.log()).length, 14)
  await server.stop()
  folder.destroy()
})

needing(
  test,
  ['bwrap'],
  'another temperature: every completion anew, and `why` says so; back again: all from the cache',
  async () => {
    const server = await startServer()
    const { folder, set, run } = await servedFolder(server.url)
    set('n: 3, temperature: 0.9')
    await run()
    set('n: 3, temperature: 0.2')
    const why = await folder.plain(['why', 'data/completions/basics.toml'])
    assert.match(why.stdout, 'temperature: 0.9 → 0.2')
    const plan = await run(['plan'])
    assert.is(plan.summary.wanted.requests, 6)
    assert.is((await run()).summary.requests, 6)
    set('n: 3, temperature: 0.9')
    const back = await run()
    assert.equal([back.summary.requests, back.summary.executions], [0, 0])
    await server.stop()
    folder.destroy()
  },
)

needing(
  test,
  ['bwrap'],
  'the cache deleted, with a server: adopted from data/completions, and the other way round',
  async () => {
    const server = await startServer()
    const { folder, set, run } = await servedFolder(server.url)
    set('n: 3, temperature: 0.9')
    await run()
    const before = folder.tree()
    folder.remove('cache')
    const adopted = await run()
    assert.is(adopted.summary.requests, 0)
    assert.equal(folder.tree(), before)
    folder.remove('data/completions')
    const restored = await run()
    assert.is(restored.summary.requests, 0)
    assert.equal(folder.tree(), before)
    assert.is((await server.log()).length, 6)
    await server.stop()
    folder.destroy()
  },
)

needing(
  test,
  ['bwrap'],
  '--only asks and runs for the questions it names, and leaves the others as they are',
  async () => {
    const server = await startServer()
    const { folder, set, run } = await servedFolder(server.url)
    set('n: 3, temperature: 0.9')
    await run()
    const before = folder.read('data/completions/more.toml')
    set('n: 3, temperature: 0.2')
    const only = await run(['--only', 'dou*'])
    assert.is(only.summary.requests, 3)
    assert.is(folder.read('data/completions/more.toml'), before)
    assert.is((await run()).summary.requests, 3)
    await server.stop()
    folder.destroy()
  },
)

needing(test, ['bwrap'], 'a dry run writes nothing, and counts what the run then does', async () => {
  const folder = await builtFolder()
  folder.edit('data/questions/basics.toml', 'print(double(0))', 'print(double(1) - 2)')
  const before = folder.times('.')
  const plan = await folder.run(['plan'])
  assert.is(plan.summary.wanted.executions, 5)
  const after = folder.times('.')
  for (const path of Object.keys(before))
    if (!path.startsWith('cache/')) assert.is(after[path], before[path], path)
  assert.is((await folder.run()).summary.executions, 5)
  folder.destroy()
})

needing(
  test,
  ['bwrap'],
  '--force test executes anew; --force generate is refused with what to do instead',
  async () => {
    const folder = await builtFolder()
    const { summary } = await folder.run(['--force', 'test'])
    assert.equal([summary.executions, summary.written], [10, 0])
    const refused = await folder.plain(['--force', 'generate'])
    assert.is(refused.code, 2)
    assert.match(refused.stderr, 'series')
    folder.destroy()
  },
)

needing(
  test,
  ['bwrap'],
  'bubblewrap gone after a first run: nothing is run again by itself, and it is said',
  async () => {
    const folder = new TestFolder()
    folder.write('data/questions/basics.toml', question)
    folder.write('recording.jsonl', `${JSON.stringify({ id: 'double', completions: answers })}\n`)
    folder.pipeline(stages(`provider: recorded('recording.jsonl'), n: 5`))
    // As root, bwrap is started as another user, who must be able to reach it.
    chmodSync(folder.path, 0o755)
    mkdirSync(folder.at('bin'))
    copyFileSync('/usr/bin/bwrap', folder.at('bin/bwrap'))
    const env = { PATH: folder.at('bin') }
    const first = await folder.run([], { env })
    assert.is(first.summary.executions, 10)
    folder.remove('bin/bwrap')
    const { code, summary, events } = await folder.run([], { env })
    assert.equal([code, summary.executions, summary.built], [0, 0, 0])
    assert.ok(
      events.some(
        (event) => event.type === 'notice' && /bwrap/.test(event.text) && /--sandbox/.test(event.text),
      ),
    )
    folder.destroy()
  },
)

test.run()
