/**
 * The model as TOML values, with its keys in the order in which they are written.
 *
 * First what a person looks for (which sample, its text, its results), then what the stages keep for themselves,
 * then keys that are not ours. Lists of tables come last, because TOML wants them so.
 */
import type {
  BuiltFrom,
  CompareSettings,
  Completion,
  Question,
  QuestionFile,
  QuestionLimits,
  Response,
  Run,
  SupportFile,
  TestCase,
  TomlTable,
  TomlValue,
  Unknown,
} from './model.ts'
import { once } from './once.ts'

export function fileTable(file: QuestionFile): TomlTable {
  return tableOf({ questions: file.questions.map(questionTable) }, file.unknown)
}

export const questionTable = once(
  (question: Question): TomlTable =>
    tableOf(
      {
        id: question.id,
        prompt: question.prompt,
        answer_preload: question.answer_preload,
        capture: question.capture,
        echo_stdin: question.echo_stdin,
        stderr: question.stderr,
        compare: typeof question.compare === 'object' ? compareTable(question.compare) : question.compare,
        limits: question.limits && limitsTable(question.limits),
        built_from: question.built_from && builtFromTable(question.built_from),
        testcases: someOf(question.testcases.map(testcaseTable)),
        completions: someOf(question.completions.map(completionTable)),
        support_files: someOf(question.support_files.map(supportFileTable)),
      },
      question.unknown,
    ),
)

export function testcaseTable({ code, stdin, expect, unknown }: TestCase): TomlTable {
  return tableOf({ code, stdin, expect }, unknown)
}

export function supportFileTable({ name, text, unknown }: SupportFile): TomlTable {
  return tableOf({ name, text }, unknown)
}

export const completionTable = once(
  (completion: Completion): TomlTable =>
    tableOf(
      {
        sample: whole(completion.sample),
        completion: completion.completion,
        results: completion.results,
        verdicts: completion.verdicts,
        flaky: completion.flaky?.map(BigInt),
        by: completion.by,
        skip: completion.skip,
        note: completion.note,
        key: completion.key,
        digest: completion.digest,
        response: completion.response && responseTable(completion.response),
        raw: completion.raw,
        cleaned: completion.cleaned,
        cleaned_by: completion.cleaned_by,
        candidates: whole(completion.candidates),
        runs: completion.runs?.map(runTable),
      },
      completion.unknown,
    ),
)

function limitsTable(limits: QuestionLimits): TomlTable {
  return tableOf(
    {
      cpu_seconds: whole(limits.cpu_seconds),
      wall_seconds: whole(limits.wall_seconds),
      memory_mb: whole(limits.memory_mb),
      output_kb: whole(limits.output_kb),
      processes: whole(limits.processes),
      disk_mb: whole(limits.disk_mb),
      file_mb: whole(limits.file_mb),
      open_files: whole(limits.open_files),
    },
    limits.unknown,
  )
}

function compareTable({ mode, tolerance, absolute, unknown }: CompareSettings): TomlTable {
  return tableOf({ mode, tolerance: whole(tolerance), absolute: whole(absolute) }, unknown)
}

function builtFromTable({ question, testcases, completions, accepted, unknown }: BuiltFrom): TomlTable {
  return tableOf({ question, testcases, completions, accepted }, unknown)
}

function responseTable({ model, finish, tokens_in, tokens_out, cost, unknown }: Response): TomlTable {
  return tableOf(
    { model, finish, tokens_in: whole(tokens_in), tokens_out: whole(tokens_out), cost: whole(cost) },
    unknown,
  )
}

function runTable({ testcase, verdict, got, diff, score, error, status, unknown }: Run): TomlTable {
  return tableOf(
    {
      testcase: whole(testcase),
      verdict,
      score: whole(score),
      got,
      diff,
      error,
      status: whole(status),
    },
    unknown,
  )
}

/** Without what is undefined. From entries, because `__proto__` may be a key. */
function tableOf(
  ours: { readonly [key: string]: TomlValue | undefined },
  unknown: Unknown | undefined,
): TomlTable {
  const table: Record<string, TomlValue> = {}
  for (const key in ours) {
    const value = ours[key]
    if (value !== undefined) table[key] = value
  }
  return unknown === undefined
    ? table
    : Object.fromEntries([...Object.entries(table), ...Object.entries(unknown)])
}

/** An empty list of tables is not written: there is no header to write. */
function someOf(tables: readonly TomlTable[]): readonly TomlTable[] | undefined {
  return tables.length > 0 ? tables : undefined
}

/** `5` and not `5.0`, for keys of ours whose type the checker knows. */
function whole(value: number | undefined): number | bigint | undefined {
  return Number.isSafeInteger(value) && value !== undefined ? BigInt(value) : value
}
