/**
 * What summary.json holds, field by field: `node --import tsx stages/report/summary-schema.ts` writes
 * data/summary.schema.json from it. A test fails while the two differ.
 *
 * The schema allows fields that it does not name, because new ones may come within version 1. It is for programs that
 * read the file and for our tests; the report itself is not checked against it at each build.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as v from 'valibot'
import { strategies } from './strategies.ts'
import type { Summary } from './summary.ts'

const told = <Schema extends v.GenericSchema>(schema: Schema, says: string) =>
  v.pipe(schema, v.description(says))
/** A field that is left out where it is not defined; it is never null. */
const maybe = <Schema extends v.GenericSchema>(schema: Schema, says: string) =>
  v.exactOptional(told(schema, says))

const text = v.string()
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const amount = v.pipe(v.number(), v.minValue(0))
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1))
const difference = v.pipe(v.number(), v.minValue(-1), v.maxValue(1))
const interval = v.strictTuple([share, share])
const byK = <Schema extends v.GenericSchema>(value: Schema) =>
  v.record(v.pipe(v.string(), v.regex(/^[1-9][0-9]*$/)), value)

/** What a question and the totals both have; `values` is what the average is of. */
const common = (values: string) => ({
  completions: told(count, 'How many completions there are.'),
  scored: told(count, 'Of these have a score: not the skipped and not the untested ones.'),
  passed: told(count, 'Of these pass every test case.'),
  passed_interval: maybe(interval, "95 % interval of passed / scored, by Wilson's score method."),
  average: maybe(share, `Mean of ${values}.`),
  median: maybe(share, `Median of ${values}.`),
  stdev: maybe(amount, `Sample standard deviation of ${values}; left out for a single one.`),
  min: maybe(share, `The lowest of ${values}.`),
  max: maybe(share, `The highest of ${values}.`),
  endings: told(
    v.record(v.string(), count),
    'Executions by how they ended: { "passed": 9, "failed": 2, … }.',
  ),
  edited: told(count, 'Completions whose text a person changed.'),
  human: told(count, 'Completions that a person wrote.'),
  skipped: told(count, 'Completions that a person rejected.'),
  no_code: told(count, 'Completions in which no code was found.'),
  cut_off: told(count, 'Completions that the token limit cut off.'),
  tokens_in: maybe(amount, 'Tokens of the prompts, as far as the files say.'),
  tokens_out: maybe(amount, 'Tokens of the completions, as far as the files say.'),
  cost: maybe(amount, 'What the completions cost in US dollars, as far as the files say.'),
})

const question = v.object({
  id: told(text, "The question's id."),
  chain: maybe(text, 'Name of the chain it was read of; left out where that has no name.'),
  file: told(text, 'The results file it was read from.'),
  testcases: told(
    count,
    'How many test cases it has; with 0 its completions are for people to read, and have no score.',
  ),
  ...common("the completions' shares of passed test cases"),
  score: maybe(share, 'The score by `strategy`.'),
  pass_at: told(
    byK(share),
    'pass@k, the unbiased estimate: { "1": 0.4, … }, for each k that is not above `scored`.',
  ),
})

const totals = v.object({
  questions: told(count, 'How many questions there are.'),
  scored_questions: told(count, 'Of these have a score.'),
  ...common("the questions' averages"),
  average_interval: maybe(interval, '95 % interval of the average: bootstrap over the questions.'),
  score: maybe(share, "Mean of the questions' scores by `strategy`."),
  score_interval: maybe(interval, '95 % interval of the score: bootstrap over the questions.'),
  pass_at: told(
    byK(
      v.object({
        mean: told(share, 'Mean of pass@k over these questions.'),
        interval: maybe(interval, '95 % interval of the mean: bootstrap over these questions.'),
        questions: told(count, 'Questions that have k scored completions or more.'),
      }),
    ),
    'Mean pass@k: { "1": { "mean": 0.4, "questions": 8 }, … }, for each k that a question has.',
  ),
})

const summarized = v.object({
  mean: told(difference, "Mean of the differences: the second chain's number less the first's."),
  interval: maybe(
    v.strictTuple([difference, difference]),
    '95 % interval of the mean: paired bootstrap over the questions.',
  ),
  questions: told(count, 'Questions in which both chains have this number.'),
  better: told(count, "Questions in which the second chain's number is higher."),
  worse: told(count, "Questions in which the second chain's number is lower."),
  same: told(count, 'Questions in which both are the same.'),
})

const comparison = v.object({
  chains: told(v.strictTuple([text, text]), 'Names of the first and of the second chain.'),
  questions: told(count, 'Questions that have a score in both.'),
  only_in: told(v.strictTuple([count, count]), 'Questions that only the first has, and only the second.'),
  unscored: told(count, 'Questions of both that lack a score in one or in both.'),
  average: maybe(summarized, "Differences of the questions' averages."),
  score: maybe(summarized, "Differences of the questions' scores by `strategy`."),
  pass_at: told(byK(summarized), 'Differences of pass@k, for each k that both have in some question.'),
  differences: told(
    v.array(
      v.object({
        id: told(text, "The question's id."),
        average: told(difference, 'Difference of the averages.'),
        score: told(difference, 'Difference of the scores.'),
        pass_at: told(byK(difference), 'Difference of pass@k, for each k that both have.'),
      }),
    ),
    'The differences of each question that has a score in both, in the order of the first chain.',
  ),
})

/** That its types are those of `Summary` the compiler sees; that it leaves out no field is for the test to see. */
export const summarySchema: v.GenericSchema<unknown, Summary> = v.object({
  version: told(
    v.literal(1),
    'Raised when a field changes its meaning or goes; new fields may come at any time.',
  ),
  strategy: told(v.picklist(strategies), 'How `score` was computed.'),
  questions: told(v.array(question), 'The questions, in the order of the files.'),
  totals: told(
    totals,
    'Over all questions, each of which weighs the same. Where there are several chains: sums alone, of all of them.',
  ),
  chains: maybe(
    v.array(
      v.object({
        name: told(text, 'The label of the chain: a model, a prompt.'),
        totals: told(totals, 'Over the questions of this chain.'),
      }),
    ),
    'The chains, where there are several.',
  ),
  comparisons: maybe(
    v.array(comparison),
    'Where there are several chains: each pair of up to 4; of more, each with the first.',
  ),
})

export const summarySchemaFile = join(import.meta.dirname, '../../data/summary.schema.json')

/** data/summary.schema.json, as JSON Schema (draft 7). */
export async function summaryJsonSchema(): Promise<string> {
  // Only here: the converter is needed for development alone.
  const { toJsonSchema } = await import('@valibot/to-json-schema')
  const { $schema, ...schema } = toJsonSchema(summarySchema, { target: 'draft-07' })
  const title = "summary.json of Codex Runner's report"
  return `${JSON.stringify({ $schema, title, ...schema }, null, 2)}\n`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeFileSync(summarySchemaFile, await summaryJsonSchema())
