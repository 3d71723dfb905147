/** Code inside marks that are no fences: tags, and the strings of JSON. */
import { type Block, fenced } from './blocks.ts'
import { type Chosen, choose } from './choose.ts'
import { isWhole } from './preload.ts'
import type { Task } from './task.ts'
import { withoutEntities } from './wrapping.ts'

/** `<code>`, `[PYTHON]`, `\\begin{lstlisting}`: at the beginning of a line, or behind another tag. */
const OPENING =
  /(?:^|>)[ \t]*(?:<([a-z][\w-]*)(?:[ \t][^<>\n]*)?>|\[([A-Z][A-Z_ ]*)\]|\\begin\{(\w+)\}(?:[[{].*[\]}])?)/gim

/** What stands between a tag and its end, where that is what is needed. */
export function tags(text: string, task: Task): string | Chosen {
  if (!/<\/|\[\/|\\end/.test(text) || isWhole(text, task)) return text
  return choose(tagged(text), task, 'needed') ?? text
}

function tagged(text: string): Block[] {
  const blocks: Block[] = []
  OPENING.lastIndex = 0
  for (let match = OPENING.exec(text); match !== null; match = OPENING.exec(text)) {
    const [whole, tag, word, environment] = match
    const from = match.index + whole.length
    const mark = tag ? `</${tag}>` : word ? `[/${word}]` : `\\end{${environment}}`
    const to = text.indexOf(mark, from)
    if (to >= 0) blocks.push({ text: inside(text.slice(from, to), tag), from, python: true })
    // A tag directly behind this one begins with the end of this one.
    OPENING.lastIndex = from - (tag ? 1 : 0)
  }
  return blocks
}

function inside(content: string, tag: string | undefined): string {
  const code = `${content.replace(/^[ \t]*\n/, '').trimEnd()}\n`
  // Some write tags and no HTML: that would have no such character of its own.
  const isHtml = /^(?:code|pre)$/i.test(tag ?? '') && !/[<>]|&(?!#?\w+;)/.test(code)
  return isHtml ? withoutEntities(code) : code
}

/** Code that is a string in JSON, under whatever name, where that is what is needed. */
export function json(text: string, task: Task): string | Chosen {
  const start = text.search(/^[ \t]*[{["]/m)
  if (start < 0 || isWhole(text, task)) return text
  const end = Math.max(...['}', ']', '"'].map((mark) => text.lastIndexOf(mark))) + 1
  const value = read(text.slice(start, end))
  const blocks = stringsOf(value).flatMap((code): Block[] =>
    /```|~~~/.test(code) ? fenced(code) : [{ text: code, from: start, python: true }],
  )
  return choose(blocks, task, 'needed') ?? text
}

/** Models forget to write a line's end as `\\n`. */
function read(text: string): unknown {
  try {
    return JSON.parse(
      text.replace(/"(?:[^"\\]|\\[\s\S])*"/g, (quoted) => quoted.replace(/\n/g, '\\n').replace(/\t/g, '\\t')),
    )
  } catch {
    return undefined
  }
}

function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  const parts = Object.values(value)
  const isLines = Array.isArray(value) && parts.every((part) => typeof part === 'string')
  if (!isLines) return parts.flatMap(stringsOf)
  return [parts.map((line) => String(line).replace(/\n?$/, '\n')).join(''), ...parts.map(String)]
}
