/**
 * The cleaned files of a stage together with what is set aside beside them, looked up by a question's id: where a question
 * stood before it moved, and where it went.
 *
 * Read once a run, and only when some question is new in its file or some edit is set aside. Ids are found by their lines
 * at first, which is a tenth of the work of parsing; a file that is written in another way is parsed whenever an id is
 * looked for.
 */
import { nameIn, type Shelf } from '../../engine/stage.ts'
import { asidePath } from '../questions/aside.ts'
import type { Question } from '../questions/model.ts'
import { parseQuestions } from '../questions/read.ts'
import { idOf } from './aside.ts'

export interface Found {
  readonly path: string
  /** What `%` stands for in the path. */
  readonly name: string
  readonly question: Question
}

export class Library {
  readonly #shelf: Shelf
  readonly #to: string
  readonly #parsed = new Map<string, Promise<readonly Question[]>>()
  #index: Promise<ReadonlyMap<string, readonly string[]>> | undefined
  #asides: readonly string[] | undefined

  constructor(shelf: Shelf, to: string) {
    this.#shelf = shelf
    this.#to = to
  }

  /** Whether anything was set aside beside another file than this, when it was first asked. */
  hasAside(but: string): boolean {
    this.#asides ??= this.#shelf.paths(asidePath(this.#to, this.#to))
    return this.#asides.some((path) => path !== but)
  }

  /** Questions of that id in cleaned files and, after those, in set-aside ones. */
  async find(id: string): Promise<{ readonly cleaned: readonly Found[]; readonly aside: readonly Found[] }> {
    this.#index ??= this.#read()
    const index = await this.#index
    const paths = [...(index.get(id) ?? []), ...(index.get('') ?? [])]
    const found = { cleaned: [] as Found[], aside: [] as Found[] }
    for (const path of new Set(paths)) {
      const inCleaned = nameIn(this.#to, path)
      const name = inCleaned ?? nameIn(asidePath(this.#to, this.#to), path) ?? ''
      for (const question of await this.#questions(path))
        if (idOf(question) === id)
          found[inCleaned === undefined ? 'aside' : 'cleaned'].push({ path, name, question })
    }
    return found
  }

  /** Cleaned files first: an edit is put aside before it leaves its file, so it is in one of the two when they are read. */
  async #read(): Promise<ReadonlyMap<string, readonly string[]>> {
    const index = new Map<string, string[]>()
    for (const pattern of [this.#to, asidePath(this.#to, this.#to)])
      for (const path of this.#shelf.paths(pattern)) {
        const text = (await this.#shelf.read(path)) ?? ''
        for (const id of likelyIds(text)) index.set(id, [...(index.get(id) ?? []), path])
      }
    return index
  }

  #questions(path: string): Promise<readonly Question[]> {
    const known = this.#parsed.get(path)
    if (known !== undefined) return known
    const parsing = this.#parse(path)
    this.#parsed.set(path, parsing)
    return parsing
  }

  /** What can't be read is its own target's fault, and holds nothing here. */
  async #parse(path: string): Promise<readonly Question[]> {
    const parsed = parseQuestions((await this.#shelf.read(path)) ?? '')
    return 'file' in parsed ? parsed.file.questions : []
  }
}

/** The ids that stand in a line of their own; '' as well where there may be others. Set-aside ones have a second one. */
function likelyIds(text: string): ReadonlySet<string> {
  const ids = new Set<string>()
  let lines = 0
  for (const [, key, literal, basic] of text.matchAll(
    /^(id|set_aside_id) = (?:'([^'\n]*)'|"([^"\\\n]*)")[ \t]*$/gm,
  )) {
    if (key === 'id') lines++
    ids.add(literal ?? basic ?? '')
  }
  const questions = text.match(/^\[\[questions\]\][ \t]*$/gm)?.length ?? 0
  return lines >= questions && questions > 0 ? ids : ids.add('')
}
