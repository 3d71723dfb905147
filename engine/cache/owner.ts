/**
 * Which process something on disk belongs to, and whether that process still lives.
 *
 * A pid alone is not enough: pids are reused, and a lock left by a killed run must not be kept alive by a stranger
 * who got its number. So the process's start time goes with it (from /proc; where there is none, the pid alone
 * decides). Pids mean nothing across machines and pid namespaces, so the host names both: a container that shares
 * the folder counts as another host.
 */
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { codeOf } from '../failure.ts'

export interface Owner {
  readonly pid: number
  /** Clock ticks from boot to the start of the process; empty where the system does not tell. */
  readonly started: string
  readonly host: string
}

/** `elsewhere`: on another host or in another container, so it cannot be known. */
export type Life = 'alive' | 'dead' | 'elsewhere'

const initialPidNamespace = 'pid:[4026531836]'
let self: Owner | undefined

/** This process. */
export function thisProcess(): Owner {
  self ??= { pid: process.pid, started: startOf(process.pid)?.started ?? '', host: hostHere() }
  return self
}

export function lifeOf(owner: Owner): Life {
  if (owner.host !== thisProcess().host) return 'elsewhere'
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return 'dead'
  }
  const start = startOf(owner.pid)
  if (start === undefined || owner.started === '') return 'alive'
  return start.started === owner.started && !start.zombie ? 'alive' : 'dead'
}

export function isOwner(value: unknown): value is Owner {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    Number.isSafeInteger(value.pid) &&
    'started' in value &&
    typeof value.started === 'string' &&
    'host' in value &&
    typeof value.host === 'string'
  )
}

/** Undefined where there is no /proc, or the process has just gone. */
function startOf(pid: number): { readonly started: string; readonly zombie: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field is the program's name in brackets, and may hold spaces and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, started] = [fields[0], fields[19]]
    return started === undefined ? undefined : { started, zombie: state === 'Z' || state === 'X' }
  } catch {
    return undefined
  }
}

function hostHere(): string {
  try {
    const namespace = readlinkSync('/proc/self/ns/pid')
    return namespace === initialPidNamespace ? hostname() : `${hostname()} ${namespace}`
  } catch {
    return hostname()
  }
}
