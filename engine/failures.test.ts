/** Bad input gets a clear sentence with its place, an exit status, and nothing else is harmed. Through the command line. */

import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { TestFolder } from './testing/workspace.ts'

const good = (id: string) => `[[questions]]\nid = '${id}'\nprompt = 'Write ${id}.'\n`

const stages = (n: string | number = 1) => `
  generate: generate({ from: 'data/questions/%.toml', to: 'data/completions/%.toml', provider: recorded('recording.jsonl'), n: ${n} }),
  clean: clean({ from: 'data/completions/%.toml', to: 'data/cleaned/%.toml' }),
  report: report({ from: 'data/cleaned/%.toml', to: 'data/report', files: ['results.csv', 'summary.json', 'summary.txt'] }),`

/** A good question file beside whatever is wrong: it must be built all the same. */
function folderWith(files: { readonly [path: string]: string | Buffer }, pipeline = stages()): TestFolder {
  const folder = new TestFolder()
  folder.write('data/questions/good.toml', good('good'))
  folder.write(
    'recording.jsonl',
    `${JSON.stringify({ id: 'good', completions: ['pass'] })}\n${JSON.stringify({ id: 'other', completions: ['pass'] })}\n`,
  )
  folder.pipeline(pipeline)
  for (const [path, text] of Object.entries(files)) folder.write(path, text)
  return folder
}

interface Expectation {
  readonly name: string
  readonly text: string | Buffer
  readonly says: RegExp
}

const badFiles: readonly Expectation[] = [
  { name: 'an empty file', text: '', says: /bad\.toml:1:1: .*no questions/ },
  {
    name: 'TOML that is malformed',
    text: "[[questions]]\nid = 'a\nprompt = 'x'\n",
    says: /bad\.toml:2:\d+: /,
  },
  {
    name: 'a file that is not UTF-8',
    text: Buffer.from("[[questions]]\nid = 'caf\xe9'\nprompt = 'x'\n", 'latin1'),
    says: /bad\.toml:2:\d*:? ?.*UTF-8/,
  },
  { name: 'one id twice in a file', text: good('a') + good('a'), says: /bad\.toml:\d+:\d+: .*'?a'?/ },
  {
    name: 'a value of the wrong type',
    text: "[[questions]]\nid = 3\nprompt = 'x'\n",
    says: /bad\.toml:2:\d+: /,
  },
  { name: 'a misspelt key', text: "[[questions]]\nid = 'a'\npromt = 'x'\n", says: /bad\.toml:3:1: .*prompt/ },
  {
    name: "git's conflict markers",
    text: '<<<<<<< HEAD\n[[questions]]\n=======\n>>>>>>> other\n',
    says: /bad\.toml:1:1: .*conflict/,
  },
]

for (const { name, text, says } of badFiles)
  test(`${name}: exit 2 with the place, the other file is built`, async () => {
    const folder = folderWith({ 'data/questions/bad.toml': text })
    const { code, stdout, stderr } = await folder.plain()
    const output = stdout + stderr
    assert.is(code, 2, output)
    assert.match(output, says)
    assert.not.match(output, /^\s+at .*\(.*:\d+:\d+\)/m)
    assert.match(folder.read('data/cleaned/good.toml'), /pass/)
    folder.destroy()
  })

test('an id that two files share: both are named, other files are built', async () => {
  const folder = folderWith({ 'data/questions/a.toml': good('same'), 'data/questions/b.toml': good('same') })
  const { code, stdout } = await folder.plain()
  assert.is(code, 2)
  assert.match(stdout, /a\.toml: the question 'same' is also in data\/questions\/b\.toml/)
  assert.match(folder.read('data/cleaned/good.toml'), /pass/)
  folder.destroy()
})

test('a recording that is short of completions: incomplete, exit 1, and it says which question', async () => {
  const folder = folderWith({}, stages(3))
  const { code, stdout } = await folder.plain()
  assert.is(code, 1)
  assert.match(stdout, /'good' has 1 of 3 completions/)
  assert.is((await folder.run()).code, 1, 'it stays incomplete')
  folder.destroy()
})

for (const n of ['0', '-1', 'Number.NaN', '2.5', '10_001'])
  test(`n: ${n} is refused`, async () => {
    const folder = folderWith({}, stages(n))
    const { code, stderr } = await folder.plain()
    assert.is(code, 2)
    assert.match(stderr, /n is .*must be a whole number from 1 to 10,000/)
    folder.destroy()
  })

test('n: 10_000 is a number of completions like any other', async () => {
  const folder = folderWith({}, stages('10_000'))
  const { code, stdout } = await folder.plain()
  assert.is(code, 1, stdout)
  assert.match(stdout, /has 1 of 10000 completions/)
  folder.destroy()
})

test('a key that is not set: what to do is said, and nothing is sent', async () => {
  const folder = folderWith(
    {},
    stages().replace("recorded('recording.jsonl')", "openai({ model: 'gpt-4o-mini' })"),
  )
  const { code, summary, events } = await folder.run()
  assert.is(code, 1)
  assert.is(summary.requests, 0)
  assert.ok(
    events.some(
      (event) => event.type === 'target-failed' && /OPENAI_API_KEY/.test(`${event.message} ${event.remedy}`),
    ),
  )
  folder.destroy()
})

