/** Arbitrary strings and files for property tests: what models answer, what people type, and what breaks writers. */
import * as fc from 'fast-check'
import { TomlDate } from 'smol-toml'
import { type Digest, digestOf } from '../../engine/stage.ts'
import type {
  BuiltFrom,
  CompareMode,
  CompareSettings,
  Completion,
  Question,
  QuestionFile,
  Response,
  Run,
  SupportFile,
  TestCase,
  TomlTable,
  TomlValue,
  Unknown,
} from './model.ts'
import { tomlKey, tomlString } from './string.ts'
import { fileTable } from './tables.ts'
import { isTable } from './toml.ts'
import { isBelow, isTables, tomlValue } from './write.ts'

const pieces = [
  ...["'", "''", "'''", "''''", '"', '""', '"""', '""""', '\\', '\\\\', '\\n', '\\u0041', '\\\n'],
  ...[
    '\r',
    '\r\n',
    '\n',
    '\n\n',
    '\t',
    ' ',
    '  \n',
    '\0',
    '\x1b',
    '\x7f',
    '\x85',
    '\u2028',
    '\u2029',
    '\ufeff',
  ],
  ...[
    '\n<<<<<<< HEAD\n',
    '\n=======\n',
    '\n>>>>>>> other\n',
    '<<<<<<<',
    '#',
    '[',
    '[[questions]]\n',
    '=',
    '{',
    '}',
    ',',
  ],
  ...[
    'é',
    '漢',
    '😀',
    '👩‍👧',
    '\u0301',
    'x',
    'def f(x):\n    return x\n',
    'None',
    '1',
    '\u00a0',
    '\ufffd',
    '\uffff',
  ],
]

/** Strings made to break a writer; every one of them can be held by a file. */
export const hostile: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => parts.join('')),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
)

const digest: fc.Arbitrary<Digest> = fc.nat(1000).map((number) => digestOf(String(number)))

const dates = [
  '1979-05-27T07:32:00Z',
  '1979-05-27T00:32:00.999-07:00',
  '1979-05-27T07:32:00',
  '1979-05-27',
  '07:32:00',
]

const value: fc.Arbitrary<TomlValue> = fc.letrec<{ value: TomlValue; table: Unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    hostile,
    fc.boolean(),
    fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    fc.double(),
    fc.constantFrom(...dates).map((text) => new TomlDate(text)),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('table'),
  ),
  table: fc.dictionary(fc.oneof(hostile, fc.constantFrom('__proto__', 'constructor', 'a')), tie('value'), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
})).value

/** Keys that are not ours, and not nearly ours. */
const unknown: fc.Arbitrary<Unknown> = fc.dictionary(
  fc.oneof(
    fc.constantFrom('course', '__proto__', 'constructor', 'ü', 'a b'),
    hostile.map((text) => `my own ${text}`),
  ),
  value,
  {
    minKeys: 1,
    maxKeys: 3,
    noNullPrototype: true,
  },
)

type Some<T> = { [K in keyof T]-?: fc.Arbitrary<Exclude<T[K], undefined>> }

function record<T extends object>(required: Partial<Some<T>>, optional: Partial<Some<T>>): fc.Arbitrary<T> {
  const all = { ...required, ...optional } as { [K in keyof T]: fc.Arbitrary<T[K]> }
  const requiredKeys = Object.keys(required) as (keyof T)[]
  return fc.record<T>(all, { requiredKeys, noNullPrototype: true }) as fc.Arbitrary<T>
}

export const testcase = record<TestCase>({ code: hostile, stdin: hostile }, { expect: hostile, unknown })

const supportFiles = fc.uniqueArray(
  record<SupportFile>(
    { name: fc.constantFrom('a', 'b.txt', "it's", 'x/é', ' ', '"'), text: hostile },
    { unknown },
  ),
  {
    selector: (file) => file.name,
    maxLength: 2,
  },
)

const response = record<Response>(
  {},
  {
    model: hostile,
    finish: fc.constantFrom('stop', 'length'),
    tokens_in: fc.nat(),
    cost: fc.double({ min: 0, max: 9, noNaN: true }),
    unknown,
  },
).filter((table) => Object.keys(table).length > 0)

const run = record<Run>(
  { testcase: fc.integer({ min: 1, max: 9 }), verdict: fc.constantFrom('failed', 'error', 'cpu-timeout') },
  {
    got: hostile,
    diff: hostile,
    score: fc.constantFrom(0, 96.55),
    error: hostile,
    status: fc.integer({ min: -9, max: 255 }),
    unknown,
  },
)

export const completion = record<Completion>(
  { completion: hostile },
  {
    results: fc.array(fc.boolean(), { maxLength: 30 }),
    sample: fc.nat(9),
    key: digest,
    digest,
    response,
    raw: digest,
    cleaned: digest,
    cleaned_by: fc.array(fc.constantFrom('fences', 'trailing-code'), { maxLength: 3 }),
    candidates: fc.nat(9),
    skip: fc.boolean(),
    note: hostile,
    by: fc.constantFrom('edited', 'human'),
    verdicts: fc.array(fc.constantFrom('passed', 'failed', 'too-many-processes'), { maxLength: 30 }),
    flaky: fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 3 }),
    runs: fc.array(run, { maxLength: 2 }),
    unknown,
  },
)

const builtFrom = record<BuiltFrom>(
  {
    question: digest,
    testcases: fc.array(digest, { maxLength: 4 }),
    completions: fc.array(hostile, { maxLength: 4 }),
  },
  { accepted: fc.array(hostile, { maxLength: 2 }), unknown },
)

