/** A fault as a person sees it: place, sentence, the line, a caret under what is meant. */

/** What is wrong, and at which offset of the `normal` text. */
export interface Fault {
  readonly offset: number
  readonly sentence: string
  readonly remedy?: string
  /** The offset of another place that the sentence speaks of. */
  readonly other?: number
}

/** Characters of a source line that are shown around the caret. */
const shown = { before: 60, after: 40 }

export function show(fault: Fault, text: string, path: string): string {
  const start = text.lastIndexOf('\n', fault.offset - 1) + 1
  const end = text.indexOf('\n', fault.offset)
  const line = text.slice(start, end < 0 ? text.length : end)
  const column = fault.offset - start
  const other = fault.other === undefined ? '' : ` (line ${lineNumber(text, fault.other)})`
  const place = `${path}:${lineNumber(text, fault.offset)}:${column + 1}`
  const from = column > shown.before ? column - shown.before : 0
  const before = (from > 0 ? '…' : '') + line.slice(from, column)
  const after = line.slice(column, column + shown.after)
  const cut = column + shown.after < line.length ? '…' : ''
  if (line.trim() === '') return `${place}: ${fault.sentence}${other}`
  return `${place}: ${fault.sentence}${other}\n    ${before}${after}${cut}\n    ${blank(before)}^`
}

/** The offset at which a line, counted from 1, begins. */
export function lineAt(text: string, line: number): number {
  let start = 0
  for (let passed = 1; passed < line; passed++) start = text.indexOf('\n', start) + 1
  return start
}

function lineNumber(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return line
}

/** As wide as the text: tabs stay, so that the caret stands right at any tab width. */
function blank(text: string): string {
  return Array.from(text, (character) => (character === '\t' ? '\t' : ' ')).join('')
}
