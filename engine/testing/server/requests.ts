/** One request for an answer, from its arrival to its last byte; and a batch's line, which has no bytes of its own. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  askedOf,
  bodyOf,
  countOf,
  type Endpoint,
  endpointOf,
  refusalOf,
  tokensOf,
  wireOf,
} from './answers.ts'
import type { Arrival, Ledger, Visit } from './ledger.ts'
import type { Limiter } from './limits.ts'
import type { Script, Step } from './script.ts'
import { json, sendAnswer, sendHalf } from './send.ts'

/** What a request needs of the server. */
interface Surroundings {
  readonly ledger: Ledger
  readonly script: Script<Step>
  readonly limiter: Limiter | undefined
}

export interface Connection {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

export async function answer(
  { ledger, script, limiter }: Surroundings,
  { request, response }: Connection,
  endpoint: Endpoint,
  { text, ...where }: Pick<Arrival, 'path' | 'query'> & { readonly text: string },
): Promise<void> {
  const body = JSON.parse(text) as Arrival['body']
  const { headers, socket } = request
  const visit = ledger.arrive({ ...where, headers, body }, response)
  const asked = askedOf(endpoint, body, keyIn(headers))
  const admission = limiter?.admit(tokensOf(asked), visit.inFlight)
  const refuse = (status: number, error: object, more: Step['headers'] = {}) => {
    visit.status = status
    // What is refused is over: the client's next request must not be counted beside it.
    visit.leave()
    json(response, status, { error }, { ...idOf(visit), ...admission?.headers, ...more })
  }
  if (admission?.refused)
    return refuse(429, { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' })
  const step = script.next(({ when }) => text.includes(when ?? '')) ?? {}
  const time = (step.delay ?? 0) + (limiter?.latency() ?? 0)
  if (time > 0) await sleep(time)
  // Whoever has gone is sent nothing, and owes nothing.
  if (socket.destroyed) return
  if (step.reset) return void socket.destroy()
  if (step.raw !== undefined) {
    visit.status = step.status ?? 200
    return void response.writeHead(visit.status, step.headers).end(step.raw)
  }
  const refusal = refusalOf(asked, step)
  if (refusal !== undefined) return refuse(refusal.status, refusal.error, step.headers)
  if (step.cut || step.stall)
    return sendHalf(response, wireOf(bodyOf(asked, 0, step), step), step.cut === true)
  const count = step.wrongLength || step.invalidUtf8 ? 0 : countOf(asked, step)
  const first = ledger.take(asked.digest, count)
  const bytes = wireOf(bodyOf(asked, first, step), step)
  const more = { ...idOf(visit), ...admission?.headers, ...step.headers }
  await sendAnswer({ response, socket }, bytes, step, more, () => {
    visit.status = step.wrongLength ? 0 : 200
    visit.answers = numbered(first, count)
  })
}

export interface Line {
  readonly path: string
  readonly body: Arrival['body']
  readonly headers: IncomingHttpHeaders
  readonly batch: string
  /** Fail with this status. */
  readonly fail: number | undefined
}

export interface LineResult {
  readonly status: number
  readonly body: object
}

/** Steps hold for lines of batches too, as far as they say what is answered and not how it is sent. */
export function answerLine(
  { ledger, script }: Omit<Surroundings, 'limiter'>,
  { path, body, headers, batch, fail }: Line,
): LineResult {
  const text = JSON.stringify(body)
  const prescribed = fail === undefined ? script.next(({ when }) => text.includes(when ?? '')) : undefined
  const step: Step = prescribed ?? (fail === undefined ? {} : { status: fail })
  const asked = askedOf(endpointOf(path) ?? 'chat', body, keyIn(headers))
  const refusal = refusalOf(asked, step)
  const count = refusal === undefined ? countOf(asked, step) : 0
  const first = ledger.take(asked.digest, count)
  const status = refusal?.status ?? 200
  ledger.line({ path, query: {}, headers, body }, batch, status, numbered(first, count))
  return { status, body: refusal === undefined ? bodyOf(asked, first, step) : { error: refusal.error } }
}

function numbered(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, place) => first + place)
}

function idOf(visit: Visit) {
  return { 'x-request-id': `request-${visit.number}` }
}

function keyIn(headers: IncomingHttpHeaders): string {
  return headers.authorization ?? String(headers['api-key'] ?? '')
}
