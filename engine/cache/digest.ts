/**
 * Digests: the names by which the cache knows things.
 *
 * A digest is the first 128 bits of SHA-256, in hex: short enough to stand in a file that people read,
 * and far beyond accidental collision (2^64 values before one is to be expected).
 *
 * Values are put into canonical JSON first (object keys sorted, `undefined` left out), so that a key does
 * not depend on the order in which somebody wrote an object down.
 */
import { createHash, hash } from 'node:crypto'

declare const digestBrand: unique symbol

/** 32 lower-case hex digits. */
export type Digest = string & { readonly [digestBrand]: true }

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined }

export function digestOf(bytes: string | Uint8Array): Digest {
  return hash('sha256', bytes, 'hex').slice(0, 32) as Digest
}

/** The digest of what the parts hold together. */
export function digestOfParts(parts: Iterable<Uint8Array>): Digest {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex').slice(0, 32) as Digest
}

/** The digest of a value's canonical JSON. Give each kind of key a `scheme` of its own, so that two kinds never meet. */
export function keyOf(scheme: string, value: Json): Digest {
  return digestOf(`${scheme}\n${canonical(value)}`)
}

/** `keyOf(scheme, { ...rest, [name]: value })` for one value after another: what they have in common is written once. */
export function keysOf(
  scheme: string,
  name: string,
  rest: { readonly [key: string]: Json | undefined },
): (value: Json) => Digest {
  const part = (belongs: (key: string) => boolean) =>
    canonical(Object.fromEntries(Object.entries(rest).filter(([key]) => belongs(key)))).slice(1, -1)
  const [before, after] = [part((key) => key < name), part((key) => key > name)]
  const start = `${scheme}\n{${before}${before && ','}${JSON.stringify(name)}:`
  const end = `${after && ','}${after}}`
  return (value) => digestOf(start + canonical(value) + end)
}

export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && /^[0-9a-f]{32}$/.test(text)
}

/** JSON with sorted keys. Throws on numbers that JSON can't hold: a NaN in a key would be read back as null. */
export function canonical(value: Json): string {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new RangeError(`${value} cannot be part of a key`)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(canonical).join(',')}]`
  const entries = Object.entries(value).filter((entry): entry is [string, Json] => entry[1] !== undefined)
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
