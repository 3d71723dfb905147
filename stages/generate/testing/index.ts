/** For this stage's tests: a workspace in memory, which stands in for the engine, and a provider that counts. */
import {
  canonical,
  type Digest,
  digestOf,
  type InputFile,
  type Job,
  type Json,
  type Stage,
} from '../../../engine/stage.ts'
import type { Completion, Question, QuestionFile } from '../../questions/model.ts'
import { readQuestions } from '../../questions/read.ts'
import { writeQuestions } from '../../questions/write.ts'
import { type GenerateOptions, generate } from '../index.ts'
import type { LiveProvider } from '../provider.ts'

export interface Model extends LiveProvider {
  /** What was asked for, in order: request and sample. */
  readonly asked: string[]
  /** Set to make it fail; given the prompt and the sample. */
  failing: ((prompt: string, sample: number) => Error | undefined) | undefined
}

/** Answers every sample with a text of its own, never twice the same: asking twice would be seen. */
export function model(): Model {
  const made: Model = {
    type: 'live',
    name: 'model',
    files: [],
    asked: [],
    failing: undefined,
    params: ({ temperature }) => (temperature === undefined ? {} : { temperature }),
    request: ({ prompt }, { temperature }) => ({ prompt, temperature }),
    targetsAtOnce: 4,
    estimate: async (_, samples) => ({ tokens_in: 1, tokens_out: samples, cost: samples / 2 }),
    ask: async ({ request, samples, deliver, sent }) => {
      let failure: Error | undefined
      for (const sample of samples) {
        made.asked.push(canonical([request, sample]))
        sent()
        const error = made.failing?.(canonical(request), sample)
        failure ??= error
        if (error !== undefined) continue
        const text = `answer ${made.asked.length}\r\nto ${canonical(request)}'''\n`
        await deliver(sample, {
          text,
          model: 'm-1',
          tokens_out: 3,
          cost: 0.25,
          at: String(made.asked.length),
        })
      }
      if (failure !== undefined) throw failure
    },
  }
  return made
}

export interface Result {
  readonly incomplete: string | undefined
  readonly notices: string
  readonly facts: { readonly [name: string]: number }
  readonly missing: number
}

export interface RunOptions {
  readonly input?: string
  readonly output?: string
  readonly dry?: boolean
  readonly only?: (id: string) => boolean
  readonly signal?: AbortSignal
}

export class Workspace {
  readonly files = new Map<string, string>()
  readonly responses = new Map<Digest, Json>()

  async build(stage: Stage, run: RunOptions = {}): Promise<Result> {
    const input = run.input ?? 'questions/a.toml'
    const output = run.output ?? 'completions/a.toml'
    let missing = 0
    const job: Job = {
      name: 'a',
      inputs: [this.#file(input)],
      files: stage.files.map((path) => this.#file(path)),
      params: stage.params,
      options: { jobs: 1 },
      dry: run.dry ?? false,
      order: undefined,
      shelf: { paths: () => [], read: async (path) => this.files.get(path), changedAt: () => 0 },
      signal: run.signal ?? new AbortController().signal,
      output,
      resolve: (path) => path,
      previous: async (path) => this.files.get(path),
      wants: (id) => run.only?.(id) ?? true,
      unit: async <T extends Json>(unit: Parameters<typeof job.unit<T>>[0]) => {
        const known = this.responses.get(unit.key)
        if (known !== undefined) return known as T
        if (run.dry || !job.wants(unit.question ?? '')) return void missing++
        const made = await unit.make(job.signal)
        // As a store would: what is not JSON is gone afterwards.
        this.responses.set(unit.key, JSON.parse(JSON.stringify(made)))
        return made
      },
      units: (units) => Promise.all(units.map((unit) => job.unit(unit))),
      count: () => {},
      restore: async (key, value) => {
        if (!run.dry && !this.responses.has(key)) this.responses.set(key, JSON.parse(JSON.stringify(value)))
      },
      journal: { notes: () => new Map(), write: async () => {} },
      notice: () => {},
      say: () => {},
    }
    const built = await stage.build(job)
    if (!run.dry) for (const { path, text } of built.outputs) this.files.set(path, text)
    return {
      incomplete: built.incomplete,
      notices: (built.notices ?? []).map(({ text }) => text).join('\n'),
      facts: built.facts ?? {},
      missing,
    }
  }

  text(path = 'completions/a.toml'): string {
    const text = this.files.get(path)
    if (text === undefined) throw new Error(`no ${path}`)
    return text
  }

  async read(path = 'completions/a.toml'): Promise<QuestionFile> {
    return (await readQuestions(this.text(path), path)).file
  }

  /** The texts of the completions of a file's question, the first one unless said otherwise. */
  async completions(path = 'completions/a.toml', question = 0): Promise<readonly string[]> {
    return (await this.read(path)).questions[question]?.completions.map(({ completion }) => completion) ?? []
  }

  write(path: string, file: QuestionFile): void {
    this.files.set(path, writeQuestions(file))
  }

  /** A person's edit. */
  async edit(change: (file: QuestionFile) => QuestionFile, path = 'completions/a.toml'): Promise<void> {
    this.write(path, change(await this.read(path)))
  }

  #file(path: string): InputFile {
    return {
      path,
      pattern: 0,
      source: true,
      digest: digestOf(this.text(path)),
      text: async () => this.text(path),
    }
  }
}

export const aside = 'completions/.set-aside/a.toml'

export const question = (id: string, more: Partial<Question> = {}): Question => ({
  id,
  prompt: `ask ${id}`,
  testcases: [{ code: 'f()', stdin: '', expect: '1' }],
  completions: [],
  support_files: [],
  ...more,
})

export function workspace(...questions: readonly Question[]): Workspace {
  const made = new Workspace()
  made.write('questions/a.toml', {
    questions: questions.length > 0 ? questions : [question('foo'), question('bar')],
  })
  return made
}

export const stage = (provider: GenerateOptions['provider'], more: Partial<GenerateOptions> = {}) =>
  generate({ from: 'questions/%.toml', to: 'completions/%.toml', provider, n: 3, ...more })

/** Changes one completion of the first question. */
export const changed =
  (sample: number, change: (completion: Completion) => Completion) =>
  (file: QuestionFile): QuestionFile => ({
    ...file,
    questions: file.questions.map((question, index) =>
      index > 0
        ? question
        : {
            ...question,
            completions: question.completions.map((completion, at) =>
              at === sample ? change(completion) : completion,
            ),
          },
    ),
  })

export const edited = (text: string) => (completion: Completion) => ({ ...completion, completion: text })

/** How many are asked for by the next build. */
export async function asks(model: Model, build: () => Promise<unknown>): Promise<number> {
  const before = model.asked.length
  await build()
  return model.asked.length - before
}
