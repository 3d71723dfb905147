/**
 * The sandbox that bubblewrap makes: an interpreter in namespaces of its own, which sees /usr read-only and nothing
 * else of the host.
 *
 * bwrap never starts as kernel uid 0: as root, /proc/sys opens for writing in there and RLIMIT_NPROC does not bind.
 * So root becomes an unused uid first, and the runner's files are handed over as descriptors, because that uid may
 * be unable to read the project.
 *
 * The runner keeps two capabilities, in its own user namespace only: SYS_ADMIN for the namespaces and mounts of each
 * execution, SYS_PTRACE to open a namespace of its child. Rejected: bwrap's --dev (its second user namespace takes
 * the right to return to the runner's pid namespace), one bwrap per execution (a Python start-up each).
 */
import { spawn } from 'node:child_process'
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { messageOf } from '../../../engine/stage.ts'
import { CHANNEL } from './frames.ts'
import type { Probe, Sandbox } from './index.ts'
import { runnerDigest, SOURCES, sourceOf } from './inside.ts'
import { environmentOf, type Launched, nativeWorker, tryOut } from './native.ts'
import { installing, onPath } from './path.ts'

const RUNNER = '/run/runner'
/** A range that neither distributions nor systemd hand out. */
const FIRST_UNUSED_UID = 61000
const UNUSED_UIDS = 180

/** Whether bwrap and this Python work here, found out by running them; takes a tenth of a second. */
export async function probeBwrap(python: string): Promise<Probe> {
  const bwrap = onPath('bwrap')
  if (process.platform !== 'linux') return unusable('bubblewrap is for Linux only', '')
  if (bwrap === undefined) return unusable('bwrap is not installed', installing('bubblewrap'))
  try {
    const real = realpathSync(python)
    const { implementation, version } = await tryOut(() => launch(python, 0))
    const sandbox = bwrapSandbox(python, fingerprint(implementation, version))
    return { usable: true, sandbox, stamps: [bwrap, real] }
  } catch (error) {
    return unusable(
      messageOf(error),
      'User namespaces may be forbidden here (sysctl kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns), or the interpreter may lie where only its owner can read.',
    )
  }
}

function fingerprint(implementation: string, version: string): Sandbox['fingerprint'] {
  return {
    sandbox: 'bwrap',
    python: `${implementation} ${version}`,
    runner: runnerDigest(),
    arch: process.arch,
  }
}

/** The sandbox with the fingerprint that it was found to have; nothing is probed. */
export function bwrapSandbox(python: string, known: Sandbox['fingerprint']): Sandbox {
  let workers = 0
  const start = () => {
    const number = workers++
    return nativeWorker(() => launch(python, number))
  }
  return { name: 'bwrap', fingerprint: known, start }
}

function unusable(why: string, remedy: string): Probe {
  return { usable: false, why, remedy }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

let started = 0

/** `number`: of the worker, for the processor that it is to stay on. */
function launch(python: string, number: number): Launched {
  const sources = SOURCES.map(([file]) => openSync(sourceOf(file), 'r'))
  const uid = FIRST_UNUSED_UID + (started++ % UNUSED_UIDS)
  const root = process.getuid?.() === 0
  try {
    const args = [...view(python), ...inside(number), python, '-s', 'program.py']
    const process = spawn(onPath('bwrap') ?? 'bwrap', args, {
      cwd: '/',
      env: {},
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', ...sources],
      ...(root ? { uid, gid: uid } : {}),
    })
    return { process }
  } finally {
    for (const source of sources) closeSync(source)
  }
}

/** The files that are visible: the system's programs and libraries, the interpreter, a few devices. */
function view(python: string): string[] {
  const prefix = dirname(dirname(realpathSync(python)))
  const ofSystem = prefix === '/usr' || prefix === '/'
  return [
    ...['--ro-bind', '/usr', '/usr'],
    ...['/lib', '/lib32', '/lib64', '/bin', '/sbin'].flatMap(asOnHost),
    ...(prefix === '/usr/local' || !exists('/usr/local') ? [] : hidden('/usr/local')),
    ...(prefix.startsWith('/nix/store/') ? ['--ro-bind', '/nix/store', '/nix/store'] : []),
    ...(ofSystem ? [] : ['--ro-bind', prefix, prefix]),
    ...packageFolders(ofSystem ? '/usr' : prefix).flatMap(hidden),
    ...['null', 'zero', 'full', 'random', 'urandom'].flatMap((name) => [
      '--dev-bind',
      `/dev/${name}`,
      `/dev/${name}`,
    ]),
    ...['--symlink', '/proc/self/fd', '/dev/fd', '--symlink', '/box/shm', '/dev/shm'],
    ...['stdin', 'stdout', 'stderr'].flatMap((name, fd) => [
      '--symlink',
      `/proc/self/fd/${fd}`,
      `/dev/${name}`,
    ]),
    ...['--proc', '/proc', '--dir', '/box/work', '--symlink', '/box/tmp', '/tmp'],
    ...SOURCES.flatMap(([, name], at) => ['--ro-bind-data', `${CHANNEL + 1 + at}`, `${RUNNER}/${name}`]),
    ...['--remount-ro', '/'],
  ]
}

/** Merged /usr or not: a link where the host has a link. */
function asOnHost(path: string): string[] {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return []
  return stat.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path]
}

/** The standard library only: an empty folder where packages are installed. */
function packageFolders(prefix: string): string[] {
  const libraries = ['lib', 'lib64'].map((name) => join(prefix, name)).filter(exists)
  return libraries
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.startsWith('python3'))
        .flatMap((name) =>
          ['site-packages', 'dist-packages'].map((packages) => join(folder, name, packages)),
        ),
    )
    .filter(exists)
}

function hidden(path: string): string[] {
  return ['--tmpfs', path, '--remount-ro', path]
}

function inside(number: number): string[] {
  const environment = {
    ...environmentOf('/box', RUNNER),
    PATH: '/usr/bin:/bin',
    CAGE: 'namespaces',
    CHANNEL: `${CHANNEL} ${CHANNEL}`,
    WORKER: String(number),
  }
  return [
    ...['--unshare-all', '--die-with-parent', '--new-session', '--clearenv', '--chdir', '/box/work'],
    ...['--uid', '1000', '--gid', '1000', '--cap-add', 'CAP_SYS_ADMIN', '--cap-add', 'CAP_SYS_PTRACE'],
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
  ]
}
