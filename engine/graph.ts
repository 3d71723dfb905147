/**
 * The graph: stages as declared in pipeline.ts, and the targets that the files at hand make of them.
 */
import { Failure } from './failure.ts'
import { fill, type Listing, matches, nameIn } from './patterns.ts'
import type { Stage } from './stage.ts'

export interface NamedStage {
  readonly name: string
  readonly stage: Stage
  /** Stages whose output this one reads. */
  readonly after: readonly NamedStage[]
}

export interface Pipeline {
  /** In an order in which every stage comes after those it reads from. */
  readonly stages: readonly NamedStage[]
}

export interface TargetInput {
  readonly path: string
  readonly pattern: number
  /** The target that makes this file; undefined for a source. */
  readonly madeBy: Target | undefined
}

export interface Target {
  /** `stage/name`, or the stage's name when it is read whole. */
  readonly id: string
  readonly stage: NamedStage
  readonly name: string
  readonly inputs: readonly TargetInput[]
  readonly output: string
}

export interface Targets {
  readonly list: readonly Target[]
  /** Files that match what a stage reads, but that no source makes: left alone, and said. */
  readonly orphans: readonly string[]
  /** Patterns of sources that no file matches. */
  readonly unmatched: readonly string[]
}

/** Words that can't name a stage, because they are commands. */
export const commandNames: readonly string[] = [
  'watch',
  'plan',
  'why',
  'status',
  'graph',
  'doctor',
  'accept',
  'reset',
  'diff',
  'gc',
  'help',
  'build',
]

/** Declares a pipeline. Throws Failure when two stages write one path, read in a circle, or have no usable name. */
export function pipeline(stages: { readonly [name: string]: Stage }): Pipeline {
  const names = Object.keys(stages)
  if (names.length === 0)
    throw bad('the pipeline has no stages', 'Declare some: pipeline({ test: test({ from: …, to: … }) }).')
  for (const name of names) {
    if (!/^[A-Za-z][\w-]*$/.test(name))
      throw bad(`a stage can't be named '${name}'`, 'Use letters, digits, - and _.')
    if (commandNames.includes(name))
      throw bad(`a stage can't be named '${name}': that is a command`, 'Rename it.')
  }
  refuseSharedOutputs(stages)
  const done = new Map<string, NamedStage>()
  for (const name of names) place(name, [], stages, done)
  return { stages: [...done.values()] }
}

/** Depth first, so that `done` fills in an order that can be walked; `path` is how we came here, to name a circle. */
function place(
  name: string,
  path: readonly string[],
  stages: { readonly [name: string]: Stage },
  done: Map<string, NamedStage>,
): NamedStage {
  const known = done.get(name)
  if (known !== undefined) return known
  if (path.includes(name)) {
    const circle = [...path.slice(path.indexOf(name)), name].join(' → ')
    throw bad(`the stages read each other in a circle: ${circle}`, "Change one stage's `from` or `to`.")
  }
  const stage = stages[name]
  if (stage === undefined) throw new Error(`no stage ${name}`)
  const upstream = Object.entries(stages).filter(([other, { to }]) =>
    // A stage that names one file as both input and output rewrites it in place; only a pattern can be a circle.
    stage.from.some((from) => feeds(to, from) && !(other === name && !from.includes('%'))),
  )
  const after = upstream.map(([other]) => place(other, [...path, name], stages, done))
  const placed: NamedStage = { name, stage, after }
  done.set(name, placed)
  return placed
}

/** Whether a stage that writes `to` makes what `from` reads: the same pattern, one file of it, or a file in its folder. */
function feeds(to: string, from: string): boolean {
  return from === to || (!from.includes('%') && (nameIn(to, from) !== undefined || from.startsWith(`${to}/`)))
}

function refuseSharedOutputs(stages: { readonly [name: string]: Stage }): void {
  const writers = new Map<string, string>()
  for (const [name, stage] of Object.entries(stages)) {
    const other = writers.get(stage.to)
    if (other !== undefined)
      throw bad(`the stages ${other} and ${name} both write ${stage.to}`, 'Give one of them another `to`.')
    writers.set(stage.to, name)
  }
}

/** The targets that the files under `root` make of the pipeline, in an order in which they can be built. */
export function findTargets(graph: Pipeline, root: string, listing?: Listing): Targets {
  const list: Target[] = []
  const orphans: string[] = []
  const unmatched: string[] = []
  const madeAt = new Map<string, Target>()
  for (const named of graph.stages) {
    const inputs: TargetInput[] = []
    named.stage.from.forEach((from, pattern) => {
      const makers = graph.stages.filter((other) => other !== named && feeds(other.stage.to, from))
      if (makers.length === 0) {
        const sources = matches(root, from, listing)
        if (sources.length === 0) unmatched.push(from)
        for (const { path } of sources) inputs.push({ path, pattern, madeBy: undefined })
        return
      }
      const made = list.filter(
        (target) =>
          makers.includes(target.stage) &&
          (nameIn(from, target.output) !== undefined || feeds(target.output, from)),
      )
      for (const target of made)
        inputs.push({ path: from.includes('%') ? target.output : from, pattern, madeBy: target })
      const known = new Set(inputs.map((input) => input.path))
      orphans.push(
        ...matches(root, from, listing)
          .map((match) => match.path)
          .filter((path) => !known.has(path)),
      )
    })
    for (const target of named.stage.whole ? [wholeTarget(named, inputs)] : eachTarget(named, inputs)) {
      const clash = madeAt.get(target.output)
      if (clash !== undefined)
        throw bad(
          `${clash.id} and ${target.id} both write ${target.output}`,
          'Give one of the stages another `to`.',
        )
      madeAt.set(target.output, target)
      list.push(target)
    }
  }
  return { list, orphans: [...new Set(orphans)], unmatched }
}

function wholeTarget(named: NamedStage, inputs: readonly TargetInput[]): Target {
  return { id: named.name, stage: named, name: named.name, inputs, output: named.stage.to }
}

function eachTarget(named: NamedStage, inputs: readonly TargetInput[]): Target[] {
  const byName = new Map<string, TargetInput[]>()
  for (const input of inputs) {
    const name = nameIn(named.stage.from[input.pattern] ?? '', input.path) ?? ''
    byName.set(name, [...(byName.get(name) ?? []), input])
  }
  return [...byName].map(([name, group]) => ({
    id: `${named.name}/${name}`,
    stage: named,
    name,
    inputs: group,
    output: fill(named.stage.to, name),
  }))
}

/** The pipeline cut down to the named stages and all that they read from. */
export function upTo(graph: Pipeline, names: readonly string[]): Pipeline {
  if (names.length === 0) return graph
  const wanted = new Set<NamedStage>()
  const add = (named: NamedStage): void => {
    wanted.add(named)
    named.after.forEach(add)
  }
  for (const name of names) {
    const named = graph.stages.find((candidate) => candidate.name === name)
    if (named === undefined)
      throw bad(
        `there is no stage '${name}'`,
        `The stages are ${graph.stages.map((stage) => stage.name).join(', ')}.`,
      )
    add(named)
  }
  return { stages: graph.stages.filter((named) => wanted.has(named)) }
}

/** Ends the stages' workers and connections. */
export async function closeStages(graph: Pipeline): Promise<void> {
  await Promise.all(graph.stages.map(({ stage }) => stage.close?.()))
}

function bad(message: string, remedy: string): Failure {
  return new Failure(message, { remedy, exit: 2 })
}
