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
import type { InputFile, Json } from '../../engine/stage.ts'
import type { Question } from '../questions/model.ts'

export type Provider = LiveProvider | RecordedProvider

/** How the model draws. What is left out is left to the server's default. */
export interface Sampling {
  /** 0 to 2 with most servers. */
  readonly temperature?: number | undefined
  /** The longest answer, in tokens; a longer one is cut off there and marked `finish = 'length'`. */
  readonly maxTokens?: number | undefined
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
  /** What one completion is likely to need; for plans and budgets. */
  estimate(request: Json): Estimate
  /**
   * Asks for the given samples, in one request or several. Each answer is handed over as soon as it is there, and is
   * durable once `deliver` has resolved. Rejects with a Failure for what is not to be had; what was delivered stays.
   */
  ask(request: Json, samples: readonly number[], deliver: Deliver, context: AskContext): Promise<void>
  /** Called when the run is over. */
  close?(): Promise<void>
}

export type Deliver = (sample: number, answer: Answer) => Promise<void>

export interface AskContext {
  /** Stops waiting and asking. */
  readonly signal: AbortSignal
  /** The question's id, for messages. */
  readonly question: string
  /** A request goes out: called for each, the repeated ones too. */
  sent(): void
  /** Tells the person who watches, now; what is said here is kept nowhere. */
  say(text: string): void
}

export interface Estimate {
  readonly tokens_in: number
  readonly tokens_out: number
  /** US dollars; undefined when the model's price is not known. */
  readonly cost?: number | undefined
}

/**
 * An answer as it is stored for ever. Of these, `request_id`, `at` and `seconds` stay in the store and never go into a
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
  /** The server's id of the request, for support cases and bills. */
  readonly request_id?: string | undefined
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
