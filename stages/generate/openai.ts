/**
 * The provider for every server that speaks OpenAI's protocol: chat completions, or the legacy completions endpoint,
 * which base models, vLLM and llama.cpp still speak and the seed tool used.
 */
import { Failure } from '../../engine/stage.ts'
import { Asker } from './asker.ts'
import { variable } from './env.ts'
import type { Endpoint } from './exchange.ts'
import { costOf, type Prices } from './prices.ts'
import type { Estimate, LiveProvider } from './provider.ts'
import { type Asking, asRequest, paramsOf, type Request, requestOf } from './request.ts'
import { type RetryPolicy, usualRetries } from './retry.ts'

export interface OpenAIOptions {
  readonly model: string
  /** Default: OPENAI_BASE_URL from the environment or .env, else https://api.openai.com/v1. */
  readonly baseURL?: string | undefined
  /** A name for the server in keys, in place of its base URL: give one when the same model may move to another address. */
  readonly server?: string | undefined
  /** Default 'chat'. 'completions' sends prompt + blank line + preload to the legacy endpoint. */
  readonly endpoint?: Endpoint | undefined
  /** A system message before each question; chat only. Default none: the prompt is the whole of what the model is told. */
  readonly system?: string | undefined
  /**
   * How a question with an `answer_preload` is put to a chat model, with {prompt} and {preload} in it. The default asks
   * for an answer that begins with the preload.
   */
  readonly withPreload?: string | undefined
  /** The variable (environment or .env) that holds the key. Default OPENAI_API_KEY. Servers other than OpenAI's may do without. */
  readonly keyVariable?: string | undefined
  /** US dollars per million tokens, over and above the known ones. */
  readonly prices?: Prices | undefined
  /** Requests in flight at once. Default 16. */
  readonly concurrency?: number | undefined
  /** Seconds until an answer must be there in full. Default 300. */
  readonly timeout?: number | undefined
  /** When and how often a failed request is sent again. */
  readonly retry?: Partial<RetryPolicy> | undefined
}

const officialURL = 'https://api.openai.com/v1'

/** Throws Failure (exit 2) for options that can't work. */
export function openai(options: OpenAIOptions): LiveProvider {
  checkOptions(options)
  const { model, endpoint = 'chat', system, withPreload, prices = {} } = options
  const baseURL = checkedURL(options.baseURL ?? variable('OPENAI_BASE_URL')?.value ?? officialURL)
  const official = baseURL === officialURL
  const server = official ? undefined : (options.server ?? baseURL)
  const asking: Asking = { model, endpoint, server, system, withPreload }
  const asker = new Asker({
    baseURL,
    keyVariable: options.keyVariable ?? 'OPENAI_API_KEY',
    keyNeeded: official,
    concurrency: options.concurrency ?? 16,
    timeout: options.timeout ?? 300,
    policy: { ...usualRetries, ...options.retry },
    prices,
  })
  return {
    type: 'live',
    name: 'openai',
    files: [],
    params: (sampling) => paramsOf(asking, sampling),
    request: (question, sampling) => requestOf(asking, question, sampling),
    estimate: (request) => estimateOf(asRequest(request), prices),
    ask: (request, samples, deliver, context) => asker.ask(asRequest(request), samples, deliver, context),
  }
}

/** About four characters a token; an answer is taken at its longest, or at 500 tokens where it has no limit. */
function estimateOf({ body }: Request, prices: Prices): Estimate {
  const tokens_in = Math.ceil(JSON.stringify(body['messages'] ?? body['prompt'] ?? '').length / 4)
  const tokens_out = Number(body['max_tokens'] ?? body['max_completion_tokens'] ?? 500)
  return { tokens_in, tokens_out, cost: costOf([body.model], tokens_in, tokens_out, prices) }
}

/** The base URL without its last slash. It stands in keys and messages, so it may hold no secret. */
function checkedURL(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw wrong(`baseURL is '${text}', and must be an address that begins with http:// or https://`)
  if (url.username !== '' || url.password !== '')
    throw wrong('baseURL holds a user name or a password: the key belongs into the environment or .env')
  if (url.search !== '' || url.hash !== '') throw wrong('baseURL must end with its path, without ? and #')
  return text.replace(/\/+$/, '')
}

function checkOptions({ model, endpoint, concurrency, timeout }: OpenAIOptions): void {
  if (typeof model !== 'string' || model === '') throw wrong('model is missing')
  if (endpoint !== undefined && endpoint !== 'chat' && endpoint !== 'completions')
    throw wrong(`endpoint is '${String(endpoint)}', and must be 'chat' or 'completions'`)
  if (concurrency !== undefined && !(Number.isSafeInteger(concurrency) && concurrency > 0))
    throw wrong(`concurrency is ${concurrency}, and must be a whole number from 1 up`)
  if (timeout !== undefined && !(timeout > 0 && timeout <= 86_400))
    throw wrong(`timeout is ${timeout}, and must be a number of seconds above 0, at most a day`)
}

function wrong(what: string): Failure {
  return new Failure(`openai({…}): ${what}`, { exit: 2 })
}
