/**
 * The chain of rules as pipeline.ts chooses it: built-in ones by their names, and people's own functions among them. Known
 * without loading the grammar by which the built-in ones decide.
 */
import { Failure, keyOf, messageOf } from '../../engine/stage.ts'
import type { Rule } from './rules.ts'
import type { Task } from './task.ts'

/** Raise it when a rule comes to give another text: every completion is cleaned anew, and only what changed is tested. */
export const rulesVersion = 2

/** The built-in rules, in the order in which they are applied. From 'preload' on a text is the whole program. */
export const cleaningRules = [
  'line-endings',
  'reasoning',
  'special-tokens',
  'json',
  'fences',
  'tags',
  'characters',
  'prose',
  'line-numbers',
  'transcript',
  'indentation',
  'preload',
  'lone-words',
  'trailing-code',
  'cut-off',
] as const

/**
 * A rule of one's own: gives the text as it should be, or as it was. `task` says what the question needs, `finish` why the
 * model stopped, where that is known ('stop', 'length', …). Must be deterministic: what it makes of a text is remembered.
 */
export type Apply = (text: string, task: Task, finish: string | undefined) => string

export interface OwnRule {
  readonly name: string
  readonly apply: Apply
  /** To be raised when something changed that `apply` uses and that its own code does not show. */
  readonly version?: number
}

/** A function is a rule by its own name. */
export type GivenRule = (typeof cleaningRules)[number] | OwnRule | Apply

/** The rules for `params`: a name, with one's own code where it is one's own. Throws Failure (exit 2) for what can't be. */
export function described(rules: readonly GivenRule[]): readonly string[] {
  const names = new Set<string>()
  return rules.map((rule) => {
    const name = nameOf(rule)
    if (names.has(name))
      throw bad(`clean({…}): a rule stands twice in \`rules\`: '${name}'`, 'Each rule is applied once.')
    names.add(name)
    if (typeof rule === 'string') {
      if (cleaningRules.includes(rule)) return name
      throw bad(
        `clean({…}): there is no rule '${name}'`,
        `The built-in ones are ${cleaningRules.join(', ')}.`,
      )
    }
    if (/^[\w-]+$/.test(name) && !reserved.has(name)) return signatureOf(rule)
    throw bad(
      `clean({…}): a rule can't be named '${name}'`,
      'Give it a name of letters, digits, - and _ that no built-in rule has: { name: …, apply: … }.',
    )
  })
}

/** Marks of `cleaned_by` that are no rules, and rules that are. */
const reserved: ReadonlySet<string> = new Set(['no-code', 'accepted', ...cleaningRules])

function signatureOf(rule: OwnRule | Apply): string {
  const own: OwnRule = typeof rule === 'function' ? { name: rule.name, apply: rule } : rule
  const seen = { code: String(own.apply), ...(own.version !== undefined && { version: own.version }) }
  return `${own.name} ${keyOf('rule', seen).slice(0, 8)}`
}

/** The chain to apply: `builtIn` is what names stand for. */
export function chainOf(rules: readonly GivenRule[], builtIn: readonly Rule[]): readonly Rule[] {
  return rules.map((rule) => {
    if (typeof rule !== 'string') return guarded(nameOf(rule), typeof rule === 'function' ? rule : rule.apply)
    const found = builtIn.find(({ name }) => name === rule)
    if (found === undefined) throw new Error(`no rule ${rule}`)
    return found
  })
}

/** What goes wrong in a person's rule is said as theirs. */
function guarded(name: string, apply: Apply): Rule {
  return {
    name,
    apply: (text, task, finish) => {
      let made: unknown
      try {
        made = apply(text, task, finish)
      } catch (error) {
        throw bad(
          `the cleaning rule '${name}' of the pipeline file throws: ${messageOf(error)}`,
          'See `rules` of clean({…}).',
        )
      }
      if (typeof made === 'string') return made
      throw bad(
        `the cleaning rule '${name}' of the pipeline file gives ${made === null ? 'null' : typeof made}, not a text`,
        'Let it return the text as it was where it has nothing to do.',
      )
    },
  }
}

function nameOf(rule: GivenRule): string {
  return typeof rule === 'string' ? rule : rule.name
}

function bad(message: string, remedy: string): Failure {
  return new Failure(message, { exit: 2, remedy })
}
