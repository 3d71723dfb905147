/** Bundles: made once, and never used when anything that went into them is not what it was. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bundled } from './bundle.mjs'
import { TestFolder } from './testing/workspace.ts'

const project = resolve(import.meta.dirname, '..')

interface Folder {
  readonly root: string
  readonly out: string
}

function folderWith(files: { readonly [name: string]: string }): Folder {
  const root = mkdtempSync(join(tmpdir(), 'codex-runner-bundle-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text)
  return { root, out: join(root, 'out') }
}

const sources = {
  'main.ts': "import { b } from './b.ts'\nexport const value: string = 'a' + b\n",
  'b.ts': "export const b: string = '1'\n",
}

async function valueIn({ root, out }: Folder): Promise<{ value: string; place: string }> {
  const place = await bundled(out, 'key', { entryPoints: { main: join(root, 'main.ts') } })
  const { value } = (await import(pathToFileURL(join(place, 'main.mjs')).href)) as { value: string }
  return { value, place: basename(place) }
}

const test = suite('bundle')

test('it is made once', async () => {
  const folder = folderWith(sources)
  const first = await valueIn(folder)
  assert.is(first.value, 'a1')
  assert.equal(await valueIn(folder), first)
  await sleep(120)
  // What was too young to be known by its times is digested once more, and then known by them.
  assert.equal(await valueIn(folder), first)
  const manifest = readFileSync(join(folder.out, 'bundle.json'), 'utf8')
  assert.equal(await valueIn(folder), first)
  assert.is(readFileSync(join(folder.out, 'bundle.json'), 'utf8'), manifest)
  assert.not.match(manifest, '""')
})

test('a file that is imported is changed at once, to the same size, with its old times', async () => {
  const folder = folderWith(sources)
  const path = join(folder.root, 'b.ts')
  for (let round = 2; round < 9; round++) {
    await valueIn(folder)
    const { atime, mtime } = statSync(path)
    writeFileSync(path, `export const b: string = '${round}'\n`)
    utimesSync(path, atime, mtime)
    assert.is((await valueIn(folder)).value, `a${round}`)
    if (round % 2 === 0) await sleep(60)
  }
})

test('another file with the same times takes the place of one', async () => {
  const folder = folderWith({ ...sources, 'c.ts': "export const b: string = '2'\n" })
  await sleep(80)
  await valueIn(folder)
  await valueIn(folder)
  const { atime, mtime } = statSync(join(folder.root, 'b.ts'))
  utimesSync(join(folder.root, 'c.ts'), atime, mtime)
  renameSync(join(folder.root, 'c.ts'), join(folder.root, 'b.ts'))
  assert.is((await valueIn(folder)).value, 'a2')
})

test('a file that is gone is an error, and the bundle is not used in its stead', async () => {
  const folder = folderWith(sources)
  await valueIn(folder)
  rmSync(join(folder.root, 'b.ts'))
  try {
    await valueIn(folder)
    assert.unreachable()
  } catch (error) {
    assert.match(String(error), 'b.ts')
  }
  writeFileSync(join(folder.root, 'b.ts'), sources['b.ts'])
  assert.is((await valueIn(folder)).value, 'a1')
})

test('what came out is damaged, or its list is', async () => {
  const folder = folderWith(sources)
  const { place } = await valueIn(folder)
  writeFileSync(join(folder.out, place, 'main.mjs'), 'export const value = ')
  assert.is((await valueIn(folder)).value, 'a1')
  for (const text of [
    '',
    '{}',
    'null',
    '{"key":"key","outputs":"x","files":[1]}',
    '{"files":["a","b","c"]}',
  ]) {
    writeFileSync(join(folder.out, 'bundle.json'), text)
    assert.is((await valueIn(folder)).value, 'a1')
  }
})

test('it is made several times at once', async () => {
  const folder = folderWith(sources)
  const values = await Promise.all(Array.from({ length: 5 }, () => valueIn(folder)))
  assert.equal(
    values.map(({ value }) => value),
    Array(5).fill('a1'),
  )
  assert.not.ok(readdirSync(folder.out).some((name) => name.startsWith('bundle.json.')))
})

/** A copy of the program whose sources a test may change, with the packages of this one. */
function copyOfProgram(): { readonly bin: string; readonly at: (path: string) => string } {
  const root = mkdtempSync(join(tmpdir(), 'codex-runner-copy-'))
  for (const folder of ['engine', 'stages', 'data'])
    cpSync(join(project, folder), join(root, folder), { recursive: true })
  copyFileSync(join(project, 'package.json'), join(root, 'package.json'))
  mkdirSync(join(root, 'node_modules'))
  for (const name of readdirSync(join(project, 'node_modules')))
    if (name !== '.cache') symlinkSync(join(project, 'node_modules', name), join(root, 'node_modules', name))
  return { bin: join(root, 'engine/bin.mjs'), at: (path) => join(root, path) }
}

