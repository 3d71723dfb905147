/** Which item of a list became which: what lets a rewritten file keep the bytes and comments of each. */
import type { TomlTable, TomlValue } from './model.ts'
import { own } from './toml.ts'
import { tomlTable } from './write.ts'

/** What names an item, the surest first; an item that has no such name is left to the next. */
type Naming = (item: TomlTable, index: number) => string | undefined

const byText: Naming = (item) => tomlTable([], item)
const byPosition: Naming = (_, index) => String(index)
const byKey =
  (key: string): Naming =>
  (item) =>
    named(own(item, key))

/** Where nothing says what a completion was made from, by nothing. */
const bySource =
  (...keys: readonly string[]): Naming =>
  (item) => {
    const source = named(own(item, 'raw')) ?? named(own(item, 'digest'))
    return source && JSON.stringify([source, ...keys.map((key) => named(own(item, key)))])
  }

/** A comment belongs to the text that it stands at: it goes along when the text becomes another sample. */
const namings: ReadonlyMap<string, readonly Naming[]> = new Map([
  ['questions', [byKey('id')]],
  [
    'completions',
    [
      bySource('sample', 'completion'),
      bySource('completion'),
      bySource('sample'),
      bySource(),
      byKey('sample'),
      byText,
      byKey('completion'),
    ],
  ],
  ['support_files', [byKey('name')]],
])

function named(value: TomlValue | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'bigint' ? String(value) : undefined
}

/** For each item of `after` the position in `before` of the item that it was; undefined for a new one. */
export function matched(
  list: string,
  before: readonly TomlTable[],
  after: readonly TomlTable[],
): (number | undefined)[] {
  const result: (number | undefined)[] = after.map(() => undefined)
  const free = new Set(before.keys())
  for (const naming of namings.get(list) ?? [byText, byPosition]) {
    const candidates = new Map<string, number[]>()
    for (const index of free) {
      const name = naming(before[index] ?? {}, index)
      if (name !== undefined) candidates.set(name, [...(candidates.get(name) ?? []), index])
    }
    for (const [index, item] of after.entries()) {
      const name = result[index] === undefined ? naming(item, index) : undefined
      const was = name === undefined ? undefined : candidates.get(name)?.shift()
      if (was === undefined) continue
      result[index] = was
      free.delete(was)
    }
  }
  return result
}

/** The most items that can stay where they are while the others move: a longest rising subsequence. */
export function staying(order: readonly (number | undefined)[]): Set<number> {
  const tails: { readonly value: number; readonly previous: Chain | undefined }[] = []
  type Chain = (typeof tails)[number]
  for (const value of order) {
    if (value === undefined) continue
    const at = tails.findLastIndex((tail) => tail.value < value) + 1
    tails[at] = { value, previous: tails[at - 1] }
  }
  const result = new Set<number>()
  for (let chain = tails.at(-1); chain !== undefined; chain = chain.previous) result.add(chain.value)
  return result
}
