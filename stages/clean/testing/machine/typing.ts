/** What a person types: texts that are found again, and the ways in which a text may be put into a file. */

/** Each holds `«n»` and is typed once in a walk, so that it can be looked for anywhere. */
const shapes: readonly ((mark: string) => string)[] = [
  (mark) => `def f():\n    return '${mark}'\n`,
  (mark) => mark,
  (mark) => `"""${mark}"""\n'''x'''`,
  (mark) => `\n\n  ${mark}\t\n\n`,
  (mark) => `${mark}\r\n\tprint()\r`,
  (mark) => `[[questions.completions]]\ncompletion = '${mark}'\n# no comment\n`,
  (mark) => `é😀e\u0301\u2028${mark}\ufeff\u200f\0`,
  (mark) => `# ${mark}\\\n=======\n\\`,
  (mark) => `''''${mark}""""`,
]

export function typedText(number: number, shape: number): string {
  return (shapes[shape % shapes.length] ?? String)(`«${number}»`)
}

/** A text as TOML, in the way that `style` picks among those that can hold it. */
export function spelt(text: string, style: number): string {
  const literal = !/[\x00-\x08\x0b-\x1f\x7f\u2028\ufeff]|'''|'$/.test(text)
  if (style % 3 === 0 && literal) return `'''\n${text}'''`
  if (style % 3 === 1) return `"""\n${escaped(text).replaceAll('"', '\\"')}"""`
  return `"${escaped(text).replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}

function escaped(text: string): string {
  return text.replace(
    /[\\\x00-\x09\x0b-\x1f\x7f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
