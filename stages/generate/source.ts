/** Where one target's completions come from: the provider, seen through its keys. */
import {
  type Budget,
  type Digest,
  digestOf,
  Failure,
  type Job,
  type Json,
  type Notice,
} from '../../engine/stage.ts'
import type { Completion, Question } from '../questions/model.ts'
import type { KeyOf } from './adoption.ts'
import { completionKey, completionOf, drawingKey, isRecorded, recordedKey } from './completion.ts'
import type { Answer, LiveProvider, Provider, RecordedProvider, Sampling } from './provider.ts'
import { asksTheSame } from './standing.ts'

export interface Source {
  readonly keyOf: KeyOf
  /** Undefined: not to be had in this run. Rejects when it can't be had at all. */
  fetch(question: Question, sample: number, key: Digest): Promise<Completion | undefined>
  /** What is to be said of the target; complete once all keys have been asked for. */
  readonly notices: readonly Notice[]
}

/** How a live provider is asked. */
export interface Drawing {
  readonly sampling: Sampling
  readonly series?: string | undefined
  /** Completions a question; for estimates. */
  readonly n: number
  readonly budget?: Budget | undefined
}

export async function sourceOf(provider: Provider, drawing: Drawing, job: Job): Promise<Source> {
  switch (provider.type) {
    case 'live':
      return liveSource(provider, drawing, job)
    case 'recorded':
      return await recordedSource(provider, job)
  }
}

function liveSource(provider: LiveProvider, { sampling, series, n, budget }: Drawing, job: Job): Source {
  const budgets = [budget, job.options.budget].filter((each) => each !== undefined)
  const askers = new Map<Question, Asker>()
  const about = (question: Question) => {
    const known = askers.get(question)
    if (known !== undefined) return known
    const request = provider.request(question, sampling)
    const drawing = drawingKey({ provider: provider.name, request, series })
    const made = askerOf({ provider, question, request, drawing, budgets, n }, job)
    askers.set(question, made)
    return made
  }
  return {
    keyOf: (question, sample) => completionKey(about(question).drawing, sample),
    notices: (provider.remarks?.(sampling) ?? []).map((text) => ({ level: 'info', text })),
    fetch: async (question, sample, key) => {
      const answer = await job.unit<Answer>({
        kind: 'request',
        key,
        question: question.id,
        estimate: job.dry ? await about(question).costOfOne() : undefined,
        make: (signal) => about(question).ask(sample, signal),
      })
      if (answer !== undefined) return completionOf(answer, key, sample)
      return job.dry && job.wants(question.id) ? expected(key, sample) : undefined
    },
  }
}

interface About {
  readonly provider: LiveProvider
  readonly question: Question
  readonly request: Json
  readonly drawing: Digest
  readonly budgets: readonly Budget[]
  readonly n: number
}

interface Asker {
  readonly drawing: Digest
  /** US dollars, when all n are asked for together; undefined when the price is not known. */
  costOfOne(): Promise<number | undefined>
  ask(sample: number, signal: AbortSignal): Promise<Answer>
}

interface Waiting {
  readonly sample: number
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/**
 * Units ask for samples one by one, all at the same moment; what has come together by the end of that moment goes to
 * the provider as one. Each unit has its own answer, and fails alone.
 */
function askerOf({ provider, question, request, drawing, budgets, n }: About, job: Job): Asker {
  let waiting: Waiting[] = []
  let cost: Promise<number | undefined> | undefined
  const send = async (signal: AbortSignal): Promise<void> => {
    const asked = new Map(waiting.map((each) => [each.sample, each]))
    waiting = []
    const rejectAll = (error: unknown) => {
      for (const { reject } of asked.values()) reject(error)
    }
    await provider
      .ask({
        ...{ question: question.id, request, drawing, budgets, signal, journal: job.journal },
        samples: [...asked.keys()].sort((a, b) => a - b),
        deliver: async (sample, answer) => {
          await job.restore(completionKey(drawing, sample), answer)
          asked.get(sample)?.resolve(answer)
        },
        keep: (key, answer) => job.restore(key, answer),
        sent: () => job.count('request'),
        say: (text, about = question.id) => job.say({ question: about, text }),
      })
      .then(() => rejectAll(new Failure(`'${question.id}': ${provider.name} gave no answer`)), rejectAll)
  }
  return {
    drawing,
    costOfOne: () => {
      cost ??= provider.estimate(request, n).then((need) => need.cost && need.cost / n)
      return cost
    },
    ask: (sample, signal) =>
      new Promise((resolve, reject) => {
        waiting.push({ sample, resolve, reject })
        if (waiting.length === 1) setImmediate(() => void send(signal))
      }),
  }
}

/** In a dry run stands for an answer that would be asked for, so that the plan counts what would be done with it. */
function expected(key: Digest, sample: number): Completion {
  return completionOf({ text: `pass  # to be asked for: ${key}\n` }, key, sample)
}

async function recordedSource(provider: RecordedProvider, job: Job): Promise<Source> {
  const [file] = job.files
  if (file === undefined) throw new Error('a recording is one of the stage’s files')
  const recording = await provider.read(file)
  const renamed = new Set<string>()
  const notices: Notice[] = []
  return {
    notices,
    keyOf: (question, sample, before) => {
      const texts = recording.get(question.id)
      const text = texts?.[sample]
      if (text !== undefined) return recordedKey(digestOf(text))
      if (texts !== undefined || before === undefined || !asksTheSame(before, question)) return undefined
      // The question was renamed, and the recording was not: what it had before is still its own.
      const kept = before.completions.find(
        (completion) => completion.sample === sample && isRecorded(completion),
      )
      if (kept !== undefined && !renamed.has(question.id)) {
        renamed.add(question.id)
        notices.push({
          level: 'info',
          text: `'${question.id}' is not in ${file.path}: the completions that it had${before.id === question.id ? '' : ` as '${before.id}'`} are kept`,
          place: job.output,
        })
      }
      return kept?.key
    },
    fetch: async (question, sample, key) => {
      const text = recording.get(question.id)?.[sample]
      return text === undefined ? undefined : completionOf({ text }, key, sample)
    },
  }
}
