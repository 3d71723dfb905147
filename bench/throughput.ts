/** Executions a second in our sandbox, against a fresh python3 per program, with and without bwrap, on real programs. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { corpora } from '../engine/testing/parts.ts'
import { parseQuestions } from '../stages/questions/read.ts'
import { Pool } from '../stages/test/pool.ts'
import type { Execution } from '../stages/test/sandbox/index.ts'
import { natives, probeNative } from '../stages/test/sandbox/testing/index.ts'
import { median, note, quantile } from './compare.ts'
import { notHere } from './parts.ts'
import type { Scale } from './scale.ts'

const workers = 2
const python = '/usr/bin/python3'
export const limits = {
  cpuSeconds: 5,
  wallSeconds: 30,
  memoryMB: 512,
  outputKB: 1024,
  processes: 64,
  diskMB: 64,
  fileMB: 64,
  openFiles: 256,
}

/** `full`: also the programs of a weak model, many of which end in an error or not at all. */
export async function throughput(scale: Scale): Promise<void> {
  if (corpora === undefined) return notHere('throughput', 'real programs', 'no corpora')
  const canonical = programs('canonical.jsonl', 1)
  const sets = {
    'humaneval canonical': scale === 'short' ? canonical.slice(0, 10) : canonical,
    ...(scale === 'full' ? { 'humaneval codegen': programs('codegen-16b-mono-n100.cleaned.jsonl', 4) } : {}),
  }
  for (const [name, some] of Object.entries(sets)) {
    // Ours first and last: what a warm file cache or a slow minute gives must not go to one side.
    const first = await warm(some, 'bwrap')
    const fresh = await freshPython(some, [])
    const boxed = await freshPython(some, bwrapArgs)
    const last = await warm(some, 'bwrap')
    const ours = (first + last) / 2
    note('throughput', `${name}: ours, ${workers} workers`, `${ours.toFixed(0)}/s`)
    note(
      'throughput',
      `${name}: fresh python3, no sandbox`,
      `${fresh.toFixed(0)}/s (ours ${(ours / fresh).toFixed(1)} ×)`,
    )
    note(
      'throughput',
      `${name}: bwrap … python3`,
      `${boxed.toFixed(0)}/s (ours ${(ours / boxed).toFixed(1)} ×)`,
    )
    await containers(name, some, { ours, each: { short: 2, usual: 10, full: 40 }[scale] })
  }
}

/** Against a container per program, and in containers that stay. */
async function containers(
  name: string,
  executions: readonly Execution[],
  { ours, each: count }: { readonly ours: number; readonly each: number },
): Promise<void> {
  const image = process.env['PYTHON_IMAGE']
  if (image === undefined) return notHere('throughput', `${name}: docker and podman`, 'no PYTHON_IMAGE')
  const each = await containerEach(executions.slice(0, count), image)
  const rate = `${each.toFixed(1)}/s (ours in bwrap ${(ours / each).toFixed(0)} ×)`
  note('throughput', `${name}: docker run per program`, rate)
  for (const engine of ['docker', 'podman'] as const) {
    const staying = await warm(executions, engine)
    const value = `${staying.toFixed(0)}/s (${(staying / each).toFixed(0)} × docker run)`
    note('throughput', `${name}: ours in ${engine}, ${workers} workers`, value)
  }
}

/** One execution now and then, as in watch mode; what the first one waits for; what a worker holds in memory. */
export async function latency(scale: Scale): Promise<void> {
  for (const native of natives) {
    const probe = await probeNative(native)
    if (!probe.usable) {
      notHere('latency', native.name, probe.why)
      continue
    }
    const worker = probe.sandbox.start()
    const { signal } = new AbortController()
    const times: number[] = []
    for (let count = 0; count <= (scale === 'short' ? 5 : 100); count++) {
      await new Promise((later) => setTimeout(later, PAUSE))
      const started = performance.now()
      await worker.run(trivial, signal)
      times.push(performance.now() - started)
    }
    const first = times.shift() ?? 0
    const rest = `median ${median(times).toFixed(1)} ms, 95th percentile ${quantile(times, 0.95).toFixed(1)} ms`
    note('latency', `${native.name}: a trivial execution, from the request to the result`, rest)
    note('latency', `${native.name}: the first one, with the worker's start`, `${first.toFixed(0)} ms`)
    note('latency', `${native.name}: memory of a worker`, `${workerMemory().toFixed(0)} MB`)
    await worker.close()
  }
}

/** Milliseconds between two executions: nobody saves more often. */
const PAUSE = 50

