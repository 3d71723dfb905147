/** The program as a person starts it: a process of its own in a workspace. What it is asked to do must succeed. */
import { join, resolve } from 'node:path'
import { type Measured, measure } from './compare.ts'

export const project = resolve(import.meta.dirname, '..')
export const bin = join(project, 'engine/bin.mjs')

export async function program(root: string, ...args: readonly string[]): Promise<Measured> {
  return await checked(await measure(process.execPath, [bin, ...args], root))
}

/** Seconds of a run with nothing to do. The first one after a build looks at what that has written, so it is not the one. */
export async function nothingToDo(root: string, ...args: readonly string[]): Promise<number> {
  await program(root, '--quiet', ...args)
  return (await program(root, '--quiet', ...args)).seconds
}

/** What it says in a run, and when. */
export interface Said {
  readonly type: string
  readonly stage?: string
  /** Seconds since the process was started. */
  readonly at: number
}

export interface Told extends Measured {
  readonly said: readonly Said[]
  readonly summary: { readonly [count: string]: number }
}

export async function told(root: string, ...args: readonly string[]): Promise<Told> {
  const said: Said[] = []
  let last = '{}'
  const heard = (line: string, at: number) => {
    said.push({ ...(JSON.parse(line) as Omit<Said, 'at'>), at })
    last = line
  }
  const measured = await checked(await measure(process.execPath, [bin, '--json', ...args], root, {}, heard))
  return { ...measured, said, summary: JSON.parse(last) as Told['summary'] }
}

/** Seconds from the first target of a stage that was begun to the last one that ended. */
export function secondsOf({ said }: Told, stage: string): number {
  const of = (type: string) => said.filter((each) => each.stage === stage && each.type === type)
  return (of('target-finished').at(-1)?.at ?? Number.NaN) - (of('target-started').at(0)?.at ?? Number.NaN)
}

async function checked(measured: Measured): Promise<Measured> {
  if (measured.code === 0) return measured
  const why = measured.stdout.split('\n').find((line) => line.includes('failed')) ?? measured.stdout
  throw new Error(`exit status ${measured.code}: ${why.slice(0, 500)}`)
}
