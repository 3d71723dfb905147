import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { fill, folderOf, matches, nameIn } from './patterns.ts'
import { TestFolder } from './testing/workspace.ts'

test('what % stood for is the name, folders included', () => {
  assert.is(nameIn('data/questions/%.toml', 'data/questions/loops.toml'), 'loops')
  assert.is(nameIn('data/questions/%.toml', 'data/questions/week1/loops.toml'), 'week1/loops')
  assert.is(fill('data/results/%.toml', 'week1/loops'), 'data/results/week1/loops.toml')
})

test('a name is never empty, and a longer ending does not match', () => {
  assert.is(nameIn('q/%.toml', 'q/.toml'), undefined)
  assert.is(nameIn('q/%.toml', 'q/loops.toml~'), undefined)
  assert.is(nameIn('q/%.toml', 'other/loops.toml'), undefined)
})

test('a pattern without % is one file, named after itself', () => {
  assert.is(nameIn('work/in.toml', 'work/in.toml'), 'in')
  assert.is(fill('work/out.toml', 'in'), 'work/out.toml')
})

test('two % are refused', () => {
  assert.throws(() => nameIn('%/%.toml', 'a/b.toml'), /more than one %/)
})

test('the folder of a pattern is where its matches are', () => {
  assert.is(folderOf('data/questions/%.toml'), 'data/questions/')
  assert.is(folderOf('data/week%/q.toml'), 'data/')
})

test('hidden files and folders never match; a missing folder holds nothing', () => {
  const folder = new TestFolder()
  for (const path of ['q/b.toml', 'q/a.toml', 'q/.a.toml', 'q/.set-aside/c.toml', 'q/sub/d.toml', 'q/e.txt'])
    folder.write(path, '')
  assert.equal(
    matches(folder.path, 'q/%.toml').map(({ name }) => name),
    ['a', 'b', 'sub/d'],
  )
  assert.equal(matches(folder.path, 'nowhere/%.toml'), [])
  assert.equal(matches(folder.path, 'q/a.toml'), [{ name: 'a', path: 'q/a.toml' }])
  folder.destroy()
})

test.run()
