/** All steps that a walk is made of, and how often each is taken. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { type Act, at } from './act.ts'
import { upstreamActs } from './changes.ts'
import { edits, fileActs } from './edits.ts'
import type { Machine } from './machine.ts'
import { look } from './seen.ts'
import type { Raw } from './upstream.ts'

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
    // What they delete from a file in the instant in which the run relies on it is lost, and by them.
    const names = Object.keys(people).filter((each) => each !== 'file: set-aside deleted')
    const name = at(names, a)
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
    const text = readFileSync(full, 'utf8')
    appendFileSync(full, '\nhalf = ')
    const { exit } = await machine.once()
    if (exit !== 2) throw new Error(`a file that can't be read was passed over: exit ${exit}`)
    if (readFileSync(full, 'utf8') !== `${text}\nhalf = `)
      throw new Error("a file that can't be read was written to")
    writeFileSync(full, text)
  },
}

/** A word for a question that stands in its cleaned file, or for one of its completions; and that one's raw text. */
function wordFor(
  { root, upstream }: Machine,
  a: number,
  b: number,
): { readonly word: string; readonly id: string; readonly raw: string | undefined } | undefined {
  const question = at(
    look(root).questions.filter(({ aside, file, id }) => !aside && hasId(upstream.files.get(file), id)),
    a,
  )
  const completion = at(question?.completions ?? [], b)
  if (question === undefined) return undefined
  const { id } = question
  const sample = b % 2 === 0 ? completion?.sample : undefined
  return sample === undefined
    ? { word: id, id, raw: undefined }
    : { word: `${id}#${sample}`, id, raw: completion?.raw }
}

function hasId(questions: readonly Raw[] | undefined, id: string): boolean {
  return questions?.some((each) => each.id === id) === true
}

const orders: { readonly [name: string]: Act } = {
  accept: async (machine, a, b) => {
    const meant = wordFor(machine, a, b)
    if (meant !== undefined) await machine.order('accept', [meant.word])
  },
  reset: async (machine, a, b) => {
    // What is to be reset is what stands there, so the files are brought up to date first.
    await machine.run()
    const meant = wordFor(machine, a, b)
    if (meant === undefined) return
    const before = look(machine.root)
    const exit = await machine.order('reset', [meant.word])
    const home = machine.upstream.all().find(({ id }) => id === meant.id)
    if (exit !== 0 || home === undefined) return
    const file = machine.upstream.fileOf(home) ?? ''
    machine.claims.reset({ ...home, ...meant, file }, before, look(machine.root))
  },
  diff: async (machine, a, b) => {
    const meant = wordFor(machine, a, b)
    const before = look(machine.root).texts
    if (meant !== undefined) await machine.order('diff', [meant.word])
    const after = look(machine.root).texts
    for (const [path, text] of before) if (after.get(path) !== text) throw new Error(`diff wrote ${path}`)
  },
}

export const acts: { readonly [name: string]: Act } = { ...people, ...upstreamActs, ...orders, ...runs }

const some = (weight: number, names: readonly string[]) => ({ weight, arbitrary: fc.constantFrom(...names) })

export interface Step {
  readonly act: string
  readonly a: number
  readonly b: number
  readonly c: number
}

/** A run about every third step; edits of a completion's text more often than all else. */
export const step: fc.Arbitrary<Step> = fc.record(
  {
    act: fc.oneof(
      some(8, ['run']),
      some(3, ['completion: text', 'completion: note', 'completion: skip', 'completion: deleted']),
      some(6, Object.keys(people)),
      some(5, Object.keys(upstreamActs)),
      some(4, ['upstream: fewer samples', 'upstream: more samples', 'upstream: first sample gone']),
      some(3, Object.keys(runs)),
      some(1, Object.keys(orders)),
    ),
    a: fc.nat(59),
    b: fc.nat(59),
    c: fc.nat(59),
  },
  { noNullPrototype: true },
)
