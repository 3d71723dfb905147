/**
 * The line to a server: its address, its key, and the client that speaks to it.
 *
 * The key is looked up when the first answer is really needed, so that a run with nothing to ask needs none. It goes into
 * the client and the check of messages, nowhere else.
 */
import type OpenAI from 'openai'
import { Failure } from '../../engine/stage.ts'
import type { Endpoint } from './answers.ts'
import { variable } from './env.ts'
import type { Prices } from './prices.ts'
import type { RetryPolicy } from './retry.ts'
import { secretsOf } from './secrets.ts'

export interface Connection {
  readonly baseURL: string
  readonly keyVariable: string
  /** A server of one's own may do without a key. */
  readonly keyNeeded: boolean
  /** The header that carries the key instead of `Authorization: Bearer`. */
  readonly keyHeader: string | undefined
  readonly headers: { readonly [name: string]: string }
  readonly query: { readonly [name: string]: string }
  readonly organization: string | undefined
  readonly project: string | undefined
  /** Requests in flight at once. */
  readonly concurrency: number
  readonly requestsPerMinute: number | undefined
  readonly tokensPerMinute: number | undefined
  /** Samples asked for in one request. */
  readonly chunk: number
  /** Seconds. */
  readonly timeout: number
  readonly policy: RetryPolicy
  readonly prices: Prices
}

export const pathOf: { readonly [endpoint in Endpoint]: string } = {
  chat: '/chat/completions',
  completions: '/completions',
  responses: '/responses',
}

export interface Line {
  readonly client: OpenAI
  /** What must not come back into an answer or a message. */
  readonly secrets: readonly string[]
}

/** In ms: for so long a key is not looked up again. A file is read for it, and requests may be hundreds a second. */
const lasting = 500

export class Lines {
  readonly #connection: Connection
  #made: { readonly key: string | undefined; readonly line: Promise<Line> } | undefined
  #lookedUp = Number.NEGATIVE_INFINITY
  #warned = false

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** A client with the key as it is now. Throws Failure when there is none and one is needed. */
  open(say: (text: string, about?: string) => void): Promise<Line> {
    const now = performance.now()
    if (this.#made !== undefined && now - this.#lookedUp < lasting) return this.#made.line
    const key = this.#key(say)
    this.#lookedUp = now
    if (this.#made === undefined || this.#made.key !== key)
      this.#made = { key, line: connect(this.#connection, key) }
    return this.#made.line
  }

  /** The key may be another one now. */
  forget(): void {
    this.#lookedUp = Number.NEGATIVE_INFINITY
  }

  #key(say: (text: string, about?: string) => void): string | undefined {
    const { keyVariable, keyNeeded } = this.#connection
    const found = variable(keyVariable)
    if (found === undefined && keyNeeded) throw missingKey(keyVariable)
    // Such a header would be refused by the client, in words that repeat the key.
    if (found !== undefined && !/^[\x21-\x7e]+$/.test(found.value)) throw impossibleKey(keyVariable)
    if (found?.warning !== undefined && !this.#warned) {
      this.#warned = true
      say(found.warning, 'warning')
    }
    return found?.value
  }
}

async function connect(connection: Connection, key: string | undefined): Promise<Line> {
  const { baseURL, keyHeader, headers, query, organization, project } = connection
  const { default: Client } = await import('openai')
  const client = new Client({
    apiKey: key ?? 'none',
    baseURL,
    // Null where there is none: left out, the client would take them from the environment, and tell any server.
    organization: organization ?? null,
    project: project ?? null,
    defaultHeaders: {
      ...(keyHeader === undefined ? {} : { [keyHeader]: key ?? '', Authorization: null }),
      ...headers,
    },
    defaultQuery: query,
    maxRetries: 0,
    logLevel: 'off',
  })
  return { client, secrets: secretsOf(key, headers, query) }
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
