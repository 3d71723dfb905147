/**
 * One request and its answer, over HTTP: sends the body, reads what comes back, and says what went wrong as a Trouble.
 *
 * The answer is read here as bytes and not by the client, because the client takes an HTML page with status 200 for a
 * result and its time-out ends with the headers, not with the body.
 */
import type OpenAI from 'openai'
import { type Answer, wellFormed } from './provider.ts'
import { type Fault, retryAfter, Trouble } from './retry.ts'

export type Endpoint = 'chat' | 'completions'

type Body = { readonly [key: string]: unknown }

export interface Sending {
  readonly endpoint: Endpoint
  readonly body: Body
  /** Seconds until the whole answer must be there. */
  readonly timeout: number
  readonly signal: AbortSignal
}

const path = { chat: '/chat/completions', completions: '/completions' } as const

/** The answer's first choice. Throws Trouble; the signal's reason when it was aborted. */
export async function exchange(
  client: OpenAI,
  { endpoint, body, timeout, signal }: Sending,
): Promise<Answer> {
  const started = Date.now()
  // An own controller: AbortSignal.any would hold on to each request for as long as the run's signal lives.
  const controller = new AbortController()
  let late = false
  const timer = setTimeout(() => {
    late = true
    controller.abort()
  }, timeout * 1000)
  const stop = () => controller.abort()
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    const response = await client
      .post(path[endpoint], { body, signal: controller.signal, timeout: timeout * 2000 })
      .asResponse()
    const answer = answerIn(objectIn(await response.arrayBuffer(), response), endpoint)
    return {
      ...answer,
      request_id: response.headers.get('x-request-id') ?? undefined,
      at: new Date().toISOString(),
      seconds: (Date.now() - started) / 1000,
    }
  } catch (error) {
    signal.throwIfAborted()
    if (late) throw new Trouble({ type: 'timeout' }, `no whole answer within ${timeout} s`)
    throw error instanceof Trouble ? error : troubleOf(error)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

function objectIn(bytes: ArrayBuffer, response: Response): Body {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Trouble({ type: 'body' }, 'the answer is not UTF-8')
  }
  if (/^\s*</.test(text))
    throw new Trouble({ type: 'body' }, `an HTML page with status ${response.status}: ${shortened(text)}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Trouble({ type: 'body' }, `the answer is not JSON, or broke off: ${shortened(text)}`)
  }
  if (!isObject(value)) throw new Trouble({ type: 'body' }, 'the answer is no JSON object')
  if (isObject(value['error'])) throw errorInside(value['error'], response)
  return value
}

/** Routers pass on the error of the server behind them with status 200. */
function errorInside(error: Body, response: Response): Trouble {
  const code = error['code']
  const fault: Fault =
    typeof code === 'number' && code >= 400
      ? { type: 'status', status: code }
      : code === 'insufficient_quota'
        ? { type: 'status', status: 429, code }
        : { type: 'body' }
  return new Trouble(
    fault,
    `an error in an answer with status ${response.status}: ${shortened(String(error['message'] ?? code))}`,
    retryAfter(response.headers),
  )
}

function answerIn(value: Body, endpoint: Endpoint): Answer {
  const choices = value['choices']
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  if (!isObject(choice)) throw new Trouble({ type: 'body' }, 'the answer has no choices')
  const usage = isObject(value['usage']) ? value['usage'] : {}
  return {
    ...(endpoint === 'chat' ? chatText(choice) : legacyText(choice)),
    model: textOf(value['model']),
    tokens_in: countOf(usage['prompt_tokens']),
    tokens_out: countOf(usage['completion_tokens']),
  }
}

/** An empty answer and a refusal are answers: paid for, kept, and marked by how they ended. */
function chatText(choice: Body): { readonly text: string; readonly finish: string | undefined } {
  const message = choice['message']
  if (!isObject(message)) throw new Trouble({ type: 'body' }, 'the answer has no message')
  const refusal = textOf(message['refusal'])
  if (refusal) return { text: wellFormed(refusal), finish: 'refusal' }
  return { text: wellFormed(textOf(message['content']) ?? ''), finish: textOf(choice['finish_reason']) }
}

function legacyText(choice: Body): { readonly text: string; readonly finish: string | undefined } {
  if (typeof choice['text'] !== 'string') throw new Trouble({ type: 'body' }, 'the answer has no text')
  return { text: wellFormed(choice['text']), finish: textOf(choice['finish_reason']) }
}

/** What the client throws, as a Trouble. Looked at by its shape: importing the client's classes would load all of it. */
function troubleOf(error: unknown): Trouble {
  if (isObject(error) && typeof error['status'] === 'number') {
    const headers = error['headers'] instanceof Headers ? error['headers'] : new Headers()
    const message = error instanceof Error ? error.message : ''
    return new Trouble(
      { type: 'status', status: error['status'], code: textOf(error['code']) ?? textOf(error['type']) },
      `status ${error['status']}: ${shortened(message.replace(/^\d{3} /, ''))}`,
      retryAfter(headers),
    )
  }
  return new Trouble({ type: 'connection' }, `the connection failed: ${causes(error)}`)
}

/** The innermost cause says what happened ('read ECONNRESET'); the outer ones only 'fetch failed'. */
function causes(error: unknown): string {
  let inner = error
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause
  if (!(inner instanceof Error)) return String(inner)
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : ''
  return inner.message.includes(code) ? inner.message : `${inner.message} (${code})`
}

/** A line of it, without tags: error bodies are sometimes whole pages. */
export function shortened(text: string): string {
  const plain = text
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain
}

export function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
