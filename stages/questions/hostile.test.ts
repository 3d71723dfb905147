/**
 * Strings that break writers, 100,000 of them, in every place of a question file that holds text: written and read,
 * put into a file that a person formatted, and read by another parser.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../../engine/testing/parts.ts'
import type { Question, QuestionFile, TomlValue } from './model.ts'
import { rewriteQuestions } from './patch.ts'
import { readQuestions } from './read.ts'
import { spansOf } from './spans.ts'
import { fileTable } from './tables.ts'
import { numbersFrom, stringsFrom } from './testing/strings.ts'
import { choicesFrom, formatted } from './testing.ts'
import { isList, isTable, normal } from './toml.ts'
import { writeQuestions } from './write.ts'

const cases = 100_000
/** Rewriting takes five times as long as writing: `HOSTILE_REWRITES=100000` for the full number. */
const rewrites = Number(process.env['HOSTILE_REWRITES'] ?? 20_000)
const questionsAFile = 50
const seed = Number(process.env['HOSTILE_SEED'] ?? Date.now() % 2 ** 31)

type Strings = () => string

/** A file with so many questions: `name` gives their ids and the keys that are not ours, `text` all else. */
function fileOf(questions: number, name: Strings, text: Strings): QuestionFile {
  const unknown = () => ({ [`my ${name()}`]: text() })
  const question = (number: number): Question => ({
    id: `${number} ${name()}`.trimEnd(),
    prompt: text(),
    answer_preload: text(),
    testcases: [
      { code: text(), stdin: text(), expect: text() },
      { code: text(), stdin: text(), unknown: unknown() },
    ],
    completions: [
      { completion: text(), sample: 0, note: text(), response: { model: text() } },
      {
        completion: text(),
        sample: 1,
        runs: [{ testcase: 1, verdict: 'failed', got: text(), error: text() }],
      },
      { completion: text(), sample: 2, note: text(), unknown: { mine: [text(), [text()]], ...unknown() } },
    ],
    support_files: [{ name: 'a.txt', text: text() }],
    unknown: { [`my ${name()}`]: unknown() },
  })
  const list = Array.from({ length: questions }, (_, number) => question(number))
  return { questions: list, unknown: unknown() }
}

/** Files until so many strings are in them, each with one in which about half of the texts are others. */
function* files(strings: number, seed: number): Generator<{ file: QuestionFile; other: QuestionFile }> {
  const from = stringsFrom(seed)
  const choose = numbersFrom(seed)
  for (let done = 0; done < strings; ) {
    const [names, texts]: [string[], string[]] = [[], []]
    const taken = (list: string[]) => () => {
      list.push(from.next().value)
      return list.at(-1) ?? ''
    }
    const file = fileOf(questionsAFile, taken(names), taken(texts))
    done += names.length + texts.length
    const other = fileOf(
      questionsAFile,
      () => names.shift() ?? '',
      () => {
        const text = texts.shift() ?? ''
        return choose() < 0.5 ? text : from.next().value
      },
    )
    yield { file, other }
  }
}

test(`100,000 strings come back exactly from a file that was written (seed ${seed})`, async () => {
  for (const { file } of files(cases, seed)) {
    const text = writeQuestions(file)
    assert.equal((await readQuestions(text, 'q.toml')).file, file)
    assert.is(await rewriteQuestions(file, text), text)
  }
})

test(`${rewrites} strings come to stand exactly in files that a person formatted (seed ${seed})`, async () => {
  const choices = choicesFrom(seed)
  for (const { file, other } of files(rewrites, seed)) {
    const { text, comments } = formatted(file, choices)
    assert.equal((await readQuestions(text, 'q.toml')).file, file)
    const found = spansOf(normal(text)).filter(({ kind }) => kind === 'comment')
    assert.is(found.length, comments.length, 'nothing else looks like a comment')
    const changed = await rewriteQuestions(other, text)
    assert.equal((await readQuestions(changed, 'q.toml')).file, other)
    for (const { comment } of comments) assert.ok(changed.includes(comment), comment)
  }
})

/** Reads the files named on standard input and answers each one's strings, keys included. */
const python = `
import json, sys, tomllib
def strings(value):
    if isinstance(value, str): yield value
    elif isinstance(value, list):
        for item in value: yield from strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings(item)
for name in sys.stdin.read().splitlines():
    with open(name, 'rb') as file: print(json.dumps(list(strings(tomllib.load(file)))))
`

needing(test, ['python3'], `Python reads the same ${rewrites} strings (seed ${seed})`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'codex-runner-'))
  const choices = choicesFrom(seed)
  const written: { readonly name: string; readonly file: QuestionFile }[] = []
  const put = (file: QuestionFile, text: string) => {
    const name = join(folder, `${written.length}.toml`)
    writeFileSync(name, text.replace(/^\ufeff/, ''))
    written.push({ name, file })
  }
  try {
    for (const { file, other } of files(rewrites / 2, seed)) {
      put(file, writeQuestions(file))
      put(other, await rewriteQuestions(other, formatted(file, choices).text))
    }
    const ran = spawnSync('python3', ['-c', python], {
      input: written.map(({ name }) => name).join('\n'),
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    })
    assert.is(ran.status, 0, ran.stderr)
    const lines = ran.stdout.trimEnd().split('\n')
    assert.is(lines.length, written.length)
    for (const [index, { file }] of written.entries())
      assert.equal(JSON.parse(lines[index] ?? '').toSorted(), stringsIn(fileTable(file)).toSorted())
  } finally {
    rmSync(folder, { recursive: true })
  }
})

function stringsIn(value: TomlValue): string[] {
  if (typeof value === 'string') return [value]
  if (isList(value)) return value.flatMap(stringsIn)
  return isTable(value) ? Object.entries(value).flatMap(([key, item]) => [key, ...stringsIn(item)]) : []
}

test.run()
