import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../engine/stage.ts'
import { corpora, needing } from '../../engine/testing/parts.ts'
import type { Completion, Question } from './model.ts'
import { idsOf, readQuestions } from './read.ts'

/** What is wrong with the text: its message without the source lines, and the remedy. */
async function faults(text: string): Promise<{ lines: string[]; message: string; remedy: string }> {
  try {
    await readQuestions(text, 'q.toml')
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    assert.is(error.exit, 2)
    const lines = error.message.split('\n').filter((line) => line.startsWith('q.toml:'))
    return { lines, message: error.message, remedy: error.remedy }
  }
  throw new Error('it was read')
}

async function question(body: string): Promise<Question> {
  const { file } = await readQuestions(`[[questions]]\nid = 'q'\nprompt = 'p'\n${body}`, 'q.toml')
  const [first] = file.questions
  if (first === undefined) throw new Error('no question')
  return first
}

async function completion(body: string): Promise<Completion | undefined> {
  return (await question(`[[questions.completions]]\n${body}`)).completions[0]
}

const head = "[[questions]]\nid = 'q'\nprompt = 'p'\n"

test('a question of few words gets its defaults', async () => {
  const read = await question('[[questions.testcases]]\n[[questions.testcases]]\nexpect = ""\n')
  assert.equal(read, {
    id: 'q',
    prompt: 'p',
    testcases: [
      { code: '', stdin: '' },
      { code: '', stdin: '', expect: '' },
    ],
    completions: [],
    support_files: [],
  })
})

test('every error is listed, in the order of the file, each with its line and a caret', async () => {
  const text = `course = 1
[[questions]]
id = 'a'
answer_preload = 5
testcases = [{ code = 1, expct = '2' }, [], 2020-01-01]
limits = { cpu_seconds = -1, memory_mb = inf }

[[questions]]
id = 'b'
prompt = ''
capture = 'all'
\t[[questions.completions]]
\tresults = [true, 1]
\tkey = 'abc'
`
  const { lines, message } = await faults(text)
  assert.equal(lines, [
    'q.toml:2:1: `prompt` is missing: a question needs it',
    'q.toml:4:18: `answer_preload` must be text in quotes, not a number',
    'q.toml:5:23: `code` must be text in quotes, not a number',
    'q.toml:5:26: `expct` is no key of a test case; did you mean `expect`?',
    'q.toml:5:41: item 2 of `testcases` must be a table (a test case), not a list',
    'q.toml:5:45: item 3 of `testcases` must be a table (a test case), not a date or time',
    'q.toml:6:26: `cpu_seconds` must be more than 0',
    'q.toml:6:42: `memory_mb` must be a finite number',
    "q.toml:11:11: `capture` must be one of 'program', 'testcase', not 'all'",
    'q.toml:13:19: item 2 of `results` must be true or false, not a number',
    'q.toml:14:8: `key` must be a digest of 32 hex digits, as it was written',
  ])
  assert.match(message, '\n    answer_preload = 5\n                     ^\n')
  assert.match(message, '\n    \tresults = [true, 1]\n    \t                 ^\n')
})

test('a comparison is a word or a table with settings', async () => {
  assert.is((await question("compare = 'lines'")).compare, 'lines')
  assert.equal((await question("compare = { mode = 'number', tolerance = 1, absolute = 0.5 }")).compare, {
    mode: 'number',
    tolerance: 1,
    absolute: 0.5,
  })
})

test('a wrong comparison is told what there is, at the word that is wrong', async () => {
  const said = async (body: string) => (await faults(head + body)).lines
  const modes = "'exact', 'lines', 'number', 'fuzzy', 'fuzzy_w_cutoff'"
  assert.equal(await said("compare = 'Lines'"), [
    `q.toml:4:11: \`compare\` must be one of ${modes}, not 'Lines'`,
  ])
  assert.equal(await said('compare = 1'), [`q.toml:4:11: \`compare\` must be one of ${modes}, not a number`])
  assert.equal(await said("compare = { mode = 'near', tolerance = -1 }"), [
    `q.toml:4:20: \`mode\` must be one of ${modes}, not 'near'`,
    'q.toml:4:40: `tolerance` must be at least 0',
  ])
  assert.equal(await said('compare = { tolerance = 1e-3 }'), [
    'q.toml:4:11: `mode` is missing: a comparison needs it',
  ])
  assert.equal(await said("compare = { mode = 'number', tolerence = 1e-3 }"), [
    'q.toml:4:30: `tolerence` is no key of a comparison; did you mean `tolerance`?',
  ])
  assert.equal(await said("compare = { mode = 'lines', absolute = 1e-3 }"), [
    "q.toml:4:29: `absolute` has no meaning here: only the mode 'number' has tolerances",
  ])
})

