import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type Built,
  type Digest,
  digestOf,
  Failure,
  type InputFile,
  type Job,
  type Json,
} from '../../engine/stage.ts'
import { reportFiles } from './files.ts'
import { report } from './index.ts'

/** Builds the report of files given as text, as the engine would; the cache outlives a build when it is handed in. */
function workspace() {
  const cache = new Map<Digest, Json>()
  let made = 0
  async function unit<T extends Json>({
    key,
    make,
  }: {
    readonly key: Digest
    make(signal: AbortSignal): Promise<T> | T
  }) {
    if (!cache.has(key)) {
      made++
      cache.set(key, JSON.parse(JSON.stringify(await make(new AbortController().signal))))
    }
    return cache.get(key) as T
  }
  return {
    made: () => made,
    async build(files: { readonly [path: string]: string }, passAt?: readonly number[]): Promise<Built> {
      const inputs = Object.entries(files).map(
        ([path, text]): InputFile => ({
          path,
          digest: digestOf(text),
          pattern: 0,
          source: true,
          text: async () => text,
        }),
      )
      const job: Pick<Job, 'inputs' | 'output' | 'unit'> = { inputs, output: 'data/report', unit }
      const stage = report({ from: 'data/results/%.toml', to: 'data/report', passAt })
      return await stage.build(job as Job)
    },
  }
}

const results = (id: string, ...completions: readonly (readonly boolean[])[]) =>
  [
    `[[questions]]\nid = '${id}'\nprompt = ''`,
    ...[1, 2].map((number) => `[[questions.testcases]]\ncode = 'f(${number})'`),
    ...completions.map(
      (passed) => `[[questions.completions]]\ncompletion = 'pass'\nresults = ${JSON.stringify(passed)}`,
    ),
  ].join('\n')

const textOf = (built: Built, path: string) =>
  built.outputs.find((output) => output.path === path)?.text ?? ''

test('questions of several files come into one report, in the order of the files', async () => {
  const built = await workspace().build({
    'data/results/b.toml': results('second', [true, true]),
    'data/results/c.toml': results('third', [false, true], [true, true]),
  })
  assert.equal(
    built.outputs.map(({ path }) => path),
    reportFiles.map((file) => `data/report/${file}`),
  )
  assert.is(
    textOf(built, 'data/report/results.csv'),
    `qid,response 1,response 2,average,median,stdev,min,max
second,1.0000,,1.0000,1.0000,,1.0000,1.0000
third,0.5000,1.0000,0.7500,0.7500,0.3536,0.5000,1.0000
`,
  )
  const summary = JSON.parse(textOf(built, 'data/report/summary.json'))
  assert.is(summary.version, 1)
  assert.equal(
    summary.questions.map(({ file }: { file: string }) => file),
    ['data/results/b.toml', 'data/results/c.toml'],
  )
  assert.is(textOf(built, 'data/report/summary.txt'), built.display)
  assert.equal(built.facts, { questions_reported: 2, completions_scored: 3, completions_passed: 2 })
  assert.is(built.incomplete, undefined)
})

test('after one edit only the edited file is read again', async () => {
  const { build, made } = workspace()
  const files = { 'a.toml': results('a', [true, true]), 'b.toml': results('b', [true, true]) }
  const before = await build(files)
  assert.is(made(), 2)
  const after = await build({ ...files, 'b.toml': results('b', [true, false]) })
  assert.is(made(), 3)
  assert.is.not(textOf(after, 'data/report/results.csv'), textOf(before, 'data/report/results.csv'))
})

test('from the cache comes the same as from the files, also when a file was renamed', async () => {
  const { build, made } = workspace()
  const first = await build({ 'a.toml': results('a', [true, false], [true, true]) })
  assert.equal(await build({ 'a.toml': results('a', [true, false], [true, true]) }), first)
  const renamed = await build({ 'z.toml': results('a', [true, false], [true, true]) })
  assert.is(made(), 1)
  assert.match(textOf(renamed, 'data/report/summary.json'), '"file": "z.toml"')
})

test('a file that could not be read in this run is named, and leaves the report incomplete', async () => {
  const job: Pick<Job, 'inputs' | 'output' | 'unit'> = {
    inputs: [{ path: 'a.toml', digest: digestOf(''), pattern: 0, source: true, text: async () => '' }],
    output: 'report',
    unit: async () => undefined,
  }
  const built = await report({ from: '%.toml', to: 'report' }).build(job as Job)
  assert.is(built.incomplete, 'not read: a.toml')
})

test('without results files the report is empty, and says so', async () => {
  const built = await workspace().build({})
  assert.is(textOf(built, 'data/report/results.csv'), 'qid,average,median,stdev,min,max\n')
  assert.equal(JSON.parse(textOf(built, 'data/report/summary.json')).questions, [])
  assert.equal(built.notices, [
    { level: 'info', text: 'the report is empty: there are no results in data/results/%.toml' },
  ])
})

test('an id in two files is an error that names both', async () => {
  const failure = await workspace()
    .build({ 'a.toml': results('twice'), 'b.toml': results('twice') })
    .then(
      () => assert.unreachable(),
      (error: unknown) => error,
    )
  if (!(failure instanceof Failure)) throw failure
  assert.match(failure.message, /'twice'.* a\.toml .* b\.toml/)
  assert.is(failure.exit, 2)
})

test('the same k twice, or in another order, are the same parameters', () => {
  const { params } = report({ from: '%.toml', to: 'report', passAt: [10, 2, 10] })
  assert.equal(params['passAt'], [2, 10])
})

test('pass@k is estimated for the chosen k, each once and in order', async () => {
  const built = await workspace().build(
    { 'a.toml': results('a', [true, true], [false, false]) },
    [2, 1, 2, 3],
  )
  assert.match(textOf(built, 'data/report/summary.json'), /"pass_at": \{\s+"1": 0.5,\s+"2": 1\s+\}/)
})

test('a k that is not a whole number from 1 is refused', () => {
  for (const k of [0, -1, 1.5, Number.NaN])
    assert.throws(() => report({ from: '%.toml', to: 'report', passAt: [1, k] }), /passAt holds/)
})

test.run()
