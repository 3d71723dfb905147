/**
 * A model server for tests: real HTTP, a process of its own, answers without a model, and misbehaves on demand.
 *
 *     node --import tsx engine/testing/server.ts [--until-stdin-closes]
 *
 * prints its port as its first line. It speaks
 *
 *     POST …/chat/completions, …/completions, …/responses    answers
 *     …/files, …/batches                                     OpenAI's files and batches
 *     GET  /__log       every request for an answer so far, in order of arrival, batches' lines among them
 *     GET  /__calls     every request about files and batches so far
 *     GET  /__counts    how many there were, and how they ended
 *     GET  /__curve     when they came, and how many were in flight
 *     POST /__script    a list of Steps: each request takes the first one that fits it
 *     POST /__batches   a list of BatchScripts: each new batch takes the first one
 *     POST /__limits    Limits, or null
 *     POST /__quiet     {quiet}: whether to go without the log
 *     POST /__reset     forgets everything but whether it is quiet
 *
 * An unscripted answer depends on the prompt and on how many times the prompt was answered before, so that a test
 * sees which answer of which question it has got, and sees when one was asked for twice.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { endpointOf } from './server/answers.ts'
import type { BatchScript } from './server/batches.ts'
import { Limiter, type Limits } from './server/limits.ts'
import { answer } from './server/requests.ts'
import type { Step } from './server/script.ts'
import { json } from './server/send.ts'
import { World } from './server/world.ts'

export type { BatchScript } from './server/batches.ts'
export type { Called, Counts, Logged, Point } from './server/ledger.ts'
export type { Limits } from './server/limits.ts'
export type { Step } from './server/script.ts'

let world = new World()
let quiet = false

/** The control endpoints: what the body brings, and what is answered. */
const controls: { readonly [path: string]: (text: string) => unknown } = {
  '/__log': () => world.ledger.log,
  '/__calls': () => world.ledger.calls,
  '/__counts': () => world.ledger.counts,
  '/__curve': () => world.ledger.curve,
  '/__script': (text) => world.script.set(JSON.parse(text) as readonly Step[]),
  '/__batches': (text) => {
    const scripts = JSON.parse(text) as BatchScript | readonly BatchScript[]
    world.batchScript.set([scripts].flat() as readonly BatchScript[])
  },
  '/__limits': (text) => {
    const limits = JSON.parse(text || 'null') as Limits | null
    world.limiter = limits === null ? undefined : new Limiter(limits)
    world.ledger.restartCurve()
  },
  '/__quiet': (text) => {
    quiet = (JSON.parse(text) as { readonly quiet: boolean }).quiet
    world.ledger.quiet(quiet)
  },
  '/__reset': () => {
    world = new World(quiet)
  },
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const bytes = await bytesOf(request)
  const [path = '', search] = (request.url ?? '').split('?')
  const control = controls[path]
  if (control !== undefined) {
    // A test that was busy for a while must not meet a connection that was closed for idleness.
    response.setHeader('connection', 'close')
    return json(response, 200, control(bytes.toString()) ?? {})
  }
  const query = search === undefined ? {} : Object.fromEntries(new URLSearchParams(search))
  const endpoint = endpointOf(path)
  if (endpoint !== undefined)
    return await answer(world, { request, response }, endpoint, { path, query, text: bytes.toString() })
  const { method = 'GET', headers } = request
  const call = { method, path, query, headers, body: bytes }
  world.ledger.calls.push({ method, path, query, headers })
  if (world.batches.serve(call, response) || (await world.files.serve(call, response))) return
  json(response, 404, { error: { message: `no such path: ${path}` } })
}

function bytesOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => resolve(Buffer.concat(chunks)))
      .on('error', reject)
  })
}

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    if (response.headersSent) response.destroy()
    else response.writeHead(500).end(String(error))
  })
})
// Connections live as long as a client may keep them; only a Step ends them behind its back.
server.keepAliveTimeout = 60_000
server.headersTimeout = 65_000
server.maxRequestsPerSocket = 0

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const address = server.address()
  console.log(typeof address === 'object' && address !== null ? address.port : address)
})

// Started by a test, it must not outlive it, however the test ends.
if (process.argv.includes('--until-stdin-closes')) process.stdin.on('end', () => process.exit()).resume()
