/**
 * Rules for what is wrapped around every line or the whole text: byte-order marks, line endings, a model's special
 * tokens, reasoning, REPL prompts, line numbers. Each leaves a text alone that is a program as it stands.
 */
import { parser } from '@lezer/python'
import { dedent } from './layout.ts'
import { isWhole } from './preload.ts'
import { faultOf, parse, soundBody } from './python.ts'
import { lineFeeds, type Task } from './task.ts'

/** Byte-order mark off, every line ending a line feed: Python reads both the same, people and rules do not. */
export function lineEndings(text: string): string {
  return lineFeeds(text.replace(/^\uFEFF+/, ''))
}

/** Tokens that models are trained with and that no one writes: `<|…|>`, the same in full width, and the old short ones. */
const TOKEN = new RegExp(
  [
    /<\|[\w/@ -]{1,40}\|>|<｜[^<>｜\n]{1,40}｜>|<\/?s>|\[\/?INST\]|<<\/?SYS>>/,
    /<(?:EO[TDSM]|eo[tdsm]|BOS|bos|PAD|pad|unk|end_of_turn|start_of_turn|PRE|SUF|MID|fim_(?:prefix|suffix|middle|pad))>/,
    /<(?:file_sep|filename|repo_?name|gh_stars|empty_output|(?:jupyter|issue|commit)_[a-z]+)>/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
)
/** What follows one of these is another turn or another document. */
const END = new RegExp(
  [
    /^(?:<[|｜](?:end.*|eo[tm]_id|im_(?:end|start)|eot|return|call|start|start_header_id|user|assistant|system|file_sep\w*)[|｜]>)$/,
    /^(?:<\/s>|<(?:EO[TDSM]|end_of_turn|start_of_turn|file_sep|filename|repo_?name|(?:jupyter|issue|commit)_[a-z]+|fim_[a-z]+)>|\[INST\])$/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
)

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
      at +=
        /^(?:(?:assistant|python|model)[ \t]*(?=\n|<|$))?(?:\n| (?=\S))?/.exec(text.slice(end))?.[0].length ??
        0
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
export const SESSION = /^\s*(?:>>> |In \[\d+\]: )/

/** A line that was typed, in a plain interpreter or a notebook's. */
export const PROMPT = /^[ \t]*(?:>>>|\.\.\.|In \[\d+\]:|\.\.\.:)(?: (.*)|)$/

/** A session typed into the interpreter: the lines after the prompts are the program. */
export function transcript(text: string, task: Task): string {
  if (!SESSION.test(text) || isWhole(text, task)) return text
  const typed = typedIn(text)
  return typed.trim() !== '' && faultOf(typed) === undefined ? typed : text
}

function typedIn(text: string): string {
  const lines: string[] = []
  for (const line of text.split('\n')) {
    const match = PROMPT.exec(line)
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

const NUMBERED = /^[ \t]*(\d+)(?:[ \t]*[:.|)│→]|)(.*)$/

/** The number that a line begins with. */
export function numberOf(line: string): number {
  return Number(NUMBERED.exec(line)?.[1])
}

function withoutNumbers(text: string): string | undefined {
  const lines = text.replace(/^\s*\n|\s+$/g, '').split('\n')
  if (lines.length < 2) return undefined
  const bare: string[] = []
  let expected: number | undefined
  for (const line of lines) {
    const match = NUMBERED.exec(line)
    const number = Number(match?.[1])
    if (match === null || (expected !== undefined && number !== expected)) return undefined
    expected = number + 1
    bare.push(match[2] ?? '')
  }
  return `${dedent(bare.join('\n'))}\n`
}

const ENTITIES: readonly (readonly [RegExp, string])[] = [
  [/&lt;/g, '<'],
  [/&gt;/g, '>'],
  [/&quot;/g, '"'],
  [/&(?:#0?39|#x27|apos);/g, "'"],
  [/&nbsp;/g, ' '],
  [/&amp;/g, '&'],
]

export function withoutEntities(html: string): string {
  return ENTITIES.reduce((text, [entity, character]) => text.replace(entity, character), html)
}

/** Characters that stand for others: HTML's, and outside strings spaces and quotes that are no Python. */
export function characters(text: string, task: Task): string {
  if (!ODD.test(text) || isWhole(text, task)) return text
  const plain = inPlainCharacters(text)
  return isWhole(plain, task) ? plain : text
}

const ODD = /[^\x00-\x7f]|&\w+;|&#/

function inPlainCharacters(text: string): string {
  const read = withoutEntities(text)
  const quoted = stringsIn(read)
  return read.replace(/[\u00a0\u2000-\u200d\u202f\u3000\ufeff“”„‘’]/g, (odd, at: number) =>
    quoted.some(([from, to]) => from < at && at < to) ? odd : plainOf(odd),
  )
}

function plainOf(odd: string): string {
  if (/[“”„]/.test(odd)) return '"'
  if (/[‘’]/.test(odd)) return "'"
  return /[\u200b-\u200d\ufeff]/.test(odd) ? '' : ' '
}

/** A candidate as it would be after the rules above: what it is chosen by. */
export function unwrapped(text: string): string {
  if (isSound(text)) return text
  const plain = ODD.test(text) ? inPlainCharacters(text) : text
  const bare = SESSION.test(plain) ? typedIn(plain) : withoutNumbers(plain)
  return [bare, plain].find((each) => each !== undefined && isSound(each)) ?? text
}

/** A program, or what may stand in a function. */
function isSound(text: string): boolean {
  const code = dedent(text)
  return faultOf(code) === undefined || soundBody(code).problems.every(({ kind }) => kind === 'return')
}
