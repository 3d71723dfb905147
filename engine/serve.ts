/**
 * `watch --serve`: the stages' pages in a browser, kept up to date. A page is asked for anew when it is told, by a
 * server-sent event, that it was written; the server holds nothing but the paths.
 *
 * The pages show what models wrote and what is in people's question files, so nobody but this machine's user is to read
 * them: the server listens on the loopback address only, answers nothing but GET, and refuses a request that names
 * another host (a name that somebody lets point to 127.0.0.1) or comes from another origin's page.
 */
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { resolve } from 'node:path'
import type { Event } from './events.ts'
import { codeOf, Failure, messageOf } from './failure.ts'
import type { Pipeline } from './graph.ts'

const address = '127.0.0.1'
/** Unless a port is asked for. Always the same, so that an open page finds the next watch. */
const usualPort = 7357
/** Browsers and proxies give up a connection on which nothing comes. */
const heartbeatMs = 15_000
const listenersAtMost = 64

export interface Serving {
  readonly url: string
  /** To be told everything that happens. */
  hear(event: Event): void
  close(): void
}

/** @param port default: the usual one, or any when that is taken. Throws Failure (exit 2) when there is no page, or the port is taken. */
export async function serve(graph: Pipeline, root: string, port: number | undefined): Promise<Serving> {
  const pages = new Pages(graph, root)
  if (pages.size === 0)
    throw new Failure('--serve: no stage of this pipeline writes a page', {
      remedy: 'A report that writes report.html does.',
      exit: 2,
    })
  const server = createServer((request, response) => void answer(pages, server, request, response))
  const taken = await listen(server, port ?? usualPort, port === undefined)
  return {
    url: `http://${address}:${taken}/`,
    hear: (event) => pages.hear(event),
    close: () => {
      pages.close()
      server.close()
      server.closeAllConnections()
    },
  }
}

/** The pages by the path that they are served at: the first at /, and each at its stage's name. */
class Pages {
  readonly #paths = new Map<string, string>()
  readonly #root: string
  readonly #listeners = new Map<ServerResponse, string>()
  readonly #heartbeat = setInterval(() => this.#send(() => true, ': still here\n\n'), heartbeatMs).unref()

  constructor(graph: Pipeline, root: string) {
    this.#root = root
    for (const { name, stage } of graph.stages) {
      if (stage.page === undefined) continue
      if (this.#paths.size === 0) this.#paths.set('/', stage.page)
      this.#paths.set(`/${name}/`, stage.page)
    }
  }

  get size(): number {
    return this.#paths.size
  }

  /** The file that is served at a path. */
  at(path: string): string | undefined {
    return this.#paths.get(path)
  }

  read(file: string): Promise<Buffer | undefined> {
    return readFile(resolve(this.#root, file)).catch(() => undefined)
  }

  hear(event: Event): void {
    if (event.type !== 'target-finished') return
    this.#send((file) => event.written.includes(file), 'event: changed\ndata: 1\n\n')
  }

  listen(file: string, response: ServerResponse): void {
    const oldest = this.#listeners.size < listenersAtMost ? undefined : this.#listeners.keys().next().value
    oldest?.end()
    this.#listeners.set(response, file)
    response.on('close', () => this.#listeners.delete(response))
    response.write('retry: 1000\n\n')
  }

  close(): void {
    clearInterval(this.#heartbeat)
  }

  #send(concerns: (file: string) => boolean, text: string): void {
    for (const [response, file] of this.#listeners) if (concerns(file)) response.write(text)
  }
}

const always = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "frame-ancestors 'none'",
} as const

async function answer(
  pages: Pages,
  server: Server,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refuse = (status: number, why: string, headers = {}) =>
    response.writeHead(status, { ...always, ...headers, 'content-type': 'text/plain' }).end(`${why}\n`)
  if (!isOwn(request, server)) return void refuse(403, 'This page is for this machine only.')
  if (request.method !== 'GET') return void refuse(405, 'Only GET is answered.', { allow: 'GET' })
  const [path = ''] = (request.url ?? '').split('?')
  const isStream = path.endsWith('/events')
  const file = pages.at(isStream ? path.slice(0, -'events'.length) : path)
  if (file === undefined) return void refuse(404, 'There is nothing here but the report.')
  if (isStream) {
    response.writeHead(200, { ...always, 'content-type': 'text/event-stream' })
    return pages.listen(file, response)
  }
  const page = await pages.read(file)
  const headers = { ...always, 'content-type': 'text/html; charset=utf-8' }
  if (page === undefined)
    response.writeHead(503, { ...headers, refresh: '1' }).end('The report is not built yet.\n')
  else response.writeHead(200, headers).end(page)
}

function isOwn({ headers: { host, origin } }: IncomingMessage, server: Server): boolean {
  const bound = server.address()
  if (bound === null || typeof bound === 'string') return false
  const hosts = [`${address}:${bound.port}`, `localhost:${bound.port}`]
  if (host === undefined || !hosts.includes(host)) return false
  return origin === undefined || hosts.some((own) => origin === `http://${own}`)
}

/** Answers the port. */
function listen(server: Server, port: number, orAny: boolean): Promise<number> {
  return new Promise((done, fail) => {
    server.once('error', (error) => {
      if (orAny && codeOf(error) === 'EADDRINUSE') return done(listen(server, 0, false))
      fail(
        new Failure(`--serve: ${messageOf(error)}`, {
          remedy: 'Give another port by --port.',
          exit: 2,
          cause: error,
        }),
      )
    })
    server.listen(port, address, () => {
      const bound = server.address()
      done(bound === null || typeof bound === 'string' ? port : bound.port)
    })
  })
}
