/**
 * Part of `npm run check`: imports point one way, and never in a circle.
 *
 *     pipeline.ts → stages → engine/stage      engine → engine/cache      bench, tests → anything
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const files = ['engine', 'stages'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => /\.(ts|mjs)$/.test(path) && !/\.test\.ts$|\/testing(\.ts|\/)/.test(path)),
)
const imports = new Map(['pipeline.ts', ...files].map((path) => [path, importsOf(path)]))

function importsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8')
  const found = text.matchAll(/^(?:import|export)\b[^'"]*?from '(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm)
  return [...found].map((match) => normalize(join(dirname(path), match[1] ?? match[2] ?? '')))
}

/** The room that a file belongs to: a stage's folder, the cache, the engine. */
function roomOf(path: string): string {
  const [top, second] = path.split('/')
  if (top === 'stages' && path.split('/').length > 2) return `stages/${second}`
  return top === 'engine' && second === 'cache' ? 'engine/cache' : (top ?? '')
}

/** What the stages may know of the engine: the interface, and how to declare a pipeline and a command. */
const engineForStages = ['engine/stage.ts', 'engine/graph.ts', 'engine/command.ts']

function forbidden(from: string, to: string): string | undefined {
  const [here, there] = [roomOf(from), roomOf(to)]
  if (from === 'engine/load.mjs' || here === there) return undefined
  if (here === 'engine/cache')
    return to === 'engine/failure.ts' ? undefined : 'the cache knows nothing of the engine'
  if (here === 'engine') return there === 'engine/cache' ? undefined : 'the engine names no stage'
  if (here === 'pipeline.ts')
    return to === 'stages/index.ts' ? undefined : 'pipeline.ts imports stages/index.ts only'
  if (there.startsWith('engine')) {
    const allowed = here === 'stages' ? engineForStages : ['engine/stage.ts']
    return allowed.includes(to) ? undefined : 'a stage knows the engine by engine/stage.ts only'
  }
  if (here === 'stages') return undefined
  return there === 'stages/questions' ? undefined : 'no stage imports another'
}

const faults: string[] = []
for (const [from, targets] of imports)
  for (const to of targets) {
    const why = forbidden(from, to)
    if (why !== undefined) faults.push(`${from} imports ${to}: ${why}`)
  }

const state = new Map<string, 'open' | 'done'>()
function visit(path: string, trail: readonly string[]): void {
  if (state.get(path) === 'done') return
  if (state.get(path) === 'open') {
    faults.push(`a circle: ${[...trail.slice(trail.indexOf(path)), path].join(' → ')}`)
    return
  }
  state.set(path, 'open')
  for (const next of imports.get(path) ?? []) visit(next, [...trail, path])
  state.set(path, 'done')
}
for (const path of imports.keys()) visit(path, [])

for (const fault of faults) console.error(fault)
console.log(`imports: ${imports.size} files, ${faults.length} faults`)
process.exitCode = faults.length > 0 ? 1 : 0
