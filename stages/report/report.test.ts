/** Reports as their readers get them: through the command line, from files on disk. */
import { inflateRawSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { TestFolder } from '../../engine/testing/workspace.ts'
import { reportFiles } from './files.ts'
import type { Opened } from './page/shape.ts'

const question = `[[questions]]
id = 'one'
prompt = 'Write one().'

[[questions.testcases]]
code = 'print(one())'
expect = '1'
`
const answer = 'Sure:\n\n```python\ndef one():\n    return 1\n```\n\nHave fun!\n'

/** Everything up to the report, with results as they stand: no sandbox is needed. */
function folderWith(report: string): TestFolder {
  const folder = new TestFolder()
  folder.write('data/questions/one.toml', question)
  folder.write('recording.jsonl', `${JSON.stringify({ id: 'one', completions: [answer, answer] })}\n`)
  folder.pipeline(`
    generate: generate({ from: 'data/questions/%.toml', to: 'data/completions/%.toml', provider: recorded('recording.jsonl'), n: 2 }),
    clean: clean({ from: 'data/completions/%.toml', to: 'data/cleaned/%.toml' }),
    ${report}`)
  return folder
}

function opened(folder: TestFolder, path: string): readonly Opened[] {
  const blocks = folder.read(path).matchAll(/<script type="application\/octet-stream"[^>]*>([^<]*)</g)
  return [...blocks].map(([, block = '']) => {
    const value: Opened = JSON.parse(inflateRawSync(Buffer.from(block, 'base64')).toString())
    return value
  })
}

const results = (id: string, passed: readonly (readonly boolean[])[]) =>
  [
    `[[questions]]\nid = '${id}'\nprompt = ''\n[[questions.testcases]]\ncode = 'f()'`,
    ...passed.map(
      (each) => `[[questions.completions]]\ncompletion = 'pass'\nresults = ${JSON.stringify(each)}`,
    ),
  ].join('\n')

test('the page shows what cleaning made of an answer, and a person of that', async () => {
  // Results are what a person cleaned by hand would have, read as they are: `by` is written by test.
  const folder = folderWith(
    "report: report({ from: 'results/%.toml', to: 'report', completions: 'data/completions/%.toml' }),",
  )
  assert.is((await folder.run(['clean'])).code, 0)
  const cleaned = folder.read('data/cleaned/one.toml')
  const edited = cleaned
    .replace('    return 1\n', '    return 2\n')
    .replace("cleaned_by = ['fences']", "cleaned_by = ['fences']\nby = 'edited'")
  assert.is.not(edited, cleaned)
  folder.write('results/one.toml', edited)
  assert.is((await folder.run(['report'])).code, 0)
  const [first, second] = opened(folder, 'report/report.html')[0]?.completions ?? []
  assert.equal(
    first?.changes.map(({ what }) => what),
    ['edited', 'cleaned'],
  )
  assert.ok(JSON.stringify(first?.changes).includes('return 1'))
  assert.ok(JSON.stringify(first?.changes).includes('Have fun!'))
  assert.equal(
    second?.changes.map(({ what }) => what),
    ['cleaned'],
  )
  folder.destroy()
})

test('chains are compared side by side, and the same question may be in each', async () => {
  const folder = new TestFolder()
  folder.pipeline("report: report({ from: { large: 'a/%.toml', small: 'b/%.toml' }, to: 'report' }),")
  folder.write('a/x.toml', results('one', [[true], [true]]))
  folder.write('b/x.toml', results('one', [[true], [false]]))
  folder.write('b/y.toml', results('two', [[false]]))
  assert.is((await folder.run()).code, 0)
  const summary = JSON.parse(folder.read('report/summary.json'))
  assert.equal(
    summary.chains.map(({ name, totals }: { name: string; totals: { average: number } }) => [
      name,
      totals.average,
    ]),
    [
      ['large', 1],
      ['small', 0.25],
    ],
  )
  assert.equal(
    folder
      .read('report/results.csv')
      .split('\n')
      .map((line) => line.split(',').slice(0, 3).join()),
    ['chain,qid,response 1', 'large,one,1.0000', 'small,one,1.0000', 'small,two,0.0000', ''],
  )
  assert.match(folder.read('report/testcases.csv'), /^chain,qid,/)
  assert.match(folder.read('report/report.html'), /large/)
  folder.write('a/z.toml', results('one', [[true]]))
  const twice = await folder.plain()
  assert.is(twice.code, 2)
  assert.match(twice.stdout + twice.stderr, /'one' has results twice: in a\/x\.toml and in a\/z\.toml/)
  folder.destroy()
})

test('only the files that are asked for are written, and no two runs differ', async () => {
  const folder = new TestFolder()
  const pipeline = (files: string) =>
    folder.pipeline(`report: report({ from: 'a/%.toml', to: 'data/report', ${files} }),`)
  pipeline("files: ['junit.xml', 'results.csv']")
  folder.write('a/x.toml', results('one', [[true], [false]]))
  await folder.run()
  assert.equal(
    Object.keys(folder.tree())
      .filter((path) => path.startsWith('report/'))
      .sort(),
    ['report/junit.xml', 'report/results.csv'],
  )
  pipeline('')
  await folder.run()
  const first = folder.tree()
  assert.equal(
    Object.keys(first)
      .filter((path) => path.startsWith('report/'))
      .sort(),
    reportFiles.map((file) => `report/${file}`).sort(),
  )
  folder.remove('cache')
  folder.remove('data/report')
  await folder.run()
  assert.equal(folder.tree(), first)
  folder.destroy()
})

test('options that cannot be meant are a sentence', async () => {
  const folder = new TestFolder()
  const said = async (options: string) => {
    folder.pipeline(`report: report({ ${options} }),`)
    const { code, stderr } = await folder.plain()
    assert.is(code, 2, options)
    assert.not.match(stderr, /^\s+at /m)
    return stderr
  }
  assert.match(
    await said("from: 'a/%.toml', to: 'r', strategy: 'best'"),
    /strategy holds 'best'.*\n?.*basic, all-or-nothing/,
  )
  assert.match(await said("from: 'a/%.toml', to: 'r', files: ['results.xlsx']"), /files holds 'results.xlsx'/)
  assert.match(await said("from: {}, to: 'r'"), /`from` names no files/)
  assert.match(
    await said("from: { a: 'a/%.toml' }, completions: { b: 'b/%.toml' }, to: 'r'"),
    /`completions` is not in the form of `from`/,
  )
  folder.destroy()
})

test.run()
