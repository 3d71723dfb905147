/** `doctor` on the command line: what works is tried, what does not is explained. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../../../engine/testing/parts.ts'
import { TestFolder } from '../../../engine/testing/workspace.ts'

function folderWith(options: string): TestFolder {
  const folder = new TestFolder()
  folder.pipeline(`test: test({ from: 'data/cleaned/%.toml', to: 'data/results/%.toml', ${options} }),`)
  return folder
}

needing(
  test,
  ['bwrap', 'python3'],
  'the sandbox that is taken has run a harmless and a hostile program',
  async () => {
    const folder = folderWith('')
    const { stdout, code } = await folder.plain(['doctor'])
    assert.is(code, 0, stdout)
    assert.match(stdout, /✓ bwrap works: cpython 3\.\d+/)
    assert.match(stdout, /✓ programs run in bwrap \(the strongest that works\)/)
    assert.match(stdout, /✓ a harmless program ran as it should/)
    assert.match(stdout, /✓ a hostile program reached nothing/)
    folder.destroy()
  },
)

test('what is asked for and does not work is a fault, with what to do', async () => {
  const folder = folderWith("sandbox: 'bwrap', python: '/nowhere/python3'")
  const { stdout, code } = await folder.plain(['doctor'])
  assert.is(code, 1, stdout)
  assert.match(stdout, /✗ bwrap does not work here: /)
  assert.match(stdout, /✗ bwrap is asked for and does not work/)
  folder.destroy()
})

test('of pyodide it is said what a hostile program reaches', async () => {
  const folder = folderWith("sandbox: 'pyodide'")
  const { stdout, code } = await folder.plain(['doctor'])
  assert.is(code, 0, stdout)
  assert.match(stdout, /against accidents/)
  assert.match(stdout, /a hostile program reached/)
  folder.destroy()
})

test('where nothing is installed, the commands that install it are named', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'doctor-'))
  const folder = folderWith('')
  const { stdout } = await folder.plain(['doctor'], { env: { PATH: empty } })
  assert.match(stdout, /bwrap does not work here: .*bwrap is not installed\n.*bubblewrap/)
  assert.match(stdout, /docker does not work here: docker is not installed\n/)
  assert.match(stdout, /programs run in pyodide/)
  folder.destroy()
  rmSync(empty, { recursive: true })
})

needing(
  test,
  ['python3'],
  'without a sandbox nothing runs but by consent, at every run that executes',
  async () => {
    const folder = folderWith('')
    folder.write(
      'data/cleaned/q.toml',
      "[[questions]]\nid = 'q'\nprompt = ''\n\n[[questions.testcases]]\nexpect = '1'\n\n[[questions.completions]]\ncompletion = 'print(1)'\n",
    )
    const refused = await folder.plain(['--sandbox', 'none'])
    assert.is(refused.code, 2)
    assert.match(refused.stdout + refused.stderr, /--i-know-what-i-am-doing/)
    const agreed = await folder.plain(['--sandbox', 'none', '--i-know-what-i-am-doing'])
    assert.is(agreed.code, 0, agreed.stdout)
    assert.match(folder.read('data/results/q.toml'), /results = \[true\]/)
    assert.match((await folder.plain([])).stdout, /nothing to do/)
    folder.destroy()
  },
)

test.run()
