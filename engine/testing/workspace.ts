/**
 * A temporary folder with a pipeline in it, driven through the real command line as its user would. Tests count what
 * ran: requests sent and executions made, from the summary that `--json` ends with.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Event, Summary } from '../events.ts'

const project = resolve(import.meta.dirname, '../..')
const bin = join(project, 'engine/bin.mjs')

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly events: readonly Event[]
  readonly summary: Summary
}

export interface RunSettings {
  readonly env?: { readonly [name: string]: string | undefined }
  /** Kill the process with SIGKILL so many milliseconds after its first output, or after it has said `killOn`. */
  readonly killAfter?: number
  readonly killOn?: string
  readonly cwd?: string
  /** Another copy of the program. */
  readonly bin?: string
}

export class TestFolder {
  readonly path: string = mkdtempSync(join(tmpdir(), 'codex-runner-'))

  /** A pipeline file with this inside `pipeline({ … })`; the stages' functions are imported. */
  pipeline(stages: string, name = 'pipeline.ts'): void {
    const names = 'all, clean, each, generate, openai, pipeline, recorded, report, test'
    this.write(
      name,
      `import { ${names} } from '${join(project, 'stages/index.ts')}'\nvoid [${names}]\nexport default pipeline({\n${stages}\n})\n`,
    )
  }

  /** The project's own sample set and pipeline. */
  sample(): void {
    cpSync(join(project, 'data/questions'), join(this.path, 'data/questions'), { recursive: true })
    cpSync(join(project, 'data/sample'), join(this.path, 'data/sample'), { recursive: true })
    const text = readFileSync(join(project, 'pipeline.ts'), 'utf8')
    this.write('pipeline.ts', text.replace('./stages/index.ts', join(project, 'stages/index.ts')))
  }

  write(path: string, text: string | Buffer): void {
    mkdirSync(dirname(this.at(path)), { recursive: true })
    writeFileSync(this.at(path), text)
  }

  read(path: string): string {
    return readFileSync(this.at(path), 'utf8')
  }

  /** Replaces text in a file; throws when the text is not there, so that a test can't edit nothing. */
  edit(path: string, from: string | RegExp, to: string): void {
    const before = this.read(path)
    const after = before.replace(from, () => to)
    if (after === before) throw new Error(`${path} does not contain ${from}`)
    this.write(path, after)
  }

  remove(path: string): void {
    rmSync(this.at(path), { recursive: true, force: true })
  }

  at(path: string): string {
    return join(this.path, path)
  }

  /** All files below a folder with their contents. */
  tree(folder = 'data'): { readonly [path: string]: string } {
    const files = readdirSync(this.at(folder), { recursive: true, encoding: 'utf8' }).sort()
    return Object.fromEntries(
      files
        .filter((file) => statSync(join(this.at(folder), file)).isFile())
        .map((file) => [file, this.read(join(folder, file))]),
    )
  }

  /** Modification times in ns of all files below a folder. */
  times(folder = 'data'): { readonly [path: string]: bigint } {
    return Object.fromEntries(
      Object.keys(this.tree(folder)).map((file) => [
        file,
        statSync(this.at(join(folder, file)), { bigint: true }).mtimeNs,
      ]),
    )
  }

  /** Runs the command line with `--json` and waits for its end. */
  async run(args: readonly string[] = [], settings: RunSettings = {}): Promise<Ran> {
    const ran = await this.plain([...args, '--json'], settings)
    const events = ran.stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .flatMap((line) => parsed(line))
    const last = events.at(-1)
    return { ...ran, events, summary: last?.type === 'summary' ? last : nothing }
  }

  /** Runs the command line as a person does, in a pipe. */
  plain(
    args: readonly string[] = [],
    settings: RunSettings = {},
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((done) => {
      const child = this.start(args, settings)
      const out = { stdout: '', stderr: '' }
      child.stdout?.on('data', (chunk) => (out.stdout += chunk))
      child.stderr?.on('data', (chunk) => (out.stderr += chunk))
      let timer: NodeJS.Timeout | undefined
      if (settings.killAfter !== undefined)
        child.stdout?.on('data', () => {
          if (timer === undefined && out.stdout.includes(settings.killOn ?? ''))
            timer = setTimeout(() => child.kill('SIGKILL'), settings.killAfter)
        })
      child.on('close', (code) => {
        clearTimeout(timer)
        done({ code: code ?? -1, ...out })
      })
    })
  }

  start(args: readonly string[], settings: RunSettings = {}): ChildProcess {
    return spawn(process.execPath, [settings.bin ?? bin, ...args], {
      cwd: settings.cwd ?? this.path,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NO_COLOR: '1',
        npm_lifecycle_event: undefined,
        OPENAI_API_KEY: undefined,
        ...settings.env,
      },
    })
  }

  destroy(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

const nothing: Summary = {
  dry: false,
  requests: -1,
  executions: -1,
  built: -1,
  fresh: -1,
  failed: -1,
  blocked: -1,
  incomplete: -1,
  written: -1,
  hits: -1,
  paid: { completions: -1, tokens_in: -1, tokens_out: -1, cost: -1, unpriced: -1 },
  wanted: { requests: -1, executions: -1, cost: -1, unpriced: -1 },
  facts: {},
  interrupted: false,
  seconds: -1,
}

function parsed(line: string): Event[] {
  try {
    return [JSON.parse(line) as Event]
  } catch {
    // A killed process leaves half a line.
    return []
  }
}
