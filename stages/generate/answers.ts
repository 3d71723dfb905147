/**
 * What the bodies of the three endpoints say, as answers: the texts, how each ended, and what they cost.
 *
 * An empty answer and a refusal are answers: paid for, kept, and marked by how they ended. What is no answer at all is a
 * Trouble, for the retries to judge.
 */
import type { Json } from '../../engine/stage.ts'
import { costOf, type Prices } from './prices.ts'
import { type Answer, wellFormed } from './provider.ts'
import { Trouble } from './retry.ts'

export type Endpoint = 'chat' | 'completions' | 'responses'

export type Body = { readonly [key: string]: unknown }

/** What came back for one request. */
export interface Reply {
  /** At least one; in the order of their numbers. */
  readonly choices: readonly Choice[]
  readonly model: string | undefined
  readonly fingerprint: string | undefined
  readonly tokens_in: number | undefined
  readonly tokens_out: number | undefined
  /** Of `tokens_in`, how many the server had in its cache and charges less for. */
  readonly cached: number | undefined
  readonly usage: Json | undefined
}

export interface Choice {
  readonly text: string
  readonly finish: string | undefined
}

/** How a request went, besides what it brought. */
export interface Passage {
  readonly request_id?: string | undefined
  readonly at: string
  readonly seconds?: number | undefined
}

export interface Paying {
  /** The model that was asked for, in case the server names another without a price. */
  readonly model: string
  readonly prices: Prices
  /** Batches are half the price. */
  readonly factor: number
}

/** Throws Trouble when there is no answer in it. */
export function replyIn(value: Body, endpoint: Endpoint): Reply {
  const usage = isObject(value['usage']) ? value['usage'] : {}
  const details = usage['prompt_tokens_details'] ?? usage['input_tokens_details']
  return {
    choices: endpoint === 'responses' ? [responseText(value)] : choicesIn(value, endpoint),
    model: textOf(value['model']),
    fingerprint: textOf(value['system_fingerprint']),
    tokens_in: countOf(usage['prompt_tokens'] ?? usage['input_tokens']),
    tokens_out: countOf(usage['completion_tokens'] ?? usage['output_tokens']),
    cached: isObject(details) ? countOf(details['cached_tokens']) : undefined,
    usage: isObject(value['usage']) ? (value['usage'] as Json) : undefined,
  }
}

/**
 * One answer a choice. What a request cost is shared out among its answers, so that they add up to what is charged: the
 * request's tokens evenly, the answers' by the length of the texts, for servers give their sum only.
 */
export function answersOf(
  reply: Reply,
  passage: Passage,
  preload: string,
  paying: Paying,
): readonly Answer[] {
  const { choices, model, fingerprint, usage } = reply
  const even = choices.map(() => 1)
  const tokensIn = shares(reply.tokens_in, even)
  const cached = shares(reply.cached, even)
  const tokensOut = shares(
    reply.tokens_out,
    choices.map(({ text }) => text.length + 1),
  )
  return choices.map(({ text, finish }, index) => ({
    text: preload + text,
    model,
    finish,
    tokens_in: tokensIn[index],
    tokens_out: tokensOut[index],
    cost: costOf([model ?? paying.model, paying.model], tokensIn[index], tokensOut[index], paying.prices, {
      cached: cached[index] ?? 0,
      factor: paying.factor,
    }),
    fingerprint,
    ...passage,
    usage,
    ...(choices.length > 1 ? { of: choices.length } : {}),
  }))
}

/** Whole numbers in proportion to the weights that add up to the total (largest remainders); none of nothing. */
export function shares(
  total: number | undefined,
  weights: readonly number[],
): readonly (number | undefined)[] {
  if (total === undefined) return weights.map(() => undefined)
  const sum = weights.reduce((all, weight) => all + weight, 0)
  const exact = weights.map((weight) => (total * weight) / sum)
  const whole = exact.map(Math.floor)
  const left = total - whole.reduce((all, share) => all + share, 0)
  const byRemainder = exact
    .map((share, index) => ({ index, rest: share - Math.floor(share) }))
    .sort((a, b) => b.rest - a.rest || a.index - b.index)
  for (const { index } of byRemainder.slice(0, left)) whole[index] = (whole[index] ?? 0) + 1
  return whole
}

/** Of the request and its answers together. */
export function tokensOf({ tokens_in, tokens_out }: Reply): number | undefined {
  return tokens_in === undefined || tokens_out === undefined ? undefined : tokens_in + tokens_out
}

function choicesIn(value: Body, endpoint: 'chat' | 'completions'): readonly Choice[] {
  const listed = value['choices']
  const all: readonly unknown[] = Array.isArray(listed) ? listed : []
  const numbers = all.map((choice) => (isObject(choice) ? choice['index'] : undefined))
  // Servers that number all choices 0, or none, mean the order in which they stand.
  const numbered =
    new Set(numbers).size === all.length && numbers.every((number) => countOf(number) !== undefined)
  const ordered = numbered ? all.toSorted((a, b) => indexOf(a) - indexOf(b)) : all
  const choices = ordered.flatMap((choice) => {
    const read = isObject(choice) ? (endpoint === 'chat' ? chatText(choice) : legacyText(choice)) : undefined
    return read === undefined ? [] : [read]
  })
  if (choices.length === 0)
    throw new Trouble(
      { type: 'body' },
      all.length === 0 ? 'the answer has no choices' : 'the choices of the answer have no text',
    )
  return choices
}

function indexOf(choice: unknown): number {
  return isObject(choice) ? Number(choice['index']) : 0
}

function chatText(choice: Body): Choice | undefined {
  const message = choice['message']
  if (!isObject(message)) return undefined
  const refusal = textOf(message['refusal'])
  if (refusal) return { text: wellFormed(refusal), finish: 'refusal' }
  return { text: wellFormed(contentText(message['content'])), finish: textOf(choice['finish_reason']) }
}

/** Some servers send the content in parts. */
function contentText(content: unknown): string {
  if (!Array.isArray(content)) return textOf(content) ?? ''
  return content.map((part: unknown) => (isObject(part) ? (textOf(part['text']) ?? '') : '')).join('')
}

function legacyText(choice: Body): Choice | undefined {
  const text = textOf(choice['text'])
  return text === undefined ? undefined : { text: wellFormed(text), finish: textOf(choice['finish_reason']) }
}

function responseText(value: Body): Choice {
  const { output, status } = value
  if (status === 'failed' || status === 'cancelled' || !Array.isArray(output)) {
    const error = isObject(value['error']) ? textOf(value['error']['message']) : undefined
    throw new Trouble({ type: 'body' }, error ?? `the answer has no output (status ${String(status)})`)
  }
  const items: readonly unknown[] = output
  const parts = items.flatMap((item): readonly unknown[] =>
    isObject(item) && item['type'] === 'message' && Array.isArray(item['content']) ? item['content'] : [],
  )
  const texts = (key: string) =>
    parts.flatMap((part) => (isObject(part) && typeof part[key] === 'string' ? [part[key]] : []))
  const refusal = texts('refusal').join('')
  if (refusal !== '') return { text: wellFormed(refusal), finish: 'refusal' }
  return { text: wellFormed(texts('text').join('')), finish: finishOf(value) }
}

/** In the words of the other endpoints, so that a cut answer is marked alike everywhere. */
function finishOf({ status, incomplete_details: details }: Body): string | undefined {
  const reason = isObject(details) ? textOf(details['reason']) : undefined
  if (status === 'completed') return 'stop'
  return reason === 'max_output_tokens' ? 'length' : (reason ?? textOf(status))
}

export function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
