/**
 * The stage clean: raw completions in, programs out, with everything a person did to them kept.
 *
 * What the rules make of a completion is a unit of its own, so that a changed n or one new answer cleans only what is
 * new. The grammar is loaded only when some completion has to be cleaned.
 */
import { Failure, type Job, keyOf, type Output, type Stage } from '../../engine/stage.ts'
import { asidePath } from '../questions/aside.ts'
import type { Completion, Question, QuestionFile } from '../questions/model.ts'
import { rewriteQuestions } from '../questions/patch.ts'
import { readQuestions } from '../questions/read.ts'
import { writeQuestions } from '../questions/write.ts'
import { mergeFile } from './file.ts'
import type { Cleaned, Rule } from './rules.ts'

export type { Cleaned, Rule } from './rules.ts'
export type { Task } from './task.ts'

/** Raise it when a rule comes to give another text: every completion is cleaned anew, and only what changed is tested. */
const version = 1

export interface CleanOptions {
  /** Files with raw completions, with `%`: 'data/completions/%.toml'. */
  readonly from: string
  /** Where programs go: 'data/cleaned/%.toml'. */
  readonly to: string
  /** Where the questions come from, for messages: 'data/questions/%.toml'. */
  readonly questions?: string
  /**
   * Rules instead of the built-in ones, in the order in which they are applied: a built-in one by its name, one's own as
   * `{ name, apply(text, task) }`. Default: all of the built-in ones.
   */
  readonly rules?: readonly (string | Rule)[]
}

/** Throws Failure (exit 2) for rules that are used twice. */
export function clean(options: CleanOptions): Stage {
  const { from, to, rules } = options
  const named = rules?.map((rule) => (typeof rule === 'string' ? rule : describe(rule)))
  if (named !== undefined && new Set(named).size < named.length)
    throw new Failure('clean({…}): a rule stands twice in `rules`', {
      exit: 2,
      remedy: 'Each rule is applied once.',
    })
  return {
    kind: 'clean',
    version,
    from: [from],
    to,
    whole: false,
    kept: true,
    params: named === undefined ? {} : { rules: named },
    files: [],
    targetsAtOnce: 4,
    build: (job) => build(job, options),
  }
}

/** A rule's name with its own code: what it makes of a text depends on nothing else that can be known. */
function describe({ name, apply }: Rule): string {
  return `${name} ${keyOf('rule', String(apply)).slice(0, 8)}`
}

async function build(job: Job, { to, questions, rules }: CleanOptions): ReturnType<Stage['build']> {
  const input = job.inputs[0]
  if (input === undefined || job.inputs.length > 1)
    throw new Failure(`clean builds one file from one, not from ${job.inputs.length}`)
  const { file, notices } = await readQuestions(await input.text(), input.path)
  const before = await job.previous(job.output)
  const standing = before === undefined ? undefined : await readQuestions(before, job.output)
  const asideFile = asidePath(to, job.output)
  const asideText = await job.previous(asideFile)
  const aside = await readAside(asideText, asideFile)

  const cleaner = new Cleaner(job, rules)
  const bases = await Promise.all(file.questions.map((question) => cleaner.cleaned(question)))
  const places = { output: job.output, aside: asideFile, questions: questionsPath(questions, job.name) }
  const merged = mergeFile(file, bases, { file: standing?.file, aside }, places, new Date())

  const output: Output = { path: job.output, text: await textOf(merged.file, before) }
  const loose: Output[] =
    merged.aside === aside
      ? []
      : [{ path: asideFile, text: await asideTextOf(merged.aside, asideText), loose: true }]
  return {
    outputs: merged.grew ? [...loose, output] : [output, ...loose],
    notices: [...(input.source ? notices : []), ...merged.notices],
    facts: Object.fromEntries(Object.entries(merged.facts).filter(([, count]) => count > 0)),
  }
}

function questionsPath(pattern: string | undefined, name: string): string {
  return pattern?.replace('%', () => name) ?? 'the question file'
}

function textOf(file: QuestionFile, before: string | undefined): Promise<string> | string {
  return before === undefined ? writeQuestions(file) : rewriteQuestions(file, before)
}

const nothing = '# Edits that were set aside would stand here. There are none.\n'

async function readAside(text: string | undefined, path: string): Promise<readonly Question[]> {
  if (text === undefined || !/^[^#]*\S/m.test(text.replace(/#.*$/gm, ''))) return []
  return (await readQuestions(text, path)).file.questions
}

function asideTextOf(questions: readonly Question[], before: string | undefined): Promise<string> | string {
  return questions.length === 0 ? nothing : textOf({ questions }, before)
}

class Cleaner {
  readonly #job: Job
  readonly #own: readonly (string | Rule)[] | undefined

  constructor(job: Job, own: readonly (string | Rule)[] | undefined) {
    this.#job = job
    this.#own = own
  }

  async cleaned(question: Question): Promise<readonly Cleaned[]> {
    const { prompt, answer_preload = '', capture = 'program', testcases } = question
    const asked = keyOf('clean for', {
      version,
      rules: this.#job.params['rules'] ?? [],
      prompt,
      answer_preload,
      capture,
      testcases: testcases.map(({ code, stdin, expect }) => ({ code, stdin, expect })),
    })
    return Promise.all(question.completions.map((completion) => this.#one(question, completion, asked)))
  }

  async #one(question: Question, { completion, response }: Completion, asked: string): Promise<Cleaned> {
    const finish = response?.finish
    const make = async (): Promise<Cleaned> => {
      const { cleanCompletion } = await import('./rules.ts')
      return cleanCompletion(completion, question, { finish, rules: await this.#rules() })
    }
    const key = keyOf('clean', { asked, raw: completion, finish })
    return (await this.#job.unit<Cleaned>({ kind: 'derived', key, make })) ?? (await make())
  }

  async #rules(): Promise<readonly Rule[] | undefined> {
    const { rules } = await import('./rules.ts')
    return this.#own?.map((rule) => {
      const found = typeof rule === 'string' ? rules.find(({ name }) => name === rule) : rule
      if (found !== undefined) return found
      throw new Failure(`clean({…}): there is no rule '${String(rule)}'`, {
        exit: 2,
        remedy: `The built-in ones are ${rules.map(({ name }) => name).join(', ')}.`,
      })
    })
  }
}
