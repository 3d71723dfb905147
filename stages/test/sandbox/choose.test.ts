import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure, type Json, type Machine, type Notice } from '../../../engine/stage.ts'
import { needing } from '../../../engine/testing/parts.ts'
import { environment } from './choose.ts'
import { execution, natives, PYTHON, SETTINGS } from './testing/index.ts'

const path = process.env['PATH']
const empty = mkdtempSync(join(tmpdir(), 'choose-'))
test.before.each(() => {
  process.env['PATH'] = path
})
test.after(() => {
  process.env['PATH'] = path
  rmSync(empty, { recursive: true })
})

class FakeMachine implements Machine {
  readonly memory: Map<string, Json>
  readonly options: { jobs: number; sandbox: string | undefined; consent?: boolean }
  readonly notices: Notice[] = []

  constructor(sandbox?: string, memory = new Map<string, Json>()) {
    this.options = { jobs: 1, sandbox }
    this.memory = memory
  }

  remember(name: string, value: Json): void {
    this.memory.set(name, value)
  }

  recall(name: string): Json | undefined {
    return this.memory.get(name)
  }

  notice(notice: Notice): void {
    this.notices.push(notice)
  }
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof Failure) return error
  throw new Error(`no Failure but ${error}`)
}

needing(
  test,
  ['bwrap', 'python3'],
  'the strongest that works is taken, once said, and remembered',
  async () => {
    const first = new FakeMachine()
    const found = await environment(first, 'auto', SETTINGS)
    assert.is(found.params['sandbox'], 'bwrap')
    assert.match(String(found.params['python']), /^cpython 3\.\d+\.\d+$/)
    assert.is(first.notices.length, 1)
    const worker = (await found.sandbox()).start()
    assert.is((await worker.run(execution('print(1)'), new AbortController().signal)).stdout, '1\n')
    await worker.close()

    const second = new FakeMachine(undefined, first.memory)
    assert.equal((await environment(second, 'auto', SETTINGS)).params, found.params)
    assert.equal(second.notices, [])
  },
)

needing(test, ['bwrap', 'python3'], 'as long as the stamps hold nothing is probed', async () => {
  const machine = new FakeMachine()
  await environment(machine, 'auto', SETTINGS)
  process.env['PATH'] = empty
  await environment(machine, 'auto', SETTINGS)
  assert.is(machine.notices.length, 1)
})

needing(
  test,
  ['bwrap', 'python3'],
  'when it is gone its fingerprint stays, and only an execution fails',
  async () => {
    const machine = new FakeMachine()
    const before = await environment(machine, 'auto', SETTINGS)
    const remembered = machine.memory.get('sandbox')
    if (typeof remembered !== 'object' || remembered === null || Array.isArray(remembered))
      throw new Error('nothing remembered')
    machine.memory.set('sandbox', { ...remembered, stamps: ['1 2 3 /nowhere/bwrap'] })
    process.env['PATH'] = empty
    const after = await environment(machine, 'auto', SETTINGS)
    assert.equal(after.params, before.params)
    const warning = machine.notices.at(-1)
    assert.is(warning?.level, 'warning')
    assert.match(warning?.text ?? '', /bwrap.*--sandbox pyodide/s)
    assert.match((await failureOf(after.sandbox())).remedy, /--sandbox pyodide/)
  },
)

needing(
  test,
  ['bwrap', 'python3'],
  'when the interpreter changed its fingerprint is the new one',
  async () => {
    const machine = new FakeMachine()
    const now = await environment(machine, 'auto', SETTINGS)
    const remembered = machine.memory.get('sandbox')
    if (typeof remembered !== 'object' || remembered === null || Array.isArray(remembered))
      throw new Error('nothing remembered')
    machine.memory.set('sandbox', {
      ...remembered,
      stamps: ['1 2 3 /usr/bin/python3'],
      fingerprint: { sandbox: 'bwrap', python: 'cpython 3.0.0' },
    })
    assert.equal((await environment(machine, 'auto', SETTINGS)).params, now.params)
  },
)

test('without bwrap pyodide is taken, and it is said why and what it is not', async () => {
  process.env['PATH'] = empty
  const machine = new FakeMachine()
  const found = await environment(machine, 'auto', SETTINGS)
  assert.is(found.params['sandbox'], 'pyodide')
  assert.match(machine.notices[0]?.text ?? '', /bwrap is not installed.*accidents/s)
})

