/** All steps that a walk is made of, and how often each is taken. */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { type Act, at } from './act.ts'
import { upstreamActs } from './changes.ts'
import { edits, fileActs } from './edits.ts'
import { look } from './seen.ts'

const people: { readonly [name: string]: Act } = { ...edits, ...fileActs }

const runs: { readonly [name: string]: Act } = {
  run: (machine) => machine.run(),
  'killed before a write': async (machine, a) => {
    const beforeWrite = (written: number) => {
      if (written >= a % 4) throw new Error('killed')
    }
    await machine.once({ beforeWrite })
    await machine.reopen({ forget: false })
    await machine.run()
  },
  'saved in the midst of a run': async (machine, a, b, c) => {
    let saved = false
    const name = at(Object.keys(people), a)
    await machine.once({
      beforeWrite: (written) => {
        if (saved || written < c % 3) return
        saved = true
        void people[name ?? '']?.(machine, b, c, a)
      },
    })
    await machine.run()
  },
  'other rules': (machine, a) => {
    machine.rules = a
  },
  'cache deleted': (machine) => machine.reopen({ forget: true }),
  'process ended': (machine) => machine.reopen({ forget: false }),
  'half typed': async (machine, a) => {
    const path = at(
      [...look(machine.root).texts.keys()].filter((each) => !each.startsWith('.')),
      a,
    )
    const name = path?.slice(0, -5) ?? ''
    if (path === undefined || !machine.upstream.files.get(name)?.length) return
    const full = join(machine.root, 'data/cleaned', path)
    const { readFileSync, writeFileSync } = await import('node:fs')
    const text = readFileSync(full, 'utf8')
    appendFileSync(full, '\nhalf = ')
    const { exit } = await machine.once()
    if (exit !== 2) throw new Error(`a file that can't be read was passed over: exit ${exit}`)
    if (readFileSync(full, 'utf8') !== `${text}\nhalf = `)
      throw new Error("a file that can't be read was written to")
    writeFileSync(full, text)
  },
}

export const acts: { readonly [name: string]: Act } = { ...people, ...upstreamActs, ...runs }

const some = (weight: number, names: readonly string[]) => ({ weight, arbitrary: fc.constantFrom(...names) })

export interface Step {
  readonly act: string
  readonly a: number
  readonly b: number
  readonly c: number
}

/** A run about every third step; edits of a completion's text more often than all else. */
export const step: fc.Arbitrary<Step> = fc.record({
  act: fc.oneof(
    some(8, ['run']),
    some(3, ['completion: text', 'completion: note', 'completion: skip', 'completion: deleted']),
    some(6, Object.keys(people)),
    some(8, Object.keys(upstreamActs)),
    some(3, Object.keys(runs)),
  ),
  a: fc.nat(999),
  b: fc.nat(999),
  c: fc.nat(999),
}, { noNullPrototype: true })
