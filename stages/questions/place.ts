/**
 * Where a key or value stands in a text. Loads the parser that keeps positions, which is ten times slower than the
 * one that reads: only for a file that has an error, or that a person formatted and we have to change.
 */
import type { AST } from 'toml-eslint-parser'
import type { Path, Problem } from './problems.ts'
import { spansOf } from './spans.ts'

type Range = readonly [start: number, end: number]

/** Offsets of keys and values, by `nameOf(path)`. */
export interface Places {
  readonly keys: ReadonlyMap<string, Range>
  readonly values: ReadonlyMap<string, Range>
}

export function nameOf(path: Path): string {
  return JSON.stringify(path)
}

/** The parser hands a string's characters to one call, and a call takes only so many. */
const longest = 50_000

/** The syntax tree of `normal` text that smol-toml could parse. A very long string is in its place, but empty. */
export async function treeOf(text: string): Promise<AST.TOMLProgram> {
  const { parseTOML, traverseNodes } = await import('toml-eslint-parser')
  const strings = text.length > longest ? spansOf(text).filter(({ kind }) => kind === 'string') : []
  const long = strings.filter(({ start, end }) => end - start > longest)
  let short = ''
  let at = 0
  for (const { start, end } of long) {
    short += text.slice(at, start) + "''".padEnd(end - start)
    at = end
  }
  const tree = parseTOML(short + text.slice(at), { tomlVersion: '1.1' })
  if (long.length === 0) return tree
  const ends = new Map(long.map(({ start, end }) => [start + "''".length, end]))
  const restore = ({ range }: AST.TOMLNode) => {
    range[1] = ends.get(range[1]) ?? range[1]
  }
  traverseNodes(tree, { enterNode: restore, leaveNode: () => {} })
  return tree
}

export async function placesOf(text: string): Promise<Places> {
  const keys = new Map<string, Range>()
  const values = new Map<string, Range>()
  const keyed = (above: Path, key: AST.TOMLKey): Path => {
    let path = above
    for (const part of key.keys) {
      path = [...path, part.type === 'TOMLBare' ? part.name : part.value]
      if (!keys.has(nameOf(path))) keys.set(nameOf(path), part.range)
    }
    return path
  }
  const enter = (path: Path, node: AST.TOMLContentNode): void => {
    values.set(nameOf(path), node.range)
    if (node.type === 'TOMLArray') node.elements.forEach((item, index) => void enter([...path, index], item))
    if (node.type === 'TOMLInlineTable')
      for (const pair of node.body) enter(keyed(path, pair.key), pair.value)
  }
  for (const node of (await treeOf(text)).body[0].body) {
    if (node.type === 'TOMLKeyValue') enter(keyed([], node.key), node.value)
    else {
      const path: Path = node.resolvedKey
      if (!values.has(nameOf(path))) values.set(nameOf(path), [node.range[0], node.key.range[1]])
      const list = path.findLastIndex((part) => typeof part === 'string')
      const header = nameOf(path.slice(0, list + 1))
      if (!keys.has(header)) keys.set(header, (node.key.keys.at(-1) ?? node.key).range)
      for (const pair of node.body) enter(keyed(path, pair.key), pair.value)
    }
  }
  return { keys, values }
}

/** The offset to point at: of what is meant or, where that is missing, of the table that should hold it. */
export function offsetOf(places: Places, path: Path, at: Problem['at']): number {
  for (let length = path.length; length > 0; length--) {
    const name = nameOf(path.slice(0, length))
    const preferred = at === 'key' ? places.keys : places.values
    const range =
      (length === path.length ? preferred.get(name) : undefined) ??
      places.values.get(name) ??
      places.keys.get(name)
    if (range !== undefined) return range[0]
  }
  return 0
}
