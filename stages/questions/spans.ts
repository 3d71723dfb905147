/** The strings and comments of a TOML text: found in one pass, in a text that some parser has read. */

export interface Span {
  readonly kind: 'string' | 'comment'
  readonly start: number
  readonly end: number
}

export function spansOf(text: string): Span[] {
  const spans: Span[] = []
  const opening = /'''|"""|['"#]/g
  for (let found = opening.exec(text); found !== null; found = opening.exec(text)) {
    const [mark] = found
    const start = found.index
    const end = mark === '#' ? lineEnd(text, start) : closed(text, start + mark.length, mark)
    spans.push({ kind: mark === '#' ? 'comment' : 'string', start, end })
    opening.lastIndex = end
  }
  return spans
}

function lineEnd(text: string, start: number): number {
  const end = text.indexOf('\n', start)
  return end < 0 ? text.length : end
}

/** Behind the closing mark; of quotes in a row the last ones close a block. */
function closed(text: string, start: number, mark: string): number {
  let at = text.indexOf(mark, start)
  while (at >= 0 && mark.startsWith('"') && isEscaped(text, at, start)) at = text.indexOf(mark, at + 1)
  if (at < 0) return text.length
  let end = at + mark.length
  while (mark.length === 3 && end < at + 5 && text[end] === mark[0]) end++
  return end
}

function isEscaped(text: string, at: number, start: number): boolean {
  let slashes = at
  while (slashes > start && text[slashes - 1] === '\\') slashes--
  return (at - slashes) % 2 === 1
}
