/**
 * The pieces of code in a text: what stands between fences, and what is Python among prose.
 *
 * Fences are found by line, as in Markdown, but where one ends the grammar has a say: a fence inside a docstring
 * closes nothing. Prose has no marks at all: there only the grammar is asked.
 */
import { dedent } from './layout.ts'
import { faultOf, isCode, soundBody } from './python.ts'

export interface Block {
  readonly text: string
  /** Where its text begins in the whole. */
  readonly from: number
  /** False when a fence names another language. */
  readonly python: boolean
}

interface Line {
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

/** What stands between fences, in order. One that is never closed goes to the end. */
export function fenced(text: string): Block[] {
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

function linesOf(text: string): Line[] {
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

/** What is Python among prose: runs of statements without a fault, in order. */
export function amongProse(text: string): Block[] {
  const lines = linesOf(text)
  const blocks: Block[] = []
  for (let i = 0; i < lines.length; ) {
    const line = lines[i]
    if (line === undefined) break
    const session = sessionFrom(lines, i)
    if (session > i) {
      const typed = lines.slice(i, session).map((each) => each.text)
      blocks.push({ text: `${typed.join('\n')}\n`, from: line.from, python: true })
      i = session
      continue
    }
    if (!mayBegin(line.text)) {
      i++
      continue
    }
    const to = line.from + endOfCode(text.slice(line.from))
    if (to <= line.from) {
      i++
      continue
    }
    blocks.push({ text: `${text.slice(line.from, to)}\n`, from: line.from, python: true })
    while (i < lines.length && (lines[i]?.from ?? to) < to) i++
  }
  return blocks
}

/** The line after an interpreter's session that begins at a line, what it printed included; the line itself when none does. */
function sessionFrom(lines: readonly Line[], start: number): number {
  if (!/^\s*>>> /.test(lines[start]?.text ?? '')) return start
  const end = lines.findIndex(
    ({ text }, index) =>
      index > start && text.trim() === '' && !/^\s*(?:>>>|\.\.\.)/.test(lines[index + 1]?.text ?? ''),
  )
  return end < 0 ? lines.length : end
}

/** A line that a statement may begin on; most prose fails by its second word, which only the grammar sees. */
function mayBegin(line: string): boolean {
  return /^[ \t]*(?:[A-Za-z_@([{'"#]|\w+\s*[=([])/.test(line)
}

/** Where the last statement before the first fault ends; 0 when the first one is no code. */
function endOfCode(text: string): number {
  const module = soundBody(dedent(text))
  const first = module.statements[0]
  if (
    first === undefined ||
    (first.broken && !first.misplaced) ||
    !(isCode(first.node) || first.node.firstChild?.name === 'String')
  )
    return 0
  let last: number | undefined
  for (const { node, broken, misplaced, to } of module.statements) {
    if (broken && !misplaced) break
    if (isCode(node)) last = to
  }
  if (last === undefined) return 0
  // Dedenting moved everything but the lines' numbers.
  const count = module.text.slice(0, last).split('\n').length
  return text.split('\n').slice(0, count).join('\n').length
}
