/** For tests of providers: asks a real server, a process of its own, under a script, and collects what comes. */
import { setMaxListeners } from 'node:events'
import type { Budget, Digest, Json } from '../../../engine/stage.ts'
import type { Question } from '../../questions/model.ts'
import { drawingKey } from '../completion.ts'
import type { Answer, LiveProvider, Sampling } from '../provider.ts'

export const usual: Sampling = { temperature: 0.9, maxTokens: 512 }

export const question = (prompt: string, answer_preload?: string, id = 'q'): Question => ({
  id,
  prompt,
  answer_preload,
  testcases: [],
  completions: [],
  support_files: [],
})

let prompts = 0

/** A question of its own, so that no test sees what another one asked. */
export const another = (preload?: string): Question => question(`prompt ${++prompts}`, preload)

export interface Case {
  readonly samples?: readonly number[]
  readonly asked?: Question
  readonly sampling?: Sampling
  readonly signal?: AbortSignal
  readonly budgets?: readonly Budget[]
  readonly notes?: Map<string, Json>
}

export interface Asked {
  /** By sample. */
  readonly answers: readonly Answer[]
  readonly error: unknown
  readonly sent: number
  readonly said: readonly string[]
  readonly kept: ReadonlyMap<Digest, Answer>
}

export async function ask(live: LiveProvider, more: Case = {}): Promise<Asked> {
  const { samples = [0], asked = another(), sampling = usual, budgets = [], notes = new Map() } = more
  const answers: Answer[] = []
  const said: string[] = []
  const kept = new Map<Digest, Answer>()
  const { signal = new AbortController().signal } = more
  // As the engine's own: each request in flight listens to it.
  setMaxListeners(0, signal)
  let sent = 0
  const request = live.request(asked, sampling)
  const error = await live
    .ask({
      ...{ question: asked.id, request, samples, budgets },
      drawing: drawingKey({ provider: live.name, request }),
      signal,
      deliver: async (sample, answer) => {
        // Twice the same sample would be paid for twice.
        if (answers[sample] !== undefined) throw new Error(`sample ${sample} is delivered twice`)
        answers[sample] = answer
      },
      keep: async (key, answer) => void kept.set(key, answer),
      journal: { notes: () => notes, write: async (name, note) => void notes.set(name, note) },
      sent: () => void sent++,
      say: (text) => void said.push(text),
    })
    .then(() => undefined)
    .catch((error: unknown) => error)
  return { answers, error, sent, said, kept }
}
