/**
 * What stands in a file already, to be taken from it piece by piece. What has not been taken in the end is what the
 * new file would lose, and is looked at once more.
 */
import type { Digest } from '../../engine/stage.ts'
import type { Completion, Question } from '../questions/model.ts'
import { isEdited } from './completion.ts'

export interface Place {
  readonly question: Question
  readonly completion: Completion
}

export class Standing {
  readonly #questions: readonly Question[]
  readonly #places: readonly Place[]
  readonly #byKey = new Map<Digest, Completion[]>()
  readonly #taken = new Set<Completion>()

  constructor(questions: readonly Question[]) {
    this.#questions = questions
    this.#places = questions.flatMap((question) =>
      question.completions.map((completion) => ({ question, completion })),
    )
    for (const { completion } of this.#places) {
      if (completion.key === undefined) continue
      const others = this.#byKey.get(completion.key)
      if (others === undefined) this.#byKey.set(completion.key, [completion])
      else others.push(completion)
    }
  }

  /**
   * The completion with this key, wherever it stands, for a question may have been renamed. Of several (copied by hand, or
   * recorded twice) the sample's own comes first, and an unedited one before an edited one.
   */
  take(key: Digest, sample: number): Completion | undefined {
    const open = (this.#byKey.get(key) ?? []).filter((completion) => this.has(completion))
    const rank = (completion: Completion) =>
      (completion.sample === sample ? 0 : 2) + (isEdited(completion) ? 1 : 0)
    return this.#took(open.toSorted((a, b) => rank(a) - rank(b)).at(0))
  }

  /** The copy of a completion that came in with this digest, as it was or edited since. */
  takeCopy(of: Question, digest: Digest, text: string): Completion | undefined {
    const open = this.#unkeyed(of).filter((completion) => this.has(completion))
    const copy = open.find((completion) => completion.digest === digest)
    return this.#took(copy ?? open.find((item) => item.digest === undefined && item.completion === text))
  }

  /** Completions that a person added to this question's. */
  takeAdded(to: Question): readonly Completion[] {
    const added = this.#unkeyed(to).filter(
      (completion) => completion.digest === undefined && !this.#taken.has(completion),
    )
    for (const completion of added) this.#taken.add(completion)
    return added
  }

  /** All that is without a key, when the file is both read and written. */
  takeUnkeyed(of: Question): readonly Completion[] {
    const unkeyed = this.#unkeyed(of)
    for (const completion of unkeyed) this.#taken.add(completion)
    return unkeyed
  }

  /** Not taken yet. */
  has(completion: Completion): boolean {
    return !this.#taken.has(completion)
  }

  left(): readonly Place[] {
    return this.#places.filter(({ completion }) => this.has(completion))
  }

  taken(): readonly Place[] {
    return this.#places.filter(({ completion }) => !this.has(completion))
  }

  all(): readonly Place[] {
    return this.#places
  }

  /** What stands here under the question's id; when there is nothing, what asks the same under another id. */
  before(question: Question, ids: ReadonlySet<string>): Question | undefined {
    return (
      this.#questions.find(({ id }) => id === question.id) ??
      this.#questions.find((other) => !ids.has(other.id) && asksTheSame(other, question))
    )
  }

  #unkeyed(question: Question): readonly Completion[] {
    return question.completions.filter(({ key }) => key === undefined)
  }

  #took(completion: Completion | undefined): Completion | undefined {
    if (completion !== undefined) this.#taken.add(completion)
    return completion
  }
}

export function asksTheSame(one: Question, other: Question): boolean {
  return one.prompt === other.prompt && (one.answer_preload ?? '') === (other.answer_preload ?? '')
}
