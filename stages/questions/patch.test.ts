import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Completion, Question, QuestionFile } from './model.ts'
import { outlineOf } from './outline.ts'
import { patchedText, rewriteQuestions } from './patch.ts'
import { parseQuestions } from './read.ts'
import { fileTable } from './tables.ts'
import { choicesFrom, formatted, hostile, mutated, questionFile } from './testing.ts'
import { normal, same } from './toml.ts'
import { says, writeQuestions } from './write.ts'

function read(text: string): QuestionFile {
  const parsed = parseQuestions(text)
  if ('file' in parsed) return parsed.file
  throw new Error(JSON.stringify(parsed))
}

/** The text after a change to what it says. */
function after(text: string, change: (file: QuestionFile) => QuestionFile): Promise<string> {
  return rewriteQuestions(change(read(text)), text)
}

const everyQuestion = (change: (question: Question) => Question) => (file: QuestionFile) => ({
  ...file,
  questions: file.questions.map(change),
})

const completions = (change: (all: readonly Completion[]) => readonly Completion[]) =>
  everyQuestion((question) => ({ ...question, completions: change(question.completions) }))

const byHand = `# Week 3. Ask Anna before changing ids.

[[questions]]  # the easy one
id="double"
prompt = "Double it."   # short on purpose
  [[questions.testcases]]
  code = "print(double(2))"
  expect = "4"

# This one is nearly right:
[[questions.completions]]
sample = 0
completion = """
def double(n):
    return n * n
"""
note = 'see # 1'

# free standing

# the best
[[questions.completions]]
sample = 1
completion = '''
def double(n):
    return n * 2
'''  # as I like it
`

test('a file that already says so is not touched', async () => {
  assert.is(await after(byHand, (file) => file), byHand)
})

test('of a changed section only the changed value is replaced', async () => {
  const changed = await after(
    byHand,
    completions(([first, ...rest]) => (first ? [{ ...first, completion: 'new\n' }, ...rest] : [])),
  )
  assert.is(changed, byHand.replace(/"""[\s\S]*?"""/, "'''\nnew\n'''"))
})

test('a new key comes after the last of its section, indented as that is', async () => {
  const changed = await after(
    byHand,
    everyQuestion((question) => ({
      ...question,
      testcases: question.testcases.map((testcase) => ({ ...testcase, stdin: '5' })),
      completions: question.completions.map((completion) => ({ ...completion, results: [true] })),
    })),
  )
  assert.is(
    changed,
    byHand
      .replace('  expect = "4"\n', '  expect = "4"\n  stdin = \'5\'\n')
      .replace("note = 'see # 1'\n", "note = 'see # 1'\nresults = [true]\n")
      .replace('# as I like it\n', '# as I like it\nresults = [true]\n'),
  )
})

