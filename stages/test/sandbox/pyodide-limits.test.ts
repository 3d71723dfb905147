import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { probePyodide } from './pyodide.ts'
import { Bench } from './testing/index.ts'

const bench = new Bench(probePyodide)
test.after(() => bench.close())

test('os._exit before the test case does not pass', async () => {
  const outcome = await bench.run('import os\nprint("OK", flush=True)\nos._exit(0)', {
    code: 'print("OK")',
    capture: 'testcase',
  })
  assert.not(outcome.began)
  assert.is(outcome.stdout, '')
})

test('limits: endless loop, sleep, output, memory', async () => {
  const loop = await bench.run('print("before", flush=True)\nwhile True: pass', { limits: { cpuSeconds: 1 } })
  assert.is(loop.ending, 'cpu-timeout')
  assert.is(loop.stdout, 'before\n')
  const output = await bench.run('while True: print("x" * 1000)', { limits: { outputKB: 16 } })
  assert.is(output.ending, 'output-limit')
  assert.ok(output.stdout.length < 17 * 1024)
  const memory = await bench.run('x = []\nwhile True: x.append(bytes(10**7))', { limits: { memoryMB: 64 } })
  assert.is(memory.ending, 'memory')
  const sleep = await bench.run('import time\ntime.sleep(30)', { limits: { wallSeconds: 1 } })
  assert.is(sleep.ending, 'wall-timeout')
  assert.is((await bench.run('print("on")')).stdout, 'on\n')
})

test.run()
