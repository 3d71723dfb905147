/**
 * HTML as a tagged template: whatever is put into it is escaped here, and nowhere else, unless it is itself made by it.
 *
 * A library (or JSX) would bring a compiler or a dependency for what are thirty lines.
 */

import { visible } from '../escape.ts'

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
  let text = strings[0] ?? ''
  for (const [index, piece] of pieces.entries()) text += markup(piece) + (strings[index + 1] ?? '')
  return new Html(text)
}

function markup(piece: Piece): string {
  if (typeof piece === 'string') return plain.test(piece) ? piece : escaped(visible(piece))
  if (piece === false || piece === undefined) return ''
  if (piece instanceof Html) return piece.text
  return typeof piece === 'number' ? String(piece) : piece.map(markup).join('')
}

/** What stands in HTML for itself, base64 among it: most of a page, and quickly told. */
const plain = /^[\w+/=.%, -]*$/

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
