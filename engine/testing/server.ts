/**
 * A model server for tests: real HTTP, a process of its own, answers without a model, and misbehaves on demand.
 *
 *     node --import tsx engine/testing/server.ts [--until-stdin-closes]
 *
 * prints its port as its first line. It speaks
 *
 *     POST /v1/chat/completions, /v1/completions    answers
 *     GET  /__log                                   every such request so far, in order of arrival
 *     POST /__script                                a list of Steps: each request takes the first one that fits it
 *
 * An unscripted answer depends on the prompt and on how many times the prompt was answered before, so that a test
 * sees which answer of which question it has got, and sees when one was asked for twice.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export interface Logged {
  readonly path: string
  readonly body: { readonly [key: string]: unknown }
  readonly authorization: string | undefined
  /** What was answered; 0 when it was no whole answer. */
  readonly status: number
  /** Which answer to this prompt it was, from 0; undefined for a scripted misbehaviour. */
  readonly answer: number | undefined
}

export interface Step {
  /** How many requests it is for. Default 1; 0 for all that follow. */
  readonly times?: number
  /** Only for requests whose body contains this text. */
  readonly when?: string
  /** Answer with this status (and `error`) instead of an answer. */
  readonly status?: number
  readonly error?: { readonly [key: string]: unknown }
  readonly headers?: { readonly [name: string]: string }
  /** Milliseconds to wait first. */
  readonly delay?: number
  /** Answer with this text. */
  readonly text?: string
  readonly finish?: string
  /** Send these bytes as they are, with status 200 unless `status` says otherwise. */
  readonly raw?: string
  /** Send half the answer and cut the connection. */
  readonly cut?: boolean
  /** Send half the answer and no more. */
  readonly stall?: boolean
  /** Cut the connection without an answer. */
  readonly reset?: boolean
  /** Leave these keys out of the answer. */
  readonly without?: readonly string[]
}

const log: Logged[] = []
let script: { readonly step: Step; left: number }[] = []
const answered = new Map<string, number>()

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    response.writeHead(500).end(String(error))
  })
})

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const text = await bodyOf(request)
  const path = request.url ?? ''
  // A test that was busy for a while must not meet a connection that was closed for idleness.
  if (path.startsWith('/__')) response.setHeader('connection', 'close')
  if (path === '/__log') return json(response, 200, log)
  if (path === '/__script') {
    const steps = JSON.parse(text) as readonly Step[]
    script = steps.map((step) => ({
      step,
      left: step.times === 0 ? Number.POSITIVE_INFINITY : (step.times ?? 1),
    }))
    return json(response, 200, {})
  }
  if (path !== '/v1/chat/completions' && path !== '/v1/completions')
    return json(response, 404, { error: { message: `no such path: ${path}` } })
  await answer(request, response, path, text)
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  text: string,
): Promise<void> {
  const body = JSON.parse(text) as { readonly [key: string]: unknown }
  const step = nextStep(text)
  if (step.delay) await new Promise((resolve) => setTimeout(resolve, step.delay))
  const note = (status: number, index?: number) => {
    log.push({ path, body, authorization: request.headers.authorization, status, answer: index })
  }
  if (step.reset) {
    note(0)
    return void request.socket.destroy()
  }
  if (step.raw !== undefined) {
    note(step.status ?? 200)
    return void response.writeHead(step.status ?? 200, step.headers).end(step.raw)
  }
  if (step.status !== undefined && step.status !== 200) {
    note(step.status)
    return json(response, step.status, { error: step.error ?? { message: 'scripted' } }, step.headers)
  }
  const prompt = JSON.stringify(body['messages'] ?? body['prompt'])
  if (step.cut || step.stall) {
    note(0)
    return sendHalf(response, answerTo(path, body, prompt, 0, step), step.cut === true)
  }
  const index = answered.get(prompt) ?? 0
  answered.set(prompt, index + 1)
  note(200, index)
  json(response, 200, answerTo(path, body, prompt, index, step), step.headers)
}

function nextStep(body: string): Step {
  const found = script.find(({ step, left }) => left > 0 && body.includes(step.when ?? ''))
  if (found === undefined) return {}
  found.left--
  return found.step
}

function answerTo(
  path: string,
  body: { readonly [key: string]: unknown },
  prompt: string,
  index: number,
  step: Step,
) {
  const digest = createHash('sha256').update(prompt).digest('hex').slice(0, 8)
  const code = `print('answer ${index} to ${digest}')`
  const finish_reason = step.finish ?? 'stop'
  const chat = path.endsWith('/chat/completions')
  const whole = {
    id: `answer-${digest}-${index}`,
    object: chat ? 'chat.completion' : 'text_completion',
    model: `${String(body['model'])}-2026-01-01`,
    choices: chat
      ? [
          {
            index: 0,
            finish_reason,
            message: { role: 'assistant', content: step.text ?? `\`\`\`python\n${code}\n\`\`\`` },
          },
        ]
      : [{ index: 0, finish_reason, text: step.text ?? `\n    ${code}` }],
    usage: { prompt_tokens: Math.ceil(prompt.length / 4), completion_tokens: 12, total_tokens: 0 },
  }
  return Object.fromEntries(Object.entries(whole).filter(([key]) => !step.without?.includes(key)))
}

function json(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: { readonly [name: string]: string } = {},
): void {
  const id = `request-${log.length}`
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': id, ...headers })
  response.end(JSON.stringify(value))
}

/** Announces the whole answer and sends half of it; then cuts the connection, or falls silent. */
function sendHalf(response: ServerResponse, value: unknown, cut: boolean): void {
  const bytes = Buffer.from(JSON.stringify(value))
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length })
  response.write(bytes.subarray(0, bytes.length >> 1), () => {
    if (cut) response.destroy()
  })
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' && address !== null ? address.port : address)
})

// Started by a test, it must not outlive it, however the test ends.
if (process.argv.includes('--until-stdin-closes')) process.stdin.on('end', () => process.exit()).resume()
