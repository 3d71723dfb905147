import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { variable } from './env.ts'

const name = 'CODEX_RUNNER_ENV_TEST'
let folder = ''

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'env-'))
})
test.after.each(() => {
  rmSync(folder, { recursive: true })
  delete process.env[name]
})

const envFile = (text: string, mode = 0o600) => {
  writeFileSync(join(folder, '.env'), text)
  chmodSync(join(folder, '.env'), mode)
}

test('no file, no variable', () => {
  assert.is(variable(name, folder), undefined)
})

test('reads .env, with quotes and comments, and leaves process.env alone', () => {
  envFile(`# keys\n${name}="secret" # mine\n`)
  assert.equal(variable(name, folder), { value: 'secret', warning: undefined })
  assert.is(process.env[name], undefined)
})

test('the environment wins over the file; an empty variable is none', () => {
  envFile(`${name}=file\n`)
  process.env[name] = ' shell\n'
  assert.is(variable(name, folder)?.value, 'shell')
  process.env[name] = ''
  assert.is(variable(name, folder)?.value, 'file')
})

test('warns of a .env that all can read, without saying the key', () => {
  envFile(`${name}=secret\n`, 0o644)
  const warning = variable(name, folder)?.warning ?? ''
  assert.match(warning, 'chmod 600')
  assert.not.match(warning, 'secret')
})

test.run()
