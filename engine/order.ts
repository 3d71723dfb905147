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
  /** Only targets whose output is this file, or in this folder: a path as in pipeline.ts. */
  readonly within: string | undefined
  readonly #taken = new Map<string, Set<string>>()

  constructor(verb: Verb, words: readonly string[], within?: string) {
    this.verb = verb
    this.words = words
    this.within = within
  }

  /** Said by a target that has carried a word out; `output`: the file in which it found what was meant. */
  take(word: string, output?: string): void {
    const outputs = this.#taken.get(word) ?? new Set()
    if (output !== undefined) outputs.add(output)
    this.#taken.set(word, outputs)
  }

  /** Words that no target took. */
  get left(): readonly string[] {
    return this.words.filter((word) => !this.#taken.has(word))
  }

  /** A word that means something in several files, and these; to show them all does no harm. */
  get unclear(): { readonly word: string; readonly outputs: readonly string[] } | undefined {
    if (this.verb === 'diff') return undefined
    const [word, outputs] = [...this.#taken].find(([, files]) => files.size > 1) ?? []
    return word === undefined || outputs === undefined ? undefined : { word, outputs: [...outputs].sort() }
  }

  /** Whether a target may be meant, by its output. */
  mayMean(output: string): boolean {
    const { within } = this
    return within === undefined || output === within || output.startsWith(`${within.replace(/\/$/, '')}/`)
  }

  /** Whether a file's text may speak of what is meant: each of the words begins with an id. */
  mayConcern(text: string): boolean {
    return this.words.some((word) => text.includes(word.replace(/ ?#\d+$/, '')))
  }
}
