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
  return unionOf(before, now)
    .filter((name) => !same(before[name], now[name]))
    .map((name) => ({ type: 'param', name, from: before[name], to: now[name] }))
}

function changedInputs(before: TargetRecord['inputs'], now: TargetRecord['inputs']): Reason[] {
  return unionOf(before, now)
    .filter((path) => before[path] !== now[path])
    .map((path) => ({
      type: 'input',
      path,
      change: before[path] === undefined ? 'added' : now[path] === undefined ? 'removed' : 'changed',
    }))
}

function unionOf(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a === b || canonical(a) === canonical(b)
}
