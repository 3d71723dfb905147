/**
 * What is sent for a question, exactly; and so what a key is of.
 *
 * Where a request goes is a part of it, unless that is OpenAI itself: a model's name says little on its own ('default',
 * 'llama-3-8b' in whatever quantisation), so the answer of one server must never pass for another's. The price of that
 * is that a server which moves to another address is a new one; the option `server` gives it a name that stays.
 *
 * How a preload is put to a chat model is a template and not a function, so that a change of it can be seen and shown.
 */

import type { Json } from '../../engine/stage.ts'
import type { Question } from '../questions/model.ts'
import { preloadOf } from '../questions/preload.ts'
import { type Endpoint, isObject } from './exchange.ts'
import type { Params, Sampling } from './provider.ts'

/** The options that decide the answer. */
export interface Asking {
  readonly model: string
  readonly endpoint: Endpoint
  /** The name or base URL of the server; undefined for OpenAI's own. */
  readonly server: string | undefined
  readonly system: string | undefined
  readonly withPreload: string | undefined
}

export type Request = {
  readonly endpoint: Endpoint
  readonly server?: string | undefined
  /** Legacy endpoint: stands before the text that comes back. */
  readonly preload?: string | undefined
  /** Without `n`: how many are asked for together decides nothing about each. */
  readonly body: { readonly model: string; readonly [key: string]: Json | undefined }
}

const usualWithPreload =
  '{prompt}\n\nYour answer must begin with exactly this code and continue it:\n\n```python\n{preload}\n```'

export function requestOf(asking: Asking, question: Question, { temperature, maxTokens }: Sampling): Request {
  const { model, endpoint, server } = asking
  const { prompt } = question
  const preload = preloadOf(question)
  if (endpoint === 'completions') {
    // As the seed tool did: the model goes on where the preload ends.
    const whole = preload === '' ? prompt : `${prompt}\n\n${preload}`
    return { endpoint, server, preload, body: { model, prompt: whole, max_tokens: maxTokens, temperature } }
  }
  // OpenAI's newer models refuse max_tokens; many other servers know nothing else.
  const limit = server === undefined ? { max_completion_tokens: maxTokens } : { max_tokens: maxTokens }
  return {
    endpoint,
    server,
    body: { model, messages: messagesOf(asking, prompt, preload), ...limit, temperature },
  }
}

/** What `why` shows: everything in a request that does not come from the question. */
export function paramsOf(asking: Asking, { temperature, maxTokens }: Sampling): Params {
  const { model, endpoint, server, system, withPreload } = asking
  const chat = endpoint === 'chat' ? { system, withPreload } : {}
  const params = { model, endpoint, server, ...chat, temperature, maxTokens }
  return Object.fromEntries(
    Object.entries(params).filter((entry): entry is [string, string | number] => entry[1] !== undefined),
  )
}

function messagesOf({ system, withPreload }: Asking, prompt: string, preload: string): Json {
  const content = preload === '' ? prompt : filled(withPreload ?? usualWithPreload, { prompt, preload })
  const user = { role: 'user', content }
  return system === undefined ? [user] : [{ role: 'system', content: system }, user]
}

/** In one pass, so that a prompt which says {preload} stays as it is. */
function filled(template: string, values: { readonly [name: string]: string }): string {
  return template.replace(/\{(prompt|preload)\}/g, (whole, name: string) => values[name] ?? whole)
}

/** A request that went through the stage as plain JSON. */
export function asRequest(json: Json): Request {
  if (!isRequest(json)) throw new TypeError('not a request of this provider')
  return json
}

function isRequest(json: unknown): json is Request {
  return (
    isObject(json) &&
    isObject(json['body']) &&
    (json['endpoint'] === 'chat' || json['endpoint'] === 'completions')
  )
}
