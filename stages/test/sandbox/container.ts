/**
 * The sandbox of a container engine, docker or podman: one long-lived container per worker, with no network, a
 * read-only root, and limits of memory, processes and processor time for all that is in it.
 *
 * Inside, the runner is root with three capabilities and gives each execution a user id of its own (users.py says why).
 * A container per test was rejected: a start costs a third of a second, a fork in one that runs costs a hundredth.
 *
 * The runner's files are handed over on standard input, which works for an engine on another machine as well (on macOS
 * it always is one), and the channel is standard input and output: it closes when we are gone, and then the runner
 * ends, and with it the container. Rejected: a socket in a mounted folder (not on another machine).
 *
 * The image's own packages are visible: who chooses an image chooses them, and its digest is part of each result's key.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { messageOf } from '../../../engine/stage.ts'
import type { Limits, Probe, Sandbox, Settings } from './index.ts'
import { SandboxError } from './index.ts'
import { runnerDigest, SOURCES, sourceOf } from './inside.ts'
import { environmentOf, type Launched, nativeWorker, tryOut } from './native.ts'
import { installing, onPath } from './path.ts'

export type Engine = 'docker' | 'podman'

const RUNNER = '/run/runner'
/** Of folders that programs may write to: the working directory, /tmp and /dev/shm. */
const WRITABLE_FOLDERS = 3
/** For the interpreter that forks and the one that watches. */
const OVERHEAD_MB = 128
const OUR_PROCESSES = 2

/**
 * Reads the runner's files (eight digits of length, then JSON), lays them out, and becomes the runner. What the
 * standard descriptors are, an interpreter learns when it starts: they must be files, as the program's will be.
 */
const BOOTSTRAP = `
import json, os, sys
def receive(size):
    data = b''
    while len(data) < size:
        data += os.read(0, size - len(data)) or sys.exit('no files came')
    return data
handed = json.loads(receive(int(receive(8))))
for name, text in handed['files'].items():
    with open('${RUNNER}/' + name, 'w') as file:
        file.write(text)
for old, new, now in ((0, 3, os.O_RDONLY), (1, 4, os.O_WRONLY)):
    os.dup2(old, new)
    os.dup2(os.open('/dev/null', now), old)
os.mkdir('/box/work')
os.chdir('/box/work')
os.execve(sys.executable, [sys.executable, '-s', 'program.py'], {'PATH': os.environ['PATH'], **handed['environment']})
`

/**
 * Whether the engine and the image work here, found out by running a program. The image is pulled if it is not there
 * and there is somebody to `say` so to.
 */
export async function probeContainer(
  engine: Engine,
  settings: Settings,
  say: ((text: string) => void) | undefined,
): Promise<Probe> {
  const program = onPath(engine)
  if (program === undefined)
    return {
      usable: false,
      why: `${engine} is not installed`,
      remedy: installing(engine === 'docker' ? 'docker.io' : 'podman'),
    }
  try {
    const image = (await imageId(engine, settings.image)) ?? (await pulled(engine, settings.image, say))
    const { implementation, version } = await tryOut((limits) =>
      launch(engine, image, settings.runtime, limits, 0),
    )
    const fingerprint = {
      sandbox: 'container',
      image,
      python: `${implementation} ${version}`,
      runner: runnerDigest(),
      arch: process.arch,
      ...(settings.runtime === undefined ? {} : { runtime: settings.runtime }),
    }
    return {
      usable: true,
      sandbox: containerSandbox(engine, settings.runtime, fingerprint),
      stamps: [program],
    }
  } catch (error) {
    return {
      usable: false,
      why: messageOf(error),
      remedy: remedyFor(engine, settings.image, messageOf(error)),
    }
  }
}

/** The sandbox with the fingerprint that it was found to have; nothing is probed. */
export function containerSandbox(
  engine: Engine,
  runtime: string | undefined,
  fingerprint: Sandbox['fingerprint'],
): Sandbox {
  let workers = 0
  const image = String(fingerprint['image'])
  const start = () => {
    const number = workers++
    return nativeWorker((limits) => launch(engine, image, runtime, limits, number), fits)
  }
  return { name: engine, fingerprint, start }
}

/** What the container limits for all that is in it can't be limited further for one execution. */
function fits(started: Limits, wanted: Limits): boolean {
  return (
    started.processes === wanted.processes &&
    started.diskMB === wanted.diskMB &&
    started.memoryMB >= wanted.memoryMB
  )
}