const compareSettings = record<CompareSettings>(
  { mode: fc.constant('number') },
  { tolerance: fc.constantFrom(1e-9, 0, 0.5), absolute: fc.constantFrom(2, 1e-12), unknown },
)

const idTail = fc.constantFrom('', "'", '/x', ' é')

const question = record<Question>(
  {
    id: fc.tuple(fc.nat(20), idTail).map(([number, tail]) => `q${number}${tail}`),
    prompt: hostile,
    testcases: fc.array(testcase, { maxLength: 3 }),
    completions: fc.array(completion, { maxLength: 3 }),
    support_files: supportFiles,
  },
  {
    answer_preload: hostile,
    capture: fc.constantFrom('program', 'testcase'),
    echo_stdin: fc.boolean(),
    stderr: fc.constantFrom('apart', 'merged'),
    compare: fc.oneof(fc.constantFrom<CompareMode>('lines', 'fuzzy'), compareSettings),
    limits: fc.constantFrom(
      { cpu_seconds: 2.5 },
      { memory_mb: 64, wall_seconds: 10 },
      { processes: 1, disk_mb: 0.5, file_mb: 8, open_files: 1000 },
    ),
    built_from: builtFrom,
    unknown,
  },
)

/** Files of any stage. */
export const questionFile = record<QuestionFile>(
  { questions: fc.uniqueArray(question, { selector: ({ id }) => id, minLength: 1, maxLength: 3 }) },
  { unknown },
)

/** The same endless numbers for the same seed. */
export function* choicesFrom(seed: number): Generator<number, never> {
  for (let state = seed >>> 0; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    yield state >>> 8
  }
}

interface Comment {
  /** The question that it stands in; '' for the file. */
  readonly id: string
  readonly comment: string
}

/** A file as somebody might have typed it: other spacing, other quotes, comments, indentation, lists inline. */
export function formatted(
  file: QuestionFile,
  choices: Generator<number, never>,
): { text: string; comments: Comment[] } {
  const comments: Comment[] = []
  const chance = (one: number) => choices.next().value % one === 0
  const comment = (id: string) => {
    const text = `# remark ${comments.length}.`
    comments.push({ id, comment: text })
    return text
  }
  const string = (text: string) =>
    chance(2) ? tomlString(text) : JSON.stringify(text).replaceAll('\x7f', '\\u007f')
  const written = (value: TomlValue) => (typeof value === 'string' ? string(value) : tomlValue(value))
  const pairs = (id: string, indent: string, table: TomlTable, inline: ReadonlySet<string>) =>
    Object.entries(table)
      .filter(([key, value]) => !isBelow(key, value) || inline.has(key))
      .map(([key, value]) => {
        const above = chance(8) ? `${indent}${comment(id)}\n` : ''
        const behind = chance(8) ? ` ${comment(id)}` : ''
        return `${above}${indent}${tomlKey(key)}${chance(2) ? ' = ' : '='}${written(value)}${behind}\n`
      })
      .join('')
  const tables = (id: string, path: string, table: TomlTable, indent: string): string => {
    const inline = new Set(Object.keys(table).filter(() => path !== '' && chance(6)))
    const below = Object.entries(table).filter(([key, value]) => isBelow(key, value) && !inline.has(key))
    const parts = below.flatMap(([key, value]) => {
      const name = path === '' ? tomlKey(key) : `${path}.${tomlKey(key)}`
      const items = isTable(value) ? [value] : isTables(value) ? value : []
      return items.map((item) => {
        const owner = name === 'questions' ? String(item['id']) : id
        const inner = chance(3) ? `${indent}  ` : indent
        const free = chance(6) ? `${comment('')}\n\n` : ''
        const above = chance(4) ? `${indent}${comment(owner)}\n` : ''
        const header = isTable(value) ? `[${name}]` : `[[ ${name} ]]`
        const behind = chance(6) ? ` ${comment(owner)}` : ''
        const space = chance(2) ? '\n' : ''
        return `${space}${free}${above}${indent}${header}${behind}\n${tables(owner, name, item, inner)}`
      })
    })
    return pairs(id, indent, table, inline) + parts.join('')
  }
  const text = tables('', '', fileTable(file), '')
  return { text: chance(3) ? `\ufeff${text.replaceAll('\n', '\r\n')}` : text, comments }
}

/** A few changes of all kinds, and the ids of the questions from which nothing was removed. '' is among them. */
export function mutated(
  file: QuestionFile,
  choices: Generator<number, never>,
): { file: QuestionFile; intact: Set<string> } {
  const chance = (one: number) => choices.next().value % one === 0
  const intact = new Set([''])
  const fewer = <T>(items: readonly T[]) => items.filter(() => !chance(3))
  const turned = <T>(items: readonly T[]) => (chance(3) ? items.toReversed() : items)
  const touched = file.questions.map((question): Question => {
    if (chance(3)) {
      const completions = turned(fewer(question.completions))
      return { ...question, completions, testcases: fewer(question.testcases), built_from: undefined }
    }
    intact.add(question.id)
    const completions = question.completions.map((each): Completion => {
      if (chance(3))
        return { ...each, results: [true, false], verdicts: ['passed', 'failed'], note: undefined }
      return chance(3) && each.sample !== undefined ? { ...each, completion: 'another\ntext' } : each
    })
    const added = chance(3)
      ? [...completions, { completion: 'new', runs: [{ testcase: 1, verdict: 'failed' as const }] }]
      : completions
    const preload = chance(3) ? { answer_preload: 'def f():' } : { capture: undefined }
    return { ...question, ...preload, completions: added }
  })
  return { file: { ...file, questions: turned(touched) }, intact }
}
