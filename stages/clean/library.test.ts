import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { nameIn, type Shelf } from '../../engine/stage.ts'
import { Library } from './library.ts'

/** A shelf that counts what is read. */
function shelf(files: { readonly [path: string]: string }): Shelf & { readonly reads: string[] } {
  const reads: string[] = []
  return {
    reads,
    paths: (pattern) => Object.keys(files).filter((path) => nameIn(pattern, path) !== undefined),
    read: async (path) => {
      reads.push(path)
      return files[path]
    },
    changedAt: () => 0,
  }
}

const asked = (id: string) => `[[questions]]\nid = ${id}\nprompt = 'p'\n`
const names = async (library: Library, id: string) => {
  const { cleaned, aside } = await library.find(id)
  return [cleaned.map(({ name }) => name), aside.map(({ name }) => name)]
}

test('a question is found however its id is written', async () => {
  const files = {
    'c/literal.toml': asked("'x'"),
    'c/sub/basic.toml': asked('"x"'),
    'c/escaped.toml': asked('"\\u0078"'),
    'c/tight.toml': asked("'y'").replace('id = ', 'id='),
    'c/inline.toml': "questions = [{ id = 'x', prompt = 'p' }]\n",
    'c/commented.toml': asked("'x'  # mine"),
  }
  const library = new Library(shelf(files), 'c/%.toml')
  assert.equal(await names(library, 'x'), [['literal', 'sub/basic', 'escaped', 'inline', 'commented'], []])
  assert.equal(await names(library, 'y'), [['tight'], []])
  assert.equal(await names(library, 'z'), [[], []])
})

test('what is set aside is found by the id that it had, and is no cleaned file', async () => {
  const entry = `${asked("'x (2)'")}set_aside = 'gone'\nset_aside_id = 'x'\n`
  const library = new Library(shelf({ 'c/a.toml': asked("'x'"), 'c/.set-aside/b.toml': entry }), 'c/%.toml')
  assert.equal(await names(library, 'x'), [['a'], ['b']])
})

test('every file is read once for its ids, and parsed only when it may hold what is looked for', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [`c/f${i}.toml`, asked(`'q${i}'`)] as const),
  )
  const counting = shelf(files)
  const library = new Library(counting, 'c/%.toml')
  for (let i = 0; i < 10; i++) await library.find(`q${i}`)
  assert.is(counting.reads.length, 60)
})

test('a file that can not be read as one of questions holds nothing', async () => {
  const library = new Library(shelf({ 'c/a.toml': `${asked("'x'")}[[` }), 'c/%.toml')
  assert.equal(await names(library, 'x'), [[], []])
})

test.run()
