/** The commands of the command line that are the engine's own, each from an open workspace to an exit status. */
import { relative, resolve } from 'node:path'
import type { Json } from './cache/digest.ts'
import { collect } from './cache/gc.ts'
import type { RunOptions } from './context.ts'
import type { Emit, Event, Summary } from './events.ts'
import { describeState, mermaid, planText, plural } from './explain.ts'
import { Failure } from './failure.ts'
import { Listener, lastGlance } from './glance.ts'
import { closeStages, findTargets, type Pipeline, type Target } from './graph.ts'
import { unitsMark } from './judge.ts'
import { Order, type Verb } from './order.ts'
import { Run } from './run.ts'
import { spentLines } from './spent.ts'
import type { Workspace } from './workspace.ts'

export interface Setting {
  readonly graph: Pipeline
  readonly workspace: Workspace
  readonly options: RunOptions
  readonly emit: Emit
  /** Prints text that a person asked for. */
  readonly print: (text: string) => void
  readonly signal: AbortSignal
}

/** `code`: names the code of program and pipeline, where that can be said. */
export async function build(setting: Setting, code: string | undefined): Promise<number> {
  const { graph, workspace, options, emit, signal } = setting
  const listener = new Listener()
  const heard: Emit = (event) => {
    listener.hear(event)
    emit(event)
  }
  const run = new Run(graph, workspace, options, heard)
  signal.addEventListener('abort', () => run.stop(), { once: true })
  if (signal.aborted) run.stop()
  const summary = await run.execute()
  if (!options.transient)
    workspace.store.put('memory', 'last run', { ...summary, at: new Date().toISOString() } as unknown as Json)
  await closeStages(graph)
  listener.leave({ cache: workspace.cache, graph, options, code }, run.sights(), summary)
  emit({ type: 'summary', ...summary })
  return summary.interrupted ? 130 : run.exit
}

export async function plan(setting: Setting): Promise<number> {
  const { events, summary, exit } = await dryRun(setting)
  setting.print(planText(events, summary, setting.options.budget?.limits))
  setting.emit({ type: 'summary', ...summary })
  return exit === 2 ? 2 : 0
}

/** Says which target makes a file (or reads it), what state it is in, and why; then the same for what it waits for. */
export async function why(setting: Setting, paths: readonly string[]): Promise<number> {
  if (paths.length === 0)
    throw new Failure('why needs a path', { exit: 2, remedy: 'For example: why data/results/loops.toml' })
  const { list } = findTargets(setting.graph, setting.workspace.root)
  const found = paths.flatMap((path) => targetsOf(path, list, setting.workspace.root))
  const { events, summary } = await dryRun(setting)
  const lines: string[] = []
  const explained = new Set<string>()
  const explain = (target: Target, depth: number): void => {
    if (explained.has(target.id)) return
    explained.add(target.id)
    const planned = events.find((event) => event.type === 'planned' && event.target === target.id)
    const failed = events.find((event) => event.type === 'target-failed' && event.target === target.id)
    const state = planned?.type === 'planned' ? describeState(planned.state) : 'blocked'
    const indent = '  '.repeat(depth)
    lines.push(`${indent}${target.output} is made by ${target.id}: ${state}`)
    if (failed?.type === 'target-failed') lines.push(`${indent}  would fail: ${failed.message}`)
    for (const { madeBy } of target.inputs)
      if (madeBy !== undefined && (state !== 'fresh' || depth === 0) && target.inputs.length <= 20)
        explain(madeBy, depth + 1)
  }
  for (const target of found) explain(target, 0)
  setting.print(lines.join('\n'))
  setting.emit({ type: 'summary', ...summary })
  return 0
}

/** How things stand: targets by stage and state, edits, what the cache holds, what the last run did. */
export async function status(setting: Setting): Promise<number> {
  const { graph, workspace, print } = setting
  const { events, summary } = await dryRun(setting)
  const lines = graph.stages.map(({ name }) => `${name.padEnd(12)} ${stateCounts(name, events)}`)
  for (const event of events)
    if (event.type === 'target-failed')
      lines.push(`failing      ${event.target}: ${event.message.split('\n')[0]}`)
  const facts = Object.entries(summary.facts).filter(([, count]) => count > 0)
  if (facts.length > 0)
    lines.push(`facts        ${facts.map(([name, count]) => `${count} ${name}`).join(', ')}`)
  const remembered = workspace.store.get('memory', 'last run') as (Summary & { at: string }) | undefined
  const last = lastGlance(workspace.cache) ?? remembered
  if (last !== undefined)
    lines.push(
      `last run     ${last.at}: ${plural(last.hits, 'hit')}, ${plural(last.requests, 'request')}, ${plural(last.executions, 'execution')}, ${last.failed} failed`,
    )
  lines.push(...spentLines(workspace.responses.entries()))
  const responses = workspace.responses.size
  lines.push(
    `cache        ${plural(responses, 'response')} (never dropped), store ${megabytes(workspace.store.bytes)}`,
  )
  print(lines.join('\n'))
  setting.emit({ type: 'summary', ...summary })
  return 0
}

