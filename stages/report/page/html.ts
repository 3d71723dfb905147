/**
 * HTML as a tagged template: whatever is put into it is escaped here, and nowhere else, unless it is itself made by it.
 *
 * A library (or JSX) would bring a compiler or a dependency for what are forty lines.
 */

import { visible } from '../escape.ts'
import { Layout, type Part } from '../layout.ts'

/** A piece of HTML whose texts are escaped. */
export class Html {
  /** Stretches hold HTML that was made before. */
  readonly parts: readonly Part[]

  constructor(parts: string | readonly Part[]) {
    this.parts = typeof parts === 'string' ? [parts] : parts
  }

  get text(): string {
    const [only, ...more] = this.parts
    return typeof only === 'string' && more.length === 0 ? only : new Layout(this.parts).text
  }
}

/** `false` and `undefined` give nothing, so that `condition && html…` may stand in a template. */
export type Piece = Html | string | number | false | undefined | readonly Piece[]

export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  const parts = new Parts()
  for (const [index, text] of strings.entries()) {
    parts.add(text)
    put(parts, pieces[index])
  }
  return new Html(parts.done())
}

function put(parts: Parts, piece: Piece): void {
  if (piece === false || piece === undefined) return
  if (typeof piece === 'string') parts.add(plain.test(piece) ? piece : escaped(visible(piece)))
  else if (typeof piece === 'number') parts.add(String(piece))
  else if (piece instanceof Html) for (const part of piece.parts) parts.add(part)
  else for (const each of piece) put(parts, each)
}

/** Texts one after the other become one. */
class Parts {
  readonly #parts: Part[] = []
  #text = ''

  add(part: Part): void {
    if (typeof part === 'string') this.#text += part
    else {
      this.#parts.push(this.#text, part)
      this.#text = ''
    }
  }

  done(): readonly Part[] {
    return [...this.#parts, this.#text]
  }
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
export function jsonBlock(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}
