/**
 * One request and its answer, over HTTP: sends the body, reads what comes back, and says what went wrong as a Trouble.
 *
 * The answer is read here as bytes and not by the client, because the client takes an HTML page with status 200 for a
 * result and its time-out ends with the headers, not with the body.
 */
import { type Body, isObject, type Passage, textOf } from './answers.ts'
import type { Line } from './connection.ts'
import { type Fault, retryAfter, Trouble } from './retry.ts'
import { withoutSecrets } from './secrets.ts'

export interface Sending {
  /** Default 'post'. */
  readonly method?: 'get' | 'post'
  /** Below the base URL: '/chat/completions'. */
  readonly path: string
  readonly body?: Body | undefined
  /** Seconds until the whole answer must be there. */
  readonly timeout: number
  readonly signal: AbortSignal
}

export interface Received {
  readonly value: Body
  readonly headers: Headers
  readonly passage: Passage
}

/** The object that came back. Throws Trouble; the signal's reason when it was aborted. */
export async function exchange(line: Line, sending: Sending): Promise<Received> {
  const started = Date.now()
  const { text, response } = await transfer(line, sending)
  const { headers } = response
  const id = headers.get('x-request-id') ?? headers.get('apim-request-id')
  return {
    value: objectIn(text, response),
    headers,
    passage: {
      request_id: id === null ? undefined : withoutSecrets(id, line.secrets),
      at: new Date().toISOString(),
      seconds: (Date.now() - started) / 1000,
    },
  }
}

interface Transferred {
  /** In full, and without secrets. */
  readonly text: string
  readonly response: Response
}

/** What came back, whatever it is. Throws as `exchange` does. */
export function transfer({ client, secrets }: Line, sending: Sending): Promise<Transferred> {
  const { method = 'post', path, body, timeout } = sending
  return inTime({ ...sending, secrets }, async (signal) => {
    const options = { signal, timeout: timeout * 2000, ...(body === undefined ? {} : { body }) }
    const response = await client[method](path, options).asResponse()
    const bytes = await response.arrayBuffer()
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
      return { text: withoutSecrets(text, secrets), response }
    } catch {
      throw new Trouble({ type: 'body' }, 'the answer is not UTF-8')
    }
  })
}

/** Runs what speaks to a server; what goes wrong comes out as a Trouble, or as the signal's reason. */
export async function inTime<T>(
  {
    timeout,
    signal,
    secrets,
  }: { readonly timeout: number; readonly signal: AbortSignal; readonly secrets: readonly string[] },
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
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
    return await run(controller.signal)
  } catch (error) {
    signal.throwIfAborted()
    if (late) throw new Trouble({ type: 'timeout' }, `no whole answer within ${timeout} s`)
    throw troubleOf(error, secrets)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

function objectIn(text: string, response: Response): Body {
  if (/^\s*</.test(text))
    throw new Trouble({ type: 'body' }, `an HTML page with status ${response.status}: ${shortened(text)}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Trouble({ type: 'body' }, `the answer is not JSON, or broke off: ${shortened(text)}`)
  }
  if (!isObject(value)) throw new Trouble({ type: 'body' }, 'the answer is no JSON object')
  // A response of the endpoint `responses` says `error: null`, and one that failed is judged by its status.
  if (isObject(value['error']) && value['object'] !== 'response')
    throw errorInside(value['error'], response.status, response.headers)
  return value
}

/** Routers pass on the error of the server behind them with status 200. */
export function errorInside(error: Body, status: number, headers = new Headers()): Trouble {
  const code = error['code']
  const fault: Fault =
    status >= 400
      ? { type: 'status', status, code: textOf(code) ?? textOf(error['type']), param: textOf(error['param']) }
      : typeof code === 'number' && code >= 400
        ? { type: 'status', status: code }
        : code === 'insufficient_quota'
          ? { type: 'status', status: 429, code }
          : { type: 'body' }
  const where = status >= 400 ? `status ${status}` : `an error in an answer with status ${status}`
  return new Trouble(
    fault,
    `${where}: ${shortened(String(error['message'] ?? code))}`,
    retryAfter(headers),
    headers,
  )
}

/** What the client throws, as a Trouble. Looked at by its shape: importing the client's classes would load all of it. */
export function troubleOf(error: unknown, secrets: readonly string[] = []): Trouble {
  if (error instanceof Trouble) return error
  if (isObject(error) && typeof error['status'] === 'number') {
    const { status } = error
    const headers = error['headers'] instanceof Headers ? error['headers'] : new Headers()
    // Before it is shortened, which may leave half a key.
    const message = withoutSecrets(error instanceof Error ? error.message : '', secrets)
    const code = textOf(error['code']) ?? textOf(error['type'])
    return new Trouble(
      { type: 'status', status, code, param: textOf(error['param']) },
      `status ${status}: ${shortened(message.replace(/^\d{3} /, ''))}`,
      retryAfter(headers),
      headers,
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
  // Node tries every address of a host, and says what became of each in `errors`.
  if (inner instanceof AggregateError && inner.message === '') return causes(inner.errors[0])
  return inner.message.includes(code) ? inner.message : `${inner.message} (${code})`
}

/** A line of it, without tags: error bodies are sometimes whole pages. */
export function shortened(text: string): string {
  const plain = text
    .slice(0, 20_000)
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain
}