test('limits that count things are whole numbers, and open files have a highest one', async () => {
  const { lines } = await faults(
    `${head}limits = { processes = 0, disk_mb = 0, file_mb = 0.5, open_files = 1001 }`,
  )
  assert.equal(lines, [
    'q.toml:4:24: `processes` must be at least 1',
    'q.toml:4:37: `disk_mb` must be more than 0',
    'q.toml:4:68: `open_files` must be at most 1000',
  ])
  assert.equal((await faults(`${head}limits = { open_files = 2.5 }`)).lines, [
    'q.toml:4:25: `open_files` must be a whole number',
  ])
})

test('a long line is shown around the caret', async () => {
  const { message } = await faults(
    `${head}note = '${'x'.repeat(300)}'\nlimits = { model = '${'y'.repeat(300)}', memory_mb = 'z', b = '${'z'.repeat(99)}' }`,
  )
  const [, line = '', caret = ''] = message.split('\n')
  assert.ok(line.length < 120)
  assert.is(line.indexOf("'z'"), caret.indexOf('^'))
})

test('columns count from the line, with CRLF, a byte order mark and characters of two units', async () => {
  const { lines } = await faults(
    `\ufeff# 😀\r\n[[questions]]\r\nid = 'q'\r\nprompt = '''\r\n😀\r\n'''\r\nnote = { a = '😀' }\r\ncapture = 1\r\n`,
  )
  assert.equal(lines, ["q.toml:8:11: `capture` must be one of 'program', 'testcase', not a number"])
})

test('a file with no questions says what a question looks like', async () => {
  for (const text of [
    '',
    '\n',
    '# only words\n',
    'course = 1\n',
    'questions = []\n',
    '[questions]\n',
    'questions = 3\n',
  ]) {
    const { lines, remedy } = await faults(text)
    assert.is(lines.length, 1, text)
    assert.match(remedy, '[[questions]]')
  }
})

test('broken TOML is shown where it breaks', async () => {
  const unfinished = await faults(`${head}answer_preload = '''def f():\n`)
  assert.equal(unfinished.lines, ['q.toml:4:18: this is not valid TOML: unfinished string'])
  assert.match(unfinished.message, "\n    answer_preload = '''def f():\n                     ^")
  const twice = await faults(`${head}prompt = 'again'\n`)
  assert.match(twice.lines[0] ?? '', /^q\.toml:4:1: this is not valid TOML: trying to redefine/)
})

test('a merge conflict is recognised, between keys and inside a text', async () => {
  const sides = '<<<<<<< HEAD\nnote = 1\n=======\nnote = 2\n>>>>>>> theirs\n'
  const between = await faults(head + sides)
  assert.equal(between.lines, ['q.toml:4:1: a merge conflict of git begins here'])
  assert.match(between.remedy, 'Choose between the two sides')
  const inside = await faults(`${head}[[questions.completions]]\ncompletion = '''\n${sides}'''\n`)
  assert.equal(inside.lines, ['q.toml:6:1: a merge conflict of git begins here'])
  const windows = await faults((head + sides).replaceAll('\n', '\r\n'))
  assert.equal(windows.lines, between.lines)
})

test('what only resembles a conflict is text', async () => {
  const text = '<<<<<<<\nx\n====\n>>>>>>>\n  =======\n'
  assert.is((await question(`note = '''\n${text}'''`)).unknown?.['note'], text)
})

test('an id that is used twice names both places', async () => {
  const { lines } = await faults(`${head}\n${head}\n${head}`)
  assert.equal(lines, [
    "q.toml:6:6: an earlier question has the id 'q', too (line 2)",
    "q.toml:10:6: an earlier question has the id 'q', too (line 2)",
  ])
})

test('an id is needed, and is not empty', async () => {
  assert.equal((await faults("[[questions]]\nid = ''\nprompt = ''")).lines, [
    'q.toml:2:6: `id` must not be empty',
  ])
  assert.equal((await faults("[[questions]]\nprompt = ''")).lines, [
    'q.toml:1:1: `id` is missing: a question needs it',
  ])
})

test('a misspelt key names the one that is meant, and does not report that as missing', async () => {
  const { lines } = await faults("[[question]]\nid = 'q'")
  assert.equal(lines, ['q.toml:1:3: `question` is no key of a question file; did you mean `questions`?'])
  const deep = await faults("[[questions]]\nid = 'q'\npromt = 'p'\n[[questions.test_cases]]\n")
  assert.equal(deep.lines, [
    'q.toml:3:1: `promt` is no key of a question; did you mean `prompt`?',
    'q.toml:4:13: `test_cases` is no key of a question; did you mean `testcases`?',
  ])
})

