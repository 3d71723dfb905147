/**
 * The provider for every server that speaks OpenAI's protocol: chat completions; the legacy completions endpoint, which
 * base models, vLLM and llama.cpp still speak and the seed tool used; or responses.
 */
import { Failure, type Json } from '../../engine/stage.ts'
import type { Endpoint } from './answers.ts'
import type { Connection } from './connection.ts'
import { variable } from './env.ts'
import type { Rate } from './estimate.ts'
import { checkPrices, type Prices } from './prices.ts'
import type { LiveProvider, Sampling } from './provider.ts'
import {
  asRequest,
  checkSampling,
  type Formula,
  leftOut,
  type Message,
  paramsOf,
  requestOf,
} from './request.ts'
import { type RetryPolicy, usualRetries } from './retry.ts'
import { checkNames } from './sampling.ts'

export interface OpenAIOptions {
  readonly model: string
  /** Default: OPENAI_BASE_URL from the environment or .env, else https://api.openai.com/v1. */
  readonly baseURL?: string | undefined
  /** A name for the server in keys, in place of its base URL: give one when the same model may move to another address. */
  readonly server?: string | undefined
  /**
   * Default 'chat'. 'completions' sends prompt + blank line + preload to the legacy endpoint; 'responses' is for models
   * that OpenAI serves nowhere else.
   */
  readonly endpoint?: Endpoint | undefined
  /** 'live' (default): while you wait. 'batch': by the Batch API, at half the price, within a day; a later run takes it up. */
  readonly mode?: 'live' | 'batch' | undefined
  /** A system message before each question. Default none: the prompt is the whole of what the model is told. */
  readonly system?: string | undefined
  /**
   * All messages, in the place of `system`: each with {question} (the prompt, with the preload as `withPreload` offers
   * it), {prompt} or {preload} in it. For worked examples before the question.
   */
  readonly messages?: readonly Message[] | undefined
  /**
   * How a question with an `answer_preload` is put to the model, with {prompt} and {preload} in it. The default asks for
   * an answer that begins with the preload; with the endpoint 'completions' it is '{prompt}\n\n{preload}'.
   */
  readonly withPreload?: string | undefined
  /** How long a reasoning model is to think: 'low', 'medium', 'high', or what else the model knows. */
  readonly effort?: string | undefined
  /**
   * Sampling parameters that are not sent, because the model refuses them. Default: for OpenAI's reasoning models
   * temperature, topP, stop and the penalties; for all others none.
   */
  readonly omit?: readonly (keyof Sampling)[] | undefined
  /** Further fields of the request's body, e.g. { top_k: 40 }; they override those made here. Part of each key. */
  readonly body?: { readonly [name: string]: Json } | undefined
  /** The variable (environment or .env) that holds the key. Default OPENAI_API_KEY. Servers other than OpenAI's may do without. */
  readonly keyVariable?: string | undefined
  /** The header that carries the key, e.g. 'api-key'. Default: `Authorization: Bearer …`. */
  readonly keyHeader?: string | undefined
  /** Further headers. They are not part of a key: what changes answers belongs into `body`. */
  readonly headers?: { readonly [name: string]: string } | undefined
  /** Appended to each address, e.g. { 'api-version': '2024-10-21' }. Not part of a key. */
  readonly query?: { readonly [name: string]: string } | undefined
  /** Default: OPENAI_ORG_ID and OPENAI_PROJECT_ID, for OpenAI's own server only. */
  readonly organization?: string | undefined
  readonly project?: string | undefined
  /** US dollars per million tokens, over and above the known ones. */
  readonly prices?: Prices | undefined
  /** Completions asked for with one request, where the server allows it. Default 20. */
  readonly chunk?: number | undefined
  /** Most requests in flight at once; how many there are, the server's answers decide. Default 64. */
  readonly concurrency?: number | undefined
  /** Limits of your own, below the server's. */
  readonly requestsPerMinute?: number | undefined
  readonly tokensPerMinute?: number | undefined
  /** Seconds until an answer must be there in full. Default 300. */
  readonly timeout?: number | undefined
  /** When and how often a failed request is sent again. */
  readonly retry?: Partial<RetryPolicy> | undefined
  /** In batch mode: seconds between two looks at a batch. Default 5 at first, and up to 60. */
  readonly poll?: number | undefined
}

const officialURL = 'https://api.openai.com/v1'

/** Throws Failure (exit 2) for options that can't work. */
export function openai(options: OpenAIOptions): LiveProvider {
  checkOptions(options)
  const { model, endpoint = 'chat', system, messages, withPreload, effort, omit, body, prices = {} } = options
  const connection = connectionOf(options)
  const server = connection.baseURL === officialURL ? undefined : (options.server ?? connection.baseURL)
  const formula: Formula = { model, endpoint, server, system, messages, withPreload, effort, omit, body }
  const batch = options.mode === 'batch'
  const rate: Rate = { prices, factor: batch ? 0.5 : 1 }
  let asker: Promise<Pick<LiveProvider, 'ask'>> | undefined
  const askerFor = async () =>
    batch
      ? new (await import('./batcher.ts')).Batcher(connection, server, options.poll)
      : new (await import('./asker.ts')).Asker(connection)
  return {
    type: 'live',
    name: 'openai',
    files: [],
    // All that is to be asked for goes into one batch, which is on its way for hours.
    targetsAtOnce: batch ? 100_000 : 64,
    params: (sampling) => {
      checkSampling(formula, sampling)
      return paramsOf(formula, sampling)
    },
    remarks: (sampling) => remarksOn(model, leftOut(formula, sampling)),
    request: (question, sampling) => requestOf(formula, question, sampling),
    estimate: async (json, samples) => {
      const { needOf, tokensIn } = await import('./estimate.ts')
      const request = asRequest(json)
      const requests = endpoint === 'responses' ? samples : Math.ceil(samples / connection.chunk)
      return needOf(request, requests * (await tokensIn(request)), samples, rate)
    },
    ask: async (asking) => {
      asker ??= askerFor()
      await (await asker).ask(asking)
    },
  }
}

