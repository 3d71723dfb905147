/**
 * The same as histories.test.ts by what a user has: the real command line, the real stages and the machine's own clock.
 * After whatever has happened, the table is the one that a folder without cache and results comes to.
 */
import { cpSync, existsSync } from 'node:fs'
import fc from 'fast-check'
import * as uvu from 'uvu'
import * as assert from 'uvu/assert'
import { altering, type FileAct, oneOf, removing, touching } from './testing/histories/acts.ts'
import { make, perform } from './testing/histories/files.ts'
import { needing } from './testing/parts.ts'
import { TestFolder } from './testing/workspace.ts'

/** A person types something else into a program, in a cleaned file. */
interface Retype {
  readonly act: 'retype'
  readonly path: string
  readonly body: string
}

/** What happens; then perhaps a command that does not build everything; then one that does, and is checked. */
interface Step {
  readonly n: 1 | 2
  readonly acts: readonly (FileAct | Retype)[]
  readonly args: readonly string[] | undefined
}

const ids = ['double', 'square', 'third']
const pathOf = (id: string) => `data/questions/${id}.toml`
/** Together they give three programs, which are right for 2, for all numbers or for none. */
const bodies = ['n * 2', 'n * n']

function questionText(id: string, expect: string): string {
  return `[[questions]]
id = '${id}'
prompt = 'Write f(n).'

[[questions.testcases]]
code = 'print(f(2))'
expect = '4'

[[questions.testcases]]
code = 'print(f(3))'
expect = '${expect}'
`
}

function recordingText(): string {
  const completions = bodies.map((body) => `def f(n):\n    return ${body}`)
  return ids.map((id) => JSON.stringify({ id, completions })).join('\n')
}

const id = fc.constantFrom(...ids)
const question = id.map(pathOf)
const asked: fc.Arbitrary<FileAct> = fc
  .record({ id, expect: fc.constantFrom('6', '9') })
  .map((drawn) => ({ act: 'write', path: pathOf(drawn.id), text: questionText(drawn.id, drawn.expect) }))
const place = fc.oneof(question, fc.constant('data/questions/sub/double.toml'))
const moved: fc.Arbitrary<FileAct> = fc.record({
  act: fc.constantFrom('move', 'swap'),
  path: place,
  to: place,
})
const retyped: fc.Arbitrary<Retype> = fc.record({
  act: fc.constant('retype'),
  path: id.map((name) => `data/cleaned/${name}.toml`),
  body: fc.constantFrom('n + n', 'n * 3', 'n * n'),
})
const made = fc.constantFrom(
  'data/completions/double.toml',
  'data/results/double.toml',
  'data/report/results.csv',
)
const removable = fc.constantFrom(
  pathOf('third'),
  'data/completions',
  'data/cleaned/double.toml',
  'data/results',
  'data/report',
  'cache',
  'cache/store/store.sqlite',
)

const act = oneOf<FileAct | Retype>(
  [5, altering(question)],
  [2, asked],
  [3, moved],
  [2, altering(fc.constant('recording.jsonl'))],
  [3, retyped],
  [2, altering(fc.constantFrom('data/results/double.toml', 'data/report/results.csv'))],
  [1, touching(fc.oneof(question, made))],
  [3, removing(removable)],
)

const step: fc.Arbitrary<Step> = fc.record({
  n: oneOf<1 | 2>([4, fc.constant(2)], [1, fc.constant(1)]),
  acts: fc.array(act, { minLength: 1, maxLength: 2 }),
  args: oneOf<readonly string[] | undefined>(
    [5, fc.constant(undefined)],
    [2, fc.constantFrom(['plan'], ['test'], ['--only', 'double'])],
  ),
})

function declare(folder: TestFolder, n: number): void {
  folder.pipeline(`
  generate: generate({ from: 'data/questions/%.toml', to: 'data/completions/%.toml', provider: recorded('recording.jsonl'), n: ${n} }),
  clean: clean({ from: 'data/completions/%.toml', to: 'data/cleaned/%.toml' }),
  test: test({ from: 'data/cleaned/%.toml', to: 'data/results/%.toml' }),
  report: report({ from: 'data/results/%.toml', to: 'data/report', files: ['results.csv', 'summary.json', 'summary.txt'] }),`)
}

/** What cannot be made again, and that from which everything else is. */
const sources = ['data/questions', 'data/cleaned', 'recording.jsonl', 'pipeline.ts']

function freshCopy(folder: TestFolder): TestFolder {
  const fresh = new TestFolder()
  for (const path of sources)
    if (existsSync(folder.at(path))) cpSync(folder.at(path), fresh.at(path), { recursive: true })
  return fresh
}

async function table(folder: TestFolder): Promise<readonly [code: number, table: string]> {
  const { code, stdout } = await folder.run()
  // A run that fails says why, and leaves what it could not make as it was.
  return [code, code === 0 ? folder.read('data/report/results.csv') : stdout.replaceAll(folder.path, '')]
}

async function take(folder: TestFolder, { n, acts, args }: Step): Promise<void> {
  declare(folder, n)
  for (const happens of acts)
    if (happens.act === 'retype') retype(folder, happens)
    else perform(folder.path, happens)
  if (args !== undefined) await folder.run(args)
  const fresh = freshCopy(folder)
  try {
    const [[code, found], [freshCode, wanted]] = await Promise.all([table(folder), table(fresh)])
    assert.is(code, freshCode, found)
    if (code === 0) assert.is(found, wanted)
  } finally {
    fresh.destroy()
  }
}

function retype(folder: TestFolder, { path, body }: Retype): void {
  if (existsSync(folder.at(path)))
    folder.write(path, folder.read(path).replace(/return n . ./, `return ${body}`))
}

async function live(steps: readonly Step[]): Promise<void> {
  const folder = new TestFolder()
  try {
    for (const id of ids) make(folder.path, pathOf(id), questionText(id, '6'))
    make(folder.path, 'recording.jsonl', recordingText())
    for (const next of [nothing, ...steps]) await take(folder, next)
    const { summary } = await folder.run()
    if (summary.failed + summary.blocked === 0)
      assert.equal([summary.built, summary.executions, summary.written], [0, 0, 0])
  } finally {
    folder.destroy()
  }
}

const nothing: Step = { n: 2, acts: [], args: undefined }

const histories = Math.ceil(Number(process.env['HISTORIES'] ?? 60) / 30)

needing(uvu.test, ['bwrap'], 'after whatever has happened, the table is that of a fresh folder', async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 6 }), live)
  // Each step takes a second: a counterexample is not made shorter, only told.
  await fc.assert(property, { numRuns: histories, endOnFailure: true, includeErrorInReport: true })
})

uvu.test.run()
