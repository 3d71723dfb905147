/**
 * What a question file may say: every key of every stage's file, with its description. From this come the checks on
 * reading, the types' agreement with model.ts, and data/schema.json.
 *
 * One checker for all stages' files, instead of one per stage: a file is carried from stage to stage, people may
 * hand in any of them anywhere (`run-tests FILE`), and a key means the same wherever it stands.
 *
 * Messages follow the key's name: "`results` must be …".
 */
import * as v from 'valibot'
import { isDigest } from '../../engine/stage.ts'
import { type Completion, compareModes, type QuestionFile } from './model.ts'
import { nameFault } from './names.ts'
import { number, table, wordOrTable } from './table.ts'

const text = (says: string) => v.pipe(v.string(), v.description(says))
const flag = (says: string) => v.pipe(v.boolean(), v.description(says))
const count = (says: string) => v.pipe(number(), v.safeInteger(), v.minValue(0), v.description(says))
const amount = (says: string) =>
  v.pipe(number(), v.finite(), v.gtValue(0, 'must be more than 0'), v.description(says))
const few = (says: string) => v.pipe(number(), v.safeInteger(), v.minValue(1), v.description(says))
const digest = (says: string) =>
  v.pipe(
    v.string(),
    v.guard(isDigest, 'must be a digest of 32 hex digits, as it was written'),
    v.description(says),
  )
const choice = <const Options extends readonly string[]>(options: Options, says: string) =>
  v.pipe(v.picklist(options), v.description(says))
const list = <Item extends v.GenericSchema>(item: Item, says: string) =>
  v.pipe(v.array(item), v.description(says))

const verdict = v.picklist([
  'passed',
  'failed',
  'error',
  'cpu-timeout',
  'wall-timeout',
  'memory',
  'output-limit',
  'too-many-processes',
  'crashed',
  'no-code',
  'skipped',
])

const testcase = table('a test case', {
  code: v.optional(
    text('Appended to the completion: program = completion + "\\n\\n" + code. Default: none.'),
    '',
  ),
  stdin: v.optional(text('What the program reads from standard input. Default: nothing.'), ''),
  expect: v.optional(
    text('Compared with what is printed, as `compare` says. Without it the exit status alone decides.'),
  ),
})

const supportFile = table('a support file', {
  name: v.pipe(
    v.string(),
    v.rawCheck(({ dataset, addIssue }) => {
      const fault = dataset.typed ? nameFault(dataset.value) : undefined
      if (fault !== undefined) addIssue({ message: fault })
    }),
    v.description('Its path in the working directory, with forward slashes.'),
  ),
  text: text('What the file holds.'),
})

const limits = table('the limits', {
  cpu_seconds: v.optional(amount('CPU time of one run, in seconds.')),
  wall_seconds: v.optional(amount('Time on the clock of one run, in seconds; a backstop.')),
  memory_mb: v.optional(amount('Memory of one run, in megabytes.')),
  output_kb: v.optional(amount('What a run may print to each of stdout and stderr, in kilobytes.')),
  processes: v.optional(few('Processes and threads of one run at once.')),
  disk_mb: v.optional(amount('Size of the working directory, in megabytes.')),
  file_mb: v.optional(amount('Size of any one file, in megabytes. Default: as disk_mb.')),
  open_files: v.optional(
    v.pipe(
      few('Files open at once in each process; at most 1000.'),
      v.maxValue(1000, 'must be at most 1000'),
    ),
  ),
})

const tolerance = (says: string) => v.pipe(number(), v.finite(), v.minValue(0), v.description(says))

