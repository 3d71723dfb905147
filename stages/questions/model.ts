/**
 * The question file's model, shared by all stages. Names are those of the TOML keys, so that what is read here
 * and what a person sees in a file are one thing.
 */
import type { Digest } from '../../engine/stage.ts'

/** A value that TOML can hold, as carried through for keys that are not ours. */
export type TomlValue = string | number | bigint | boolean | Date | readonly TomlValue[] | TomlTable
export interface TomlTable {
  readonly [key: string]: TomlValue
}

/** Keys that are not ours, carried through every stage as they are. */
export type Unknown = TomlTable

export interface TestCase {
  /** Appended to the completion: program = completion + "\n\n" + code. Default ''. */
  readonly code: string
  /** Default ''. */
  readonly stdin: string
  /** Compared with what is printed; without it the exit status alone decides. */
  readonly expect?: string | undefined
  readonly unknown?: Unknown | undefined
}

export interface SupportFile {
  readonly name: string
  readonly text: string
  readonly unknown?: Unknown | undefined
}

/** Limits of a question that differ from the stage's. */
export interface QuestionLimits {
  readonly cpu_seconds?: number | undefined
  readonly wall_seconds?: number | undefined
  readonly memory_mb?: number | undefined
  readonly output_kb?: number | undefined
  /** Processes and threads at once. */
  readonly processes?: number | undefined
  readonly disk_mb?: number | undefined
  /** Size of any one file; default as `disk_mb`. */
  readonly file_mb?: number | undefined
  /** In each process; at most 1000. */
  readonly open_files?: number | undefined
  readonly unknown?: Unknown | undefined
}

/** How what is printed is compared with what is expected; what each means is in stages/test/compare.ts. */
export const compareModes = ['exact', 'lines', 'number', 'fuzzy', 'fuzzy_w_cutoff'] as const
export type CompareMode = (typeof compareModes)[number]

/** A mode of comparison with settings of its own. */
export interface CompareSettings {
  readonly mode: CompareMode
  /** Of mode 'number': the largest difference, as a share of the larger of the two numbers. Default 1e-6. */
  readonly tolerance?: number | undefined
  /** Of mode 'number': a difference that is always small enough, for numbers near 0. Default 1e-9. */
  readonly absolute?: number | undefined
  readonly unknown?: Unknown | undefined
}

/** How an execution ended and what came of it. `no-code` and `skipped` are verdicts on a completion, not of a run. */
export type Verdict =
  | 'passed'
  | 'failed'
  | 'error'
  | 'cpu-timeout'
  | 'wall-timeout'
  | 'memory'
  | 'output-limit'
  | 'too-many-processes'
  | 'crashed'
  | 'no-code'
  | 'skipped'

/** What a run that did not pass left behind, so that the report needs no cache. */
export interface Run {
  /** Which test case, counted from 1 as people count. */
  readonly testcase: number
  readonly verdict: Verdict
  /** What was printed and counts, cut in the middle when long. */
  readonly got?: string | undefined
  /** What was expected and what was printed as lines: `- ` expected, `+ ` printed, two blanks before both; cut when long. */
  readonly diff?: string | undefined
  /** How near it came, from 0 to 100, in the modes of comparison that say so. */
  readonly score?: number | undefined
  /** The end of standard error. */
  readonly error?: string | undefined
  /** Exit status, when it ended by itself. */
  readonly status?: number | undefined
  readonly unknown?: Unknown | undefined
}

/** What is known of a model's answer besides its text; the same in every run that had this answer. */
export interface Response {
  /** The model's exact name, as the server returned it. */
  readonly model?: string | undefined
  /** Why the model stopped: 'stop', 'length', 'content_filter', … */
  readonly finish?: string | undefined
  readonly tokens_in?: number | undefined
  readonly tokens_out?: number | undefined
  /** US dollars. */
  readonly cost?: number | undefined
  readonly unknown?: Unknown | undefined
}

export interface Completion {
  readonly completion: string
  /** One a test case, in their order; written by test. */
  readonly results?: readonly boolean[] | undefined

  /** Position among the question's completions, from 0; written by generate. */
  readonly sample?: number | undefined
  /** The request's key; written by generate. */
  readonly key?: Digest | undefined
  /** Digest of the text as the model gave it; a text that does not match it was edited; written by generate. */
  readonly digest?: Digest | undefined
  readonly response?: Response | undefined

  /** Digest of the raw text that clean worked on. */
  readonly raw?: Digest | undefined
  /** Digest of the text that clean wrote; a text that does not match it was edited. */
  readonly cleaned?: Digest | undefined
  /** Names of the rules that changed the text; 'no-code', or 'accepted' for a person's text that is the base now. */
  readonly cleaned_by?: readonly string[] | undefined
  /** Blocks of code in the answer that might have been it, and were not chosen. */
  readonly candidates?: number | undefined

  /** A person rejects this completion: it is not tested and not scored. */
  readonly skip?: boolean | undefined
  /** A person's note. */
  readonly note?: string | undefined

  /** Who changed or wrote the text besides the model: written by test into results. */
  readonly by?: 'edited' | 'human' | undefined
  /** Verdicts, one a test case; written by test. */
  readonly verdicts?: readonly Verdict[] | undefined
  /** Test cases, counted from 1, that did not end the same way each time; written by test when it repeats runs. */
  readonly flaky?: readonly number[] | undefined
  /** The runs that did not pass; written by test. */
  readonly runs?: readonly Run[] | undefined

  readonly unknown?: Unknown | undefined
}

/** What a cleaned question was made from, so that every edit is recognised from the file alone. Written by clean. */
export interface BuiltFrom {
  /** Digest of all that the question says besides test cases and completions (prompt, preload, options, support files). */
  readonly question: Digest
  /** Digests of the test cases that this question's were made from: of those that came in, unless a person's list stands. */
  readonly testcases: readonly Digest[]
  /** `sample:raw-digest` of each completion that came in, in order: what is listed here and missing was deleted. */
  readonly completions: readonly string[]
  /** `digest here:digest of what came in` of each text that a person changed here and accepted: nothing more is said of it. */
  readonly accepted?: readonly string[] | undefined
  readonly unknown?: Unknown | undefined
}

export interface Question {
  readonly id: string
  readonly prompt: string
  /** Appended to the prompt, prepended to each completion. */
  readonly answer_preload?: string | undefined
  /** 'program' (default): all that is printed counts. 'testcase': only what is printed once the test case's code began. */
  readonly capture?: 'program' | 'testcase' | undefined
  /** What input() reads is echoed to stdout, as a terminal and Moodle's CodeRunner show it. Default false. */
  readonly echo_stdin?: boolean | undefined
  /** Default 'apart'. 'merged': standard error counts as output, in the order of writing. */
  readonly stderr?: 'apart' | 'merged' | undefined
  /** Default: the stage's, which is 'exact'. */
  readonly compare?: CompareMode | CompareSettings | undefined
  readonly limits?: QuestionLimits | undefined
  readonly built_from?: BuiltFrom | undefined
  readonly testcases: readonly TestCase[]
  readonly completions: readonly Completion[]
  readonly support_files: readonly SupportFile[]
  readonly unknown?: Unknown | undefined
}

export interface QuestionFile {
  readonly questions: readonly Question[]
  /** Top-level keys that are not ours. */
  readonly unknown?: Unknown | undefined
}
