/** Moving code left and right as a whole. */
import { type Module, soundPart } from './python.ts'

/** The text without what all its lines are indented by. */
export function dedent(text: string): string {
  const lines = text.split('\n')
  let common: string | undefined
  for (const line of lines) {
    if (line.trim() === '') continue
    const own = /^[ \t]*/.exec(line)?.[0] ?? ''
    common = common === undefined ? own : sharedStart(common, own)
    if (common === '') return text
  }
  if (common === undefined || common === '') return text
  const width = common.length
  return lines
    .map((line) => (line.trim() === '' ? line.slice(Math.min(width, line.length)) : line.slice(width)))
    .join('\n')
}

function sharedStart(a: string, b: string): string {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return a.slice(0, length)
}

/** The text with its lines moved right; blank ones and those that begin inside a string stay. */
export function indent(text: string, by: string): string {
  if (by === '') return text
  const strings = longStringsIn(soundPart(text))
  let at = 0
  const moved = text.split('\n').map((line) => {
    const start = at
    at += line.length + 1
    return line.trim() === '' || strings.some(([from, to]) => from < start && start < to) ? line : by + line
  })
  return moved.join('\n')
}

function longStringsIn({ text, tree }: Module): (readonly [number, number])[] {
  if (!/"""|'''/.test(text)) return []
  const strings: (readonly [number, number])[] = []
  tree.iterate({
    enter({ name, from, to }) {
      if (/^(Format)?String$/.test(name) && text.slice(from, to).includes('\n')) strings.push([from, to])
    },
  })
  return strings
}