const compareSettings = v.pipe(
  table('a comparison', {
    mode: choice(compareModes, 'What counts as the same.'),
    tolerance: v.optional(
      tolerance("In mode 'number': the largest difference, as a share of the larger number. Default 1e-6."),
    ),
    absolute: v.optional(
      tolerance("In mode 'number': a difference that is always small enough. Default 1e-9."),
    ),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.value.mode === 'number') return
    for (const key of ['tolerance', 'absolute'] as const) {
      const value = dataset.value[key]
      if (value === undefined) continue
      addIssue({
        message: "has no meaning here: only the mode 'number' has tolerances",
        path: [{ type: 'object', origin: 'key', input: { ...dataset.value }, key, value }],
      })
    }
  }),
)

const compare = v.pipe(
  wordOrTable(v.picklist(compareModes), compareSettings),
  v.description(
    "When printed and expected output are the same. 'exact' (default): but for white space at both ends. 'lines': but for white space at the end of lines and blank lines at the end. 'number': word for word, numbers within a tolerance. 'fuzzy': as exact, with a score from 0 to 100 kept. 'fuzzy_w_cutoff': from a score of 90.",
  ),
)

const builtFrom = table('built_from', {
  question: digest('Digest of the question as it came in, without test cases and completions.'),
  testcases: list(digest('Digest of a test case.'), 'Digests of the test cases that these were made from.'),
  completions: list(v.string(), 'The completions that came in, each as sample:digest of its raw text.'),
  accepted: v.optional(
    list(
      v.string(),
      'Texts changed here and accepted, each as digest:digest of what came in. Written by accept.',
    ),
  ),
})

const run = table('a run', {
  testcase: v.pipe(count('Which test case, counted from 1.'), v.minValue(1)),
  verdict: v.pipe(verdict, v.description('How the run ended.')),
  got: v.optional(text('What was printed and counts, cut in the middle when long.')),
  diff: v.optional(text('Lines expected (-), printed (+) and in both, cut when long.')),
  score: v.optional(
    v.pipe(
      number(),
      v.minValue(0),
      v.maxValue(100, 'must be at most 100'),
      v.description('How near the output came, from 0 to 100, in the fuzzy modes of `compare`.'),
    ),
  ),
  error: v.optional(text('The end of standard error.')),
  status: v.optional(
    v.pipe(number(), v.safeInteger(), v.description('Exit status, when the program ended by itself.')),
  ),
})

const response = table('a response', {
  model: v.optional(text("The model's exact name, as the server returned it.")),
  finish: v.optional(text("Why the model stopped: 'stop', 'length', …")),
  tokens_in: v.optional(count('Tokens of the request.')),
  tokens_out: v.optional(count('Tokens of the answer.')),
  cost: v.optional(v.pipe(number(), v.finite(), v.minValue(0), v.description('US dollars.'))),
})

const testResult = table('a test result', {
  code: v.optional(text("The test case's code."), ''),
  stdin: v.optional(text("The test case's input."), ''),
  expect: v.optional(text('What should have been printed.'), ''),
  got: v.optional(text('What was printed.')),
  is_correct: v.optional(
    flag('Whether the test case was passed; without it, `got` is compared with `expect`.'),
  ),
})

const writtenCompletion = table('a completion', {
  completion: v.optional(
    text("The model's answer. In cleaned/ and results/ the whole program; edit it in cleaned/ as you like."),
  ),
  code: v.optional(text("The seed tool's later name for `completion`.")),
  results: v.optional(
    list(v.boolean(), 'Whether each test case was passed, in their order. Written by test.'),
  ),
  test_results: v.optional(list(testResult, "The seed tool's later form of `results`.")),
  sample: v.optional(count("Position among the question's completions, from 0. Written by generate.")),
  key: v.optional(digest("The request's key. Written by generate.")),
  digest: v.optional(
    digest('Digest of the text as the model gave it: tells an edited text. Written by generate.'),
  ),
  response: v.optional(
    v.pipe(response, v.description('What else is known of the answer. Written by generate.')),
  ),
  raw: v.optional(digest('Digest of the raw text that was cleaned. Written by clean.')),
  cleaned: v.optional(digest('Digest of the text that clean wrote: tells an edited text. Written by clean.')),
  cleaned_by: v.optional(list(v.string(), 'Names of the rules that changed the text. Written by clean.')),
  candidates: v.optional(
    count('Blocks of code in the answer that might have been it, and were not chosen. Written by clean.'),
  ),
  skip: v.optional(flag('True: you reject this completion; it is neither tested nor scored.')),
  note: v.optional(text('Your own note.')),
  by: v.optional(
    choice(['edited', 'human'], 'Who changed or wrote the text besides the model. Written by test.'),
  ),
  verdicts: v.optional(list(verdict, 'How each test case went, in their order. Written by test.')),
  flaky: v.optional(
    list(
      few('A test case, counted from 1.'),
      'Test cases that did not end the same way each time. Written by test when it repeats runs.',
    ),
  ),
  runs: v.optional(list(run, 'The runs that did not pass. Written by test.')),
})

