/**
 * What answers questions: the interface between the generate stage and its providers.
 *
 * There are two kinds, and they have little in common. A *live* provider sends requests that cost money and time, so
 * everything about it turns on the key of a request: what was asked for once is never asked for again. A *recorded*
 * one reads a file that already holds the answers, by question id; it has no requests, nothing to pay, and nothing that
 * temperature or token limits could change. One interface with optional halves was rejected: each caller would have
 * had to ask which half is there.
 *
 * A provider says which sampling parameters matter to it (`params`), so that a parameter that it ignores makes nothing
 * stale, and what exactly it would send (`request`), so that the key is of what is sent and not of how it was configured.
 */
import {
  type Budget,
  type Digest,
  Failure,
  type InputFile,
  type Journal,
  type Json,
} from '../../engine/stage.ts'
import type { Question } from '../questions/model.ts'

export type Provider = LiveProvider | RecordedProvider

/** How the model draws. What is left out is left to the server's default. All of it is part of each key. */
export interface Sampling {
  /** 0 to 2 with most servers. */
  readonly temperature?: number | undefined
  /** Share of the probability mass that is drawn from, above 0 to 1. */
  readonly topP?: number | undefined
  /** The longest answer, in tokens; a longer one is cut off there and marked `finish = 'length'`. */
  readonly maxTokens?: number | undefined
  /** The answer ends before the first of these texts. */
  readonly stop?: string | readonly string[] | undefined
  /** Where the server can draw the same again. Each request is sent with this plus its first sample's number. */
  readonly seed?: number | undefined
  /** -2 to 2: against words that were used at all. */
  readonly presencePenalty?: number | undefined
  /** -2 to 2: against words the more often they were used. */
  readonly frequencyPenalty?: number | undefined
}

export type Params = { readonly [name: string]: Json }

export interface LiveProvider {
  readonly type: 'live'
  /** Part of each key: 'openai'. */
  readonly name: string
  /** Files that every answer depends on, relative to the pipeline file. */
  readonly files: readonly string[]
  /** What `why` shows when it changes: the model, the endpoint, and those sampling parameters that are sent. */
  params(sampling: Sampling): Params
  /**
   * All that decides the answer to this question, and nothing else: where it is sent, the messages or the prompt, every
   * sampling parameter. It is part of each key, so it names neither the question's id nor the number of samples that
   * happen to be asked for together, and no secret.
   */
  request(question: Question, sampling: Sampling): Json
  /** What a person should know about these parameters (one that is not sent), said at every run. */
  remarks?(sampling: Sampling): readonly string[]
  /** What so many completions are likely to need; for plans. */
  estimate(request: Json, samples: number): Promise<Estimate>
  /** How many files may wait for answers at once. */
  readonly targetsAtOnce: number
  /**
   * Asks for the given samples, in one request or several. Each answer is handed over as soon as it is there, and is
   * durable once `deliver` has resolved. Rejects with a Failure for what is not to be had; what was delivered stays.
   */
  ask(asking: Asking): Promise<void>
  /** Called when the run is over. */
  close?(): Promise<void>
}

export interface Asking {
  /** The question's id, for messages. */
  readonly question: string
  readonly request: Json
  /** With a sample's number it makes the key of that completion (`completionKey`). */
  readonly drawing: Digest
  /** In ascending order. */
  readonly samples: readonly number[]
  /** Resolves when the answer is on disk to stay. */
  deliver(sample: number, answer: Answer): Promise<void>
  /** Makes durable an answer that nobody waits for: one of a batch that an earlier run began. */
  keep(key: Digest, answer: Answer): Promise<void>
  /** Notes that outlive the run and the crash; for batches that are under way. */
  readonly journal: Journal
  /** What may be spent; each has to allow a request. */
  readonly budgets: readonly Budget[]
  /** Stops waiting and asking. */
  readonly signal: AbortSignal
  /** A request goes out: called for each, the repeated ones too. */
  sent(): void
  /** Tells the person who watches, now; what is said here is kept nowhere. `about`: when it is not this question. */
  say(text: string, about?: string): void
}

export interface Estimate {
  readonly tokens_in: number
  readonly tokens_out: number
  /** US dollars; undefined when the model's price is not known. */
  readonly cost?: number | undefined
}

/**
 * An answer as it is stored for ever. From `fingerprint` on, all stays in the store and never goes into a
 * question file: files must come out the same, byte for byte, in every run that had the same answers.
 */
export type Answer = {
  /** What `completion` is to hold: a chat answer to the byte, preload + text from the legacy endpoint. */
  readonly text: string
  /** The model's exact name, as the server returned it. */
  readonly model?: string | undefined
  readonly finish?: string | undefined
  readonly tokens_in?: number | undefined
  readonly tokens_out?: number | undefined
  /** US dollars, at the price known when the answer came. */
  readonly cost?: number | undefined
  /** Of the configuration that answered, where the server tells. */
  readonly fingerprint?: string | undefined
  /** The server's id of the request, for support cases and bills. */
  readonly request_id?: string | undefined
  /** What the server counted for the whole request, in its own words. */
  readonly usage?: Json | undefined
  /** How many completions came with that request. `tokens_in`, `tokens_out` and `cost` are this one's share. */
  readonly of?: number | undefined
  /** When it arrived, as ISO 8601. */
  readonly at?: string | undefined
  /** From sending the request to having the whole answer. */
  readonly seconds?: number | undefined
}

export interface RecordedProvider {
  readonly type: 'recorded'
  readonly name: string
  /** The recording. */
  readonly files: readonly [string]
  params(): Params
  /** The recorded completions by question id. Throws Failure with path:line for a line that can't be read. */
  read(file: InputFile): Promise<Recording>
}

export type Recording = ReadonlyMap<string, readonly string[]>

/** For every provider: JSON can spell half a surrogate pair (a text cut within an emoji); no UTF-8 file can hold one. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD')
}

/** A failure that holds for every other question too: said once, however many files are incomplete by it. */
export class Stop extends Failure {
  constructor({ message, remedy }: Failure) {
    super(message, { remedy })
  }
}
