/** `watch --serve` through the real command line, asked by a real client. */
import { request } from 'node:http'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Watching } from './testing/watching.ts'
import { TestFolder } from './testing/workspace.ts'

interface Answer {
  readonly status: number | undefined
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}

function ask(
  url: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: { readonly [name: string]: string } } = {},
): Promise<Answer> {
  return new Promise((done, fail) => {
    const asked = request(url, { method, headers }, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => done({ status: response.statusCode, headers: response.headers, body }))
    })
    asked.on('error', fail)
    asked.end()
  })
}

/** What comes on a stream of events, as it comes. */
function listenTo(url: string): { readonly heard: () => string; stop(): void } {
  let heard = ''
  const asked = request(url, (response) =>
    response.on('data', (chunk) => {
      heard += chunk
    }),
  )
  asked.on('error', () => {})
  asked.end()
  return { heard: () => heard, stop: () => asked.destroy() }
}

function urlOf(watching: Watching): string {
  for (const event of watching.events) if (event.type === 'serving') return event.url
  throw new Error('it does not serve')
}

test('the page is there, and whoever listens is told when it was written anew', async () => {
  const watching = await Watching.start(undefined, ['--serve'])
  const url = urlOf(watching)
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/)
  const page = await ask(url)
  assert.is(page.status, 200)
  assert.is(page.body, watching.folder.read('data/report/report.html'))
  const listening = listenTo(`${url}events`)
  await watching.until(() => listening.heard().includes('retry'))
  await watching.after(() => watching.folder.edit('data/cleaned/one.toml', 'return n', 'return n + 2'))
  await watching.until(() => listening.heard().includes('event: changed'))
  assert.is.not((await ask(url)).body, page.body)
  assert.is((await ask(`${url}report/`)).body, watching.folder.read('data/report/report.html'))
  listening.stop()
  await watching.stop()
})

test('nothing else is served, to nobody else, and nothing but GET', async () => {
  const watching = await Watching.start(undefined, ['--serve'])
  const url = urlOf(watching)
  const { port } = new URL(url)
  for (const path of [
    'data/report/summary.json',
    'pipeline.ts',
    '../pipeline.ts',
    '%2e%2e/pipeline.ts',
    'events/',
    'nope/events',
  ])
    assert.is((await ask(url + path)).status, 404, path)
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'])
    assert.is((await ask(url, { method })).status, 405, method)
  for (const host of [
    'attacker.example',
    `attacker.example:${port}`,
    '127.0.0.1',
    `127.0.0.1:${Number(port) + 1}`,
  ])
    for (const path of ['', 'events'])
      assert.is((await ask(url + path, { headers: { host } })).status, 403, host)
  for (const origin of ['http://attacker.example', 'null', `https://127.0.0.1:${port}`, 'http://127.0.0.1'])
    assert.is((await ask(url, { headers: { origin } })).status, 403, origin)
  for (const origin of [`http://127.0.0.1:${port}`, `http://localhost:${port}`])
    assert.is((await ask(url, { headers: { origin, host: `localhost:${port}` } })).status, 200, origin)
  const { headers } = await ask(url)
  assert.is(headers['x-content-type-options'], 'nosniff')
  assert.is(headers['cache-control'], 'no-store')
  assert.is(headers['access-control-allow-origin'], undefined)
  await watching.stop()
})

test('a taken port: another one when none was asked for, a sentence when it was', async () => {
  const first = await Watching.start(undefined, ['--serve'])
  const second = await Watching.start(undefined, ['--serve'])
  assert.is.not(urlOf(first), urlOf(second))
  const { port } = new URL(urlOf(first))
  const { code, stderr } = await second.folder.plain(['watch', '--serve', '--port', port])
  assert.is(code, 2)
  assert.match(stderr, /--serve: .*EADDRINUSE.*\nGive another port by --port\./)
  await first.stop()
  await second.stop()
})

test('a pipeline without a page cannot be served, and a strange port is refused', async () => {
  const folder = new TestFolder()
  folder.pipeline("clean: clean({ from: 'a/%.toml', to: 'b/%.toml' }),")
  const without = await folder.plain(['watch', '--serve'])
  assert.is(without.code, 2)
  assert.match(without.stderr, /no stage of this pipeline writes a page/)
  const strange = await folder.plain(['watch', '--serve', '--port', 'http'])
  assert.is(strange.code, 2)
  assert.match(strange.stderr, /--port http: not a port/)
  folder.destroy()
})

test.run()