function launch(
  engine: Engine,
  image: string,
  runtime: string | undefined,
  limits: Limits,
  number: number,
): Launched {
  const name = `codex-runner-${process.pid}-${randomBytes(4).toString('hex')}`
  const child = spawn(engine, runArguments(engine, name, image, runtime, limits), {
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  hand(child, number)
  return { process: child, afterwards: () => remove(engine, name) }
}

function runArguments(
  engine: Engine,
  name: string,
  image: string,
  runtime: string | undefined,
  limits: Limits,
): string[] {
  const memory = `${limits.memoryMB + WRITABLE_FOLDERS * limits.diskMB + OVERHEAD_MB}m`
  const folder = `rw,exec,nosuid,nodev,mode=1777,size=${limits.diskMB}m${engine === 'docker' ? ',nr_inodes=16384' : ''}`
  return [
    ...(runtime === undefined ? [] : ['--runtime', runtime]),
    ...['run', '--rm', '--interactive', '--name', name, '--pull', 'never', '--log-driver', 'none'],
    ...['--network', 'none', '--hostname', 'sandbox', '--read-only', '--security-opt', 'no-new-privileges'],
    ...['--cap-drop', 'all', '--cap-add', 'SETUID', '--cap-add', 'SETGID', '--cap-add', 'KILL'],
    ...['--memory', memory, '--memory-swap', memory, '--cpus', '1'],
    ...['--pids-limit', String(limits.processes + OUR_PROCESSES)],
    ...['--ulimit', 'nofile=1024:1024', '--ulimit', 'core=0:0', '--ulimit', 'nproc=4096:4096'],
    ...['--tmpfs', `${RUNNER}:rw,noexec,nosuid,nodev,mode=755,size=1m`],
    ...['--tmpfs', `/box:${folder}`, '--tmpfs', `/tmp:${folder}`, '--shm-size', `${limits.diskMB}m`],
    ...['--user', '0:0', '--workdir', '/', '--entrypoint', 'python3', image, '-I', '-S', '-c', BOOTSTRAP],
  ]
}

function hand(child: ChildProcess, number: number): void {
  const files = Object.fromEntries(
    SOURCES.map(([file, name]) => [name, readFileSync(sourceOf(file), 'utf8')]),
  )
  const environment = {
    ...environmentOf('/box', RUNNER),
    CAGE: 'users',
    CHANNEL: '3 4',
    WORKER: String(number),
  }
  const text = Buffer.from(JSON.stringify({ files, environment }))
  child.stdin?.write(String(text.length).padStart(8, '0'))
  child.stdin?.write(text)
}

/** Most often it is gone already: its runner ends when the channel does. */
async function remove(engine: Engine, name: string): Promise<void> {
  // Podman would first ask it to stop, and wait.
  await run([engine, 'rm', '--force', ...(engine === 'podman' ? ['--time', '0'] : []), name])
}

async function imageId(engine: Engine, image: string): Promise<string | undefined> {
  const { status, stdout, stderr } = await run([engine, 'image', 'inspect', '--format', '{{.Id}}', image])
  if (status === 0) return `sha256:${stdout.trim().replace('sha256:', '')}`
  if (/no such image|not known|not found/i.test(stderr)) return undefined
  throw new SandboxError(lastLine(stderr))
}

async function pulled(
  engine: Engine,
  image: string,
  say: ((text: string) => void) | undefined,
): Promise<string> {
  if (say === undefined) throw new SandboxError(`the image ${image} is not there yet`)
  say(`${engine} has no image ${image}: pulling it, once.`)
  const { status, stderr } = await run([engine, 'pull', image], 'shown')
  if (status !== 0) throw new SandboxError(`the image ${image} could not be pulled: ${lastLine(stderr)}`)
  const id = await imageId(engine, image)
  if (id === undefined) throw new SandboxError(`the image ${image} was pulled and is not there`)
  return id
}

interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** `shown`: its progress goes to our standard error as well. */
async function run(command: readonly string[], progress?: 'shown'): Promise<Ran> {
  const { $ } = await import('zx/core')
  const child = $({ nothrow: true, quiet: true })`${command}`
  if (progress === 'shown') {
    child.stdout.pipe(process.stderr, { end: false })
    child.stderr.pipe(process.stderr, { end: false })
  }
  const { exitCode, stdout, stderr } = await child
  return { status: exitCode, stdout, stderr }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}

function remedyFor(engine: Engine, image: string, why: string): string {
  if (/cannot connect|is the docker daemon running|connection refused/i.test(why))
    return engine === 'docker'
      ? 'Start the docker engine (systemctl start docker, or Docker Desktop).'
      : 'Start it (podman machine start).'
  if (/hybrid mode/.test(why)) return "Give podman another runtime in pipeline.ts: runtime: 'runc'."
  if (/permission denied/i.test(why))
    return `You may not speak to ${engine} (docker: add yourself to the group docker, and log in again).`
  if (/is not there yet/.test(why)) return `It is pulled when it is first used; or: ${engine} pull ${image}`
  if (/pulled/.test(why)) return 'Name another image in pipeline.ts (image: …), or load one by hand.'
  return ''
}
