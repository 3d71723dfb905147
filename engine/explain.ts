/** Reasons, plans and graphs in words. Consumers of what the run says; nothing here decides anything. */

import type { Limits } from './budget.ts'
import type { Json } from './cache/digest.ts'
import type { Event, Reason, State, Summary, Wanted } from './events.ts'
import type { Pipeline } from './graph.ts'
import { grouped } from './grouped.ts'
import { dollars } from './money.ts'

export function plural(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`
}

export function describeReasons(reasons: readonly Reason[]): string[] {
  const shown = reasons.slice(0, 8).map(describeReason)
  return reasons.length > shown.length ? [...shown, `and ${reasons.length - shown.length} more`] : shown
}

export function describeReason(reason: Reason): string {
  switch (reason.type) {
    case 'never-built':
      return 'not built before'
    case 'input':
      return `${reason.path} ${reason.change === 'changed' ? 'has changed' : `was ${reason.change}`}`
    case 'param':
      return `${reason.name}: ${value(reason.from)} → ${value(reason.to)}`
    case 'version':
      return `the stage's code: version ${reason.from} → ${reason.to}`
    case 'output-missing':
      return `${reason.path} is missing`
    case 'output-edited':
      return `${reason.path} was edited`
    case 'incomplete':
      return `incomplete: ${reason.why}`
    case 'forced':
      return 'asked for by --force'
    case 'ordered':
      return `asked for by ${reason.by}`
  }
}

export function describeState(state: State): string {
  switch (state.type) {
    case 'fresh':
      return 'fresh'
    case 'stale':
      return `stale: ${describeReasons(state.reasons).join('; ')}`
    case 'edited':
      return 'edited by hand: will be looked at, and kept'
    case 'blocked':
      return `blocked by ${state.by}`
    case 'maybe':
      return `depends on what becomes of ${state.upstream.length > 3 ? plural(state.upstream.length, 'target') : state.upstream.join(', ')}`
  }
}

/** The plan that a dry run's events amount to, as lines; `limits`: what the run may spend. */
export function planText(events: readonly Event[], { wanted }: Summary, limits: Limits = {}): string {
  const lines: string[] = []
  let fresh = 0
  for (const event of events) {
    if (event.type === 'planned') {
      if (event.state.type === 'fresh') fresh++
      else lines.push(`${event.target}: ${describeState(event.state)}`)
    } else if (event.type === 'target-blocked') lines.push(`${event.target}: blocked by ${event.by}`)
    else if (event.type === 'target-failed') lines.push(`${event.target}: would fail: ${event.message}`)
  }
  const parts = [
    `${plural(wanted.requests, 'completion')} to ask for`,
    ...(wanted.requests > 0 ? pricePlanned(wanted, limits) : []),
    plural(wanted.executions, 'execution'),
  ]
  lines.push(`${plural(fresh, 'target')} fresh, ${lines.length} to look at: ${parts.join(', ')}`)
  return lines.join('\n')
}

function pricePlanned({ requests, cost, unpriced }: Wanted, { dollars: limit }: Limits): string[] {
  const unknown =
    unpriced === 0
      ? []
      : [unpriced === requests ? 'at an unknown price' : `${grouped(unpriced)} of them at an unknown price`]
  const price = unpriced === requests ? unknown : [`at most about ${dollars(cost)}`, ...unknown]
  if (limit === undefined) return price
  const budget = `the budget of ${dollars(limit)}`
  if (cost > limit) return [...price, `more than ${budget}`]
  return [...price, unpriced === 0 ? `within ${budget}` : `which ${budget} does not allow`]
}

/** The stages as a Mermaid flow chart, with the number of files at hand. */
export function mermaid(graph: Pipeline): string {
  const lines = ['flowchart LR']
  for (const { name, stage, after } of graph.stages) {
    for (const from of stage.from) if (after.length === 0) lines.push(`  ${quoted(from)} --> ${name}`)
    for (const other of after) lines.push(`  ${other.name} -- "${other.stage.to}" --> ${name}`)
    if (!graph.stages.some((other) => other.after.some((reader) => reader.name === name)))
      lines.push(`  ${name} --> ${quoted(stage.to)}`)
  }
  return lines.join('\n')
}

function quoted(path: string): string {
  return `${path.replace(/\W+/g, '_')}["${path}"]`
}

function value(json: Json | undefined): string {
  if (json === undefined) return '(not set)'
  return typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean'
    ? String(json)
    : JSON.stringify(json)
}
