/** A sandbox that breaks is not the program's fault: it is tried again, and an error that stays is no verdict. */
import { execFileSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { codeOf } from '../../engine/stage.ts'
import { needing } from '../../engine/testing/parts.ts'
import { Pool } from './pool.ts'
import { type Outcome, type Sandbox, SandboxError, type Worker } from './sandbox/index.ts'
import { descendants, execution, natives, probeNative } from './sandbox/testing/index.ts'

const { signal } = new AbortController()
const slow = execution('import time\ntime.sleep(1.5)\nprint("on")')

for (const native of natives)
  needing(
    test,
    native.parts,
    `${native.name}: killed from outside while a program runs, it runs the program again`,
    async () => {
      const probe = await probeNative(native)
      if (!probe.usable) throw new Error(probe.why)
      const pool = new Pool(probe.sandbox)
      let executions = 0
      const running = pool.run(slow, signal, () => executions++)
      await new Promise((later) => setTimeout(later, native.name === 'bwrap' ? 700 : 1500))
      if (native.name === 'bwrap') for (const pid of descendants(process.pid)) kill(pid)
      else {
        const filter = ['ps', '--quiet', '--filter', `name=codex-runner-${process.pid}-`]
        const container = execFileSync(native.name, filter, { encoding: 'utf8' }).trim()
        assert.not.equal(container, '')
        execFileSync(native.name, ['kill', container])
      }
      const outcome = await running.finally(() => pool.close())
      assert.is(outcome.ending, 'exited')
      assert.is(outcome.stdout, 'on\n')
    },
  )

/** One that went with its parent is as dead as it should be. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}

const fine: Outcome = {
  stdout: '1\n',
  stderr: '',
  status: 0,
  ending: 'exited',
  began: true,
  cpuMs: 1,
  wallMs: 1,
}

/** A sandbox whose workers, one after the other, do what is listed: the rarest of real failures can't be had for the asking. */
function scripted(steps: (Outcome | Error)[]): Sandbox {
  const worker: Worker = {
    run: async () => {
      const step = steps.shift()
      if (step === undefined || step instanceof Error) throw step ?? new Error('asked too often')
      return step
    },
    close: async () => {},
  }
  return { name: 'bwrap', fingerprint: {}, start: () => worker }
}

test('a worker that breaks twice is replaced twice; one that breaks three times is an error and no outcome', async () => {
  let executions = 0
  const broken = new SandboxError('the engine is gone')
  const twice = new Pool(scripted([broken, broken, fine]))
  assert.equal(await twice.run(slow, signal, () => executions++), fine)
  assert.is(executions, 3)
  const thrice = new Pool(scripted([broken, broken, broken, fine]))
  const error = await thrice.run(slow, signal, () => {}).catch((thrown: unknown) => thrown)
  assert.is(error, broken)
})

test('a wall-clock timeout is believed when it happens again alone, and not before', async () => {
  const late: Outcome = { ...fine, ending: 'wall-timeout', status: -1 }
  assert.equal(await new Pool(scripted([late, fine])).run(slow, signal, () => {}), fine)
  assert.equal(await new Pool(scripted([late, late])).run(slow, signal, () => {}), late)
})

test.run()
