/**
 * Changes to a text, collected first and made at once, so that offsets stay those of the text as it was.
 *
 * Offsets are those of the `normal` text; the changes are made in the text itself, whose line endings and byte order
 * mark stay as they are. What is put in takes on the line ending that the text mostly uses.
 */
import { normal } from './toml.ts'

export interface Edit {
  readonly start: number
  readonly end: number
  /** Put in at `start`. Several at one place stand in the order in which they were collected. */
  readonly text: string
}

/** The part of `text` from `start` to `end`, changed. A deletion does not swallow what others put in inside of it. */
export function edited(text: string, edits: readonly Edit[], start = 0, end = text.length): string {
  const inside = edits.filter((edit) => edit.start >= start && edit.end <= end)
  const cuts = new Map<number, { text: string; depth: number }>()
  const cutAt = (offset: number) => {
    const cut = cuts.get(offset) ?? { text: '', depth: 0 }
    cuts.set(offset, cut)
    return cut
  }
  for (const edit of inside) {
    cutAt(edit.start).text += edit.text
    cutAt(edit.start).depth += 1
    cutAt(edit.end).depth -= 1
  }
  let result = ''
  let at = start
  let deleted = 0
  for (const [offset, cut] of [...cuts].sort(([a], [b]) => a - b)) {
    if (deleted === 0) result += text.slice(at, offset)
    result += cut.text
    deleted += cut.depth
    at = offset
  }
  return result + text.slice(at, end)
}

/** Makes edits, given for `normal(text)` with a line break at its end, in the text as it is. */
export function editedAsIs(text: string, edits: readonly Edit[]): string {
  const plain = normal(text)
  const open = !plain.endsWith('\n')
  const origin = offsets(text, plain)
  const moved = edits.map((edit) => ({
    start: origin(edit.start),
    end: origin(edit.end),
    text: withLineEnding(edit.text, text),
  }))
  if (!open) return edited(text, moved)
  const ending = lineEnding(text)
  const result = edited(text + ending, moved)
  return result.endsWith(ending) ? result.slice(0, -ending.length) : result
}

/** Text of ours with the line ending and the byte order mark of `model`. */
export function dressedAs(model: string, text: string): string {
  return (model.startsWith('\ufeff') ? '\ufeff' : '') + withLineEnding(text, model)
}

function lineEnding(text: string): string {
  const breaks = text.match(/\r?\n/g) ?? []
  return breaks.filter((each) => each === '\r\n').length * 2 > breaks.length ? '\r\n' : '\n'
}

function withLineEnding(text: string, model: string): string {
  const ending = text.includes('\n') ? lineEnding(model) : '\n'
  return ending === '\n' ? text : text.replaceAll('\n', ending)
}

/** From an offset of the normal text to that of the text. */
function offsets(text: string, plain: string): (offset: number) => number {
  const mark = text.startsWith('\ufeff') ? 1 : 0
  if (text.length === plain.length + mark) return (offset) => offset + mark
  const returns: number[] = []
  for (const match of text.slice(mark).matchAll(/\r\n/g)) returns.push(match.index - returns.length)
  return (offset) => offset + mark + countBelow(returns, offset)
}

/** How many of the sorted numbers are less than `limit`. */
function countBelow(sorted: readonly number[], limit: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < limit) low = middle + 1
    else high = middle
  }
  return low
}
