/**
 * A person's editor: a question file as text, with the places of its sections and values. The places come from another
 * parser than the one that the tool reads with.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { type AST, parseTOML } from 'toml-eslint-parser'

export interface Section {
  /** Without positions: 'questions.completions'. */
  readonly kind: string
  /** Which question it is of. */
  readonly question: number
  /** From the comments directly above to the end of the last line. */
  readonly start: number
  readonly end: number
  /** Behind the header's line. */
  readonly body: number
  readonly values: ReadonlyMap<string, readonly [start: number, end: number]>
}

export class Editor {
  readonly path: string
  text: string
  readonly #crlf: boolean
  readonly #mark: string

  constructor(path: string) {
    const text = readFileSync(path, 'utf8')
    this.path = path
    this.#crlf = text.includes('\r\n')
    this.#mark = text.startsWith('\ufeff') ? '\ufeff' : ''
    this.text = text.slice(this.#mark.length).replaceAll('\r\n', '\n')
    if (!this.text.endsWith('\n')) this.text += '\n'
  }

  save(options: { readonly crlf?: boolean; readonly mark?: boolean } = {}): void {
    const mark = (options.mark ?? this.#mark !== '') ? '\ufeff' : ''
    const text = (options.crlf ?? this.#crlf) ? this.text.replaceAll('\n', '\r\n') : this.text
    writeFileSync(this.path, mark + text)
  }

  sections(kind?: string, question?: number): Section[] {
    return parseTOML(this.text, { tomlVersion: '1.1' })
      .body[0].body.filter((node) => node.type === 'TOMLTable')
      .map((node) => this.#section(node))
      .filter((section) => kind === undefined || section.kind === kind)
      .filter((section) => question === undefined || section.question === question)
  }

  #section(node: AST.TOMLTable): Section {
    let start = this.#lineStart(node.range[0])
    while (start > 0 && /^[ \t]*#/.test(this.text.slice(this.#lineStart(start - 1), start)))
      start = this.#lineStart(start - 1)
    return {
      kind: node.resolvedKey.filter((part) => typeof part === 'string').join('.'),
      question: Number(node.resolvedKey[1]),
      start,
      end: this.#lineEnd(node.range[1]),
      body: this.#lineEnd(node.key.range[1]),
      values: new Map(
        node.body.flatMap(({ key, value }) => {
          const [first] = key.keys
          const name = first?.type === 'TOMLBare' ? first.name : first?.value
          return name === undefined || key.keys.length > 1 ? [] : [[name, value.range] as const]
        }),
      ),
    }
  }

  /** The question with all that is below it. */
  wholeQuestion(question: number): { readonly start: number; readonly end: number } {
    const own = this.sections().filter((section) => section.question === question)
    return { start: Math.min(...own.map(({ start }) => start)), end: Math.max(...own.map(({ end }) => end)) }
  }

  /** Gives the section's key a value, spelt as TOML. */
  set({ values, body }: Section, key: string, value: string): void {
    const [start, end] = values.get(key) ?? [body, body]
    this.put(start, end, values.has(key) ? value : `${key} = ${value}\n`)
  }

  unset({ values }: Section, key: string): void {
    const [start, end] = values.get(key) ?? [0, 0]
    if (end > 0) this.put(this.#lineStart(start), this.#lineEnd(end), '')
  }

  put(start: number, end: number, text: string): void {
    this.text = this.text.slice(0, start) + text + this.text.slice(end)
  }

  /** Cuts a part out and puts it in before or behind another; the two do not overlap. */
  move(part: { start: number; end: number }, to: number): void {
    const cut = this.text.slice(part.start, part.end)
    const at = to > part.start ? to - (part.end - part.start) : to
    this.put(part.start, part.end, '')
    this.put(at, at, `\n${cut}`)
  }

  #lineStart(offset: number): number {
    return offset === 0 ? 0 : this.text.lastIndexOf('\n', offset - 1) + 1
  }

  #lineEnd(offset: number): number {
    return this.text.indexOf('\n', offset) + 1 || this.text.length
  }
}
