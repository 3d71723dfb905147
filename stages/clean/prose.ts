/** Python that stands among prose, without a mark: there only the grammar is asked. */
import { type Block, type Line, linesOf } from './blocks.ts'
import { dedent } from './layout.ts'
import { usesOf } from './names.ts'
import { isCode, parse, type Statement, soundBody } from './python.ts'
import { givenBy } from './task.ts'
import { numberOf, PROMPT, SESSION } from './wrapping.ts'

/** What is Python among prose: runs of statements without a fault, in order. */
export function amongProse(text: string): Block[] {
  const lines = linesOf(text)
  const blocks: Block[] = []
  for (let i = 0; i < lines.length; ) {
    const line = lines[i]
    if (line === undefined) break
    const end = Math.max(sessionFrom(lines, i), numberedFrom(lines, i))
    if (end > i) {
      const marked = lines.slice(i, end).map((each) => each.text)
      blocks.push({ text: `${marked.join('\n')}\n`, from: line.from, python: true })
      i = end
      continue
    }
    if (!mayBegin(line.text)) {
      i++
      continue
    }
    const to = line.from + (endOfCode(text.slice(line.from)) || endOfCode(setIn(lines, i)))
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
  if (!SESSION.test(lines[start]?.text ?? '')) return start
  const end = lines.findIndex(
    ({ text }, index) => index > start && text.trim() === '' && !PROMPT.test(lines[index + 1]?.text ?? ''),
  )
  return end < 0 ? lines.length : end
}

/** The line after those that are numbered in order; the line itself when fewer than two are. */
function numberedFrom(lines: readonly Line[], start: number): number {
  let end = start
  while (numberOf(lines[end]?.text ?? '') === numberOf(lines[start]?.text ?? '') + end - start) end++
  return end > start + 1 ? end : start
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

/** The lines from `start` on that are set in from what is above them, behind an empty one: a block of code in Markdown. */
function setIn(lines: readonly Line[], start: number): string {
  const column = (line: Line | undefined) => line?.text.search(/\S/) ?? -1
  const own = column(lines[start])
  const above = lines.slice(0, start).findLast((line) => column(line) >= 0)
  if (column(above) >= own || lines[start - 1]?.text.trim()) return ''
  const end = lines.findIndex((line, index) => index > start && column(line) >= 0 && column(line) < own)
  const block = lines.slice(start, end < 0 ? undefined : end)
  return block.map(({ text }) => text).join('\n')
}

/** What follows the end of a docstring, for a text that begins inside one: a model may write the preload's end once more. */
export function afterDocstring(text: string): string | undefined {
  const quotes = /"""|'''/.exec(text)
  if (quotes === null) return undefined
  const end = quotes.index + quotes[0].length
  const isAlone = /\n[ \t]*$/.test(text.slice(0, quotes.index)) && /^[ \t]*\n/.test(text.slice(end))
  return isAlone ? text.slice(text.indexOf('\n', end) + 1) : undefined
}

/**
 * Takes words away that stand on a line of their own and that the grammar takes for an expression (`python`, `Explanation`):
 * nothing gives them a meaning, so running them can only fail. Takes a whole program.
 */
export function loneWords(text: string): string {
  const program = parse(text)
  const given = givenBy(program)
  if (given.has('*')) return text
  let kept = ''
  let at = 0
  for (const statement of program.statements) {
    if (!isWords(statement, text, given)) continue
    const start = text.lastIndexOf('\n', statement.from - 1) + 1
    const end = text.indexOf('\n', statement.to)
    kept += text.slice(at, start)
    at = end < 0 ? text.length : end + 1
  }
  return at === 0 ? text : kept === '' ? text.slice(at).trimStart() : kept + text.slice(at)
}

function isWords(
  { node, broken, from, to }: Statement,
  text: string,
  given: ReadonlyMap<string, number>,
): boolean {
  if (broken || node.name !== 'ExpressionStatement' || isCode(node)) return false
  const names = [...usesOf(node, text)]
  const alone = /(?:^|\n)[ \t]*$/.test(text.slice(0, from)) && /^[ \t]*(?:#.*)?(?:\n|$)/.test(text.slice(to))
  // In older Python a lone print wrote an empty line; now it does nothing.
  return alone && names.length > 0 && names.every((name) => !given.has(name) && name !== 'print')
}
