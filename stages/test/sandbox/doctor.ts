/** What `doctor` says of sandboxes: which work here, which is taken, and what a hostile program achieves in that one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Finding, type Machine, messageOf } from '../../../engine/stage.ts'
import type { Wish } from './choose.ts'
import { wanted } from './choose.ts'
import type { Execution, Probe, Sandbox, Settings } from './index.ts'
import { type Kind, kinds, none } from './kinds.ts'

export async function diagnose(
  machine: Machine,
  wish: Wish,
  settings: Settings,
): Promise<readonly Finding[]> {
  const name = wanted(machine, wish, settings)
  const findings: Finding[] = []
  let taken: Sandbox | undefined
  for (const kind of name === 'none' ? [...kinds, none] : kinds) {
    const probe = await kind.probe(settings)
    if (probe.usable && taken === undefined && (name === 'auto' || name === kind.name)) taken = probe.sandbox
    findings.push(described(kind, probe, name))
  }
  if (taken === undefined)
    return [
      ...findings,
      {
        level: 'bad',
        text: name === 'auto' ? 'no sandbox works here' : `${name} is asked for and does not work`,
      },
    ]
  const how = name === 'auto' ? 'the strongest that works' : 'asked for, or used before'
  findings.push({ level: 'good', text: `programs run in ${taken.name} (${how})` })
  return [...findings, ...(await tried(taken))]
}

function described({ name, protects }: Kind, probe: Probe, asked: string): Finding {
  if (!probe.usable)
    return {
      level: asked === name ? 'bad' : 'info',
      text: `${name} does not work here: ${probe.why}`,
      remedy: probe.remedy,
    }
  const { python, pyodide, image } = probe.sandbox.fingerprint
  const what = [python, pyodide === undefined ? undefined : `pyodide ${String(pyodide)}`, image]
    .filter(Boolean)
    .join(', ')
  return { level: 'good', text: `${name} works: ${what}`, remedy: protects }
}

async function tried(sandbox: Sandbox): Promise<readonly Finding[]> {
  const worker = sandbox.start()
  const { signal } = new AbortController()
  const trap = await Trap.set()
  try {
    const started = performance.now()
    const harmless = await worker.run(execution('print(6 * int(input()))', '7'), signal)
    const first = performance.now() - started
    if (harmless.stdout !== '42\n')
      return [{ level: 'bad', text: `a harmless program went wrong: ${harmless.ending} ${harmless.stderr}` }]
    const again = performance.now()
    await worker.run(execution('print(1)', ''), signal)
    const times = `${first.toFixed(0)} ms the first time, ${(performance.now() - again).toFixed(0)} ms after`
    const hostile = await worker.run(execution(trap.program, ''), signal)
    const got = hostile.stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '')
    return [
      { level: 'good', text: `a harmless program ran as it should (${times})` },
      got.at(-1) !== 'done'
        ? {
            level: 'bad',
            text: `a hostile program ended oddly: ${hostile.ending} ${hostile.stderr.slice(-300)}`,
          }
        : judged(sandbox, got.slice(0, -1)),
    ]
  } catch (error) {
    return [{ level: 'bad', text: `it broke when it was tried: ${messageOf(error)}` }]
  } finally {
    trap.clear()
    await worker.close()
  }
}

function judged({ name }: Sandbox, got: readonly string[]): Finding {
  const tried = 'a planted file, a planted variable, your home, a server of this machine, a process outside'
  if (got.length === 0)
    return { level: 'good', text: `a hostile program reached nothing (it tried ${tried})` }
  const expected = name === 'none' || name === 'pyodide'
  return { level: expected ? 'info' : 'bad', text: `a hostile program reached: ${got.join(', ')}` }
}

/** What is laid out for the hostile program to find. */
class Trap {
  readonly program: string
  readonly #folder: string
  readonly #server: Server

  private constructor(folder: string, server: Server, program: string) {
    this.#folder = folder
    this.#server = server
    this.program = program
  }

  static async set(): Promise<Trap> {
    const folder = mkdtempSync(join(tmpdir(), 'codex-runner-doctor-'))
    const file = join(folder, '.env')
    writeFileSync(file, 'PLANTED=1')
    process.env['CODEX_RUNNER_PLANTED'] = 'planted'
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    return new Trap(folder, server, hostile(file, port))
  }

  clear(): void {
    delete process.env['CODEX_RUNNER_PLANTED']
    rmSync(this.#folder, { recursive: true, force: true })
    this.#server.close()
  }
}

function hostile(file: string, port: number): string {
  return `
import os
def attempt(what, how):
    try:
        if how(): print(what)
    except BaseException: pass
def connect():
    import socket
    return socket.create_connection(('127.0.0.1', ${port}), 2)
attempt('a planted file', lambda: open(${JSON.stringify(file)}).read())
attempt('a planted variable', lambda: 'CODEX_RUNNER_PLANTED' in os.environ)
attempt('your home', lambda: os.listdir(${JSON.stringify(homedir())}))
attempt('a server of this machine', connect)
attempt('a process outside', lambda: os.kill(${process.pid}, 0) is None)
print('done')`
}

function execution(answer: string, stdin: string): Execution {
  return {
    answer,
    code: '',
    stdin,
    files: [],
    capture: 'program',
    echoStdin: false,
    stderr: 'apart',
    limits: {
      cpuSeconds: 5,
      wallSeconds: 30,
      memoryMB: 256,
      outputKB: 64,
      processes: 16,
      diskMB: 16,
      fileMB: 16,
      openFiles: 64,
    },
  }
}