test('a bwrap that fails is not taken, and its message is shown', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'choose-'))
  try {
    writeFileSync(
      join(folder, 'bwrap'),
      '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n',
    )
    chmodSync(join(folder, 'bwrap'), 0o755)
    chmodSync(folder, 0o755)
    process.env['PATH'] = folder
    const machine = new FakeMachine()
    assert.is((await environment(machine, 'auto', SETTINGS)).params['sandbox'], 'pyodide')
    assert.match(machine.notices[0]?.text ?? '', /No permissions to create new namespace/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

needing(test, ['bwrap', 'python3'], '--sandbox overrides, and is remembered', async () => {
  const machine = new FakeMachine('pyodide')
  assert.is((await environment(machine, 'auto', SETTINGS)).params['sandbox'], 'pyodide')
  const next = new FakeMachine(undefined, machine.memory)
  assert.is((await environment(next, 'auto', SETTINGS)).params['sandbox'], 'pyodide')
  const back = new FakeMachine('auto', machine.memory)
  assert.is((await environment(back, 'auto', SETTINGS)).params['sandbox'], 'bwrap')
})

test('what was asked for by name and is not there is a failure', async () => {
  process.env['PATH'] = empty
  assert.match((await failureOf(environment(new FakeMachine('bwrap'), 'auto', SETTINGS))).message, /bwrap/)
  assert.match(
    (await failureOf(environment(new FakeMachine(), 'bwrap', SETTINGS))).message,
    /bwrap is not installed/,
  )
  const unknown = await failureOf(environment(new FakeMachine('chroot'), 'auto', SETTINGS))
  assert.is(unknown.exit, 2)
  assert.match(unknown.remedy, /bwrap, docker, podman, pyodide/)
})

needing(test, ['bwrap', 'python3'], 'another interpreter has a fingerprint of its own', async () => {
  const machine = new FakeMachine()
  await environment(machine, 'auto', SETTINGS)
  const missing = await failureOf(
    environment(machine, 'bwrap', { ...SETTINGS, python: join(empty, 'python3') }),
  )
  assert.match(missing.message, /python3/)
  symlinkSync(PYTHON, join(empty, 'python'))
})

test('without a sandbox nothing is run but by consent', async () => {
  const refused = await failureOf(environment(new FakeMachine('none'), 'auto', SETTINGS))
  assert.is(refused.exit, 2)
  assert.match(refused.remedy, /--i-know-what-i-am-doing/)
  assert.match((await failureOf(environment(new FakeMachine(), 'none', SETTINGS))).remedy, /--i-know/)
})

needing(
  test,
  ['python3'],
  'with consent it runs; later runs without it keep the results and execute nothing',
  async () => {
    const machine = new FakeMachine('none')
    machine.options.consent = true
    const found = await environment(machine, 'auto', SETTINGS)
    const worker = (await found.sandbox()).start()
    const outcome = await worker.run(execution('print(6 * 7)'), new AbortController().signal)
    await worker.close()
    assert.is(outcome.stdout, '42\n')
    const later = await environment(new FakeMachine(undefined, machine.memory), 'auto', SETTINGS)
    assert.equal(later.params, found.params)
    assert.match((await failureOf(later.sandbox())).remedy, /--i-know/)
  },
)

for (const native of natives.slice(1))
  needing(
    test,
    native.parts,
    `${native.name}: the image is pinned by its digest, and one that can't be had is said`,
    async () => {
      const machine = new FakeMachine(native.name)
      const found = await environment(machine, 'auto', native.settings)
      assert.match(String(found.params['image']), /^sha256:[0-9a-f]{64}$/)
      const later = new FakeMachine(undefined, machine.memory)
      assert.equal((await environment(later, 'auto', native.settings)).params, found.params)
      const nowhere = { ...native.settings, image: 'localhost:1/nowhere' }
      const failure = await failureOf(environment(new FakeMachine(native.name), 'auto', nowhere))
      assert.match(failure.message, /the image localhost:1\/nowhere could not be pulled/)
    },
  )

test.run()
