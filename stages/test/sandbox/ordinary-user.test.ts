/** CI runs as root; people do not. The attacks once more, as an ordinary user. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../../../engine/testing/parts.ts'
import { natives } from './testing/index.ts'

const uid = 4321
const isRoot = process.getuid?.() === 0

function asUser(
  groups: string,
  command: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
) {
  const identity = [
    '--reuid',
    `${uid}`,
    '--regid',
    `${uid}`,
    ...(groups === '' ? ['--clear-groups'] : ['--groups', groups]),
  ]
  return spawnSync('setpriv', [...identity, ...command], { encoding: 'utf8', timeout: 280_000, ...options })
}

/** The project where that user can read it: here, or in a copy. */
function readableProject(): { readonly folder: string; readonly clear: () => void } {
  const here = process.cwd()
  if (asUser('', ['test', '-r', 'node_modules/uvu/package.json'], { cwd: here }).status === 0)
    return { folder: here, clear: () => {} }
  const copy = mkdtempSync(join(tmpdir(), 'ordinary-'))
  for (const name of ['engine', 'stages', 'node_modules', 'package.json', 'tsconfig.json', 'data'])
    cpSync(join(here, name), join(copy, name), { recursive: true })
  spawnSync('chmod', ['-R', 'a+rX', copy])
  return { folder: copy, clear: () => rmSync(copy, { recursive: true }) }
}

/** Who may speak to the docker engine is in its socket's group. */
function groupOf(name: string): string {
  const socket = process.env['DOCKER_HOST']?.replace('unix://', '') ?? '/var/run/docker.sock'
  return name === 'docker' ? `${statSync(socket).gid}` : ''
}

// Podman of an ordinary user needs a range of user ids that an administrator has to give.
for (const native of natives.filter(({ name }) => name !== 'podman'))
  needing(
    test,
    [...native.parts, 'setpriv'],
    `${native.name}: every attack fails for an ordinary user as well`,
    () => {
      if (!isRoot) return
      const { folder, clear } = readableProject()
      try {
        const command = [process.execPath, '--import', 'tsx', 'stages/test/sandbox/attacks.test.ts']
        const env = { ...process.env, NATIVES: native.name, HOME: '/nonexistent', CI: '1' }
        const { status, stdout, stderr } = asUser(groupOf(native.name), command, { cwd: folder, env })
        assert.is(status, 0, `${stdout}${stderr}`.slice(-3000))
        assert.match(stdout, /Passed: +1\b/)
      } finally {
        clear()
      }
    },
  )

test.run()
