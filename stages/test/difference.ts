/** What a person wants to see of a wrong output: the lines that differ, short enough to stand in a results file. */
import { type Aligned, align, type SameLine } from './align.ts'
import { packed, strip, stripEnd } from './blank.ts'
import { type Comparison, sameWords } from './compare.ts'

/** At most so many lines and characters in all, marks included. */
const most = { lines: 40, characters: 2000 }
/** Of one passage, from each of what was expected and what was printed: else the first would leave no room. */
const mostOfSide = { lines: 12, characters: 800 }
/** Lines around a difference. */
const context = 2
/** Characters shown of a line, and how many of them before the first that differs. */
const width = { line: 160, before: 40 }

const cutMark = '[… cut …]'

/**
 * `- ` begins a line that was expected, `+ ` one that was printed, two blanks one that is in both. What the comparison
 * does not mind is no difference. Lines that differ in white space alone show it (`·` a blank, `→` a tab), and where that
 * is so of the whole output, the first line says so.
 *
 * Undefined when nothing but white space was printed, and when nothing differs.
 */
export function difference(printed: string, expected: string, comparison: Comparison): string | undefined {
  if (packed(printed) === '') return undefined
  const linesOf = linesFor(comparison)
  const aligned = align(linesOf(expected), linesOf(printed), sameFor(comparison))
  if (aligned.chunks.every(({ same }) => same)) return undefined
  const note = packed(printed) === packed(expected) ? ['[differs in white space only]'] : []
  return cut([...note, ...rows(aligned)])
}

function linesFor({ mode }: Comparison): (text: string) => readonly string[] {
  if (mode === 'lines') return (text) => stripEnd(text).split('\n').map(stripEnd)
  return (text) => strip(text).replaceAll('\r\n', '\n').split('\n')
}

function sameFor(comparison: Comparison): SameLine {
  if (comparison.mode !== 'number') return Object.is
  return (expected, printed) => expected === printed || sameWords(printed, expected, comparison)
}

function rows({ chunks, cut }: Aligned): readonly string[] {
  const shown = chunks.flatMap((chunk, index) =>
    chunk.same
      ? around(chunk.lines, index > 0, index < chunks.length - 1)
      : differing(chunk.first, chunk.second),
  )
  return cut ? [...shown, cutMark] : shown
}

/** Of lines that are the same those next to a difference. */
function around(lines: readonly string[], after: boolean, before: boolean): readonly string[] {
  const head = after ? context : 0
  const tail = before ? context : 0
  const left = lines.length - head - tail
  const shown = (part: readonly string[]) => part.map((line) => `  ${excerpt(line, 0)}`)
  if (left <= 1) return shown(lines)
  return [
    ...shown(lines.slice(0, head)),
    `[… ${left} lines the same …]`,
    ...shown(lines.slice(lines.length - tail)),
  ]
}

/** Lines at the same place of both sides are taken for one line in two forms. */
function differing(expected: readonly string[], printed: readonly string[]): readonly string[] {
  return [
    ...side(
      '- ',
      expected.map((line, at) => marked(line, printed[at] ?? '')),
    ),
    ...side(
      '+ ',
      printed.map((line, at) => marked(line, expected[at] ?? '')),
    ),
  ]
}

function side(sign: string, lines: readonly string[]): readonly string[] {
  const shown: string[] = []
  let characters = 0
  for (const line of lines.slice(0, mostOfSide.lines)) {
    characters += line.length
    if (shown.length > 0 && characters > mostOfSide.characters) break
    shown.push(sign + line)
  }
  const left = lines.length - shown.length
  return left > 0 ? [...shown, `${sign}[… ${left} more …]`] : shown
}

function marked(line: string, other: string): string {
  let at = 0
  while (at < line.length && line[at] === other[at]) at++
  const shown = excerpt(line, at)
  return packed(line) === packed(other) ? visible(shown) : shown
}

/** A part of a long line that has the character `at` in it. */
function excerpt(line: string, at: number): string {
  if (line.length <= width.line) return line
  const from = at < width.line - width.before ? 0 : at - width.before
  const to = from + width.line
  return `${from > 0 ? '…' : ''}${line.slice(from, to)}${to < line.length ? '…' : ''}`
}

function visible(line: string): string {
  return line.replaceAll(' ', '·').replaceAll('\t', '→').replaceAll('\r', '␍').replaceAll('\u00a0', '⍽')
}

/** Halves of a character may be left where a line was cut; TOML can't hold them. */
function cut(shown: readonly string[]): string {
  const kept: string[] = []
  let characters = 0
  for (const line of shown) {
    characters += line.length + 1
    if (kept.length === most.lines - 1 || characters > most.characters - cutMark.length) break
    kept.push(line)
  }
  if (kept.length < shown.length && kept.at(-1) !== cutMark) kept.push(cutMark)
  return kept.join('\n').toWellFormed()
}
