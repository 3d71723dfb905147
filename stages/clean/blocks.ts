/**
 * The pieces of code between fences. They are found by line, as in Markdown, but where one ends the grammar has a say: a
 * fence inside a docstring closes nothing.
 */
import { dedent } from './layout.ts'
import { faultOf, soundBody } from './python.ts'

export interface Block {
  readonly text: string
  /** Where its text begins in the whole. */
  readonly from: number
  /** False when a fence names another language. */
  readonly python: boolean
}

export interface Line {
  readonly text: string
  readonly from: number
}

interface Fence {
  readonly line: number
  /** Of the line, before the marks: quote marks, a list's bullet, white space; or code, for one that closes. */
  readonly before: string
  readonly marks: string
  readonly info: string
}

const PYTHON =
  /^(?:\{?\.?(?:python|py|python3|py3|ipython|ipython3|sage|cpython|pycon|pydocstring|python-repl|repl|doctest|code|starlark|tool_code)\b.*|)$/i

/** A language's name where the code should begin. */
const LANGUAGE = /^\s*(?:python|python3|py)\s*$/i

/** What stands between fences, in order. One that is never closed goes to the end; one within a line counts when there is no other. */
export function fenced(text: string): Block[] {
  const blocks = blocksOf(text)
  return blocks.length > 0 ? blocks : inLine(text)
}

function inLine(text: string): Block[] {
  return [...text.matchAll(/(`{3,})(?:(?:python3?|py) +)?([^`\n]+)\1/g)].map(({ index, 2: code = '' }) => ({
    text: `${code.trim()}\n`,
    from: index,
    python: true,
  }))
}

function blocksOf(text: string): Block[] {
  const lines = linesOf(text)
  const fences = lines.flatMap((line, index) => fenceOf(line.text, index) ?? [])
  const blocks: Block[] = []
  for (let i = 0; i < fences.length; ) {
    const opening = fences[i]
    if (opening === undefined || !opens(opening)) {
      i++
      continue
    }
    const end = closing(lines, fences, i)
    blocks.push(blockOf(lines, opening, fences[end]))
    i = end + 1
  }
  return blocks
}

/** The text before its first fence, for an answer that began inside one. */
export function beforeFence(text: string): string | undefined {
  const lines = linesOf(text)
  const index = lines.findIndex((line, at) => fenceOf(line.text, at) !== undefined)
  const fence = fenceOf(lines[index]?.text ?? '', index)
  if (fence === undefined) return undefined
  const last = opens(fence) ? '' : fence.before
  return text.slice(0, lines[index]?.from) + (last.trim() === '' ? '' : `${last}\n`)
}

export function linesOf(text: string): Line[] {
  let from = 0
  return text.split('\n').map((line) => {
    const at = from
    from += line.length + 1
    return { text: line, from: at }
  })
}

function fenceOf(line: string, index: number): Fence | undefined {
  const match = /^([^`~]*|.*[^`~])(`{3,}|~{3,})([^`]*)$/.exec(line)
  if (match === null) return undefined
  const [, before = '', marks = '', info = ''] = match
  return { line: index, before, marks, info: info.trim() }
}

/** Before marks that open a block there may be a quote's, a list's, or a sentence that introduces it. */
function opens({ before, info }: Fence): boolean {
  return /^[\s>]*(?:(?:[-*+]|\d+[.)])\s+)?$/.test(before) || (info !== '' && /[:.]\s*$/.test(before))
}

/** Which fence closes the one at `start`: the first after which the content is Python, else the first at all. */
function closing(lines: readonly Line[], fences: readonly Fence[], start: number): number {
  const opening = fences[start]
  let first = fences.length
  for (let end = start + 1; end < fences.length; end++) {
    const fence = fences[end]
    if (opening === undefined || fence === undefined) break
    if (fence.info !== '' || fence.marks[0] !== opening.marks[0] || fence.marks.length < opening.marks.length)
      continue
    if (first === fences.length) first = end
    if (isPython(blockOf(lines, opening, fence).text)) return end
  }
  return first
}

function isPython(text: string): boolean {
  const code = dedent(text)
  return faultOf(code) === undefined || soundBody(code).problems.every(({ kind }) => kind === 'return')
}

function blockOf(lines: readonly Line[], opening: Fence, end: Fence | undefined): Block {
  const content = lines.slice(opening.line + 1, end?.line ?? lines.length).map((line) => line.text)
  if (end !== undefined && end.before.trim() !== '' && !opens(end)) content.push(end.before)
  if (opening.info === '' && LANGUAGE.test(content[0] ?? '')) content.shift()
  const quote = /^\s*>/.test(opening.before)
  const width = quote
    ? 0
    : opening.before.search(/\S|$/) +
      (/^\s*(?:[-*+]|\d+[.)])\s+$/.test(opening.before) ? opening.before.trimStart().length : 0)
  const plain = content.map((line) =>
    quote ? line.replace(/^\s*> ?/, '') : line.slice(Math.min(width, line.search(/\S|$/))),
  )
  return {
    text: plain.length === 0 ? '' : `${plain.join('\n')}\n`,
    from: lines[opening.line]?.from ?? 0,
    python: PYTHON.test(opening.info),
  }
}
