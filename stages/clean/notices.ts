/** What a cleaned file's person is told at every run: what they changed here that belongs in the question file. */
import type { Notice } from '../../engine/stage.ts'
import type { Question, TomlTable } from '../questions/model.ts'
import { offsetOf, placesOf } from '../questions/place.ts'
import { parseQuestions } from '../questions/read.ts'
import { questionTable, testcaseTable } from '../questions/tables.ts'
import { normal, same } from '../questions/toml.ts'
import type { Merged } from './edits.ts'
import type { Changed } from './texts.ts'

/** The question file, where a changed test case or prompt belongs. */
export interface Home {
  readonly path: string
  read(): Promise<string | undefined>
}

/** `output` is the cleaned file's path. */
export async function noticesOf(
  merges: readonly Merged[],
  incoming: readonly Question[],
  output: string,
  home: Home,
): Promise<readonly Notice[]> {
  const notices: Notice[] = []
  const belongs = new Belonging(home)
  for (const [i, { question, changed, leftOut }] of merges.entries()) {
    const theirs = incoming[i]
    const parts = theirs === undefined ? [] : changed.flatMap((each) => partsOf(each, question, theirs))
    if (parts[0] !== undefined)
      notices.push({
        level: 'warning',
        text: `${inWords(parts.map(({ words }) => words))} of '${question.id}' ${parts.length === 1 && parts[0].one ? 'was' : 'were'} changed here, and ${await belongs.at(question.id, parts[0].keys)} says otherwise: the change counts for this file only, and belongs there`,
        place: output,
      })
    if (leftOut > 0)
      notices.push({
        level: 'warning',
        text: `'${question.id}' was not written by clean: its own completions are tested, and ${leftOut} from the completions file ${leftOut === 1 ? 'is' : 'are'} left out. Delete the question here to have them cleaned`,
        place: output,
      })
  }
  return notices
}

interface Part {
  readonly words: string
  readonly one: boolean
  /** Below the question. */
  readonly keys: readonly (string | number)[]
}

const inPlainWords: { readonly [key: string]: string } = {
  prompt: 'the prompt',
  support_files: 'the support files',
}

function partsOf(changed: Changed, mine: Question, theirs: Question): readonly Part[] {
  if (changed === 'testcases') return [{ words: 'the list of test cases', one: true, keys: ['testcases'] }]
  if (changed === 'question') {
    const keys = differing(saysOf(mine), saysOf(theirs))
    return keys.map((key) => ({
      words: inPlainWords[key] ?? key,
      one: !key.endsWith('s'),
      keys: [key],
    }))
  }
  const index = changed.testcase
  const [here, there] = [mine, theirs].map(({ testcases }) => testcases[index])
  const [key] = here && there ? differing(testcaseTable(here), testcaseTable(there)) : []
  return [
    {
      words: `test case ${index + 1}`,
      one: true,
      keys: ['testcases', index, ...(key === undefined ? [] : [key])],
    },
  ]
}

function saysOf(question: Question): TomlTable {
  const { id, built_from, testcases, completions, ...says } = questionTable(question)
  return says
}

function differing(mine: TomlTable, theirs: TomlTable): readonly string[] {
  const keys = new Set([...Object.keys(theirs), ...Object.keys(mine)])
  return [...keys].filter((key) => !same(mine[key], theirs[key]))
}

/** Looks up where in the question file something belongs; the file is read when first asked. */
class Belonging {
  readonly #home: Home
  #text: Promise<string | undefined> | undefined

  constructor(home: Home) {
    this.#home = home
  }

  /** `path:line:column`, or the path alone when the file can't be read or has no such question. */
  async at(id: string, keys: readonly (string | number)[]): Promise<string> {
    this.#text ??= this.#home.read()
    const { path } = this.#home
    const text = normal((await this.#text) ?? '')
    const parsed = parseQuestions(text)
    const index = 'file' in parsed ? parsed.file.questions.findIndex((question) => question.id === id) : -1
    if (index < 0) return path
    const offset = offsetOf(await placesOf(text), ['questions', index, ...keys], 'key')
    const before = text.slice(0, offset)
    return `${path}:${before.split('\n').length}:${offset - before.lastIndexOf('\n')}`
  }
}

function inWords(parts: readonly string[]): string {
  const last = parts.at(-1) ?? ''
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`
}
