/**
 * The chain of rules that turns a model's answer into a program. Each rule is pure, and leaves alone what is whole
 * already, so that cleaning twice is cleaning once. The order matters: from the outside of a text to its inside.
 */
import { amongProse, beforeFence, fenced } from './blocks.ts'
import { choose } from './choose.ts'
import { addsCode, answers, arrange, isWhole, programOf } from './preload.ts'
import { faultOf, parse, soundPart } from './python.ts'
import { type Asked, type Task, taskOf } from './task.ts'
import { cutOff, trailingCode } from './trailing.ts'
import { lineEndings, lineNumbers, reasoning, specialTokens, transcript } from './wrapping.ts'

export interface Rule {
  readonly name: string
  /**
   * The text as it should be, or as it was. `task` is what the question needs; `finish` why the model stopped, where
   * that is known. Must be deterministic: what it makes of a text is remembered.
   */
  readonly apply: (text: string, task: Task, finish: string | undefined) => string
}

/** Code between fences; where there are several blocks, the one that the question needs. */
function fences(text: string, task: Task): string {
  if (!/```|~~~/.test(text) || isWhole(text, task)) return text
  const own = withoutPreload(text, task)
  const head = beforeFence(own)
  if (head !== undefined && head.trim() !== '' && isWhole(head, task)) return head
  return choose(fenced(own), task, 'code') ?? text
}

/** Code among prose without fences. */
function prose(text: string, task: Task): string {
  if (isWhole(text, task)) return text
  const program = programOf(text, task)
  // An answer with something after it: that is for `trailing-code`.
  if (faultOf(program) === undefined || (task.open.length > 0 && answers(soundPart(program), task)))
    return text
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
  { name: 'fences', apply: fences },
  { name: 'line-numbers', apply: lineNumbers },
  { name: 'prose', apply: prose },
  { name: 'transcript', apply: transcript },
  { name: 'indentation', apply: indentation },
  { name: 'preload', apply: preload },
  { name: 'trailing-code', apply: trailingCode },
  { name: 'cut-off', apply: cutOff },
]

export type Cleaned = {
  readonly text: string
  /** Names of the rules that changed the text, in their order. */
  readonly rules: readonly string[]
  /** There is no code in it: the text is the raw one, and every result is false. */
  readonly noCode: boolean
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
  // What one rule uncovers may be for an earlier one. A user's rule is applied once: nobody says that it leaves alone
  // what it has changed.
  let round = chain
  for (let before = '', left = ROUNDS; left > 0 && before !== text; left--) {
    before = text
    for (const rule of round) {
      const next = rule.apply(text, task, options.finish)
      if (next !== text) changed.add(rule.name)
      text = next
    }
    round = chain.filter((rule) => rules.includes(rule))
  }
  if (!addsCode(parse(text), task)) return { text: raw, rules: [], noCode: true }
  return { text, rules: chain.map(({ name }) => name).filter((name) => changed.has(name)), noCode: false }
}
