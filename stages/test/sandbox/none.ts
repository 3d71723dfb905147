/**
 * No sandbox: programs run as the person who runs us, on this machine, and may do all that this person may. For
 * programs that are trusted, and only by consent on the command line. Limits are watched all the same.
 */
import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../../../engine/stage.ts'
import { CHANNEL } from './frames.ts'
import type { Probe, Sandbox } from './index.ts'
import { runnerDigest, SOURCES, sourceOf } from './inside.ts'
import { environmentOf, type Launched, nativeWorker, tryOut } from './native.ts'

/** Whether the interpreter is there and runs. */
export async function probeNone(python: string): Promise<Probe> {
  if (process.platform !== 'linux')
    return {
      usable: false,
      why: 'it watches limits by /proc, which only Linux has',
      remedy: 'Use docker or podman.',
    }
  try {
    const real = realpathSync(python)
    const { implementation, version } = await tryOut(() => launch(python, 0))
    const fingerprint = {
      sandbox: 'none',
      python: `${implementation} ${version}`,
      runner: runnerDigest(),
      arch: process.arch,
    }
    return { usable: true, sandbox: noSandbox(python, fingerprint), stamps: [real] }
  } catch (error) {
    return { usable: false, why: messageOf(error), remedy: '' }
  }
}

export function noSandbox(python: string, fingerprint: Sandbox['fingerprint']): Sandbox {
  let workers = 0
  const start = () => {
    const number = workers++
    return nativeWorker(() => launch(python, number))
  }
  return { name: 'none', fingerprint, start }
}

function launch(python: string, number: number): Launched {
  const place = mkdtempSync(join(tmpdir(), 'codex-runner-'))
  const [box, runner] = [join(place, 'box'), join(place, 'runner')]
  const start = join(box, 'work')
  for (const folder of [box, runner, start]) mkdirSync(folder)
  for (const [file, name] of SOURCES) copyFileSync(sourceOf(file), join(runner, name))
  const child = spawn(python, ['-s', 'program.py'], {
    cwd: start,
    env: {
      ...environmentOf(box, runner),
      PATH: '/usr/local/bin:/usr/bin:/bin',
      BOX: box,
      CAGE: 'bare',
      CHANNEL: `${CHANNEL} ${CHANNEL}`,
      WORKER: String(number),
    },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  return { process: child, afterwards: () => rm(place, { recursive: true, force: true }) }
}
