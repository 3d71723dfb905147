/**
 * TOML as plain values: what the parser gives and what the writer takes.
 *
 * Line breaks inside a value are LF, whatever the file uses, as Python's tomllib reads them: a checkout that turned
 * LF into CRLF must not look as if a person had edited every completion. A CR that belongs to a value is written as
 * an escape. Integers are bigints, so that `1` and `1.0` stay two things in keys that are not ours.
 */
import { parse } from 'smol-toml'
import type { TomlTable, TomlValue } from './model.ts'

export function isTable(value: unknown): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

export function isList(value: unknown): value is readonly TomlValue[] {
  return Array.isArray(value)
}

/** A table's own value: `constructor` may be a key, and is one of every object's. */
export function own(table: TomlTable, key: string): TomlValue | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}

/** What a person calls it. */
export function kindOf(value: unknown): string {
  if (typeof value === 'string') return 'text'
  if (typeof value === 'number' || typeof value === 'bigint') return 'a number'
  if (typeof value === 'boolean') return `${value}`
  if (value instanceof Date) return 'a date or time'
  return isList(value) ? 'a list' : 'a table'
}

/** The text as it is parsed: no byte order mark, LF. Lines and columns are those of the file. */
export function normal(text: string): string {
  const unmarked = text.startsWith('\ufeff') ? text.slice(1) : text
  return unmarked.includes('\r') ? unmarked.replaceAll('\r\n', '\n') : unmarked
}

/** Parses text that is `normal`. Throws smol-toml's TomlError. */
export function parseToml(text: string): TomlTable {
  return parse(text, { integersAsBigInt: true })
}

/** Equal as TOML values: the order of keys does not count, the type of a number does. */
export function same(a: TomlValue | undefined, b: TomlValue | undefined): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object') return false
  if (a instanceof Date || b instanceof Date)
    return a instanceof Date && b instanceof Date && a.toISOString() === b.toISOString()
  if (isList(a) || isList(b)) return isList(a) && isList(b) && sameItems(a, b)
  let left = Object.keys(b).length
  for (const key in a) {
    if (!Object.hasOwn(b, key) || !same(a[key], b[key])) return false
    left--
  }
  return left === 0
}

function sameItems(a: readonly TomlValue[], b: readonly TomlValue[]): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (!same(a[at], b[at])) return false
  return true
}
