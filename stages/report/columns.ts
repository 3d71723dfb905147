/** Plain text laid out for a terminal: columns, lines that go on in the next, and nothing wider than it may be. */

/** Columns side by side, the first to the left and numbers to the right; the last one goes on in further lines. */
export function aligned(rows: readonly (readonly string[])[], columns: number): readonly string[] {
  const last = (rows[0]?.length ?? 1) - 1
  const widths = Array.from({ length: last }, (_, index) =>
    Math.max(...rows.map((row) => (row[index] ?? '').length)),
  )
  return rows.map((row) => {
    const cells = row
      .slice(0, last)
      .map((text, index) => (index === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[index] ?? 0)))
    const start = `${cells.join('  ')}  `
    const [first = '', ...more] = wrapped(row[last] ?? '', columns - start.length)
    const lines = [start + first, ...more.map((text) => ' '.repeat(start.length) + text)]
    return lines.map((line) => fitted(line.trimEnd(), columns)).join('\n')
  })
}

/** A line as wide as the widest of these. */
export function ruleUnder(lines: readonly string[]): string {
  return '─'.repeat(Math.max(...lines.flatMap((line) => line.split('\n')).map((line) => line.length)))
}

/** Lines of at most `columns` characters, all but the first indented by four; broken after commas. */
export function hanging(text: string, columns: number): readonly string[] {
  const [first = '', ...more] = wrapped(text, columns - 4)
  return [first, ...more.map((line) => `    ${line}`)].map((line) => fitted(line, columns))
}

/** Lines of at most so many characters, broken after commas; a longer piece stands alone. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const piece of text.split(/(?<=,) /)) {
    const line = lines.at(-1)
    if (line !== undefined && line.length + 1 + piece.length <= width)
      lines[lines.length - 1] = `${line} ${piece}`
    else lines.push(piece)
  }
  return lines
}

/** Cut to this many characters, the last of which then says so. */
export function fitted(text: string, width: number): string {
  if (text.length <= width) return text
  const halfCharacter = /[\ud800-\udbff]$/
  return `${text.slice(0, width - 1).replace(halfCharacter, '')}…`
}
