/** The test stage through the command line: what an option or a mark changes in the files, and what it executes. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../../engine/testing/parts.ts'
import { TestFolder } from '../../engine/testing/workspace.ts'

const native = ['bwrap', 'python3']

const third = `[[questions]]
id = 'third'
prompt = 'Print a third.'

[[questions.testcases]]
expect = '''
0.3333333333

done'''

[[questions.completions]]
completion = '''
print(1 / 3)
print()
print("done  ")
'''
`

/** A folder whose pipeline tests and reports data/cleaned/q.toml. */
function folderWith(text: string, options = ''): TestFolder {
  const folder = new TestFolder()
  folder.write('data/cleaned/q.toml', text)
  pipeline(folder, options)
  return folder
}

function pipeline(folder: TestFolder, options: string): void {
  folder.pipeline(`
  test: test({ from: 'data/cleaned/%.toml', to: 'data/results/%.toml', ${options} }),
  report: report({ from: 'data/results/%.toml', to: 'data/report', files: ['results.csv', 'summary.json', 'summary.txt'] }),`)
}

const verdictsOf = (folder: TestFolder) =>
  [...folder.read('data/results/q.toml').matchAll(/^verdicts = \[(.*)\]$/gm)].map((match) => match[1])

needing(
  test,
  native,
  'another comparison of the stage: other verdicts, and nothing is executed',
  async () => {
    const folder = folderWith(third)
    assert.is((await folder.run()).summary.executions, 1)
    assert.equal(verdictsOf(folder), ["'failed'"])
    assert.match(
      folder.read('data/results/q.toml'),
      /^diff = '''\n- 0\.3333333333\n\+ 0\.3333333333333333\n/m,
    )
    for (const [options, verdict] of [
      ["compare: 'number'", 'passed'],
      ["compare: { mode: 'number', tolerance: 0, absolute: 0 }", 'failed'],
      ["compare: 'lines'", 'failed'],
      ["compare: 'fuzzy_w_cutoff'", 'failed'],
      ['', 'failed'],
    ] as const) {
      pipeline(folder, options)
      const { summary, code, stdout } = await folder.run()
      assert.is(code, 0, stdout)
      assert.is(summary.executions, 0, options)
      assert.equal(verdictsOf(folder), [`'${verdict}'`], options)
    }
    folder.destroy()
  },
)

needing(test, native, 'why a comparison makes results stale is said', async () => {
  const folder = folderWith(third)
  await folder.run()
  pipeline(folder, "compare: 'number'")
  const { stdout } = await folder.plain(['why', 'data/results/q.toml'])
  assert.match(stdout, 'compare: {"mode":"exact"} → {"mode":"number","tolerance":0.000001,"absolute":1e-9}')
  folder.destroy()
})

needing(test, native, "a question's comparison wins, changes verdicts, and executes nothing", async () => {
  const folder = folderWith(third, "compare: 'lines'")
  await folder.run()
  folder.edit('data/cleaned/q.toml', "id = 'third'", "id = 'third'\ncompare = 'number'")
  const { summary } = await folder.run()
  assert.equal([summary.executions, summary.built], [0, 2])
  assert.equal(verdictsOf(folder), ["'passed'"])
  folder.edit('data/cleaned/q.toml', "compare = 'number'", "compare = 'fuzzy'")
  assert.is((await folder.run()).summary.executions, 0)
  assert.match(folder.read('data/results/q.toml'), /^verdict = 'failed'\nscore = 85\.71$/m)
  folder.destroy()
})

needing(
  test,
  native,
  'a limit that is the same as the stage has executes nothing; another one does',
  async () => {
    const folder = folderWith(third)
    await folder.run()
    folder.edit(
      'data/cleaned/q.toml',
      "id = 'third'",
      "id = 'third'\nlimits = { processes = 64, disk_mb = 64, open_files = 256 }",
    )
    assert.is((await folder.run()).summary.executions, 0)
    folder.edit('data/cleaned/q.toml', 'disk_mb = 64', 'disk_mb = 32')
    assert.is((await folder.run()).summary.executions, 1)
    folder.destroy()
  },
)

needing(test, native, 'limits of a question hold: open files and the size of a file', async () => {
  const folder = folderWith(`[[questions]]
id = 'files'
prompt = ''
limits = { open_files = 20, disk_mb = 4 }
[[questions.testcases]]
code = '''
try:
    files = [open('program.py') for _ in range(30)]
except OSError as error:
    print(error.errno)
'''
expect = '24'
[[questions.testcases]]
code = '''
try:
    open('big', 'wb').write(bytes(6_000_000))
except OSError as error:
    print('refused')
'''
expect = 'refused'
[[questions.completions]]
completion = 'x = 1'
`)
  await folder.run()
  assert.equal(verdictsOf(folder), ["'passed', 'passed'"], folder.read('data/results/q.toml'))
  folder.destroy()
})

needing(
  test,
  native,
  'a skipped completion says so for each test case, and has no part in any score',
  async () => {
    const folder = folderWith(
      `${third}skip = true\n\n[[questions.completions]]\ncompletion = '''print("0.3333333333\\n\\ndone")'''\n`,
    )
    const { summary } = await folder.run()
    assert.equal(verdictsOf(folder), ["'skipped'", "'passed'"])
    assert.equal(folder.read('data/results/q.toml').match(/^results = .*$/gm), ['results = [true]'])
    assert.equal([summary.facts['tested'], summary.facts['completions_scored']], [1, 1])
    const report = JSON.parse(folder.read('data/report/summary.json'))
    assert.equal([report.questions[0].skipped, report.questions[0].endings], [1, { passed: 1 }])
    folder.destroy()
  },
)

const random = `[[questions]]
id = 'coin'
prompt = 'Throw a coin.'

[[questions.testcases]]
code = '''print('heads' if coin else 'tails')'''
expect = 'heads'

[[questions.testcases]]
code = '''print('heads')'''
expect = 'heads'

[[questions.completions]]
completion = '''
import os
coin = os.urandom(1)[0] % 2'''

[[questions.completions]]
completion = 'coin = 1'
`

needing(test, native, '--repeat names what does not always end the same way, and marks it', async () => {
  const folder = folderWith(random)
  const once = await folder.run()
  assert.is(once.summary.executions, 4)
  const before = folder.tree()
  // That 40 coins fall the same way happens once in 5e11 runs.
  const { summary, events, stdout } = await folder.run(['--repeat', '40'])
  assert.is(summary.executions, 4 * 39, stdout)
  assert.is(summary.facts['flaky'], 1)
  const notices = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []))
  assert.equal(notices, ['flaky, not the same verdict in each of 40 runs: coin #0 (test case 1)'])
  assert.equal(folder.read('data/results/q.toml').match(/^flaky = .*$/gm), ['flaky = [1]'])
  const again = await folder.run(['--repeat', '40'])
  assert.equal([again.summary.executions, again.summary.built, again.summary.facts['flaky']], [0, 0, 1])
  assert.ok(again.events.some((event) => event.type === 'notice' && event.level === 'warning'))
  const without = await folder.run()
  assert.equal([without.summary.executions, without.summary.facts['flaky']], [0, 0])
  assert.equal(folder.tree(), before)
  folder.destroy()
})

needing(test, native, 'a repetition is executed once: more of them add only what is new', async () => {
  const folder = folderWith(random)
  const executions = async (...args: string[]) => (await folder.run(args)).summary.executions
  assert.is(await executions('--repeat', '2'), 8)
  assert.is(await executions('--repeat', '3'), 4)
  assert.is(await executions(), 0)
  assert.is(await executions('--repeat', '2'), 0)
  assert.is((await folder.run(['plan', '--repeat', '5'])).summary.wanted.executions, 8)
  pipeline(folder, 'repeat: 4')
  assert.is(await executions(), 4)
  assert.is((await folder.run()).summary.fresh, 2)
  folder.destroy()
})

needing(test, native, '--only repeats what it names, and --force repeats everything anew', async () => {
  const other = random.replace("id = 'coin'", "id = 'other'").replace(/coin/g, 'toss')
  const folder = folderWith(`${random}\n${other}`)
  await folder.run()
  const only = await folder.run(['--repeat', '3', '--only', 'coin'])
  assert.equal([only.code, only.summary.executions], [0, 8])
  assert.is((await folder.run(['--repeat', '3'])).summary.executions, 8)
  assert.is((await folder.run(['--repeat', '3', '--force', 'test'])).summary.executions, 24)
  folder.destroy()
})

needing(test, native, 'run-tests takes --repeat, and a later run in place takes the marks away', async () => {
  const folder = new TestFolder()
  folder.write('q.toml', random)
  const ran = await folder.run(['run-tests', 'q.toml', 'q.toml', '--repeat', '40'])
  assert.is(ran.code, 0, ran.stdout + ran.stderr)
  assert.match(folder.read('q.toml'), /^flaky = \[1\]$/m)
  const { summary } = await folder.run(['run-tests', 'q.toml', 'q.toml'])
  assert.is(summary.executions, 0)
  assert.not.match(folder.read('q.toml'), /flaky/)
  folder.destroy()
})

test('options that make no sense are refused with a sentence', async () => {
  const folder = folderWith(third)
  for (const repeat of ['1', '2.5', 'many', '1001']) {
    const { code, stderr } = await folder.plain(['--repeat', repeat])
    assert.is(code, 2)
    assert.match(stderr, `--repeat ${repeat}: not a number of runs`)
  }
  for (const [options, says] of [
    ["compare: 'nearly' as 'exact'", /compare is "nearly"/],
    ["compare: { mode: 'number', tolerance: -1 }", /compare has tolerance -1/],
    ["compare: 'lines', seedSemantics: true", /compare and seedSemantics are both given/],
    ['repeat: 0', /repeat is 0/],
  ] as const) {
    pipeline(folder, options)
    const { code, stderr } = await folder.plain()
    assert.is(code, 2, stderr)
    assert.match(stderr, says)
  }
  folder.destroy()
})

test.run()
