/**
 * What is sent for a question, exactly; and so what a key is of.
 *
 * Where a request goes is a part of it, unless that is OpenAI itself: a model's name says little on its own ('default',
 * 'llama-3-8b' in whatever quantisation), so the answer of one server must never pass for another's. The price of that
 * is that a server which moves to another address is a new one; the option `server` gives it a name that stays.
 *
 * How a question is put to a model is a template and not a function, so that a change of it can be seen and shown.
 *
 * A sampling parameter that a model refuses (reasoning models take no temperature) is left out of the request and of the
 * key. To send it, be refused, and send again without it was rejected: the answer would stand under a key that claims it.
 */
import { Failure, type Json } from '../../engine/stage.ts'
import type { Question } from '../questions/model.ts'
import { preloadOf } from '../questions/preload.ts'
import { type Endpoint, isObject } from './answers.ts'
import type { Params, Sampling } from './provider.ts'

export interface Message {
  readonly role: string
  /** With {question} (the prompt, and the preload as `withPreload` offers it), {prompt} and {preload} in it. */
  readonly content: string
}

/** The options that decide the answer. */
export interface Formula {
  readonly model: string
  readonly endpoint: Endpoint
  /** The name or base URL of the server; undefined for OpenAI's own. */
  readonly server: string | undefined
  readonly system?: string | undefined
  readonly messages?: readonly Message[] | undefined
  readonly withPreload?: string | undefined
  readonly effort?: string | undefined
  readonly omit?: readonly SamplingName[] | undefined
  readonly body?: { readonly [name: string]: Json } | undefined
}

export type SamplingName = keyof Sampling

export type Request = {
  readonly endpoint: Endpoint
  readonly server?: string | undefined
  /** Legacy endpoint: stands before the text that comes back. */
  readonly preload?: string | undefined
  /** Without `n`: how many are asked for together decides nothing about each. */
  readonly body: { readonly model: string; readonly [key: string]: Json | undefined }
}

const usualWithPreload = {
  chat: '{prompt}\n\nYour answer must begin with exactly this code and continue it:\n\n```python\n{preload}\n```',
  // As the seed tool did: the model goes on where the preload ends.
  completions: '{prompt}\n\n{preload}',
} as const

/** What OpenAI's reasoning models refuse, wherever they are served. */
const reasoning = /(^|\/)(o[1-9](-|$)|codex-|gpt-5(?!.*chat))/
const refusedByReasoning: readonly SamplingName[] = [
  'temperature',
  'topP',
  'presencePenalty',
  'frequencyPenalty',
  'stop',
]

/** What the endpoint has no field for. */
const unknownToResponses: readonly SamplingName[] = ['stop', 'seed', 'presencePenalty', 'frequencyPenalty']

export function requestOf(formula: Formula, question: Question, sampling: Sampling): Request {
  const { model, endpoint, server, effort, body: more = {} } = formula
  const preload = preloadOf(question)
  const put = { model, ...putTo(formula, question.prompt, preload), ...fields(formula, sampling) }
  const thinking = effort === undefined ? {} : effortField(endpoint, effort)
  switch (endpoint) {
    case 'completions':
      return { endpoint, server, preload, body: { ...put, ...thinking, ...more } }
    case 'chat':
      return { endpoint, server, body: { ...put, ...thinking, ...more } }
    case 'responses':
      // Nobody comes back to an answer by its id, so the server need not keep it.
      return { endpoint, server, body: { ...put, ...thinking, store: false, ...more } }
  }
}

/** The request's body for so many samples, of which the first one has this number. */
export function bodyFor({ body }: Request, first: number, count: number): Request['body'] {
  const { seed } = body
  return {
    ...body,
    // Alike requests with one seed would bring alike answers.
    ...(typeof seed === 'number' ? { seed: seed + first } : {}),
    ...(count > 1 ? { n: count } : {}),
  }
}

