/**
 * Which sandbox is used: the strongest that works here, once; then the one that the results were made with.
 *
 * A result's key holds the sandbox's fingerprint, so changing the sandbox makes every result stale. Therefore nothing
 * is changed without being asked for: when the sandbox that was used before is gone (another machine, a container
 * without bwrap), its fingerprint is kept, reports stay fresh, and only a wish to execute something fails. What does
 * change by itself is the fingerprint of a sandbox that is still there (the interpreter was upgraded): its results
 * would come out of another interpreter.
 *
 * The fingerprint is remembered with the stamps of the files that it depends on: as long as they are the same,
 * nothing is probed, started or imported.
 */
import { statSync } from 'node:fs'
import { Failure, type Json, type Machine } from '../../../engine/stage.ts'
import { bwrapSandbox, probeBwrap, runnerDigest } from './bwrap.ts'
import type { Probe, Sandbox } from './index.ts'
import { probePyodide, pyodideSandbox } from './pyodide.ts'

/** 'auto': the one used before, else the strongest that works. */
export type Wish = 'auto' | Sandbox['name']

export interface Environment {
  /** All that results depend on besides the execution itself: part of their keys. */
  readonly params: { readonly [name: string]: Json }
  /** Asked for only when something is to be executed. Throws Failure when the sandbox is not to be had here. */
  sandbox(): Promise<Sandbox>
}

/** Strongest first. */
const names = ['bwrap', 'pyodide'] as const

const memoryName = 'sandbox'

interface Remembered {
  readonly name: Sandbox['name']
  readonly python: string
  readonly fingerprint: Sandbox['fingerprint']
  readonly stamps: readonly string[]
}

/**
 * The environment for `wish`, which `--sandbox` overrides. `python` is the interpreter's path, for the sandboxes
 * that use one of the machine's. Throws Failure when a sandbox that was asked for by name does not work here.
 */
export async function environment(machine: Machine, wish: Wish, python: string): Promise<Environment> {
  const asked = wishOf(machine.options.sandbox)
  const remembered = recall(machine, python)
  const wanted = asked ?? (wish === 'auto' ? (remembered?.name ?? 'auto') : wish)
  if (wanted === 'auto') return await strongest(machine, python)

  const known = remembered?.name === wanted ? remembered : undefined
  if (known !== undefined && isCurrent(known)) return ready(known.fingerprint, () => open(known))
  const probe = await probeOf(wanted, python)
  if (probe.usable) return take(machine, python, probe)
  if (known === undefined || asked !== undefined)
    throw new Failure(`The sandbox ${wanted} does not work here: ${probe.why}.`, { remedy: probe.remedy })
  return gone(machine, known, probe)
}

async function strongest(machine: Machine, python: string): Promise<Environment> {
  const refused: string[] = []
  for (const name of names) {
    const probe = await probeOf(name, python)
    if (probe.usable) {
      const why = refused.length > 0 ? `, because ${refused.join('; ')}` : ''
      const caution =
        name === 'pyodide' ? ' It protects against accidents, not against hostile programs.' : ''
      machine.notice({ level: 'info', text: `Programs run in the sandbox ${name}${why}.${caution}` })
      return take(machine, python, probe)
    }
    refused.push(`${name} does not work here (${probe.why}. ${probe.remedy})`)
  }
  throw new Failure(`No sandbox works here: ${refused.join('; ')}.`)
}

function take(machine: Machine, python: string, probe: Extract<Probe, { usable: true }>): Environment {
  const { sandbox, stamps } = probe
  machine.remember(memoryName, {
    name: sandbox.name,
    python,
    fingerprint: sandbox.fingerprint,
    stamps: stamps.map(stampOf),
  })
  return ready(sandbox.fingerprint, () => sandbox)
}

function ready(params: Environment['params'], sandbox: () => Sandbox): Environment {
  return { params, sandbox: async () => sandbox() }
}

function gone(machine: Machine, known: Remembered, probe: Extract<Probe, { usable: false }>): Environment {
  const others = names.filter((name) => name !== known.name).map((name) => `--sandbox ${name}`)
  const text = `The sandbox ${known.name}, which the results were made with, does not work here: ${probe.why}.`
  const remedy = `${probe.remedy} To use another one from now on: ${others.join(' or ')}.`.trim()
  machine.notice({ level: 'warning', text: `${text} ${remedy}` })
  return {
    params: known.fingerprint,
    sandbox: async () => {
      throw new Failure(text, { remedy })
    },
  }
}

function probeOf(name: Sandbox['name'], python: string): Promise<Probe> {
  switch (name) {
    case 'bwrap':
      return probeBwrap(python)
    case 'pyodide':
      return probePyodide()
  }
}

function open({ name, python, fingerprint }: Remembered): Sandbox {
  switch (name) {
    case 'bwrap':
      return bwrapSandbox(python, fingerprint)
    case 'pyodide':
      return pyodideSandbox(fingerprint)
  }
}

function isCurrent(known: Remembered): boolean {
  const same = known.stamps.every((stamp) => stampOf(pathOf(stamp)) === stamp)
  return same && (known.name !== 'bwrap' || known.fingerprint['runner'] === runnerDigest())
}

/** The path with what `stat` says of it; the path alone when there is nothing. */
function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? path : [stat.size, stat.mtimeMs, stat.ino, path].join(' ')
}

function pathOf(stamp: string): string {
  return stamp.split(' ').slice(3).join(' ')
}

function wishOf(option: string | undefined): Wish | undefined {
  if (option === undefined) return undefined
  const wish = (['auto', ...names] as const).find((name) => name === option)
  if (wish !== undefined) return wish
  throw new Failure(`--sandbox ${option}: there is no such sandbox.`, {
    remedy: `Choose one of auto, ${names.join(', ')}.`,
    exit: 2,
  })
}

/** What was remembered for this interpreter, if it is what this version writes. */
function recall(machine: Machine, python: string): Remembered | undefined {
  const value = machine.recall(memoryName)
  if (!isTable(value) || value['python'] !== python) return undefined
  const { fingerprint, stamps } = value
  const name = names.find((known) => known === value['name'])
  if (name === undefined || !isTable(fingerprint) || !isTexts(stamps)) return undefined
  return { name, python, fingerprint: known(fingerprint), stamps }
}

function known(table: { readonly [name: string]: Json | undefined }): Sandbox['fingerprint'] {
  const entries = Object.entries(table).filter((entry): entry is [string, Json] => entry[1] !== undefined)
  return Object.fromEntries(entries)
}

function isTable(value: Json | undefined): value is { readonly [name: string]: Json | undefined } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
