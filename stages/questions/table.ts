/**
 * The checker's own pieces, for what valibot's do otherwise:
 *
 * - `table` keeps keys that are not ours in `unknown`, and reports one that is nearly ours. valibot's `looseObject`
 *   mixes both kinds, and drops a key named `constructor`; its `object` takes a list or a date for a table.
 * - `number` takes TOML's integers, which arrive as bigints (see toml.ts).
 * - `wordOrTable` says what is wrong with the one that was meant, where valibot's `union` says that none fits.
 *
 * All are valibot schemas with another `~run`, so that `schema.ts` can read them like any other.
 */
import * as v from 'valibot'
import type { TomlTable, TomlValue, Unknown } from './model.ts'
import { nearest } from './near.ts'
import { isList, isTable, kindOf } from './toml.ts'

type Issue = v.BaseIssue<unknown>
type Dataset = v.OutputDataset<unknown, Issue>

export type Table<Entries extends v.ObjectEntries> = v.GenericSchema<
  v.InferInput<v.ObjectSchema<Entries, undefined>>,
  v.InferOutput<v.ObjectSchema<Entries, undefined>> & { unknown?: Unknown }
>

/** A table of these keys. `of` is what messages call it: 'a question', 'a test case', … */
export function table<const Entries extends v.ObjectEntries>(of: string, entries: Entries): Table<Entries> {
  const known = new Set(Object.keys(entries))
  const object = v.object(entries)
  const columns = Object.entries(entries).map(
    ([key, schema]): Column => ({
      key,
      schema,
      optional: schema.type === 'optional',
      standard: v.getDefault(schema),
    }),
  )
  const checked = {
    ...object,
    '~run'(dataset: v.UnknownDataset, config: v.Config<Issue>): Dataset {
      const input = dataset.value
      if (!isTable(input)) return { typed: false, value: input, issues: [notTable(input, of)] }
      const result: Mutable = { typed: true, value: {} }
      for (const column of columns) take(result, input, column, config, of)
      for (const key in input) if (!known.has(key)) keep(result, input, key, known, of)
      return result as Dataset
    },
  }
  // The spread can't say that the output gained `unknown`.
  return checked as unknown as Table<Entries>
}

interface Column {
  readonly key: string
  readonly schema: v.GenericSchema
  readonly optional: boolean
  readonly standard: unknown
}

/** As valibot's `object` does it; that asks every schema anew what it is, for keys that most tables do not have. */
function take(
  result: Mutable,
  input: TomlTable,
  { key, schema, optional, standard }: Column,
  config: v.Config<Issue>,
  of: string,
): void {
  const value = input[key] ?? standard
  if (value === undefined) {
    if (!optional) fault(result, [missing(input, key, of)])
    return
  }
  const taken = schema['~run']({ value }, config)
  if (taken.issues !== undefined) {
    const item = { type: 'object', origin: 'value', input: { ...input }, key, value } as const
    fault(
      result,
      taken.issues.map((issue) => ({ ...issue, path: [item, ...(issue.path ?? [])] })),
      taken.typed,
    )
  }
  result.value[key] = taken.value
}

/** A dataset while it is being made. */
interface Mutable {
  typed: boolean
  readonly value: Record<string, unknown>
  issues?: Issue[]
}

function fault(result: Mutable, issues: readonly Issue[], typed = false): void {
  result.issues = [...(result.issues ?? []), ...issues]
  result.typed &&= typed
}

/** One of some words, or a table that says more; what is neither is told the words. */
export function wordOrTable<const Word extends v.GenericSchema, const Settings extends v.GenericSchema>(
  word: Word,
  settings: Settings,
): v.UnionSchema<[Word, Settings], undefined> {
  const schema = v.union([word, settings])
  return {
    ...schema,
    '~run'(dataset, config) {
      return (isTable(dataset.value) ? settings : word)['~run'](dataset, config)
    },
  }
}

/** A number, whole or not. */
export function number(): v.NumberSchema<undefined> {
  const schema = v.number()
  return {
    ...schema,
    '~run'(dataset, config) {
      if (typeof dataset.value === 'bigint') return { typed: true, value: Number(dataset.value) }
      return schema['~run'](dataset, config)
    },
  }
}

function keep(result: Mutable, input: TomlTable, key: string, known: ReadonlySet<string>, of: string): void {
  const meant = nearest(key, [...known])
  if (meant !== undefined) {
    const misspelt = issueAt(input, key, `is no key of ${of}; did you mean \`${meant}\`?`)
    const others = (result.issues ?? []).filter((issue) => !isAbout(issue, meant))
    result.issues = [...others, misspelt]
  }
  const output = result.value as { unknown?: Unknown }
  // From entries, because `__proto__` may be a key.
  output.unknown = Object.fromEntries([
    ...Object.entries(output.unknown ?? {}),
    [key, plain(input[key] ?? '')],
  ])
}

/** Says that the key is missing, which is no news when it was misspelt. */
function isAbout(issue: Issue, key: string): boolean {
  const [item, ...below] = issue.path ?? []
  return item?.origin === 'key' && item.key === key && below.length === 0
}

/** The parser's tables have no prototype; what goes into the model is an ordinary object. */
function plain(value: TomlValue): TomlValue {
  if (isList(value)) return value.map(plain)
  if (!isTable(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
}

function notTable(input: unknown, of: string): Issue {
  const message = `must be a table (${of}), not ${kindOf(input)}`
  return { kind: 'schema', type: 'object', input, expected: 'Object', received: '', message }
}

function missing(input: TomlTable, key: string, of: string): Issue {
  const message = `is missing: ${of} needs it`
  const path: Issue['path'] = [{ type: 'object', origin: 'key', input: { ...input }, key, value: undefined }]
  return {
    kind: 'schema',
    type: 'object',
    input: undefined,
    expected: `"${key}"`,
    received: 'undefined',
    message,
    path,
  }
}

function issueAt(input: TomlTable, key: string, message: string): Issue {
  const value = input[key]
  const path: Issue['path'] = [{ type: 'object', origin: 'key', input: { ...input }, key, value }]
  return { kind: 'validation', type: 'key', input: value, expected: null, received: '', message, path }
}
