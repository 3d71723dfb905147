/** What people may do in a cleaned file, and what becomes of it: through the real command line, on real files. */
import { cpSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../../engine/testing/parts.ts'
import { type Ran, TestFolder } from '../../engine/testing/workspace.ts'

const cleaned = 'data/cleaned/week.toml'
const aside = 'data/cleaned/.set-aside/week.toml'

const question = (id: string, expect = '4') => `[[questions]]
id = '${id}'
prompt = 'Write ${id}(n).'

[[questions.testcases]]
code = 'print(${id}(2))'
expect = '${expect}'
`

const answer = (id: string, body: string) => `\`\`\`python\ndef ${id}(n):\n    return ${body}\n\`\`\`\n`

function record(folder: TestFolder, answers: { readonly [id: string]: readonly string[] }): void {
  const lines = Object.entries(answers).map(([id, bodies]) =>
    JSON.stringify({ id, completions: bodies.map((body) => answer(id, body)) }),
  )
  folder.write('recording.jsonl', `${lines.join('\n')}\n`)
}

interface Setting {
  readonly n?: number
  readonly rules?: string
  readonly further?: string
}

function pipeline(folder: TestFolder, { n = 2, rules, further = '' }: Setting = {}): void {
  const own = rules === undefined ? '' : `, rules: ${rules}`
  folder.pipeline(`
  generate: generate({ from: 'data/questions/%.toml', to: 'data/completions/%.toml', provider: recorded('recording.jsonl'), n: ${n} }),
  clean: clean({ from: 'data/completions/%.toml', to: 'data/cleaned/%.toml', questions: 'data/questions/%.toml'${own} }),${further}`)
}

let template: TestFolder | undefined

/** Questions double and half in one file, two answers each, cleaned. Built once, and copied with its cache. */
async function builtFolder(setting?: Setting): Promise<TestFolder> {
  if (setting !== undefined) return await build(setting)
  template ??= await build()
  const folder = new TestFolder()
  cpSync(template.path, folder.path, { recursive: true })
  return folder
}

test.after(() => template?.destroy())

async function build(setting?: Setting): Promise<TestFolder> {
  const folder = new TestFolder()
  folder.write('data/questions/week.toml', `${question('double')}\n${question('half', '1')}`)
  record(folder, { double: ['2 * n', 'n'], half: ['n / 2', 'n // 2'] })
  pipeline(folder, setting)
  await good(folder)
  return folder
}

async function good(folder: TestFolder, args: readonly string[] = []): Promise<Ran> {
  const ran = await folder.run(args)
  assert.is(ran.code, 0, ran.stdout + ran.stderr)
  return ran
}

const warnings = ({ events }: Ran) =>
  events.flatMap((event) => (event.type === 'notice' && event.level === 'warning' ? [event] : []))
const said = ({ events }: Ran) =>
  events.flatMap((event) => (event.type === 'said' ? [`${event.question} ${event.text}`] : []))
const change = (folder: TestFolder) => folder.edit(cleaned, 'return n\n', 'return n + n  # mine\n')

function rename(folder: TestFolder, from: string, to: string): void {
  folder.write(`data/questions/${to}.toml`, folder.read(`data/questions/${from}.toml`))
  folder.remove(`data/questions/${from}.toml`)
}

test('an edit follows its question to another file, and leaves no warning behind', async () => {
  const folder = await builtFolder()
  change(folder)
  folder.edit(cleaned, "code = 'print(half(2))'", "code = 'print(half(4))'")
  folder.edit(cleaned, /\[\[questions.completions\]\]\nsample = 0\ncompletion = '''\ndef half[^[]*/, '')
  await good(folder)
  folder.write('data/questions/week.toml', question('new'))
  folder.write('data/questions/later/other.toml', `${question('double')}\n${question('half', '1')}`)
  record(folder, { double: ['2 * n', 'n'], half: ['n / 2', 'n // 2'], new: ['n', 'n'] })
  const moved = await good(folder)
  const text = folder.read('data/cleaned/later/other.toml')
  assert.match(text, 'return n + n  # mine')
  assert.match(text, "code = 'print(half(4))'")
  assert.equal([moved.summary.facts['edited'], moved.summary.facts['deleted']], [1, 1])
  assert.is(moved.summary.facts['setAside'], undefined)
  assert.not.ok(warnings(moved).some(({ text }) => /set aside/.test(text)))
  const again = await good(folder)
  assert.is(again.summary.written, 0)
  assert.not.ok(warnings(again).some(({ text }) => /set aside/.test(text)))
  folder.destroy()
})

test('a question file renamed, and the cache deleted: its edits are in the new cleaned file', async () => {
  const folder = await builtFolder()
  change(folder)
  rename(folder, 'week', 'renamed')
  folder.remove('cache')
  await good(folder)
  assert.match(folder.read('data/cleaned/renamed.toml'), 'return n + n  # mine')
  folder.destroy()
})

test('a file renamed twice, and an edit that was set aside before: each is where its question is', async () => {
  const folder = await builtFolder()
  change(folder)
  folder.edit(cleaned, 'return n / 2', 'return n / 2  # first')
  record(folder, { double: ['2 * n', 'n + 0'], half: ['n / 2', 'n // 2'] })
  await good(folder)
  rename(folder, 'week', 'later')
  await good(folder)
  assert.match(folder.read('data/cleaned/.set-aside/later.toml'), '# mine')
  assert.not.match(folder.read(aside), '# mine')
  folder.edit('data/cleaned/later.toml', '# first', '# second')
  rename(folder, 'later', 'last')
  record(folder, { double: ['2 * n', 'n'], half: ['n / 2', 'n // 2'] })
  const last = await good(folder)
  assert.match(folder.read('data/cleaned/last.toml'), '# second')
  assert.match(folder.read('data/cleaned/last.toml'), 'return n + n  # mine')
  assert.not.ok(warnings(last).some(({ text }) => /set aside/.test(text)))
  folder.destroy()
})

test('renamed and renamed back: an edit that was set aside in between comes back with its raw text', async () => {
  const folder = await builtFolder()
  rename(folder, 'week', 'later')
  await good(folder)
  folder.edit('data/cleaned/later.toml', 'return n\n', 'return n + n  # mine\n')
  record(folder, { double: ['2 * n', 'n + 0'], half: ['n / 2', 'n // 2'] })
  await good(folder)
  rename(folder, 'later', 'week')
  await good(folder)
  assert.not.match(folder.read(cleaned), '# mine')
  record(folder, { double: ['2 * n', 'n'], half: ['n / 2', 'n // 2'] })
  await good(folder)
  assert.match(folder.read(cleaned), '# mine')
  folder.destroy()
})

test('an edit that is set aside stays so, though a file that its question left has it too', async () => {
  const folder = await builtFolder()
  change(folder)
  rename(folder, 'week', 'later')
  record(folder, { double: ['2 * n', 'n + 0'], half: ['n / 2', 'n // 2'] })
  await good(folder)
  folder.edit('data/questions/later.toml', "id = 'double'", "id = 'twice'")
  record(folder, { twice: ['2 * n', 'n + 0'], half: ['n / 2', 'n // 2'] })
  await good(folder)
  assert.match(folder.read('data/cleaned/.set-aside/later.toml'), '# mine')
  folder.destroy()
})

test('where answers of two models lie side by side, an edit of one is not taken over by the other', async () => {
  const folder = await builtFolder()
  const raw = folder.read('data/completions/week.toml')
  folder.remove('data')
  folder.pipeline(`clean: clean({ from: 'data/raw/%.toml', to: 'data/cleaned/%.toml' })`)
  folder.write('data/raw/one/week.toml', raw)
  await good(folder)
  folder.edit('data/cleaned/one/week.toml', 'return n\n', 'return n + n  # mine\n')
  folder.write('data/raw/two/week.toml', raw)
  const { summary } = await good(folder)
  assert.is(summary.facts['edited'], 1)
  assert.not.match(folder.read('data/cleaned/two/week.toml'), 'mine')

  const unclear = await folder.plain(['reset', 'double'])
  assert.is(unclear.code, 2)
  assert.match(unclear.stderr, "'double' is in data/cleaned/one/week.toml and in data/cleaned/two/week.toml")
  assert.match(folder.read('data/cleaned/one/week.toml'), '# mine')
  const one = await good(folder, ['reset', 'double', '--in', 'data/cleaned/one'])
  assert.equal(said(one), ['double reset: 1 completion'])

  folder.destroy()
})

test('an edit is set aside when its raw text changes; it is said at every run until the person deletes it', async () => {
  const folder = await builtFolder()
  change(folder)
  record(folder, { double: ['2 * n', 'n + 0'], half: ['n / 2', 'n // 2'] })
  await good(folder)
  const again = await good(folder)
  assert.equal(
    warnings(again).map(({ place }) => place),
    [aside],
  )
  assert.is(again.summary.facts['setAside'], 1)
  folder.remove(aside)
  const after = await good(folder)
  assert.equal([warnings(after), after.summary.built], [[], 0], 'and nothing is built for it')
  folder.destroy()
})

test('accept: of a set-aside edit nothing more is said, it stays, and it comes back with its raw text', async () => {
  const folder = await builtFolder()
  change(folder)
  record(folder, { double: ['2 * n', 'n + 0'], half: ['n / 2', 'n // 2'] })
  await good(folder)
  assert.equal(said(await good(folder, ['accept', 'double#1'])), [
    'double #1 accepted: 1 edit that is set aside',
  ])
  const quiet = await good(folder)
  assert.equal([warnings(quiet), quiet.summary.built], [[], 0])
  assert.match(folder.read(aside), '# mine')
  record(folder, { double: ['2 * n', 'n'], half: ['n / 2', 'n // 2'] })
  await good(folder)
  assert.match(folder.read(cleaned), '# mine')
  assert.not.match(folder.read(cleaned), 'set_aside')
  assert.not.match(folder.read(aside), '# mine')
  folder.destroy()
})

test('accept: the text is the base now, kept through other rules, set aside when its raw text changes', async () => {
  const folder = await builtFolder()
  change(folder)
  await good(folder)
  assert.equal(said(await good(folder, ['accept', 'double'])), ['double accepted: 1 edited text'])
  pipeline(folder, { rules: `['fences', { name: 'mark', apply: (text) => text + '# marked\\n' }]` })
  const { summary } = await good(folder)
  assert.equal([summary.facts['edited'], summary.facts['accepted']], [undefined, 1])
  assert.match(folder.read(cleaned), 'return n + n  # mine\n')
  assert.match(folder.read(cleaned), '# marked')
  record(folder, { double: ['2 * n', 'n + 0'], half: ['n / 2', 'n // 2'] })
  await good(folder)
  assert.match(folder.read(aside), 'return n + n  # mine\n')
  folder.destroy()
})

test('reset: the automatic text again, by the next run still, and what was written is kept aside unsaid', async () => {
  const folder = await builtFolder()
  const before = folder.read(cleaned)
  change(folder)
  folder.edit(cleaned, "expect = '4'", "expect = '5'")
  await good(folder)
  assert.equal(said(await good(folder, ['reset', 'double'])), [
    'double reset: 1 completion, its prompt and test cases',
  ])
  assert.is(folder.read(cleaned), before)
  assert.match(folder.read(aside), 'return n + n  # mine\n')
  assert.match(folder.read(aside), "expect = '5'")
  const after = await good(folder)
  assert.equal([warnings(after), after.summary.written], [[], 0])
  assert.equal(said(await good(folder, ['reset', 'double'])), [
    'double nothing to reset: it is as it was made',
  ])
  folder.destroy()
})

test('a deleted completion stays deleted and is counted, through another n and cache, until it is reset', async () => {
  const folder = await builtFolder()
  folder.edit(cleaned, /\[\[questions.completions\]\]\nsample = 1\ncompletion = '''\ndef double[^[]*/, '')
  assert.is((await good(folder)).summary.facts['deleted'], 1)
  pipeline(folder, { n: 1 })
  await good(folder)
  pipeline(folder)
  folder.remove('cache')
  assert.is((await good(folder)).summary.facts['deleted'], 1)
  assert.match((await folder.plain(['status'])).stdout, '1 deleted')
  assert.equal(said(await good(folder, ['reset', 'double #1'])), ['double #1 reset: 1 deleted completion'])
  const { summary } = await good(folder)
  assert.equal([summary.facts['deleted'], summary.written], [undefined, 0])
  assert.match(folder.read(cleaned), 'return n\n')
  folder.destroy()
})

test('a test case changed here counts here, and each run names line and column where it belongs', async () => {
  const folder = await builtFolder()
  folder.edit(cleaned, "expect = '1'", "expect = '1.0'")
  for (let run = 0; run < 2; run++) {
    const [warning, ...more] = warnings(await good(folder))
    assert.equal(more, [])
    assert.is(warning?.place, cleaned)
    assert.match(
      warning?.text ?? '',
      "test case 1 of 'half' was changed here, and data/questions/week.toml:15:1 ",
    )
  }
  folder.edit('data/questions/week.toml', "expect = '1'", "expect = '2'")
  assert.match(warnings(await good(folder))[0]?.text ?? '', 'test case 1 of')
  assert.match(folder.read(cleaned), "expect = '1.0'")

  assert.match(said(await good(folder, ['accept', 'half'])).join(), 'half accepted: 1 change')
  assert.equal(warnings(await good(folder)), [])
  assert.match(folder.read(cleaned), "expect = '1.0'")
  folder.edit('data/questions/week.toml', "expect = '2'", "expect = '3'")
  assert.match(warnings(await good(folder))[0]?.text ?? '', 'test case 1 of', 'the file changed it, too')
  folder.destroy()
})

test("a list of test cases that is as long as what came in meanwhile is still a person's list, and accepted", async () => {
  const folder = await builtFolder()
  const added = (code: string) => `[[questions.testcases]]\ncode = 'print(${code})'\nexpect = '7'\n\n`
  const questions = 'data/questions/week.toml'
  folder.edit(cleaned, /(?=\[\[questions\.testcases\]\]\ncode = 'print\(half\(2)/, added('half(14) // 1'))
  folder.write(questions, `${folder.read(questions)}\n${added('half(14)')}`)
  for (let run = 0; run < 2; run++)
    assert.match(
      warnings(await good(folder, ['--force', 'clean']))[0]?.text ?? '',
      "the list of test cases of 'half'",
    )
  await good(folder, ['accept', 'half'])
  for (let run = 0; run < 2; run++) assert.equal(warnings(await good(folder, ['--force', 'clean'])), [])
  assert.match(folder.read(cleaned), 'half(14) // 1')
  folder.destroy()
})

test('a prompt changed here stays, and is named with its place', async () => {
  const folder = await builtFolder()
  folder.edit(cleaned, 'Write half(n).', 'Write half(n), please.')
  const text = warnings(await good(folder))[0]?.text ?? ''
  assert.match(
    text,
    "the prompt of 'half' was changed here, and data/questions/week.toml:11:1 says otherwise",
  )
  folder.destroy()
})

test('diff shows raw, cleaned and edited, and what a terminal would obey as plain characters', async () => {
  const folder = await builtFolder()
  record(folder, { double: ['2 * n', 'n  # \u001b[31m'], half: ['n / 2', 'n // 2'] })
  await good(folder)
  folder.edit(cleaned, 'return n  # ', 'return n + n  # mine ')
  const { stdout } = await folder.plain(['diff', 'double#1'])
  assert.match(stdout, 'double #1: cleaned by fences; edited')
  assert.match(stdout, '--- raw\n+++ cleaned\n')
  assert.match(stdout, '\n-```python\n')
  assert.match(stdout, '--- cleaned\n+++ edited\n')
  assert.match(stdout, '\n-    return n  # \\u001b[31m\n+    return n + n  # mine \\u001b[31m\n')
  assert.not.match(stdout, 'double #0')
  folder.destroy()
})

test('an order about what is not there: exit 2, and what to give', async () => {
  const folder = await builtFolder()
  for (const args of [['diff', 'treble'], ['accept', 'double#7'], ['reset']]) {
    const { code, stderr, stdout } = await folder.plain(args)
    assert.is(code, 2, args.join(' '))
    assert.is(stdout, '')
    assert.match(stderr, /treble|double#7|reset double/)
  }
  change(folder)
  const before = folder.read(cleaned)
  assert.is((await folder.plain(['reset', 'double#1', 'double#7'])).code, 2)
  assert.is(folder.read(cleaned), before, 'nothing of an order is carried out when a part of it is wrong')
  folder.destroy()
})

test('an edit saved while the file is being cleaned is seen: planned again, and kept', async () => {
  const folder = await builtFolder()
  const mine = folder.read(cleaned).replace('return n\n', 'return n + n  # mine\n')
  folder.write('mine.toml', mine)
  // The person saves while a rule is at work: after the file was read, and before it is written.
  pipeline(folder, {
    rules: `['fences', { name: 'slow', apply: (text) => {
      const { cpSync, existsSync, rmSync } = process.getBuiltinModule('node:fs')
      if (existsSync('mine.toml')) { cpSync('mine.toml', '${cleaned}'); rmSync('mine.toml') }
      return text + '# slow\\n'
    } }]`,
  })
  const { summary } = await good(folder)
  assert.is(summary.facts['edited'], 1)
  assert.match(folder.read(cleaned), 'return n + n  # mine\n')
  assert.match(folder.read(cleaned), '# slow')
  folder.destroy()
})

needing(
  test,
  ['bwrap'],
  'other rules clean everything anew, and only what came out different is tested',
  async () => {
    const further = `
  test: test({ from: 'data/cleaned/%.toml', to: 'data/results/%.toml' }),`
    const folder = await builtFolder({ further })
    pipeline(folder, {
      further,
      rules: `['fences', { name: 'plus', apply: (text) => text.replace('return n\\n', 'return +n\\n') }]`,
    })
    const { summary } = await good(folder)
    assert.is(summary.executions, 1)
    assert.match(folder.read(cleaned), "cleaned_by = ['fences', 'plus']")
    folder.destroy()
  },
)

test.run()
