/**
 * What a person says about outputs that people edit: a verb, and the questions that it is about. One order goes to all
 * targets that may be meant; each takes the words that it knows, and what nobody took is told to the person.
 */

export const verbs = ['accept', 'reset', 'diff'] as const
export type Verb = (typeof verbs)[number]

export class Order {
  readonly verb: Verb
  /** As typed: `double`, `double#2`, `double #2`. */
  readonly words: readonly string[]
  readonly #taken = new Set<string>()

  constructor(verb: Verb, words: readonly string[]) {
    this.verb = verb
    this.words = words
  }

  /** Said by a target that has carried a word out. */
  take(word: string): void {
    this.#taken.add(word)
  }

  /** Words that no target took. */
  get left(): readonly string[] {
    return this.words.filter((word) => !this.#taken.has(word))
  }

  /** Whether a file's text may speak of what is meant: each of the words begins with an id. */
  mayConcern(text: string): boolean {
    return this.words.some((word) => text.includes(word.replace(/ ?#\d+$/, '')))
  }
}
