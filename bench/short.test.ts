/** Every bench runs. At these sizes its figures mean nothing, and none is looked at. */
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../engine/testing/parts.ts'

needing(test, ['bwrap', 'python3'], 'each bench runs in its short form', async () => {
  const bench = spawn(process.execPath, ['--import', 'tsx', 'bench/run.ts', '--short'], {
    cwd: resolve(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [bench.stdout, bench.stderr]) stream.on('data', (chunk) => (said += chunk))
  const code = await new Promise((ended) => bench.once('close', ended))
  assert.is(code, 0, said)
})

test.run()
