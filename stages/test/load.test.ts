/** Verdicts do not depend on what else the machine is doing. */
import { type ChildProcess, spawn } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../../engine/testing/parts.ts'
import { TestFolder } from '../../engine/testing/workspace.ts'

/** CPU seconds of work, near to the limit of one second and on both sides of it; and the ways to end that are not work. */
const programs = {
  quick: 'print(sum(range(1000)))',
  'half of the limit': 'import time\nwhile time.process_time() < 0.5: pass\nprint(499500)',
  'half of the limit, in a child':
    'import os, time\nif os.fork() == 0:\n    while time.process_time() < 0.4: pass\n    os._exit(0)\nos.wait()\nprint(499500)',
  'twice the limit': 'import time\nwhile time.process_time() < 2: pass\nprint(499500)',
  endless: 'while True: pass',
  'twice the limit in threads':
    'import threading, time\ndef f():\n    while time.process_time() < 2: pass\nfor i in range(4): threading.Thread(target=f).start()',
  'sleeps past the wall limit': 'import time\ntime.sleep(60)',
  'sleeps a little': 'import time\ntime.sleep(0.5)\nprint(499500)',
  'half of the limit, with a wall limit that load exceeds':
    'import time\nwhile time.process_time() < 0.5: pass\nprint(499500)',
  raises: '1/0',
  wrong: 'print(1)',
  'too much memory': 'x = []\nwhile True: x.append(bytes(10**6))',
}

const questions = Object.entries(programs)
  .map(
    ([id, program]) => `[[questions]]
id = '${id}'
prompt = ''
${id.includes('wall limit') ? '[questions.limits]\nwall_seconds = 4\n' : ''}
[[questions.testcases]]
expect = '499500'
${`
[[questions.completions]]
completion = '''
${program}
'''
`.repeat(2)}`,
  )
  .join('\n')

async function resultsOf(args: readonly string[]): Promise<string> {
  const folder = new TestFolder()
  folder.write('data/cleaned/q.toml', questions)
  folder.pipeline(`
  test: test({ from: 'data/cleaned/%.toml', to: 'data/results/%.toml', cpuSeconds: 1, memoryMB: 256 }),`)
  await folder.run(args)
  const text = folder.read('data/results/q.toml')
  folder.destroy()
  return text
}

needing(
  test,
  ['bwrap', 'python3'],
  'sixteen at once under a CPU hog: the same as one by one on an idle machine',
  async () => {
    const idle = await resultsOf(['--jobs', '1'])
    const hogs: ChildProcess[] = []
    try {
      for (let n = 0; n < 4; n++) hogs.push(spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }))
      assert.is(await resultsOf(['--jobs', '16']), idle)
    } finally {
      for (const hog of hogs) hog.kill('SIGKILL')
    }
    const verdicts = [...idle.matchAll(/^verdicts = \['(.*)'\]$/gm)].map((match) => match[1])
    assert.equal(
      verdicts.filter((_, at) => at % 2 === 0),
      [
        'passed',
        'passed',
        'passed',
        'cpu-timeout',
        'cpu-timeout',
        'cpu-timeout',
        'wall-timeout',
        'passed',
        'passed',
        'error',
        'failed',
        'memory',
      ],
    )
  },
)

test.run()
