/** A small pipeline of trivial stages, and what must stand in its outputs, as a plain function of its sources. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../../failure.ts'
import { type Pipeline, pipeline } from '../../graph.ts'
import { type Built, digestOf, fill, type Job, keyOf, nameIn, type Stage } from '../../stage.ts'

/** What pipeline.ts and the machine say, and a history changes. */
export interface Settings {
  readonly version: 1 | 2
  readonly mark: '!' | '?'
  readonly between: ', ' | '; '
  readonly machine: 'old' | 'new'
  /** Whether `join` reads the folder extra/ as well. */
  readonly extra: boolean
}

export const firstSettings: Settings = { version: 1, mark: '!', between: ', ', machine: 'old', extra: true }

export const stageNames = ['upper', 'own', 'join', 'last'] as const
export type StageName = (typeof stageNames)[number]

/** Files and folders that the pipeline reads and writes. */
export const places = ['src', 'extra', 'table.txt', 'mid', 'own', 'out', 'last.txt']

export function pipelineOf(settings: Settings): Pipeline {
  const { version, mark, between, machine, extra } = settings
  return pipeline({
    upper: stage('src/%.txt', 'mid/%.txt', (job) => raise(job, version), {
      version,
      params: { mark },
      files: ['table.txt'],
      environment: async () => ({ machine }),
    }),
    own: stage('mid/%.txt', 'own/%.txt', keep, { kept: true }),
    join: stage(['own/%.txt', ...(extra ? ['extra/%.txt'] : [])], 'out', gather, {
      whole: true,
      params: { between },
    }),
    last: stage('out/all.txt', 'last.txt', measure),
  })
}

function stage(
  from: string | readonly string[],
  to: string,
  build: Stage['build'],
  more: Partial<Stage> = {},
): Stage {
  return {
    kind: 'test',
    version: 1,
    from: typeof from === 'string' ? [from] : from,
    to,
    whole: false,
    kept: false,
    params: {},
    files: [],
    targetsAtOnce: 2,
    build,
    ...more,
  }
}

/** One unit that is derived and one that is executed. */
async function raise(job: Job, version: number): Promise<Built> {
  const [text = '', table = ''] = await Promise.all([...job.inputs, ...job.files].map((file) => file.text()))
  const { mark, machine } = job.params
  const upper = await job.unit({
    kind: 'derived',
    key: keyOf('upper', text),
    make: () => text.toUpperCase(),
  })
  const length = await job.unit({
    kind: 'execution',
    key: keyOf('length', text),
    question: job.name,
    make: () => {
      job.count('execution')
      return text.length
    },
  })
  const more = `${table} ${mark} ${machine} ${version}`
  return { outputs: [{ path: job.output, text: raised(`${upper}`, more, length) }] }
}

function raised(upper: string, more: string, length: number | undefined): string {
  return `${upper} ${more} ${length ?? 'unknown'}\n`
}

async function keep(job: Job): Promise<Built> {
  const made = (await job.inputs[0]?.text()) ?? ''
  return { outputs: [{ path: job.output, text: kept(made, await job.previous(job.output)) }] }
}

/** The file says in its first line what the program wrote below it: where that is no longer so, a person's text stays. */
function kept(made: string, before: string | undefined): string {
  const [, digest, rest = ''] = before?.match(/^# ([^\n]*)\n(.*)$/s) ?? []
  const isEdited = before !== undefined && digest !== digestOf(rest)
  return isEdited ? before : `# ${digestOf(made)}\n${made}`
}

async function gather(job: Job): Promise<Built> {
  const texts = await Promise.all(job.inputs.map(async ({ path, text }) => `${path}: ${await text()}`))
  return {
    outputs: [
      { path: 'out/all.txt', text: texts.join(String(job.params['between'])) },
      { path: 'out/count.txt', text: `${texts.length}\n` },
    ],
  }
}

async function measure(job: Job): Promise<Built> {
  const text = (await job.inputs[0]?.text()) ?? ''
  return { outputs: [{ path: job.output, text: measured(text) }] }
}

function measured(text: string): string {
  return `${text.length} ${digestOf(text)}\n`
}

export interface Expected {
  /** Which stage writes it. */
  readonly stage: StageName
  readonly path: string
  readonly text: string
}

/**
 * What must stand in the outputs after a run, computed from what stands in the folder before it: from the sources, and from
 * what a person made of the stage that keeps edits. Undefined when something can't be read: then the run fails.
 */
export function expected(root: string, settings: Settings): Expected[] | undefined {
  const { version, mark, machine, between, extra } = settings
  const read = (path: string) => readFileSync(join(root, path), 'utf8')
  try {
    const found: Expected[] = []
    const add = (stage: StageName, path: string, text: string) => {
      standing(root, path)
      found.push({ stage, path, text })
    }
    const owns: string[] = []
    for (const source of listed(root, 'src')) {
      const name = nameIn('src/%.txt', source) ?? ''
      const [mid, own] = [fill('mid/%.txt', name), fill('own/%.txt', name)]
      const text = read(source)
      const more = `${read('table.txt')} ${mark} ${machine} ${version}`
      const made = raised(text.toUpperCase(), more, text.length)
      add('upper', mid, made)
      const keeping = kept(made, standing(root, own))
      add('own', own, keeping)
      owns.push(`${own}: ${keeping}`)
    }
    const extras = extra ? listed(root, 'extra').map((path) => `${path}: ${read(path)}`) : []
    const all = [...owns, ...extras]
    add('join', 'out/all.txt', all.join(between))
    add('join', 'out/count.txt', `${all.length}\n`)
    add('last', 'last.txt', measured(all.join(between)))
    return found
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return undefined
  }
}

/** What stands at an output's path, if anything. Throws when that can't be read (a link to itself). */
export function standing(root: string, path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}

/** Links to folders are not followed. */
function listed(root: string, folder: string): string[] {
  const below = (path: string): string[] =>
    readdirSync(join(root, path), { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? below(`${path}/${entry.name}`) : `${path}/${entry.name}`,
    )
  try {
    return below(folder)
      .filter((path) => path.endsWith('.txt'))
      .sort()
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return []
    throw error
  }
}
