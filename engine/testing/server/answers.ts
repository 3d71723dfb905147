/** The bodies that the server answers with, in the forms of the three endpoints. No model is behind them. */
import { createHash } from 'node:crypto'
import type { Step } from './script.ts'

export type Endpoint = 'chat' | 'completions' | 'responses'

/** What a request asks for, as far as the answer depends on it. */
export interface Asked {
  readonly endpoint: Endpoint
  readonly body: { readonly [key: string]: unknown }
  /** What makes two requests ask the same: the prompt, the messages, the input. */
  readonly prompt: string
  readonly digest: string
  readonly n: number
  /** The key as it was sent, for a server that gives it away. */
  readonly key: string
}

/** Whatever stands before its name, as with Azure and with gateways. */
export function endpointOf(path: string): Endpoint | undefined {
  if (path.endsWith('/chat/completions')) return 'chat'
  if (path.endsWith('/completions')) return 'completions'
  return path.endsWith('/responses') ? 'responses' : undefined
}

export function askedOf(endpoint: Endpoint, body: Asked['body'], key: string): Asked {
  const prompt = JSON.stringify(
    endpoint === 'responses' ? body['input'] : (body['messages'] ?? body['prompt']),
  )
  const text = prompt ?? ''
  const n = endpoint === 'responses' ? 1 : Math.max(1, Number(body['n'] ?? 1))
  return { endpoint, body, prompt: text, digest: digestOf(text), n, key }
}

function digestOf(prompt: string): string {
  return createHash('sha256').update(prompt).digest('hex').slice(0, 16)
}

/** An estimate, as providers that limit tokens make one before they answer. */
export function tokensOf({ body, prompt }: Asked): number {
  const most = body['max_completion_tokens'] ?? body['max_output_tokens'] ?? body['max_tokens'] ?? 0
  return Math.ceil(prompt.length / 4) + Number(most)
}

/** What is answered instead, where the step or the request wants that. */
export function refusalOf(
  { n, key }: Asked,
  step: Step,
): { readonly status: number; readonly error: object } | undefined {
  if (step.status !== undefined && step.status !== 200) {
    const error = step.error ?? { message: 'scripted' }
    const message = `${String(error['message'] ?? '')} ${key}`
    return { status: step.status, error: step.echo ? { ...error, message } : error }
  }
  if (!step.rejectN || n === 1) return undefined
  return { status: 400, error: { message: "'n' must be 1", param: 'n', type: 'invalid_request_error' } }
}

/** How many answers are sent. */
export function countOf({ n, endpoint }: Asked, step: Step): number {
  if (endpoint === 'responses') return 1
  return Math.min(step.ignoreN ? 1 : n, step.choices ?? n)
}

/** A whole answer's body, with the answers from number `first` on. */
export function bodyOf(asked: Asked, first: number, step: Step): object {
  const whole = asked.endpoint === 'responses' ? response(asked, first, step) : choices(asked, first, step)
  return Object.fromEntries(Object.entries(whole).filter(([key]) => !step.without?.includes(key)))
}

function shared({ digest, body }: Asked, first: number, step: Step) {
  return {
    id: step.sameId ? 'duplicate' : `answer-${digest.slice(0, 8)}-${first}`,
    model: `${String(body['model'])}-2026-01-01`,
  }
}

function choices(asked: Asked, first: number, step: Step) {
  const list = Array.from({ length: countOf(asked, step) }, (_, place) => {
    const head = { index: step.sameIndex ? 0 : place, finish_reason: step.finish ?? 'stop' }
    const text = textOf(asked, first + place, step, place === 0)
    if (asked.endpoint === 'completions') return { ...head, text }
    const refusal = step.refusal === undefined ? {} : { refusal: step.refusal }
    const content = step.empty || step.refusal !== undefined ? null : text
    return { ...head, message: { role: 'assistant', content, ...refusal } }
  })
  const [prompt_tokens, completion_tokens] = [Math.ceil(asked.prompt.length / 4), 12 * list.length]
  return {
    ...shared(asked, first, step),
    object: asked.endpoint === 'chat' ? 'chat.completion' : 'text_completion',
    system_fingerprint: 'fp_test',
    choices: step.shuffle ? list.reverse() : list,
    usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
  }
}

function response(asked: Asked, first: number, step: Step) {
  const { id, model } = shared(asked, first, step)
  const cut = { length: 'max_output_tokens', content_filter: 'content_filter' }[step.finish ?? '']
  const text = textOf(asked, first, step, true)
  const content =
    step.refusal === undefined
      ? { type: 'output_text', text, annotations: [] }
      : { type: 'refusal', refusal: step.refusal }
  const input_tokens = Math.ceil(asked.prompt.length / 4)
  return {
    id: step.sameId ? id : `resp_${id}`,
    object: 'response',
    status: cut === undefined ? 'completed' : 'incomplete',
    incomplete_details: cut === undefined ? null : { reason: cut },
    model,
    output: [
      { type: 'reasoning', summary: [] },
      { type: 'message', role: 'assistant', content: [content] },
    ],
    usage: {
      input_tokens,
      output_tokens: 12,
      output_tokens_details: { reasoning_tokens: 8 },
      total_tokens: input_tokens + 12,
    },
  }
}

/** Stands in a text for the byte that `wireOf` puts in its place; no prompt of a test contains it. */
const spoilt = '\uE000'

function textOf(asked: Asked, number: number, step: Step, first: boolean): string {
  if (step.empty) return ''
  const code = `print('answer ${number} to ${asked.digest.slice(0, 8)}')`
  const usual = asked.endpoint === 'completions' ? `\n    ${code}` : `\`\`\`python\n${code}\n\`\`\``
  let text = step.text ?? usual
  if (step.echo) text += `\n# ${asked.key}`
  if (step.invalidUtf8) text = `${spoilt}${text}`
  return first && step.big !== undefined ? text.slice(0, step.big).padEnd(step.big, 'x') : text
}

/** The bytes of a body. */
export function wireOf(body: object, step: Step): Buffer {
  const bytes = Buffer.from(JSON.stringify(body))
  if (!step.invalidUtf8) return bytes
  const mark = Buffer.from(spoilt)
  const at = bytes.indexOf(mark)
  if (at < 0) return bytes
  return Buffer.concat([bytes.subarray(0, at), Buffer.of(0xff), bytes.subarray(at + mark.length)])
}
