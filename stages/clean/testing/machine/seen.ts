/** What stands in the cleaned and the set-aside files, read with a plain TOML parser and nothing of the project. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'smol-toml'

export interface SeenCompletion {
  readonly completion: string
  readonly sample?: bigint | number
  readonly raw?: string
  readonly note?: string
  readonly skip?: boolean
  /** Why it is set aside. */
  readonly set_aside?: string
}

export interface SeenQuestion {
  /** As in `data/cleaned/NAME.toml`. */
  readonly file: string
  readonly aside: boolean
  readonly id: string
  readonly prompt: string
  readonly testcases: readonly { readonly code?: string; readonly expect?: string }[]
  readonly completions: readonly SeenCompletion[]
  /** Clean has written it. */
  readonly ours: boolean
}

export interface Seen {
  readonly questions: readonly SeenQuestion[]
  /** Every string in any place, and all text for what is no value. */
  readonly strings: ReadonlySet<string>
  readonly texts: ReadonlyMap<string, string>
}

/** Throws when a file is no TOML. */
export function look(root: string): Seen {
  const folder = join(root, 'data/cleaned')
  const strings = new Set<string>()
  const texts = new Map<string, string>()
  const questions: SeenQuestion[] = []
  const paths = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort() : []
  for (const path of paths.filter((each) => each.endsWith('.toml'))) {
    const text = readFileSync(join(folder, path), 'utf8')
    texts.set(path, text)
    const aside = path.startsWith('.set-aside/')
    const file = path.replace(/^\.set-aside\//, '').slice(0, -'.toml'.length)
    const table = parse(text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n'))
    collect(table, strings)
    for (const each of listOf(table['questions'])) questions.push(seenOf(each, file, aside))
  }
  return { questions, strings, texts }
}

type Table = { readonly [key: string]: unknown }

function listOf(value: unknown): readonly Table[] {
  return Array.isArray(value) ? value : []
}

function seenOf(table: Table, file: string, aside: boolean): SeenQuestion {
  return {
    file,
    aside,
    id: String(table['set_aside_id'] ?? table['id']),
    prompt: String(table['prompt']),
    testcases: listOf(table['testcases']).map(({ code = '', stdin = '', expect }) => ({
      code: String(code),
      stdin: String(stdin),
      ...(expect === undefined ? {} : { expect: String(expect) }),
    })),
    completions: listOf(table['completions']) as unknown as readonly SeenCompletion[],
    ours: table['built_from'] !== undefined,
  }
}

function collect(value: unknown, strings: Set<string>): void {
  if (typeof value === 'string') strings.add(value)
  else if (typeof value === 'object' && value !== null)
    for (const each of Object.values(value)) collect(each, strings)
}
