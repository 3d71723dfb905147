/**
 * Rules for what is wrapped around every line or the whole text: byte-order marks, line endings, a model's special
 * tokens, reasoning, REPL prompts, line numbers. Each leaves a text alone that is a program as it stands.
 */
import { parser } from '@lezer/python'
import { dedent } from './layout.ts'
import { isWhole } from './preload.ts'
import { faultOf, parse } from './python.ts'
import { lineFeeds, type Task } from './task.ts'

/** Byte-order mark off, every line ending a line feed: Python reads both the same, people and rules do not. */
export function lineEndings(text: string): string {
  return lineFeeds(text.replace(/^\uFEFF+/, ''))
}

/** Tokens that models are trained with and that no one writes: `<|…|>`, the same in full width, and the old short ones. */
const TOKEN =
  /<\|[\w/@ -]{1,40}\|>|<｜[^<>｜\n]{1,40}｜>|<\/?s>|<(?:EOT|EOD|EOS|eos|bos|pad|unk|end_of_turn|start_of_turn)>|<(?:fim_(?:prefix|suffix|middle|pad)|file_sep|filename|repo_name)>|\[\/?INST\]/g
/** What follows one of these is another turn or another document. */
const END =
  /^(?:<[|｜](?:end.*|eo[tm]_id|im_(?:end|start)|eot|start_header_id|user|assistant|system|file_separator|file_sep)[|｜]>|<\/s>|<(?:EO[TDS]|eos|end_of_turn|start_of_turn|file_sep|filename|repo_name)>|\[INST\])$/

/** Special tokens outside strings: the text ends at one that ends it, the others are taken out. */
export function specialTokens(text: string, task: Task): string {
  if (text.search(TOKEN) < 0 || isWhole(text, task)) return text
  const quoted = stringsIn(text)
  let kept = ''
  let at = 0
  for (const match of text.matchAll(TOKEN)) {
    const { index } = match
    const end = index + match[0].length
    if (index < at || quoted.some(([from, to]) => from < index && end <= to)) continue
    kept += text.slice(at, index)
    at = end
    if (kept.trim() !== '' && END.test(match[0])) return kept
    // A turn's header at the beginning: `<|im_start|>assistant`.
    if (kept.trim() === '')
      at += /^(?:(?:assistant|python|model)[ \t]*(?=\n|<|$))?\n?/.exec(text.slice(end))?.[0].length ?? 0
  }
  return kept + text.slice(at)
}

function stringsIn(text: string): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = []
  parser.parse(text).iterate({
    enter({ name, from, to }) {
      if (/^(Format)?String$/.test(name) && /['"]$/.test(text.slice(from, to))) found.push([from, to])
    },
  })
  return found
}

const REASONED =
  /<\/(?:think|thinking|reasoning|thought|thoughts|scratchpad|reflection)>|\[\/THINK\]|◁\/think▷|<\|channel\|>final[^<]*<\|message\|>/gi

/** What a model thought aloud before its answer. Without an end mark it is left: the answer may be in it. */
export function reasoning(text: string, task: Task): string {
  const last = [...text.matchAll(REASONED)].at(-1)
  if (last === undefined || isWhole(text, task)) return text
  const answer = text.slice(last.index + last[0].length)
  return answer.trim() === '' ? text : answer.replace(/^\s*\n/, '')
}

/** How a session begins; a prompt further down may stand in a docstring. */
const SESSION = /^\s*>>> /

/** A session typed into the interpreter: the lines after the prompts are the program. */
export function transcript(text: string, task: Task): string {
  if (!SESSION.test(text) || isWhole(text, task)) return text
  const typed = typedIn(text)
  return typed.trim() !== '' && faultOf(typed) === undefined ? typed : text
}

function typedIn(text: string): string {
  const lines: string[] = []
  for (const line of text.split('\n')) {
    const match = /^[ \t]*(?:>>>|\.\.\.)(?: (.*)|)$/.exec(line)
    if (match !== null) lines.push(match[1] ?? '')
  }
  return `${lines.join('\n')}\n`
}

/** Every line numbered, in order: `1 def f():`, `2: `, `3. `, `4 | `. */
export function lineNumbers(text: string, task: Task): string {
  const unnumbered = withoutNumbers(text)
  if (unnumbered === undefined || isWhole(text, task)) return text
  return parse(unnumbered).problems.every(({ kind }) => kind === 'return') ? unnumbered : text
}

function withoutNumbers(text: string): string | undefined {
  const lines = text.replace(/^\s*\n|\s+$/g, '').split('\n')
  if (lines.length < 2) return undefined
  const bare: string[] = []
  let expected: number | undefined
  for (const line of lines) {
    const match = /^[ \t]*(\d+)(?:[ \t]*[:.|)│]|)(.*)$/.exec(line)
    const number = Number(match?.[1])
    if (match === null || (expected !== undefined && number !== expected)) return undefined
    expected = number + 1
    bare.push(match[2] ?? '')
  }
  return `${dedent(bare.join('\n'))}\n`
}

/** A candidate as it would be after the rules above: what it is chosen by. */
export function unwrapped(text: string): string {
  if (faultOf(text) === undefined) return text
  const typed = SESSION.test(text) ? typedIn(text) : withoutNumbers(text)
  return typed !== undefined && faultOf(typed) === undefined ? typed : text
}