const badPipelines: readonly { readonly name: string; readonly text: string; readonly says: RegExp }[] = [
  {
    name: 'throws',
    text: "throw new Error('oh no')\n",
    says: /pipeline\.ts: throws while it is loaded: oh no/,
  },
  {
    name: 'has a syntax error',
    text: 'export default pipeline({\n',
    says: /pipeline\.ts: throws while it is loaded/,
  },
  { name: 'exports nothing', text: 'export const a = 1\n', says: /exports no pipeline/ },
]
for (const { name, text, says } of badPipelines)
  test(`a pipeline file that ${name}: exit 2 and a sentence`, async () => {
    const folder = new TestFolder()
    folder.write('pipeline.ts', text)
    const { code, stderr } = await folder.plain()
    assert.is(code, 2)
    assert.match(stderr, says)
    assert.not.match(stderr, /^\s+at /m)
    folder.destroy()
  })

test('two stages that write one path, and a circle, are named', async () => {
  const folder = folderWith({})
  folder.pipeline(
    `a: each({ from: 'x/%', to: 'z/%', run: (t) => t }), b: each({ from: 'y/%', to: 'z/%', run: (t) => t }),`,
  )
  assert.match((await folder.plain()).stderr, /a and b both write z\/%/)
  folder.pipeline(
    `a: each({ from: 'x/%', to: 'y/%', run: (t) => t }), b: each({ from: 'y/%', to: 'x/%', run: (t) => t }),`,
  )
  const { code, stderr } = await folder.plain()
  assert.is(code, 2)
  assert.match(stderr, /circle: a → b → a/)
  folder.destroy()
})

test('no pipeline file, an unknown option, an unknown stage: exit 2', async () => {
  const folder = new TestFolder()
  assert.is((await folder.plain()).code, 2)
  folder.pipeline(stages())
  for (const args of [['--nonsense'], ['nostage'], ['--jobs', '0'], ['why'], ['why', 'nowhere.toml']])
    assert.is((await folder.plain(args)).code, 2, args.join(' '))
  folder.destroy()
})

test('a source that is a folder, or not readable, fails alone', async () => {
  const folder = folderWith({ 'data/questions/locked.toml': good('locked') })
  mkdirSync(folder.at('data/questions/folder.toml'))
  chmodSync(folder.at('data/questions/locked.toml'), 0)
  const { code, stdout } = await folder.plain()
  assert.is(code, process.getuid?.() === 0 ? 1 : 2, stdout)
  assert.match(folder.read('data/cleaned/good.toml'), /pass/)
  folder.destroy()
})

test('a damaged store: said or silent, never wrong, and built again', async () => {
  const folder = folderWith({})
  await folder.run()
  const before = folder.tree()
  truncateSync(folder.at('cache/store/store.sqlite'), 5000)
  assert.is((await folder.run()).code, 0)
  writeFileSync(folder.at('cache/store/store.sqlite'), Buffer.alloc(70_000, 'x'))
  assert.is((await folder.run()).code, 0)
  folder.remove('cache')
  assert.is((await folder.run()).code, 0)
  assert.equal(folder.tree(), before)
  folder.destroy()
})

const root = process.getuid?.() === 0 && spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0
if (root) spawnSync('umount', ['/mnt'])
const asRoot = root ? test : test.skip
if (!root) console.log('skipped, no right to mount: a read-only output folder, a full disk')

asRoot('a read-only output folder: a sentence and exit 1; writable again, it goes on', async () => {
  const folder = folderWith({})
  mkdirSync(folder.at('data/cleaned'), { recursive: true })
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', folder.at('data/cleaned')])
  const { code, stdout } = await folder.plain()
  spawnSync('umount', [folder.at('data/cleaned')])
  assert.is(code, 1, stdout)
  assert.match(stdout, /data\/cleaned\/good\.toml: cannot be written: the file system is read-only/)
  assert.is((await folder.run()).code, 0)
  folder.destroy()
})

asRoot('a full disk: a sentence, exit 1, no half file; with room again, it goes on', async () => {
  const folder = folderWith({})
  folder.write(
    'recording.jsonl',
    `${JSON.stringify({ id: 'good', completions: [`x = '${'y'.repeat(200_000)}'`] })}\n`,
  )
  mkdirSync(folder.at('data/completions'), { recursive: true })
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder.at('data/completions')])
  const { code, stdout } = await folder.plain()
  const left = Object.keys(folder.tree('data/completions'))
  spawnSync('umount', [folder.at('data/completions')])
  assert.is(code, 1, stdout)
  assert.match(stdout, /data\/completions\/good\.toml: cannot be written: the disk is full/)
  assert.equal(left, [])
  assert.is((await folder.run()).code, 0)
  folder.destroy()
})

test('output that nobody reads any more ends a run as an interruption does, without a stack trace', async () => {
  const folder = folderWith({})
  const child = folder.start(['--verbose'])
  child.stdout?.destroy()
  let stderr = ''
  child.stderr?.on('data', (chunk) => (stderr += chunk))
  const code = await new Promise((ended) => child.once('close', ended))
  assert.is(stderr, '')
  assert.is(code, 130)
  assert.is((await folder.run()).code, 0)
  folder.destroy()
})

test.run()
