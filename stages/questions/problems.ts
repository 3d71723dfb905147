/** Checking plain values against the schema of check.ts, and saying what is wrong in a person's words. */
import * as v from 'valibot'
import { completion, questionFile } from './check.ts'
import type { Completion, QuestionFile, TomlTable } from './model.ts'
import { isList, isTable, kindOf } from './toml.ts'

/** Keys and positions that lead to a value. */
export type Path = readonly (string | number)[]

export interface Problem {
  readonly path: Path
  /** What to point at: the key or the value. */
  readonly at: 'key' | 'value'
  readonly sentence: string
  /** Another place that the sentence speaks of; its line is put at the sentence's end. */
  readonly other?: Path
}

export type Checked = { readonly file: QuestionFile } | { readonly problems: readonly Problem[] }

export function check(values: TomlTable): Checked {
  const result = v.safeParse(questionFile, values, { message: sentence })
  const problems = [...(result.success ? [] : result.issues.map(problemOf)), ...duplicates(values)]
  return result.success && problems.length === 0 ? { file: result.output } : { problems }
}

/** One that is as it must be; undefined for any other. */
export function checkedCompletion(value: TomlTable): Completion | undefined {
  const result = v.safeParse(completion, value)
  return result.success ? result.output : undefined
}

function problemOf(issue: v.BaseIssue<unknown>): Problem {
  const items = issue.path ?? []
  const path = items
    .map((item) => item.key)
    .filter((key) => typeof key === 'string' || typeof key === 'number')
  const at = items.at(-1)?.origin === 'key' ? 'key' : 'value'
  return { path, at, sentence: `${subject(path)} ${issue.message}` }
}

function subject(path: Path): string {
  const last = path.at(-1)
  if (typeof last !== 'number') return `\`${last ?? 'the file'}\``
  return `item ${last + 1} of \`${path.findLast((part) => typeof part === 'string')}\``
}

/** What valibot's own checks say; those with a message in check.ts never come here. */
function sentence(issue: v.BaseIssue<unknown>): string {
  const given = kindOf(issue.input)
  switch (issue.type) {
    case 'string':
      return `must be text in quotes, not ${given}`
    case 'boolean':
      return `must be true or false, not ${given}`
    case 'number':
      return `must be a number, not ${given}`
    case 'array':
      return `must be a list, not ${given}`
    case 'picklist': {
      const options = (issue.expected ?? '').replace(/[()]/g, '').replaceAll('"', "'").replaceAll(' | ', ', ')
      return `must be one of ${options}, not ${typeof issue.input === 'string' ? `'${issue.input}'` : given}`
    }
    case 'safe_integer':
      return 'must be a whole number'
    case 'min_value':
      return `must be at least ${issue.requirement}`
    case 'finite':
      return 'must be a finite number'
    default:
      return issue.message
  }
}

function duplicates(values: TomlTable): Problem[] {
  const questions = tables(values, 'questions')
  const files = questions.flatMap((question, index) =>
    repeated(
      question,
      'support_files',
      'name',
      ['questions', index],
      (name) => `an earlier support file is named '${name}', too`,
    ),
  )
  const ids = repeated(values, 'questions', 'id', [], (id) => `an earlier question has the id '${id}', too`)
  return [...ids, ...files]
}

function repeated(
  holder: TomlTable,
  list: string,
  key: string,
  above: Path,
  says: (value: string) => string,
): Problem[] {
  const first = new Map<string, Path>()
  return tables(holder, list).flatMap((item, index) => {
    const value = item[key]
    if (typeof value !== 'string') return []
    const path = [...above, list, index, key]
    const other = first.get(value)
    if (other === undefined) first.set(value, path)
    return other === undefined ? [] : [{ path, at: 'value' as const, sentence: says(value), other }]
  })
}

function tables(holder: TomlTable, key: string): TomlTable[] {
  const value = holder[key]
  return isList(value) ? value.map((item) => (isTable(item) ? item : {})) : []
}