export const completion: v.GenericSchema<unknown, Completion> = v.pipe(
  writtenCompletion,
  v.rawTransform(({ dataset: { value }, addIssue, NEVER }): Completion => {
    if (value.code === undefined && value.test_results === undefined && value.completion !== undefined)
      return { ...value, completion: value.completion }
    const { code, test_results, ...ours } = value
    const fault = (key: string, message: string) =>
      addIssue({
        message,
        path: [{ type: 'object', origin: 'key', input: { ...value }, key, value: undefined }],
      })
    if (code !== undefined && ours.completion !== undefined)
      fault('code', 'says the same as `completion`: keep one of the two')
    if (test_results !== undefined && ours.results !== undefined)
      fault('test_results', 'says the same as `results`: keep one of the two')
    const undecided = test_results?.some(
      (result) => result.is_correct === undefined && result.got === undefined,
    )
    if (undecided) fault('test_results', 'must have `got` or `is_correct` in each of its tables')
    const answer = ours.completion ?? code
    if (answer === undefined) {
      fault('completion', 'is missing: a completion needs it')
      return NEVER
    }
    const results = ours.results ?? test_results?.map(passed)
    return { ...ours, completion: answer, ...(results === undefined ? {} : { results }) }
  }),
)

/** As the seed tool compared. */
function passed(result: v.InferOutput<typeof testResult>): boolean {
  return result.is_correct ?? result.got?.trim() === result.expect.trim()
}

const question = table('a question', {
  id: v.pipe(v.string(), v.nonEmpty('must not be empty'), v.description('A name of its own, in all files.')),
  prompt: text('What the model is asked.'),
  answer_preload: v.optional(text('Appended to the prompt, prepended to each completion.')),
  capture: v.optional(
    choice(
      ['program', 'testcase'],
      "'program' (default): all that is printed counts. 'testcase': only what is printed once the test case's code began.",
    ),
  ),
  echo_stdin: v.optional(
    flag('True: what input() reads is printed too, as a terminal shows it. Default false.'),
  ),
  stderr: v.optional(
    choice(['apart', 'merged'], "'merged': standard error counts as output. Default 'apart'."),
  ),
  compare: v.optional(compare),
  limits: v.optional(v.pipe(limits, v.description("Limits that differ from the stage's."))),
  built_from: v.optional(
    v.pipe(
      builtFrom,
      v.description('What this question was made from, so that edits are seen. Written by clean.'),
    ),
  ),
  testcases: v.optional(list(testcase, 'What each completion is tested with.'), []),
  completions: v.optional(list(completion, 'The answers. Added by generate, or by hand.'), []),
  support_files: v.optional(list(supportFile, 'Files laid into the working directory.'), []),
})

export const questionFile: v.GenericSchema<unknown, QuestionFile> = table('a question file', {
  questions: v.pipe(
    v.array(question),
    v.nonEmpty('is empty: a question file holds at least one question'),
    v.description('The questions, each under a [[questions]] of its own.'),
  ),
})
