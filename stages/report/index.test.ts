import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
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
import { type ReportOptions, report } from './index.ts'

const roots: string[] = []
test.after(() => {
  for (const root of roots) rmSync(root, { recursive: true })
})

/** Builds the report of files given as text, as the engine would: what is remembered and what is written outlives a build. */
function workspace() {
  const root = mkdtempSync(join(tmpdir(), 'report-'))
  roots.push(root)
  const cache = new Map<Digest, Json>()
  const read: string[] = []
  async function unit<T extends Json>({
    key,
    make,
  }: {
    readonly key: Digest
    make(signal: AbortSignal): Promise<T> | T
  }) {
    if (!cache.has(key)) cache.set(key, JSON.parse(JSON.stringify(await make(new AbortController().signal))))
    return cache.get(key) as T
  }
  const resolve = (path: string) => join(root, path)
  return {
    cache,
    /** Files whose text was asked for since the last time. */
    read: () => read.splice(0),
    at: (file: string) => resolve(`data/report/${file}`),
    async build(
      files: { readonly [path: string]: string },
      options: Partial<ReportOptions> = {},
    ): Promise<Built> {
      const inputs = Object.entries(files).map(
        ([path, text]): InputFile => ({
          path,
          digest: digestOf(text),
          pattern: 0,
          source: true,
          text: async () => {
            read.push(path)
            return text
          },
        }),
      )
      const job: Pick<Job, 'inputs' | 'output' | 'unit' | 'resolve'> = {
        ...{ inputs, output: 'data/report', unit, resolve },
      }
      const stage = report({ from: 'data/results/%.toml', to: 'data/report', ...options })
      const built = await stage.build(job as Job)
      mkdirSync(resolve('data/report'), { recursive: true })
      // All texts first: they are copied from files that are written over.
      const texts = built.outputs.map(({ path, text, bytes }) => ({ path, text, digest: bytes?.digest }))
      for (const { path, text, digest } of texts) {
        assert.is(digestOf(text), digest)
        writeFileSync(resolve(path), text)
      }
      return { ...built, outputs: texts.map(({ path, text }) => ({ path, text })) }
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
  const { build, read } = workspace()
  const files = { 'a.toml': results('a', [true, true]), 'b.toml': results('b', [true, true]) }
  const before = await build(files)
  assert.equal(read(), ['a.toml', 'b.toml'])
  const after = await build({ ...files, 'b.toml': results('b', [true, false]) })
  assert.equal(read(), ['b.toml'])
  assert.is.not(textOf(after, 'data/report/results.csv'), textOf(before, 'data/report/results.csv'))
})

test('what is copied from the former report is what would be made anew, whatever was edited', async () => {
  // Few versions, so that many files stay as they are from state to state.
  const version = fc.constantFrom(
    { prompt: 'same', verdicts: [[true, true]] },
    {
      prompt: 'same',
      verdicts: [
        [true, false],
        [false, false],
      ],
    },
    { prompt: 'Grüße <b>\u2028', verdicts: [] },
  )
  const file = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), version })
  const state = fc.uniqueArray(file, { maxLength: 4, selector: ({ name }) => name })
  await fc.assert(
    fc.asyncProperty(fc.array(state, { minLength: 3, maxLength: 5 }), async (states) => {
      const { build } = workspace()
      for (const files of states) {
        const texts = Object.fromEntries(
          files.map(({ name, version: { prompt, verdicts } }) => [
            `${name}.toml`,
            results(name, ...verdicts).replace("prompt = ''", `prompt = '${prompt}'`),
          ]),
        )
        assert.equal(await build(texts), await workspace().build(texts))
      }
    }),
    { numRuns: 10 },
  )
})

test('the report is the same when nothing changed, and when a file was renamed', async () => {
  const { build, read } = workspace()
  const text = results('a', [true, false], [true, true])
  const first = await build({ 'a.toml': text })
  assert.equal(await build({ 'a.toml': text }), first)
  const renamed = await build({ 'z.toml': text })
  assert.equal(read(), ['a.toml'])
  assert.match(textOf(renamed, 'data/report/summary.json'), '"file": "z.toml"')
  assert.match(textOf(renamed, 'data/report/report.html'), 'data-file="z.toml"')
})

test('when a file of the report was changed by hand or is gone, all is made anew and comes out the same', async () => {
  const { build, read, at } = workspace()
  const files = { 'a.toml': results('a', [true, true]), 'b.toml': results('b', [true, true]) }
  const first = await build(files)
  for (const spoil of [
    () => writeFileSync(at('junit.xml'), readFileSync(at('junit.xml'), 'utf8').replace('name', 'nome')),
    () => rmSync(at('samples.jsonl')),
  ]) {
    read()
    spoil()
    assert.equal(await build(files), first)
    assert.equal(read(), ['a.toml', 'b.toml'])
  }
})

test('without what was remembered of it, the former report is of no use and does no harm', async () => {
  const { build, read, cache } = workspace()
  const files = { 'a.toml': results('a', [true, true]) }
  const first = await build(files)
  cache.clear()
  assert.equal(await build(files), first)
  assert.equal(read(), ['a.toml', 'a.toml'])
  assert.equal(await build(files), first)
  assert.equal(read(), [])
})

test('a report of other files than before is made anew', async () => {
  const { build, read } = workspace()
  const files = { 'a.toml': results('a', [true, true]) }
  await build(files, { files: ['results.csv'] })
  const all = await build(files)
  assert.equal(read(), ['a.toml', 'a.toml'])
  assert.is(all.outputs.length, reportFiles.length)
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
    { passAt: [2, 1, 2, 3] },
  )
  assert.match(textOf(built, 'data/report/summary.json'), /"pass_at": \{\s+"1": 0.5,\s+"2": 1\s+\}/)
})

test('a k that is not a whole number from 1 is refused', () => {
  for (const k of [0, -1, 1.5, Number.NaN])
    assert.throws(() => report({ from: '%.toml', to: 'report', passAt: [1, k] }), /passAt holds/)
})

test.run()