test('a source of the program is changed, and the next run is of the new one', async () => {
  const program = copyOfProgram()
  const folder = new TestFolder()
  const help = async () => (await folder.plain(['--version'], { bin: program.bin })).stdout.trim()
  const { version } = JSON.parse(readFileSync(program.at('package.json'), 'utf8')) as { version: string }
  assert.is(await help(), version)
  const text = readFileSync(program.at('engine/cli.ts'), 'utf8')
  const changed = text.replace('return say(version)', "return say(version + ' changed')")
  assert.not.equal(changed, text)
  writeFileSync(program.at('engine/cli.ts'), changed)
  assert.is(await help(), `${version} changed`)
  assert.ok(existsSync(program.at('node_modules/.cache/codex-runner/program/bundle.json')))
})

test('where nothing can be written the program runs from its sources, and doctor says so', async () => {
  const program = copyOfProgram()
  // A file where the folder should be: that stops root as well.
  writeFileSync(program.at('node_modules/.cache'), '')
  const folder = new TestFolder()
  folder.write('data/in/a.txt', 'a')
  const stage = "up: each({ from: 'data/in/%.txt', to: 'data/out/%.txt', run: (text) => text.toUpperCase() })"
  folder.pipeline(stage)
  const text = folder.read('pipeline.ts').replace(/from '.*'/, "from 'codex-runner'")
  folder.write('pipeline.ts', text)
  const { code, stderr } = await folder.plain([], { bin: program.bin })
  assert.is(code, 0, stderr)
  assert.is(folder.read('data/out/a.txt'), 'A')
  const { stdout } = await folder.plain(['doctor'], { bin: program.bin })
  assert.match(stdout, "the program can't be bundled (")
  // The bundled program takes what this one made for its own.
  assert.is((await folder.run()).summary.fresh, 1)
  assert.not.match((await folder.plain(['doctor'])).stdout, 'bundled')
})

const own = "export const ending: string = '!'\n"
const stage = `up: each({ from: 'data/in/%.txt', to: 'data/out/%.txt', params: { ending }, run: (text, path) => text + path.at(-1) })`

test('a file that pipeline.ts imports is changed', async () => {
  const folder = new TestFolder()
  folder.write('data/in/a.txt', 'a')
  folder.write('own.ts', own)
  folder.pipeline(stage)
  folder.write('pipeline.ts', `import { ending } from './own.ts'\n${folder.read('pipeline.ts')}`)
  assert.is((await folder.run()).summary.built, 1)
  assert.is((await folder.run()).summary.fresh, 1)
  folder.write('own.ts', own.replace('!', '?'))
  assert.is((await folder.run()).summary.built, 1)
})

test('a pipeline.ts that only tsx can load is loaded, and makes what a bundled one makes', async () => {
  const folder = new TestFolder()
  folder.write('data/in/a.txt', 'a')
  folder.write('own.ts', own)
  folder.pipeline(stage)
  const text = folder.read('pipeline.ts')
  folder.write('pipeline.ts', `import { ending } from './own.ts'\n${text}`)
  assert.is((await folder.run()).summary.built, 1)
  folder.write('pipeline.ts', `const { ending } = await import('./own' + '.ts')\n${text}`)
  assert.is((await folder.run()).summary.fresh, 1)
  folder.write('data/in/a.txt', 'b')
  assert.is((await folder.run()).summary.built, 1)
})

test('an error of pipeline.ts is told with its place, not the place in a bundle', async () => {
  const folder = new TestFolder()
  folder.pipeline("up: each({ from: 'data/%', to: 'out/%', run: (text: string) => text }),")
  const text = folder.read('pipeline.ts')
  folder.write('pipeline.ts', `${text}\ninterface Empty {}\nthrow new Error('not today')\n`)
  const { code, stderr } = await folder.plain()
  assert.is(code, 2)
  assert.match(stderr, `${folder.at('pipeline.ts')}: throws while it is loaded: not today`)
  assert.match(stderr, `See ${folder.at('pipeline.ts')}:${text.split('\n').length + 2}:7.`)
})

test.run()
