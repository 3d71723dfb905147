/** Where one target's completions come from: the provider, seen through its keys. */
import { type Digest, digestOf, Failure, type Job, type Notice } from '../../engine/stage.ts'
import type { Completion, Question } from '../questions/model.ts'
import type { KeyOf } from './adoption.ts'
import { completionOf, drawingKeys, isRecorded, recordedKey } from './completion.ts'
import type { Answer, AskContext, LiveProvider, Provider, RecordedProvider, Sampling } from './provider.ts'
import { asksTheSame } from './standing.ts'

export interface Source {
  readonly keyOf: KeyOf
  /** Undefined: not to be had in this run. Rejects when it can't be had at all. */
  fetch(question: Question, sample: number, key: Digest): Promise<Completion | undefined>
  /** What is to be said of the target; complete once all keys have been asked for. */
  readonly notices: readonly Notice[]
}

export async function sourceOf(
  provider: Provider,
  sampling: Sampling,
  series: string | undefined,
  job: Job,
): Promise<Source> {
  switch (provider.type) {
    case 'live':
      return liveSource(provider, sampling, series, job)
    case 'recorded':
      return await recordedSource(provider, job)
  }
}

function liveSource(
  provider: LiveProvider,
  sampling: Sampling,
  series: string | undefined,
  job: Job,
): Source {
  const asked = new Map<
    Question,
    { request: ReturnType<LiveProvider['request']>; keys: (sample: number) => Digest }
  >()
  const about = (question: Question) => {
    const known = asked.get(question)
    if (known !== undefined) return known
    const request = provider.request(question, sampling)
    const made = { request, keys: drawingKeys({ provider: provider.name, request, series }) }
    asked.set(question, made)
    return made
  }
  return {
    keyOf: (question, sample) => about(question).keys(sample),
    notices: [],
    fetch: async (question, sample, key) => {
      const { request } = about(question)
      const answer = await job.unit<Answer>({
        kind: 'request',
        key,
        question: question.id,
        estimate: provider.estimate(request).cost,
        // One sample a request. Several would be collected here, from units that are made at the same time, and handed
        // to one `ask`; each unit is answered, and made durable, by its own call of `deliver`.
        make: (signal) =>
          new Promise((resolve, reject) => {
            const deliver = async (_: number, answer: Answer) => resolve(answer)
            provider
              .ask(request, [sample], deliver, context(job, question, signal))
              .then(() => reject(new Failure(`'${question.id}': ${provider.name} gave no answer`)), reject)
          }),
      })
      if (answer !== undefined) return completionOf(answer, key, sample)
      return job.dry && job.wants(question.id) ? expected(key, sample) : undefined
    },
  }
}

/** In a dry run stands for an answer that would be asked for, so that the plan counts what would be done with it. */
function expected(key: Digest, sample: number): Completion {
  return completionOf({ text: `pass  # to be asked for: ${key}\n` }, key, sample)
}

function context(job: Job, { id }: Question, signal: AbortSignal): AskContext {
  return {
    signal,
    question: id,
    sent: () => job.count('request'),
    say: (text) => job.say({ question: id, text, good: false }),
  }
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