const trivial: Execution = {
  answer: 'def f(): return 42',
  code: 'print(f())',
  stdin: '',
  files: [],
  capture: 'testcase',
  echoStdin: false,
  stderr: 'apart',
  limits,
}

/** Runner and watcher, each with its share of what they share. */
function workerMemory(): number {
  const pids = readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')
    return words[1] === '-s' && words[2] === 'program.py'
  })
  const sizes = pids.map((pid) => {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024
  })
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** A second's worth of containers, each for one program. */
async function containerEach(executions: readonly Execution[], image: string): Promise<number> {
  const options = [
    '--network',
    'none',
    '--read-only',
    '--cap-drop',
    'all',
    '--memory',
    '512m',
    '--pids-limit',
    '64',
  ]
  const command = [
    'docker',
    'run',
    '--rm',
    '-i',
    ...options,
    '--security-opt',
    'no-new-privileges',
    image,
    'python3',
    '-',
  ]
  const limit = pLimit(workers)
  const started = process.hrtime.bigint()
  await Promise.all(executions.map(({ answer, code }) => limit(() => one(command, `${answer}\n\n${code}`))))
  return executions.length / (Number(process.hrtime.bigint() - started) / 1e9)
}

function programs(file: string, samples: number): Execution[] {
  const parsed = parseQuestions(readFileSync(`${corpora}/humaneval/questions.toml`, 'utf8'))
  if (!('file' in parsed)) throw new Error('the corpus does not parse')
  const questions = new Map(parsed.file.questions.map((question) => [question.id, question]))
  const lines = readFileSync(`${corpora}/humaneval/cleaned/${file}`, 'utf8').trim().split('\n')
  return lines.flatMap((line) => {
    const { id, completions } = JSON.parse(line) as { id: string; completions: string[] }
    const question = questions.get(id)
    return completions.slice(0, samples).map((completion) => ({
      answer: (question?.answer_preload ?? '') + completion,
      code: question?.testcases[0]?.code ?? '',
      stdin: '',
      files: [],
      capture: 'testcase',
      echoStdin: false,
      stderr: 'apart',
      limits,
    }))
  })
}

/** Programs a second; the workers' start is not counted, as it is paid once. */
export async function warm(
  executions: readonly Execution[],
  name: 'bwrap' | 'docker' | 'podman',
  atOnce = workers,
): Promise<number> {
  const native = natives.find((each) => each.name === name)
  if (native === undefined) throw new Error(`there is no sandbox ${name}`)
  const probe = await probeNative(native)
  if (!probe.usable) throw new Error(probe.why)
  const pool = new Pool(probe.sandbox)
  const limit = pLimit(atOnce)
  const signal = new AbortController().signal
  const all = (some: readonly Execution[]) =>
    Promise.all(some.map((execution) => limit(() => pool.run(execution, signal, () => {}))))
  await all(executions.slice(0, atOnce * 2))
  const started = process.hrtime.bigint()
  await all(executions)
  const seconds = Number(process.hrtime.bigint() - started) / 1e9
  await pool.close()
  return executions.length / seconds
}

const bwrapArgs = [
  'bwrap',
  '--unshare-all',
  '--die-with-parent',
  '--new-session',
  '--clearenv',
  '--ro-bind',
  '/usr',
  '/usr',
  '--symlink',
  'usr/lib',
  '/lib',
  '--symlink',
  'usr/lib64',
  '/lib64',
  '--proc',
  '/proc',
  '--dev',
  '/dev',
  '--tmpfs',
  '/tmp',
]

async function freshPython(executions: readonly Execution[], wrapper: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'codex-runner-bench-'))
  const limit = pLimit(workers)
  const paths = executions.map(({ answer, code }, index) => {
    const path = join(folder, `${index}.py`)
    writeFileSync(path, `${answer}\n\n${code}`)
    return path
  })
  const started = process.hrtime.bigint()
  await Promise.all(
    paths.map((path) =>
      limit(() => one([...wrapper, ...(wrapper.length > 0 ? ['--ro-bind', path, path] : []), python, path])),
    ),
  )
  const seconds = Number(process.hrtime.bigint() - started) / 1e9
  rmSync(folder, { recursive: true })
  return executions.length / seconds
}

function one([command = '', ...args]: readonly string[], stdin = ''): Promise<void> {
  return new Promise((done) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    child.stdin.on('error', () => {})
    child.stdin.end(stdin)
    child.stdout.resume()
    child.stderr.resume()
    // What the sandbox limits, something must limit here too: a few programs are endless.
    const timer = setTimeout(() => child.kill('SIGKILL'), limits.cpuSeconds * 1000)
    child.on('close', () => {
      clearTimeout(timer)
      done()
    })
  })
}
