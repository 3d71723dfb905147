/**
 * HTML as a tagged template: whatever is put into it is escaped here, and nowhere else, unless it is itself made by it.
 *
 * A library (or JSX) would bring a compiler or a dependency for what are thirty lines.
 */

/** A piece of HTML whose texts are escaped. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** `false` and `undefined` give nothing, so that `condition && html…` may stand in a template. */
export type Piece = Html | string | number | false | undefined | readonly Piece[]

export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(strings.map((text, index) => text + markup(pieces[index])).join(''))
}

function markup(piece: Piece): string {
  if (piece === false || piece === undefined) return ''
  if (piece instanceof Html) return piece.text
  if (typeof piece === 'string') return escaped(visible(piece))
  return typeof piece === 'number' ? String(piece) : piece.map(markup).join('')
}

const entities: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}

/** JSON for a data block: `<` is all that could end the block or begin a comment in it. */
export function jsonBlock(value: unknown): Html {
  return new Html(JSON.stringify(value).replaceAll('<', '\\u003c'))
}

/**
 * The text with a symbol in place of each character that is not seen but does something: control characters (␛, ␀), marks
 * that turn the direction of writing round, blanks of no width (⟨U+202E⟩). Half characters become U+FFFD, which is what a
 * page would make of them. Line breaks and tabs stay, and so do the joiners that emoji and some scripts are written with.
 */
export function visible(text: string): string {
  return text
    .toWellFormed()
    .replaceAll('\r\n', '\n')
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, symbolFor)
}

const kept = new Set(['\n', '\t', '\u200c', '\u200d'])

function symbolFor(character: string): string {
  if (kept.has(character)) return character
  const code = character.codePointAt(0) ?? 0
  if (code < 0x20) return String.fromCodePoint(0x2400 + code)
  if (code === 0x7f) return '\u2421'
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`
}