test('a removed key leaves the comment behind it, a removed section the comments that stand free', async () => {
  const text = byHand.replace("note = 'see # 1'", "note = 'see # 1' # my note")
  const changed = await after(
    text,
    completions((all) => all.map(({ note, ...rest }) => rest)),
  )
  assert.is(changed, text.replace("note = 'see # 1' ", ''))
  const inside = text.replace("'see # 1'", '[\n  1, # one\n]').replace('note =', 'mine =')
  const unmarked = await after(
    inside,
    completions((all) => all.map(({ unknown, ...rest }) => rest)),
  )
  assert.is(unmarked, inside.replace(/mine = [\s\S]*?\] /, '# one\n'))
  const without = await after(
    text,
    completions((all) => all.slice(1)),
  )
  assert.is(without, text.replace(/\n# This one[\s\S]*my note\n/, ''))
})

test('new sections follow the section before them', async () => {
  const added = { completion: 'x', sample: 2 }
  const changed = await after(
    byHand,
    completions((all) => [...all.slice(0, 1), added, ...all.slice(1)]),
  )
  assert.is(
    changed,
    byHand.replace("# 1'\n", "# 1'\n\n[[questions.completions]]\nsample = 2\ncompletion = 'x'\n"),
  )
  const question: Question = { id: 'zero', prompt: 'p', testcases: [], completions: [], support_files: [] }
  const first = await after(byHand, (file) => ({ ...file, questions: [question, ...file.questions] }))
  assert.is(
    first,
    byHand.replace('[[questions]]  #', "[[questions]]\nid = 'zero'\nprompt = 'p'\n\n[[questions]]  #"),
  )
})

test('a question that changed its place moves with its comments and its sections', async () => {
  const one =
    "# about one\n[[questions]]\nid = 'one'\nprompt = '' # empty\n[[questions.testcases]]\nexpect='1'\n"
  const two = "# about two\n[[questions]]\nid='two'\nprompt = ''\n"
  const changed = await after(`${one}\n${two}`, (file) => ({
    ...file,
    questions: file.questions.toReversed(),
  }))
  assert.is(changed, `${two}\n${one}`)
})

test('line endings, the byte order mark and an open last line stay', async () => {
  const rows = (text: string) => text.replaceAll('\n', '\r\n')
  const marked = `\ufeff${rows(byHand)}`
  const add = completions((all) => [...all, { completion: 'a\nb', sample: 2 }])
  const changed = await after(marked, add)
  assert.is(
    changed,
    `${marked}${rows("\n[[questions.completions]]\nsample = 2\ncompletion = '''\na\nb'''\n")}`,
  )
  assert.is(
    await after(
      changed,
      completions((all) => all.slice(0, 2)),
    ),
    marked,
  )
  const open = "id='a' # no"
  const text = `[[questions]]\nprompt=''\n${open}`
  assert.is(
    await after(
      text,
      everyQuestion((q) => ({ ...q, prompt: 'p' })),
    ),
    `[[questions]]\nprompt='p'\n${open}`,
  )
  assert.is(
    await after(
      text,
      everyQuestion((q) => ({ ...q, stderr: 'merged' })),
    ),
    `${text}\nstderr = 'merged'`,
  )
})

test('a file as we write it stays as we write it, also when git gave it other line endings', async () => {
  const file: QuestionFile = {
    questions: [{ id: 'q', prompt: 'a\nb', testcases: [], completions: [], support_files: [] }],
  }
  const change = everyQuestion((question) => ({ ...question, answer_preload: 'def f():\n' }))
  const text = writeQuestions(file)
  assert.is(await after(text, change), writeQuestions(change(file)))
  assert.is(
    await after(text.replaceAll('\n', '\r\n'), change),
    writeQuestions(change(file)).replaceAll('\n', '\r\n'),
  )
})

test('inline lists are replaced as one value, and the comments inside kept', async () => {
  const text = `[[questions]]
id = 'q'
prompt = 'p'
  testcases = [
    { code = 'f(1)' }, # the usual
    { code = 'f(2)' },
  ] # all
note = 1
`
  const changed = await after(
    text,
    everyQuestion((question) => ({ ...question, testcases: question.testcases.slice(1) })),
  )
  const kept = "  # the usual\n  testcases = [{ code = 'f(2)', stdin = '' }] # all\n"
  assert.is(changed, text.replace(/ {2}testcases[\s\S]*# all\n/, kept))
})

test('limits may be written in any way', async () => {
  const head = "[[questions]]\nid = 'q'\nprompt = 'p'\n"
  const change = everyQuestion((question) => ({ ...question, limits: { cpu_seconds: 3, memory_mb: 64 } }))
  assert.is(
    await after(`${head}limits.cpu_seconds = 2 # slow\n`, change),
    `${head}# slow\nlimits = { cpu_seconds = 3, memory_mb = 64 }\n`,
  )
  assert.is(
    await after(`${head}[questions.limits]\ncpu_seconds=2 # slow\n`, change),
    `${head}[questions.limits]\ncpu_seconds=3 # slow\nmemory_mb = 64\n`,
  )
  assert.is(
    await after(`${head}limits={cpu_seconds=2} # slow\n`, change),
    `${head}limits={ cpu_seconds = 3, memory_mb = 64 } # slow\n`,
  )
})

test("the seed tool's names stay where only values change", async () => {
  const text = `[[questions]]
id = 'q'
prompt = '''p'''
[[questions.completions]]
code = '''x'''
[[questions.completions.test_results]]
expect = '1'
got = '2'
`
  const edit = completions((all) => all.map((completion) => ({ ...completion, results: [true] })))
  assert.is(
    await after(text, edit),
    text.replace(/\[\[questions.completions.test_results[\s\S]*/, 'results = [true]\n'),
  )
})

test('what was not understood is written anew, below all its comments', async () => {
  const strange = `# top
[[questions]]
id = 'a'
prompt = 'p'
[[questions.completions]] # first
completion = 'x'
[[questions.testcases]] # between
code = '1'
[questions.completions.mine] # deep
[[questions.completions]] # second
completion = 'y'
[[questions.completions]] # third
completion = 'z'
`
  const change = everyQuestion((question) => ({
    ...question,
    testcases: [{ code: '2', stdin: '' }],
    completions: [...question.completions.slice(1), ...question.completions.slice(0, 1)],
  }))
  const anew = writeQuestions(change(read(strange)))
  assert.is(await after(strange, change), `# top\n# first\n# between\n# deep\n# second\n# third\n\n${anew}`)
})

test('a text without an outline is written anew, below all its comments', async () => {
  const text = "# top\n[[questions]]\nid = 'a' # a's\nprompt = 'p'\n  # below\ndue = 2026-02-30\n"
  const change = everyQuestion((question) => ({ ...question, prompt: 'P' }))
  assert.is(await after(text, change), `# top\n# a's\n# below\n\n${writeQuestions(change(read(text)))}`)
})

test('a text that can not be read gives way to the canonical one', async () => {
  const file = read(byHand)
  for (const text of ['', '[[questions', 'id = 3', '\ufeff'])
    assert.is(await rewriteQuestions(file, text), writeQuestions(file))
  await fc.assert(
    fc.asyncProperty(hostile, async (text) =>
      assert.is(await rewriteQuestions(file, text), writeQuestions(file)),
    ),
  )
})

test('any file in any format can be made to say any other', async () => {
  await fc.assert(
    fc.asyncProperty(questionFile, questionFile, fc.nat(), async (one, other, seed) => {
      const { text } = formatted(one, choicesFrom(seed))
      assert.ok(same(fileTable(read(text)), fileTable(one)))
      assert.is(await rewriteQuestions(one, text), text)
      const changed = await rewriteQuestions(other, text)
      assert.ok(says(changed, fileTable(other)))
    }),
    { numRuns: 100 },
  )
})

test('comments outlive every change but the removal of their section', async () => {
  await fc.assert(
    fc.asyncProperty(questionFile, fc.nat(), async (file, seed) => {
      const choices = choicesFrom(seed)
      const { text, comments } = formatted(file, choices)
      const { file: changed, intact } = mutated(file, choices)
      const result = await rewriteQuestions(changed, text)
      assert.ok(says(result, fileTable(changed)))
      for (const { id, comment } of comments) if (intact.has(id)) assert.match(result, comment)
      const tables = [fileTable(file), fileTable(changed)] as const
      const patched = patchedText(text, await outlineOf(normal(text)), ...tables)
      assert.type(patched, 'string', 'it is never written anew')
    }),
    { numRuns: 100 },
  )
})

test.run()
