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
import type { Probe, Sandbox, Settings } from './index.ts'
import { type Kind, kindOf, kinds, none } from './kinds.ts'

/** 'auto': the one used before, else the strongest that works. */
export type Wish = 'auto' | Sandbox['name']

export interface Environment {
  /** All that results depend on besides the execution itself: part of their keys. */
  readonly params: { readonly [name: string]: Json }
  /** Asked for only when something is to be executed. Throws Failure when the sandbox is not to be had here. */
  sandbox(): Promise<Sandbox>
}

const memoryName = 'sandbox'
export const CONSENT = 'i-know-what-i-am-doing'

interface Remembered {
  readonly kind: Kind
  readonly setting: string
  readonly fingerprint: Sandbox['fingerprint']
  readonly stamps: readonly string[]
}

/**
 * The environment for `wish`, which `--sandbox` overrides. Throws Failure when a sandbox that was asked for by name
 * does not work here. One that is named on the command line is looked at anew: so a newer image comes into use.
 */
export async function environment(machine: Machine, wish: Wish, settings: Settings): Promise<Environment> {
  const asked = wishOf(machine.options.sandbox)
  const remembered = recall(machine, settings)
  const name = asked === 'auto' ? asked : wanted(machine, wish, settings)
  const kind = kindOf(name)
  if (kind === undefined) return await strongest(machine, settings)
  if (kind === none && !consents(machine)) return refuseNone(remembered)

  const known = remembered?.kind === kind ? remembered : undefined
  if (known !== undefined && asked === undefined && isCurrent(known))
    return ready(known.fingerprint, () => kind.open(settings, known.fingerprint))
  const probe = await kind.probe(settings, (text) => machine.notice({ level: 'info', text }))
  if (probe.usable) return take(machine, settings, kind, probe)
  if (known === undefined || asked !== undefined)
    throw new Failure(`The sandbox ${name} does not work here: ${probe.why}.`, { remedy: probe.remedy })
  return gone(machine, known, probe)
}

/** The name of the sandbox that `environment` would look for first. */
export function wanted(machine: Machine, wish: Wish, settings: Settings): Wish {
  const asked = wishOf(machine.options.sandbox) ?? wish
  return asked === 'auto' ? (recall(machine, settings)?.kind.name ?? 'auto') : asked
}

async function strongest(machine: Machine, settings: Settings): Promise<Environment> {
  const refused: string[] = []
  for (const kind of kinds) {
    const probe = await kind.probe(settings, (text) => machine.notice({ level: 'info', text }))
    if (probe.usable) {
      const why = refused.length > 0 ? `, because ${refused.join('; ')}` : ''
      const caution =
        kind.name === 'pyodide' ? ' It protects against accidents, not against hostile programs.' : ''
      const more = refused.length > 0 ? ' `doctor` says more.' : ''
      machine.notice({
        level: 'info',
        text: `Programs run in the sandbox ${kind.name}${why}.${caution}${more}`,
      })
      return take(machine, settings, kind, probe)
    }
    refused.push(`${kind.name} does not work here (${sentence(probe)})`)
  }
  throw new Failure(`No sandbox works here: ${refused.join('; ')}.`)
}

function sentence({ why, remedy }: Extract<Probe, { usable: false }>): string {
  return remedy === '' ? why : `${why}. ${remedy}`
}

function consents(machine: Machine): boolean {
  return machine.options.consent === true
}

/** What was made before stays fresh; nothing more is executed. */
function refuseNone(remembered: Remembered | undefined): Environment {
  const failure = new Failure(
    'Without a sandbox programs may do all that you may: read, change and send your files.',
    {
      exit: 2,
      remedy: `If you trust every one of them, add --${CONSENT}.`,
    },
  )
  if (remembered?.kind !== none) throw failure
  return {
    params: remembered.fingerprint,
    sandbox: async () => {
      throw failure
    },
  }
}

function take(
  machine: Machine,
  settings: Settings,
  kind: Kind,
  { sandbox, stamps }: Extract<Probe, { usable: true }>,
): Environment {
  machine.remember(memoryName, {
    name: kind.name,
    setting: kind.setting(settings),
    fingerprint: sandbox.fingerprint,
    stamps: stamps.map(stampOf),
  })
  return ready(sandbox.fingerprint, () => sandbox)
}

function ready(params: Environment['params'], sandbox: () => Sandbox | Promise<Sandbox>): Environment {
  return { params, sandbox: async () => await sandbox() }
}

function gone(machine: Machine, known: Remembered, probe: Extract<Probe, { usable: false }>): Environment {
  const { name } = known.kind
  const others = kinds.filter((kind) => kind.name !== name).map((kind) => `--sandbox ${kind.name}`)
  const text = `The sandbox ${name}, which the results were made with, does not work here: ${probe.why}.`
  const remedy = `${probe.remedy} To use another one from now on: ${others.join(' or ')}.`.trim()
  machine.notice({ level: 'warning', text: `${text} ${remedy}` })
  return {
    params: known.fingerprint,
    sandbox: async () => {
      throw new Failure(text, { remedy })
    },
  }
}

function isCurrent({ kind, fingerprint, stamps }: Remembered): boolean {
  return fingerprint['runner'] === kind.runner() && stamps.every((stamp) => stampOf(pathOf(stamp)) === stamp)
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
  if (option === undefined || option === 'auto') return option
  const kind = kindOf(option)
  if (kind !== undefined) return kind.name
  throw new Failure(`--sandbox ${option}: there is no such sandbox.`, {
    remedy: `Choose one of auto, ${kinds.map(({ name }) => name).join(', ')}.`,
    exit: 2,
  })
}

/** What was remembered for these settings, if it is what this version writes. */
function recall(machine: Machine, settings: Settings): Remembered | undefined {
  const value = machine.recall(memoryName)
  if (!isTable(value)) return undefined
  const { name, setting, fingerprint, stamps } = value
  const kind = typeof name === 'string' ? kindOf(name) : undefined
  if (kind === undefined || setting !== kind.setting(settings)) return undefined
  if (!isTable(fingerprint) || !isTexts(stamps)) return undefined
  return { kind, setting, fingerprint: known(fingerprint), stamps }
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