function connectionOf(options: OpenAIOptions): Connection {
  const baseURL = checkedURL(options.baseURL ?? variable('OPENAI_BASE_URL')?.value ?? officialURL)
  const official = baseURL === officialURL
  const ofOpenAI = (name: string) => (official ? variable(name)?.value : undefined)
  return {
    baseURL,
    keyVariable: options.keyVariable ?? 'OPENAI_API_KEY',
    keyNeeded: official,
    keyHeader: options.keyHeader,
    headers: options.headers ?? {},
    query: options.query ?? {},
    organization: options.organization ?? ofOpenAI('OPENAI_ORG_ID'),
    project: options.project ?? ofOpenAI('OPENAI_PROJECT_ID'),
    concurrency: options.concurrency ?? 64,
    requestsPerMinute: options.requestsPerMinute,
    tokensPerMinute: options.tokensPerMinute,
    chunk: options.chunk ?? 20,
    timeout: options.timeout ?? 300,
    policy: { ...usualRetries, ...options.retry },
    prices: options.prices ?? {},
  }
}

function remarksOn(model: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return []
  return [`${names.join(', ')}: not sent, for '${model}' would refuse it (openai({ omit: [] }) sends it)`]
}

/** The base URL without its last slash. It stands in keys and messages, so it may hold no secret. */
function checkedURL(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw wrong(`baseURL is '${text}', and must be an address that begins with http:// or https://`)
  if (url.username !== '' || url.password !== '')
    throw wrong('baseURL holds a user name or a password: the key belongs into the environment or .env')
  if (url.search !== '' || url.hash !== '')
    throw wrong('baseURL must end with its path, without ? and #; what follows ? goes into query: {…}')
  return text.replace(/\/+$/, '')
}

const endpoints: readonly unknown[] = ['chat', 'completions', 'responses']

const options: readonly (keyof OpenAIOptions)[] = [
  ...([
    'model',
    'baseURL',
    'server',
    'endpoint',
    'mode',
    'system',
    'messages',
    'withPreload',
    'effort',
  ] as const),
  ...(['omit', 'body', 'keyVariable', 'keyHeader', 'headers', 'query', 'organization', 'project'] as const),
  ...(['prices', 'chunk', 'concurrency', 'requestsPerMinute', 'tokensPerMinute', 'timeout'] as const),
  ...(['retry', 'poll'] as const),
]

/** Fields that are made here for each request; given in `body` they would break it. */
const notInBody = ['n', 'stream', 'model', 'messages', 'input', 'prompt']

function checkOptions(given: OpenAIOptions): void {
  const { model, endpoint = 'chat', mode = 'live', system, messages, effort, body = {}, prices = {} } = given
  checkNames('openai', given, options)
  if (typeof model !== 'string' || model === '') throw wrong('model is missing')
  if (!endpoints.includes(endpoint))
    throw wrong(`endpoint is '${String(endpoint)}', and must be 'chat', 'completions' or 'responses'`)
  if (mode !== 'live' && mode !== 'batch')
    throw wrong(`mode is '${String(mode)}', and must be 'live' or 'batch'`)
  if (system !== undefined && messages !== undefined)
    throw wrong('system and messages are both given: put the system text into messages')
  if (endpoint === 'completions' && (system ?? messages ?? effort) !== undefined)
    throw wrong("the endpoint 'completions' knows no messages: `withPreload` is its template")
  const taken = notInBody.find((name) => name in body)
  if (taken !== undefined) throw wrong(`body holds '${taken}', which is made for each request`)
  if (messages !== undefined && !messages.some(({ content }) => /\{(question|prompt)\}/.test(content)))
    throw wrong('no message has {question} or {prompt} in it: the model would never see the question')
  for (const name of ['concurrency', 'chunk'] as const) checkCount(name, given[name])
  for (const name of ['requestsPerMinute', 'tokensPerMinute', 'poll'] as const)
    checkNumber(name, given[name], Number.POSITIVE_INFINITY)
  checkNumber('timeout', given.timeout, 86_400)
  checkPrices(prices)
}

function checkCount(name: string, value: number | undefined): void {
  if (value !== undefined && !(Number.isSafeInteger(value) && value > 0))
    throw wrong(`${name} is ${value}, and must be a whole number from 1 up`)
}

function checkNumber(name: string, value: number | undefined, most: number): void {
  if (value !== undefined && !(value > 0 && value <= most))
    throw wrong(`${name} is ${value}, and must be a number above 0${most < 1e9 ? `, at most ${most}` : ''}`)
}

function wrong(what: string): Failure {
  return new Failure(`openai({…}): ${what}`, { exit: 2 })
}
