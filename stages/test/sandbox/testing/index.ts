/** For tests: executions with everything filled in that a test does not care about. */
import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Test } from 'uvu'
import { needing } from '../../../../engine/testing/parts.ts'
import type { Execution, Limits, Outcome, Probe, Sandbox, Settings, Worker } from '../index.ts'
import { kindOf } from '../kinds.ts'

export const PYTHON = '/usr/bin/python3'
export const SETTINGS: Settings = {
  python: PYTHON,
  image: process.env['PYTHON_IMAGE'] ?? 'python:3.13-slim',
  runtime: undefined,
}

export type Wish = Partial<Omit<Execution, 'limits'>> & { readonly limits?: Partial<Limits> }

export function execution(answer: string, { limits, ...wish }: Wish = {}): Execution {
  return {
    answer,
    code: '',
    stdin: '',
    files: [],
    capture: 'program',
    echoStdin: false,
    stderr: 'apart',
    limits: {
      cpuSeconds: 10,
      wallSeconds: 60,
      memoryMB: 512,
      outputKB: 256,
      processes: 64,
      diskMB: 64,
      fileMB: 64,
      openFiles: 256,
      ...limits,
    },
    ...wish,
  }
}

/** One worker for all tests of a file, started when the first needs it. */
export class Bench {
  readonly #probe: () => Promise<Probe>
  #worker: Promise<Worker> | undefined

  constructor(probe: () => Promise<Probe>) {
    this.#probe = probe
  }

  async sandbox(): Promise<Sandbox> {
    const probe = await this.#probe()
    if (!probe.usable) throw new Error(`${probe.why} ${probe.remedy}`)
    return probe.sandbox
  }

  async run(answer: string, wish: Wish = {}, signal = new AbortController().signal): Promise<Outcome> {
    this.#worker ??= this.sandbox().then((sandbox) => sandbox.start())
    return await (await this.#worker).run(execution(answer, wish), signal)
  }

  async close(): Promise<void> {
    await (await this.#worker)?.close()
    this.#worker = undefined
  }
}

/** A sandbox that runs Python itself, as tests see it: its bench, and what the machine must have for it. */
export interface Native {
  readonly name: 'bwrap' | 'docker' | 'podman'
  readonly parts: readonly string[]
  readonly settings: Settings
}

export const natives: readonly [Native, ...Native[]] = [
  { name: 'bwrap', parts: ['bwrap', 'python3'], settings: SETTINGS },
  { name: 'docker', parts: ['docker', 'a Python image'], settings: SETTINGS },
  {
    name: 'podman',
    parts: ['podman', 'a Python image'],
    settings: {
      ...SETTINGS,
      image: `localhost/${SETTINGS.image}`,
      runtime: process.env['PODMAN_RUNTIME'] || undefined,
    },
  },
]

export async function probeNative({ name, settings }: Native): Promise<Probe> {
  const kind = kindOf(name)
  if (kind === undefined) throw new Error(`there is no sandbox ${name}`)
  return await kind.probe(settings)
}

/** The tests of `body` once for each native sandbox, which their names begin with; `NATIVES=docker,…` chooses. */
export function eachNative(
  test: Test,
  body: (
    bench: Bench,
    register: (title: string, run: () => Promise<void> | void) => void,
    native: Native,
  ) => void,
): void {
  const chosen = process.env['NATIVES']?.split(',')
  for (const native of natives.filter(({ name }) => chosen?.includes(name) ?? true)) {
    const bench = new Bench(() => probeNative(native))
    body(bench, (title, run) => needing(test, native.parts, `${native.name}: ${title}`, run), native)
    test.after(() => bench.close())
  }
}

/** What `python3 program.py` does with it, outside of any sandbox; paths as they are inside. */
export function plainPython({
  answer,
  code,
  stdin,
  files,
}: Execution): Pick<Outcome, 'stdout' | 'stderr' | 'status'> {
  const folder = mkdtempSync(join(tmpdir(), 'plain-'))
  try {
    writeFileSync(join(folder, 'program.py'), code.trim() === '' ? answer : `${answer}\n\n${code}`)
    for (const { name, text } of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
    writeFileSync(join(folder, '.stdin'), stdin)
    const input = openSync(join(folder, '.stdin'), 'r')
    rmSync(join(folder, '.stdin'))
    const env = { LANG: 'C.UTF-8', PYTHONUTF8: '1', PYTHONHASHSEED: '0', PATH: '/usr/bin:/bin', HOME: folder }
    const result = spawnSync(PYTHON, ['-s', 'program.py'], {
      cwd: folder,
      env,
      stdio: [input, 'pipe', 'pipe'],
    })
    closeSync(input)
    const inside = (bytes: Buffer) => bytes.toString().replaceAll(folder, '/box/work')
    return { stdout: inside(result.stdout), stderr: inside(result.stderr), status: result.status ?? -1 }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Processes of the machine whose command line contains the text. */
export function processesWith(text: string): string[] {
  return execFileSync('/bin/ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(text))
}

/** Processes whose parent, or its parent, … is this one. */
export function descendants(pid: number): number[] {
  const table = execFileSync('/bin/ps', ['-eo', 'pid,ppid,comm'], { encoding: 'utf8' })
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/))
  const children = rows.filter(([, parent, name]) => parent === String(pid) && name !== 'ps')
  return children.flatMap(([child]) => [Number(child), ...descendants(Number(child))])
}
