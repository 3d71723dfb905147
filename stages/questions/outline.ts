/**
 * A TOML text as its blocks: a header with the lines below it, and the comment lines directly above it.
 * What lies between blocks (blank lines, comments that stand free) belongs to none.
 */
import type { AST } from 'toml-eslint-parser'
import { treeOf } from './place.ts'
import type { Path } from './problems.ts'

export type Range = readonly [start: number, end: number]

/** `key = value`; the key may be dotted. */
export interface Pair {
  readonly keys: readonly string[]
  readonly range: Range
  readonly value: Range
}

export interface Block {
  /** From the first comment line above the header to the end of the last line, line break included. */
  readonly range: Range
  readonly pairs: readonly Pair[]
}

/** A table or list as the text has it. Without a block: a list, or a table that only deeper headers name. */
export interface Spot {
  block?: Block
  readonly below: Map<string | number, Spot>
}

export interface Outline {
  readonly text: string
  readonly root: Spot
  readonly comments: readonly Range[]
}

/** The outline of a `normal` text, which is given a line break at its end if it has none. */
export async function outlineOf(normal: string): Promise<Outline> {
  const text = normal.endsWith('\n') ? normal : `${normal}\n`
  const tree = await treeOf(text)
  const comments: Range[] = tree.comments.map((comment) => comment.range)
  const root: Spot = { below: new Map() }
  const outline = { text, root, comments }
  const ownLines = new Set(
    comments
      .filter(([start]) => isBlank(text.slice(lineStart(text, start), start)))
      .map(([start]) => lineStart(text, start)),
  )
  const top: AST.TOMLKeyValue[] = []
  for (const node of tree.body[0].body) {
    if (node.type === 'TOMLKeyValue') top.push(node)
    else spotAt(root, node.resolvedKey).block = blockOf(text, node, ownLines)
  }
  const last = top.at(-1)
  root.block = { range: [0, last === undefined ? 0 : lineEnd(text, last.range[1])], pairs: top.map(pairOf) }
  return outline
}

function blockOf(text: string, table: AST.TOMLTable, ownLines: ReadonlySet<number>): Block {
  let start = lineStart(text, table.range[0])
  while (start > 0 && ownLines.has(lineStart(text, start - 1))) start = lineStart(text, start - 1)
  return { range: [start, lineEnd(text, table.range[1])], pairs: table.body.map(pairOf) }
}

function pairOf(pair: AST.TOMLKeyValue): Pair {
  const keys = pair.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value))
  return { keys, range: pair.range, value: pair.value.range }
}

function spotAt(root: Spot, path: Path): Spot {
  let spot = root
  for (const part of path) {
    const next: Spot = spot.below.get(part) ?? { below: new Map() }
    spot.below.set(part, next)
    spot = next
  }
  return spot
}

/** The blocks of a spot and of all below it. */
export function blocksOf(spot: Spot): Block[] {
  const below = [...spot.below.values()].flatMap(blocksOf)
  return spot.block === undefined ? below : [spot.block, ...below]
}

/** From the first of the spot's blocks to the end of its last. */
export function extentOf(spot: Spot): Range {
  const ranges = blocksOf(spot).map((block) => block.range)
  return [Math.min(...ranges.map(([start]) => start)), Math.max(...ranges.map(([, end]) => end))]
}

export function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1
}

/** Behind the line break of the line that `offset` stands in. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset)
  return end < 0 ? text.length : end + 1
}

/** Where the blank lines before a line begin. */
export function blankBefore(text: string, start: number): number {
  let at = start
  while (at > 0 && isBlank(text.slice(lineStart(text, at - 1), at))) at = lineStart(text, at - 1)
  return at
}

/** Where the blank lines from a line on end. */
export function blankAfter(text: string, start: number): number {
  let at = start
  while (at < text.length && isBlank(text.slice(at, lineEnd(text, at)))) at = lineEnd(text, at)
  return at
}

function isBlank(text: string): boolean {
  return text.trim() === ''
}
