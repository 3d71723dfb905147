/**
 * The lines of a batch's files: a request, and what became of it.
 *
 * A line's id says which completions it is for: the digest that their keys are made from, the first sample and the last.
 * So a batch's output can be kept by anybody who finds it, with the cache deleted and the questions changed. Rejected: a
 * running number, and a table beside it that must not be lost.
 */
import { type Digest, isDigest } from '../../engine/stage.ts'
import { type Body, type Endpoint, isObject, type Reply, replyIn, textOf } from './answers.ts'
import { pathOf } from './connection.ts'
import { errorInside } from './exchange.ts'
import { bodyFor, type Request } from './request.ts'
import { Trouble } from './retry.ts'

/** Samples first to last of one question. */
export interface Span {
  readonly drawing: Digest
  readonly first: number
  readonly last: number
}

export function idOf({ drawing, first, last }: Span): string {
  return `${drawing}-${first}-${last}`
}

/** Undefined for an id that is not ours. */
export function spanOf(id: unknown): Span | undefined {
  const [, drawing, first, last] = /^(\w{32})-(\d{1,6})-(\d{1,6})$/.exec(String(id)) ?? []
  return isDigest(drawing) ? { drawing, first: Number(first), last: Number(last) } : undefined
}

export function samplesOf({ first, last }: Span): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

/** The samples, in ascending order, as runs without a gap, none longer than `most`. */
export function spansOf(drawing: Digest, samples: readonly number[], most: number): readonly Span[] {
  const spans: { drawing: Digest; first: number; last: number }[] = []
  for (const sample of samples) {
    const span = spans.at(-1)
    if (span !== undefined && sample === span.last + 1 && sample - span.first < most) span.last = sample
    else spans.push({ drawing, first: sample, last: sample })
  }
  return spans
}

export function requestLine(request: Request, span: Span): string {
  const body = bodyFor(request, span.first, span.last - span.first + 1)
  return JSON.stringify({
    custom_id: idOf(span),
    method: 'POST',
    url: `/v1${pathOf[request.endpoint]}`,
    body,
  })
}

/** The endpoint that a batch names by its path. */
export function endpointOf(path: string | undefined): Endpoint {
  const found = Object.entries(pathOf).find(([, suffix]) => path === `/v1${suffix}`)
  return (found?.[0] ?? 'chat') as Endpoint
}

/** What became of a line. */
export type Fate = { readonly span: Span } & (
  | { readonly type: 'reply'; readonly reply: Reply; readonly request_id: string | undefined }
  | { readonly type: 'trouble'; readonly trouble: Trouble }
)

/** The lines of an output or error file. Throws Trouble when the file can't be read: it may have broken off. */
export function fatesIn(text: string, endpoint: Endpoint): readonly Fate[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => {
      const value = parsed(line)
      const span = spanOf(value['custom_id'])
      return span === undefined ? [] : [fateOf(value, span, endpoint)]
    })
}

function fateOf(value: Body, span: Span, endpoint: Endpoint): Fate {
  try {
    return { span, type: 'reply', ...replyOf(value, endpoint) }
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    return { span, type: 'trouble', trouble: error }
  }
}

function replyOf(value: Body, endpoint: Endpoint) {
  const { response, error } = value
  if (!isObject(response)) throw unanswered(isObject(error) ? error : {})
  const { body, status_code: status } = response
  if (typeof status === 'number' && status >= 400)
    throw errorInside(isObject(body) && isObject(body['error']) ? body['error'] : {}, status)
  if (!isObject(body)) throw new Trouble({ type: 'body' }, 'the answer is no JSON object')
  if (isObject(body['error']) && body['object'] !== 'response') throw errorInside(body['error'], 200)
  return { reply: replyIn(body, endpoint), request_id: textOf(response['request_id']) }
}

/** The batch expired or was cancelled before the line's turn; or the server failed. Another batch may fare better. */
function unanswered({ code, message }: Body): Trouble {
  return new Trouble({ type: 'connection' }, textOf(message) ?? textOf(code) ?? 'no answer and no error')
}

function parsed(line: string): Body {
  try {
    const value: unknown = JSON.parse(line)
    if (isObject(value)) return value
  } catch {}
  throw new Trouble({ type: 'body' }, 'a line of the batch’s output is not JSON, or broke off')
}