/** What `why` shows: everything in a request that does not come from the question. */
export function paramsOf(formula: Formula, sampling: Sampling): Params {
  const { model, endpoint, server, system, messages, withPreload, effort, body } = formula
  const sent = Object.fromEntries(
    Object.entries(sampling).filter(([name]) => !omitted(formula).some((other) => other === name)),
  )
  const params: { readonly [name: string]: unknown } = {
    ...{ model, endpoint, server, system, messages, withPreload, effort, body },
    ...sent,
  }
  return Object.fromEntries(
    Object.entries(params).filter((entry): entry is [string, Json] => entry[1] !== undefined),
  )
}

/** Throws Failure (exit 2) for a parameter that the endpoint has no field for. */
export function checkSampling({ endpoint }: Formula, sampling: Sampling): void {
  const wrong = unknownToResponses.find((name) => endpoint === 'responses' && sampling[name] !== undefined)
  if (wrong !== undefined)
    throw new Failure(
      `generate({…}): ${wrong} is given, and the endpoint 'responses' has no such parameter`,
      {
        exit: 2,
        remedy: `Leave ${wrong} out; or, where a server takes it all the same, put it into openai({ body: {…} }).`,
      },
    )
}

/** Parameters that are given and not sent, because the model would refuse the request. */
export function leftOut(formula: Formula, sampling: Sampling): readonly SamplingName[] {
  return omitted(formula).filter((name) => sampling[name] !== undefined)
}

function omitted({ model, omit }: Formula): readonly SamplingName[] {
  return omit ?? (reasoning.test(model) ? refusedByReasoning : [])
}

function fields(formula: Formula, sampling: Sampling): { readonly [name: string]: Json | undefined } {
  const not = omitted(formula)
  const of = <K extends SamplingName>(name: K): Sampling[K] =>
    not.includes(name) ? undefined : sampling[name]
  return {
    [limitField(formula)]: of('maxTokens'),
    temperature: of('temperature'),
    top_p: of('topP'),
    stop: of('stop'),
    seed: of('seed'),
    presence_penalty: of('presencePenalty'),
    frequency_penalty: of('frequencyPenalty'),
  }
}

function limitField({ endpoint, server }: Formula): string {
  if (endpoint === 'responses') return 'max_output_tokens'
  // OpenAI's newer models refuse max_tokens; many other servers know nothing else.
  return endpoint === 'chat' && server === undefined ? 'max_completion_tokens' : 'max_tokens'
}

function effortField(endpoint: Endpoint, effort: string): { readonly [name: string]: Json } {
  return endpoint === 'responses' ? { reasoning: { effort } } : { reasoning_effort: effort }
}

function putTo(formula: Formula, prompt: string, preload: string): { readonly [name: string]: Json } {
  const { endpoint, system, withPreload, messages } = formula
  const kind = endpoint === 'completions' ? 'completions' : 'chat'
  const values = { prompt, preload }
  const question = preload === '' ? prompt : filled(withPreload ?? usualWithPreload[kind], values)
  if (endpoint === 'completions') return { prompt: question }
  const all: readonly Message[] = messages ?? [
    ...(system === undefined ? [] : [{ role: 'system', content: system }]),
    { role: 'user', content: '{question}' },
  ]
  const put = all.map(({ role, content }) => ({
    role,
    // The text of `system` is no template.
    content: messages === undefined && role === 'system' ? content : filled(content, { ...values, question }),
  }))
  return endpoint === 'chat' ? { messages: put } : { input: put }
}

/** In one pass, so that a prompt which says {preload} stays as it is. */
function filled(template: string, values: { readonly [name: string]: string }): string {
  return template.replace(/\{(question|prompt|preload)\}/g, (whole, name: string) => values[name] ?? whole)
}

/** A request that went through the stage as plain JSON. */
export function asRequest(json: Json): Request {
  if (!isRequest(json)) throw new TypeError('not a request of this provider')
  return json
}

function isRequest(json: unknown): json is Request {
  return isObject(json) && isObject(json['body']) && typeof json['endpoint'] === 'string'
}