test('other unknown keys are carried along, with one warning', async () => {
  const text = `course = 'CS 1'\n${head}weight = 1.0\nsize = 1\n__proto__ = 'x'\nconstructor.a = 1979-05-27\n[[questions.testcases]]\nhint = 'h'\n`
  const { file, notices } = await readQuestions(text, 'q.toml')
  const unknown = file.questions[0]?.unknown ?? {}
  assert.equal(file.unknown, { course: 'CS 1' })
  assert.equal(Object.keys(unknown), ['weight', 'size', '__proto__', 'constructor'])
  assert.is(unknown['weight'], 1)
  assert.is(unknown['size'], 1n)
  assert.equal(file.questions[0]?.testcases[0]?.unknown, { hint: 'h' })
  assert.is(notices.length, 1)
  assert.is(notices[0]?.place, 'q.toml')
  for (const name of ['course', 'weight', 'size', 'hint']) assert.match(notices[0]?.text ?? '', `\`${name}\``)
})

test('a file of our own keys alone gives no warning', async () => {
  assert.equal((await readQuestions(head, 'q.toml')).notices, [])
})

test('support files stay in the working directory', async () => {
  const names = [
    '',
    '/etc/passwd',
    '../x',
    'a/../../x',
    'C:\\x',
    'c:x',
    '\\x',
    'a\\b',
    'a//b',
    'a/',
    './a',
    'program.py',
    'a\\u0000b',
  ]
  for (const name of names) {
    const { lines } = await faults(
      `${head}support_files = [{ name = "${name.replace(/\\(?!u0)/g, '\\\\')}", text = '' }]`,
    )
    assert.is(lines.length, 1, name)
    assert.match(lines[0] ?? '', /^q\.toml:4:27: `name` must /)
  }
  const twice = await faults(`${head}support_files = [{ name = 'a', text = '' }, { name = 'a', text = '' }]`)
  assert.equal(twice.lines, ["q.toml:4:54: an earlier support file is named 'a', too (line 4)"])
  const fine = await question(
    "support_files = [{ name = 'a/b c.txt', text = 'x' }, { name = '..a', text = '' }]",
  )
  assert.is(fine.support_files.length, 2)
})

test('half a character is refused, as an escape and as it is', async () => {
  const escaped = await faults(`${head}answer_preload = "ab\\uD83D"`)
  assert.match(escaped.lines[0] ?? '', /^q\.toml:4:21: half a character/)
  const raw = await faults(`${head}answer_preload = 'ab\ud83d'`)
  assert.match(raw.lines[0] ?? '', /^q\.toml:4:21: half a character/)
  assert.is((await question(`answer_preload = '😀'`)).answer_preload, '😀')
})

test('raw line breaks are LF in a value, and an escaped CR stays', async () => {
  const text = `${head}answer_preload = """\na\nb\\r\nc"""\n`.replaceAll('\n', '\r\n')
  const { file } = await readQuestions(`\ufeff${text}`, 'q.toml')
  assert.is(file.questions[0]?.answer_preload, 'a\nb\r\nc')
})

test("the seed tool's earlier form is read", async () => {
  const read = await question(
    "answer_preload = '''None'''\n[[questions.completions]]\ncompletion = '''\nx'''\nresults = [true, false]\n",
  )
  assert.is(read.answer_preload, 'None')
  assert.equal(read.completions, [{ completion: 'x', results: [true, false] }])
})

test("the seed tool's later form is read", async () => {
  const results = `
[[questions.completions.test_results]]
code = 'f(1)'
expect = '''
1
'''
got = '1'
[[questions.completions.test_results]]
expect = '1'
got = '2'
[[questions.completions.test_results]]
expect = '1'
got = '2'
is_correct = true
`
  assert.equal(await completion(`code = 'x'\n${results}`), { completion: 'x', results: [true, false, true] })
})

test('one completion said twice, or not at all, is an error', async () => {
  const say = async (body: string) => (await faults(`${head}[[questions.completions]]\n${body}`)).lines
  assert.equal(await say("completion = ''\ncode = ''"), [
    'q.toml:6:1: `code` says the same as `completion`: keep one of the two',
  ])
  assert.equal(await say("completion = ''\nresults = []\ntest_results = []"), [
    'q.toml:7:1: `test_results` says the same as `results`: keep one of the two',
  ])
  assert.equal(await say('results = [true]'), ['q.toml:4:1: `completion` is missing: a completion needs it'])
  assert.equal(await say("code = ''\ntest_results = [{ expect = '1' }]"), [
    'q.toml:6:1: `test_results` must have `got` or `is_correct` in each of its tables',
  ])
})

test('ids are given in the order of the file', async () => {
  const { file } = await readQuestions(`${head}${head.replace("'q'", "'a'")}`, 'q.toml')
  assert.equal(idsOf(file), ['q', 'a'])
})

needing(test, ['corpora'], 'real question sets are read', async () => {
  const counts = { humaneval: [164, 164], mbpp: [427, 427], apps: [49, 605] }
  for (const [set, [questions, testcases]] of Object.entries(counts)) {
    const text = readFileSync(join(corpora ?? '', set, 'questions.toml'), 'utf8')
    const { file, notices } = await readQuestions(text, set)
    assert.is(file.questions.length, questions)
    assert.is(file.questions.flatMap((each) => each.testcases).length, testcases)
    assert.equal(notices, [])
  }
})

test.run()
