/**
 * What is remembered of a target that was built, and how the present differs from it.
 *
 * The record holds digests rather than one key over all of them: a single key would say *that* something changed,
 * and every rebuild is to say *what*.
 */
import { canonical, type Digest, type Json } from './cache/digest.ts'
import type { Notice, Reason, State } from './events.ts'

export interface TargetRecord {
  readonly version: number
  readonly params: { readonly [name: string]: Json }
  /** Digests of inputs and of the stage's further files, by path. */
  readonly inputs: { readonly [path: string]: Digest }
  readonly outputs: { readonly [path: string]: Digest }
  readonly incomplete?: string
  readonly notices: readonly Notice[]
  readonly facts: { readonly [name: string]: number }
}

/** What a target would be built from now. */
export interface Present {
  readonly version: number
  readonly params: { readonly [name: string]: Json }
  readonly inputs: { readonly [path: string]: Digest }
  /** What stands at the recorded outputs' paths; undefined for a missing file. */
  readonly outputs: { readonly [path: string]: Digest | undefined }
  readonly forced: boolean
}

/** Why a target with this record is not fresh; an empty list when it is. */
export function differences(record: TargetRecord | undefined, present: Present): Reason[] {
  if (record === undefined) return [{ type: 'never-built' }]
  const reasons: Reason[] = present.forced ? [{ type: 'forced' }] : []
  if (record.version !== present.version)
    reasons.push({ type: 'version', from: record.version, to: present.version })
  reasons.push(
    ...changedParams(record.params, present.params),
    ...changedInputs(record.inputs, present.inputs),
  )
  for (const [path, digest] of Object.entries(record.outputs)) {
    const now = present.outputs[path]
    if (now === undefined) reasons.push({ type: 'output-missing', path })
    else if (now !== digest) reasons.push({ type: 'output-edited', path })
  }
  if (record.incomplete !== undefined) reasons.push({ type: 'incomplete', why: record.incomplete })
  return reasons
}

/** The state that these reasons amount to; `kept`: people edit this stage's outputs. */
export function stateFor(reasons: readonly Reason[], kept: boolean): State {
  if (reasons.length === 0) return { type: 'fresh' }
  if (kept && reasons.every((reason) => reason.type === 'output-edited')) return { type: 'edited', reasons }
  return { type: 'stale', reasons }
}

function changedParams(before: TargetRecord['params'], now: TargetRecord['params']): Reason[] {
  return differing(before, now, same).map((name) => ({
    type: 'param',
    name,
    from: before[name],
    to: now[name],
  }))
}

function changedInputs(before: TargetRecord['inputs'], now: TargetRecord['inputs']): Reason[] {
  return differing(before, now, Object.is).map((path) => ({
    type: 'input',
    path,
    change: before[path] === undefined ? 'added' : now[path] === undefined ? 'removed' : 'changed',
  }))
}

interface Values<T> {
  readonly [name: string]: T
}

/** Names whose values differ. Nearly always there are none, and then nothing is allocated: thousands are compared a run. */
function differing<T>(
  before: Values<T>,
  now: Values<T>,
  equal: (a: T | undefined, b: T | undefined) => boolean,
): readonly string[] {
  let found: string[] | undefined
  for (const name in before) {
    if (!equal(before[name], now[name])) {
      found ??= []
      found.push(name)
    }
  }
  for (const name in now) {
    if (before[name] === undefined && now[name] !== undefined) {
      found ??= []
      found.push(name)
    }
  }
  return found ?? none
}

const none: readonly string[] = []

function same(a: Json | undefined, b: Json | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && canonical(a) === canonical(b))
}
