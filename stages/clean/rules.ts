/**
 * The chain of rules that turns a model's answer into a program. Each rule is pure, and leaves alone what is whole
 * already, so that cleaning twice is cleaning once. The order matters: from the outside of a text to its inside.
 */
import { beforeFence, fenced } from './blocks.ts'
import { type Chosen, choose } from './choose.ts'
import { cutOff } from './cutoff.ts'
import { json, tags } from './marks.ts'
import { addsCode, answers, arrange, isWhole, programOf } from './preload.ts'
import { afterDocstring, amongProse, loneWords } from './prose.ts'
import { faultOf, parse, soundPart } from './python.ts'
import { type Asked, type Task, taskOf } from './task.ts'
import { trailingCode } from './trailing.ts'
import { characters, lineEndings, lineNumbers, reasoning, specialTokens, transcript } from './wrapping.ts'

export interface Rule {
  readonly name: string
  /**
   * The text as it should be, or as it was. `task` is what the question needs; `finish` why the model stopped, where
   * that is known. A rule that chose among several pieces says so. Must be deterministic: what it makes of a text is
   * remembered.
   */
  readonly apply: (text: string, task: Task, finish: string | undefined) => string | Chosen
}

/** Code between fences; where there are several blocks, the one that the question needs. */
function fences(text: string, task: Task): string | Chosen {
  if (!/```|~~~/.test(text) || isWhole(text, task)) return text
  const own = withoutPreload(text, task)
  const head = beforeFence(own)
  if (head !== undefined && head.trim() !== '' && isWhole(head, task)) {
    const others = choose(fenced(own), task, 'needed')
    return { text: head, candidates: others === undefined ? 0 : others.candidates + 1 }
  }
  return choose(fenced(own), task, 'code') ?? text
}

/** Code among prose without fences. */
function prose(text: string, task: Task): string | Chosen {
  if (isWhole(text, task)) return text
  const program = programOf(text, task)
  // An answer with something after it: that is for `trailing-code`.
  if (faultOf(program) === undefined || (task.open.length > 0 && answers(soundPart(program), task)))
    return text
  const rest = task.hungry ? afterDocstring(withoutPreload(text, task)) : undefined
  if (rest !== undefined && isWhole(rest, task)) return rest
  return choose(amongProse(withoutPreload(text, task)), task, 'needed') ?? text
}

/** What the model wrote itself: what was given to it is no candidate for the answer. */
function withoutPreload(text: string, { preload }: Task): string {
  return text.startsWith(preload) ? text.slice(preload.length) : text
}

/** Indentation that a body lost, or has too much of. */
function indentation(text: string, task: Task): string {
  return arrange(text, task).text
}

/** The preload in front, unless the answer states it again. */
function preload(text: string, task: Task): string {
  return programOf(text, task)
}

/** In the order in which they are applied. From 'preload' on a text is the whole program. */
export const rules: readonly Rule[] = [
  { name: 'line-endings', apply: lineEndings },
  { name: 'reasoning', apply: reasoning },
  { name: 'special-tokens', apply: specialTokens },
  { name: 'json', apply: json },
  { name: 'fences', apply: fences },
  { name: 'tags', apply: tags },
  { name: 'characters', apply: characters },
  { name: 'prose', apply: prose },
  { name: 'line-numbers', apply: lineNumbers },
  { name: 'transcript', apply: transcript },
  { name: 'indentation', apply: indentation },
  { name: 'preload', apply: preload },
  { name: 'lone-words', apply: loneWords },
  { name: 'trailing-code', apply: trailingCode },
  { name: 'cut-off', apply: cutOff },
]

export type Cleaned = {
  readonly text: string
  /** Names of the rules that changed the text, in their order. */
  readonly rules: readonly string[]
  /** There is no code in it: the text is the raw one, and every result is false. */
  readonly noCode: boolean
  /** Pieces that could have been the answer as well and were not chosen; absent when there are none. */
  readonly candidates?: number
}

const ROUNDS = 5

/**
 * A model's answer as a whole program. The answer may be a chat's (prose, fences), or what a completion model wrote
 * after the preload, with the preload in front of it or without.
 */
export function cleanCompletion(
  raw: string,
  question: Asked,
  options: { readonly finish?: string | undefined; readonly rules?: readonly Rule[] | undefined } = {},
): Cleaned {
  const task = taskOf(question)
  const chain = options.rules ?? rules
  const changed = new Set<string>()
  let text = raw
  let candidates = 0
  // What one rule uncovers may be for an earlier one. A user's rule is applied once: nobody says that it leaves alone
  // what it has changed.
  let round = chain
  for (let before = '', left = ROUNDS; left > 0 && before !== text; left--) {
    before = text
    for (const rule of round) {
      const made = rule.apply(text, task, options.finish)
      const next = typeof made === 'string' ? made : made.text
      if (next !== text) changed.add(rule.name)
      if (typeof made !== 'string' && next !== text) candidates += made.candidates
      text = next
    }
    round = chain.filter((rule) => rules.includes(rule))
  }
  if (!addsCode(parse(text), task)) return { text: raw, rules: [], noCode: true }
  const named = chain.map(({ name }) => name).filter((name) => changed.has(name))
  return { text, rules: named, noCode: false, ...(candidates > 0 && { candidates }) }
}