/**
 * Tells stages what a person decided about outputs that they edited, or shows them what they did. Nothing upstream is
 * built for it, and nothing downstream: the next run does that.
 */
export async function give(
  setting: Setting,
  verb: Verb,
  words: readonly string[],
  within?: string | undefined,
): Promise<number> {
  if (words.length === 0)
    throw new Failure(`${verb} needs a question`, {
      exit: 2,
      remedy: `For example: ${verb} double, or ${verb} double#2 for its completion of that number.`,
    })
  const order = () => new Order(verb, words, within)
  // Looked into first: of an order that is wrong in part nothing is carried out.
  const looked = await carryOut(setting, order(), { dry: true, aloud: verb === 'diff' })
  if (looked.unclear !== undefined)
    throw new Failure(`'${looked.unclear.word}' is in ${looked.unclear.outputs.join(' and in ')}`, {
      exit: 2,
      remedy: `Say which one is meant: ${verb} ${words.join(' ')} --in ${looked.unclear.outputs[0]}`,
    })
  const isDone = verb === 'diff' || looked.exit > 0 || looked.left.length > 0
  const { exit, left } = isDone ? looked : await carryOut(setting, order(), { dry: false, aloud: true })
  await closeStages(setting.graph)
  if (left.length === 0 || exit > 0) return exit
  throw new Failure(`no file that people edit here has ${left.map((word) => `'${word}'`).join(', ')}`, {
    exit: 2,
    remedy:
      "Give a question's id, with #k for one completion: the number that it has as `sample` in its file.",
  })
}

async function carryOut(
  { graph, workspace, options, emit, signal }: Setting,
  order: Order,
  { dry, aloud }: { readonly dry: boolean; readonly aloud: boolean },
): Promise<Pick<Order, 'left' | 'unclear'> & { readonly exit: number }> {
  const run = new Run(graph, workspace, { ...options, order, dry }, (event) => {
    const isAnswer = event.type === 'said' || event.type === 'display'
    if (event.type === 'target-failed' || (aloud && isAnswer)) emit(event)
  })
  signal.addEventListener('abort', () => run.stop(), { once: true })
  await run.execute()
  return { exit: run.exit, left: order.left, unclear: order.unclear }
}

export function showGraph(setting: Setting): number {
  setting.print(mermaid(setting.graph))
  return 0
}

/** Drops what can be computed again and no present target consists of. Never a response. */
export async function gc(setting: Setting): Promise<number> {
  const { graph, workspace, print } = setting
  const { list } = findTargets(graph, workspace.root)
  const targets = new Set<string>()
  const units = new Set<string>()
  for (const { id } of list) {
    targets.add(id)
    targets.add(id + unitsMark)
    const keys = workspace.store.get('targets', id + unitsMark)
    if (typeof keys === 'string')
      for (let at = 0; at < keys.length; at += 32) units.add(keys.slice(at, at + 32))
  }
  const { dropped, bytes } = await collect(workspace.store, { units, targets })
  print(
    `${plural(dropped, 'entry').replace('entrys', 'entries')} dropped, ${megabytes(bytes)}; ${plural(workspace.responses.size, 'response')} kept`,
  )
  return 0
}

async function dryRun(
  setting: Setting,
): Promise<{ events: readonly Event[]; summary: Summary; exit: number }> {
  const events: Event[] = []
  const run = new Run(setting.graph, setting.workspace, { ...setting.options, dry: true }, (event) => {
    events.push(event)
    if (event.type === 'notice' || event.type === 'planned') setting.emit(event)
  })
  const summary = await run.execute()
  await closeStages(setting.graph)
  return { events, summary, exit: run.exit }
}

function targetsOf(path: string, list: readonly Target[], root: string): Target[] {
  const wanted = relative(root, resolve(path)).replaceAll('\\', '/')
  const makers = list.filter(
    ({ output, id }) => output === wanted || id === wanted || wanted.startsWith(`${output}/`),
  )
  if (makers.length > 0) return makers
  const readers = list.filter(({ inputs }) => inputs.some((input) => input.path === wanted))
  if (readers.length > 0) return readers
  throw new Failure(`no target makes or reads ${wanted}`, {
    exit: 2,
    remedy:
      list.length === 0
        ? 'There are no targets at all: are there question files?'
        : `One of them is ${list[0]?.output}.`,
  })
}

function stateCounts(stage: string, events: readonly Event[]): string {
  const counts = new Map<string, number>()
  for (const event of events) {
    const state =
      event.type === 'planned' && event.stage === stage
        ? event.state.type
        : event.type === 'target-blocked' && event.stage === stage
          ? 'blocked'
          : undefined
    if (state !== undefined) counts.set(state, (counts.get(state) ?? 0) + 1)
  }
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ') || 'no targets'
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
