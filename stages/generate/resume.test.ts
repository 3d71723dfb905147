/** Stopped and gone on with, through the command line: by a used-up quota, a budget, Ctrl-C in a batch, a lost cache. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startServer, type TestServer } from '../../engine/testing/server-client.ts'
import { TestFolder } from '../../engine/testing/workspace.ts'

const names = ['one', 'two', 'three', 'four']
const n = 10
const bin = resolve(import.meta.dirname, '../../engine/bin.mjs')

let server: TestServer
test.before(async () => {
  server = await startServer()
})
test.after(() => server.stop())

async function folderWith(options = '', more = ''): Promise<TestFolder> {
  await server.reset()
  const folder = new TestFolder()
  for (const name of names)
    folder.write(`data/questions/${name}.toml`, `[[questions]]\nid = '${name}'\nprompt = 'Write ${name}.'\n`)
  folder.pipeline(`
    generate: generate({ from: 'data/questions/%.toml', to: 'data/completions/%.toml', n: ${n}, maxTokens: 50, ${more}
      provider: openai({ model: 'gpt-4o-mini', baseURL: '${server.url}', retry: { first: 0.01, floor: 0.01 }, ${options} }) }),
    clean: clean({ from: 'data/completions/%.toml', to: 'data/cleaned/%.toml' }),`)
  return folder
}

const completions = (folder: TestFolder) =>
  Object.values(folder.tree('data/completions'))
    .join('')
    .match(/^\[\[questions\.completions\]\]/gm)?.length ?? 0
const paid = async () => (await server.counts()).answers

test('a quota that is used up: what has arrived is written and cleaned, the rest is asked for by the next run', async () => {
  const folder = await folderWith('chunk: 5, concurrency: 1')
  const error = { message: 'You exceeded your current quota', code: 'insufficient_quota' }
  await server.script({ times: 5 }, { times: 0, status: 429, error })
  const stopped = await folder.plain()
  assert.is(stopped.code, 1)
  assert.is(stopped.stdout.match(/the quota is used up/g)?.length, 1, stopped.stdout)
  assert.match(stopped.stdout, 'Add credit')
  assert.is((await server.counts()).requests, 6)
  assert.equal([await paid(), completions(folder)], [25, 25])
  await server.script()
  const { code, summary } = await folder.run()
  assert.equal([code, summary.requests, await paid(), completions(folder)], [0, 3, 40, 40])
  assert.is((await folder.run()).summary.built, 0)
  folder.destroy()
})

test('a budget of the stage: never exceeded, said once, and gone on from with a larger one', async () => {
  const folder = await folderWith('chunk: 1, concurrency: 2', 'budget: { tokens: 900 },')
  const stopped = await folder.plain()
  assert.is(stopped.code, 1)
  assert.is(stopped.stdout.match(/the budget of 900 tokens is used up/g)?.length, 1, stopped.stdout)
  const before = await paid()
  assert.ok(before > 10 && before < 40, `${before}`)
  folder.edit('pipeline.ts', 'budget: { tokens: 900 },', '')
  assert.is((await folder.run()).code, 0)
  assert.equal([await paid(), completions(folder)], [40, 40])
  folder.destroy()
})

test('a batch that was left by Ctrl-C is taken up by the next run, with the cache or without it', async () => {
  for (const lost of [false, true]) {
    const folder = await folderWith("mode: 'batch', poll: 0.1")
    await server.batches({ polls: 40 })
    const child = folder.start([])
    let output = ''
    const sent = new Promise<void>((resolve) => {
      child.stdout?.on('data', (chunk) => {
        output += chunk
        if (output.includes('is sent')) resolve()
      })
    })
    await sent
    child.kill('SIGINT')
    const [code] = await once(child, 'close')
    assert.is(code, 130)
    assert.match(output, 'run again to take it up')
    if (lost) folder.remove('cache')
    const ran = await folder.plain()
    assert.is(ran.code, 0, ran.stdout)
    assert.match(ran.stdout, 'taking up batch')
    assert.equal([await paid(), completions(folder)], [40, 40])
    const created = (await server.calls()).filter(
      ({ method, path }) => method === 'POST' && path.endsWith('/batches'),
    )
    assert.is(created.length, 1)
    folder.destroy()
  }
})

test('a batch of more files than the process may open goes out as one', async () => {
  const folder = await folderWith("mode: 'batch', poll: 0.1")
  for (let index = 0; index < 500; index++)
    folder.write(
      `data/questions/q${index}.toml`,
      `[[questions]]\nid = 'q${index}'\nprompt = 'Write ${index}.'\n`,
    )
  const command = `ulimit -n 256; exec '${process.execPath}' '${bin}' generate`
  const { status, stdout } = spawnSync('bash', ['-c', command], { cwd: folder.path, encoding: 'utf8' })
  assert.is(status, 0, stdout)
  assert.equal([await paid(), stdout.match(/is sent/g)?.length], [504 * n, 1])
  folder.destroy()
})

test('live takes up what a batch has answered, and the other way round', async () => {
  const folder = await folderWith("mode: 'batch', poll: 0.1")
  assert.is((await folder.run()).code, 0)
  folder.edit('pipeline.ts', "mode: 'batch', poll: 0.1", '')
  folder.edit('pipeline.ts', `n: ${n}`, `n: ${n + 2}`)
  const { code, summary } = await folder.run()
  assert.equal([code, summary.requests, await paid()], [0, 4, 48])
  folder.destroy()
})

test('answers that were cut off, refused or empty are kept, marked, counted, and not asked for again', async () => {
  const folder = await folderWith('chunk: 1, concurrency: 1')
  await server.script({ finish: 'length', text: 'def f(' }, { refusal: 'I will not.' }, { empty: true })
  assert.is((await folder.run()).code, 0)
  const files = Object.values(folder.tree('data/completions')).join('')
  assert.match(files, "finish = 'length'")
  assert.match(files, "finish = 'refusal'")
  const { stdout } = await folder.plain(['status'])
  assert.match(stdout, /1 cut_off, 1 refused, 1 empty/)
  assert.is((await folder.run()).summary.requests, 0)
  assert.is(await paid(), 40)
  folder.destroy()
})

test.run()
