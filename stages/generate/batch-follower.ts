/**
 * Follows a batch to its end, keeps what it has brought, and hands it to who waits for it.
 *
 * Each answer is durable before the batch counts as collected: a crash in between collects it once more, for nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Failure } from '../../engine/stage.ts'
import { answersOf, tokensOf } from './answers.ts'
import { type Batch, type BatchApi, isOver } from './batch-api.ts'
import { type Fate, fatesIn, type Span, samplesOf } from './batch-line.ts'
import { type BatchNote, writeNote } from './batch-note.ts'
import { completionKey } from './completion.ts'
import type { Prices } from './prices.ts'
import type { Answer, Asking } from './provider.ts'
import { asRequest } from './request.ts'
import { isPassing, Trouble } from './retry.ts'
import type { Desk } from './wanted.ts'

export interface Following {
  readonly api: BatchApi
  /** With its id. */
  readonly note: BatchNote
  /** Through whom answers are kept and things are said. */
  readonly asking: Asking
  readonly desk: Desk
  readonly prices: Prices
  /** Seconds between two looks at a batch: at first, and at most. */
  readonly poll: { readonly first: number; readonly most: number }
  /** Told of each request that was answered what it came to. */
  billed(span: Span, real: { readonly cost: number | undefined; readonly tokens: number | undefined }): void
  /** What is to be told to who asked for something that no other batch would answer either. */
  refusal(trouble: Trouble, question: string): Failure
}

/** True when the server has ignored `n`. Throws Trouble, Failure, or the signal's reason. */
export async function follow(following: Following): Promise<boolean> {
  const batch = await over(following)
  return await collect(batch, following)
}

/** Looks until the batch is over. */
async function over({ api, note, asking, poll }: Following): Promise<Batch> {
  const { signal, say } = asking
  let said = ''
  // Said as the run is stopped: those who wait are gone at once, and the process with them.
  const leave = () => say(`${note.id} goes on at the server: run again to take it up`, 'batch')
  signal.addEventListener('abort', leave, { once: true })
  try {
    for (let wait = poll.first; ; wait = Math.min(wait * 1.3, poll.most)) {
      const batch = await api.look(String(note.id))
      if (isOver(batch)) return batch
      const progress = `${batch.status}, ${batch.completed} of ${batch.total || note.spans.length} requests done`
      if (progress !== said) say(`${note.id}: ${progress}`, 'batch')
      said = progress
      await sleep(wait * 1000, undefined, { signal })
    }
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

/** Of a batch that is over, keeps all answers. True when the server has ignored `n`. */
export async function collect(batch: Batch, following: Following): Promise<boolean> {
  const { note, asking } = following
  const fates = await fatesOf(batch, following)
  const single = await keepAll(fates, following)
  refuse(fates, following)
  await writeNote(asking.journal, { ...note, state: 'collected' })
  if (batch.status === 'failed') throw rejected(batch)
  const answered = fates.filter(({ type }) => type === 'reply').length
  asking.say(`${batch.id} is ${batch.status}: ${answered} of ${note.spans.length} requests answered`, 'batch')
  return single
}

async function fatesOf(batch: Batch, { api, note }: Following): Promise<readonly Fate[]> {
  const lines = (text: string) => text.split('\n').filter((line) => line.trim() !== '').length
  const output = async (file: string | undefined, least: number) =>
    file === undefined ? [] : fatesIn(await api.content(file, (text) => lines(text) >= least), note.endpoint)
  return [...(await output(batch.output, batch.completed)), ...(await output(batch.errors, 0))]
}

/** Durable first; then those who wait are told. */
async function keepAll(fates: readonly Fate[], following: Following): Promise<boolean> {
  const { note, asking, desk, prices, billed } = following
  let single = false
  const kept: Promise<void>[] = []
  const given: (() => Promise<void>)[] = []
  for (const fate of fates) {
    if (fate.type !== 'reply') continue
    const { drawing } = fate.span
    const preload = preloadFor(fate, { note, desk })
    // Without what stands before the text, there is no saying what the completion is.
    if (preload === undefined) continue
    const samples = samplesOf(fate.span)
    const passage = { request_id: fate.request_id, at: new Date().toISOString() }
    const answers = answersOf(fate.reply, passage, preload, { model: note.model, prices, factor: 0.5 })
    billed(fate.span, { cost: sum(answers.map(({ cost }) => cost)), tokens: tokensOf(fate.reply) })
    if (answers.length === 1 && samples.length > 1) single = true
    for (const [index, sample] of samples.entries()) {
      const answer: Answer | undefined = answers[index]
      if (answer === undefined) break
      kept.push(asking.keep(completionKey(drawing, sample), answer))
      for (const wanted of desk.of(drawing)) given.push(() => wanted.give(sample, answer))
    }
  }
  await Promise.all(kept)
  await Promise.all(given.map((give) => give()))
  return single
}

function preloadFor({ span }: Fate, { note, desk }: Pick<Following, 'note' | 'desk'>): string | undefined {
  if (note.endpoint !== 'completions') return ''
  for (const { asking } of desk.of(span.drawing)) return asRequest(asking.request).preload ?? ''
  return note.preloads.get(span.drawing)
}

/** What would be refused by another batch as well is not waited for any more. */
function refuse(fates: readonly Fate[], { desk, refusal }: Following): void {
  for (const fate of fates) {
    if (fate.type !== 'trouble' || isPassing(fate.trouble.fault)) continue
    for (const wanted of [...desk.of(fate.span.drawing)])
      wanted.fail(samplesOf(fate.span), refusal(fate.trouble, wanted.asking.question))
  }
}

function sum(costs: readonly (number | undefined)[]): number | undefined {
  return costs.reduce((all, cost) => (all === undefined || cost === undefined ? undefined : all + cost), 0)
}

function rejected({ id, complaint }: Batch): Trouble {
  return new Trouble(
    { type: 'status', status: 400 },
    `batch ${id} was rejected: ${complaint ?? 'no reason given'}`,
  )
}
