/**
 * Sends requests: with the key, at most so many at once, again when that helps, and not at all any more once the server
 * has said something that holds for every request (the key is refused, the quota is used up).
 *
 * The key is looked up when the first answer is really needed, so that a run with nothing to ask needs none. It goes into
 * the client and the check of messages, nowhere else.
 */
import type OpenAI from 'openai'
import pLimit, { type LimitFunction } from 'p-limit'
import { Failure } from '../../engine/stage.ts'
import { variable } from './env.ts'
import { exchange } from './exchange.ts'
import { costOf, type Prices } from './prices.ts'
import type { Answer, AskContext, Deliver } from './provider.ts'
import { refusalOf } from './refusal.ts'
import type { Request } from './request.ts'
import { type RetryPolicy, retrying, Trouble } from './retry.ts'

export interface Connection {
  readonly baseURL: string
  readonly keyVariable: string
  /** A server of one's own may do without a key. */
  readonly keyNeeded: boolean
  readonly concurrency: number
  /** Seconds. */
  readonly timeout: number
  readonly policy: RetryPolicy
  readonly prices: Prices
}

export class Asker {
  readonly #connection: Connection
  readonly #limit: LimitFunction
  #client: { readonly key: string | undefined; readonly made: Promise<OpenAI> } | undefined
  #warned = false
  /** Calls of `ask` that are under way. While there are any, a refusal that holds for all is not collected from each. */
  #asking = 0
  #refusal: Failure | undefined

  constructor(connection: Connection) {
    this.#connection = connection
    this.#limit = pLimit(connection.concurrency)
  }

  /** One request a sample. A server that takes `n` can be asked for several at once here, with no change outside. */
  async ask(
    request: Request,
    samples: readonly number[],
    deliver: Deliver,
    context: AskContext,
  ): Promise<void> {
    this.#asking++
    try {
      const answers = samples.map((sample) =>
        this.#limit(async () => deliver(sample, await this.#answer(request, context))),
      )
      for (const result of await Promise.allSettled(answers))
        if (result.status === 'rejected') throw result.reason
    } finally {
      // In watch mode the next round may meet a mended key.
      if (--this.#asking === 0) this.#refusal = undefined
    }
  }

  async #answer(request: Request, context: AskContext): Promise<Answer> {
    const { timeout, policy, prices } = this.#connection
    const { signal } = context
    const { endpoint, body, preload = '' } = request
    this.#goOn(signal)
    const key = this.#key(context)
    const client = await this.#clientWith(key)
    let tries = 0
    const attempt = () => {
      this.#goOn(signal)
      tries++
      context.sent()
      return exchange(client, { endpoint, body, timeout, signal })
    }
    try {
      const answer = await retrying(attempt, { policy, signal, waiting: (wait) => sayLong(wait, context) })
      const model = answer.model ?? body.model
      const cost = costOf([model, body.model], answer.tokens_in, answer.tokens_out, prices)
      return { ...answer, text: preload + answer.text, cost }
    } catch (error) {
      if (!(error instanceof Trouble)) throw error
      const { question } = context
      const { failure, forAll } = refusalOf(error, {
        ...this.#connection,
        question,
        model: body.model,
        tries,
        key,
      })
      // What holds for all is said once, in the words of the first.
      if (forAll) this.#refusal ??= failure
      throw forAll ? this.#refusal : failure
    }
  }

  #goOn(signal: AbortSignal): void {
    signal.throwIfAborted()
    if (this.#refusal !== undefined) throw this.#refusal
  }

  #key(context: AskContext): string | undefined {
    const { keyVariable, keyNeeded } = this.#connection
    const found = variable(keyVariable)
    if (found === undefined && keyNeeded) throw missingKey(keyVariable)
    // Such a header would be refused by the client, in words that repeat the key.
    if (found !== undefined && !/^[\x21-\x7e]+$/.test(found.value)) throw impossibleKey(keyVariable)
    if (found?.warning !== undefined && !this.#warned) {
      this.#warned = true
      context.say(found.warning)
    }
    return found?.value
  }

  #clientWith(key: string | undefined): Promise<OpenAI> {
    if (this.#client === undefined || this.#client.key !== key)
      this.#client = { key, made: connect(this.#connection.baseURL, key) }
    return this.#client.made
  }
}

async function connect(baseURL: string, key: string | undefined): Promise<OpenAI> {
  const { default: Client } = await import('openai')
  return new Client({ apiKey: key ?? 'none', baseURL, maxRetries: 0, logLevel: 'off' })
}

function sayLong(
  wait: { readonly seconds: number; readonly asked: number | undefined },
  context: AskContext,
): void {
  if (wait.asked !== undefined && wait.asked > wait.seconds)
    context.say(
      `the server asks to wait ${Math.ceil(wait.asked)} s; trying again after ${Math.ceil(wait.seconds)} s`,
    )
}

function missingKey(name: string): Failure {
  return new Failure(`${name} is not set, and the model cannot be asked without a key`, {
    remedy: `Put the line ${name}=… into a file .env here, or set it in the environment.`,
  })
}

function impossibleKey(name: string): Failure {
  return new Failure(
    `${name} holds characters that no key has (a space, a line break, a letter outside ASCII)`,
    {
      remedy: `Look at the line ${name}=… in .env, or at the environment.`,
    },
  )
}
