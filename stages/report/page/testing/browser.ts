/** Debian's Chromium, one for a file of tests, and a page in it. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../../../../engine/testing/parts.ts'

const folder = mkdtempSync(join(tmpdir(), 'report-page-'))
const quiet =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'
let started: Promise<Browser> | undefined

export function browser(): Promise<Browser> {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const executablePath = folders.map((part) => join(part, 'chromium')).find((path) => existsSync(path)) ?? ''
  started ??= chromium.launch({ executablePath, args: quiet.split(' ') })
  return started
}

test.after(async () => {
  await (await started)?.close()
  rmSync(folder, { recursive: true })
})

let files = 0

/** Opens a page's text from a file, as a double click does; the console must stay silent, and nothing be asked for. */
export async function open(
  text: string,
  body: (page: Page) => Promise<void>,
  { hash = '', ...options }: BrowserContextOptions & { readonly hash?: string } = {},
): Promise<void> {
  const path = join(folder, `${files++}.html`)
  writeFileSync(path, text)
  const context = await (await browser()).newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const noise: string[] = []
  const page = await context.newPage()
  page.setDefaultTimeout(5000)
  page.on('console', (message) => noise.push(message.text()))
  page.on('pageerror', ({ message }) => noise.push(message))
  page.on('request', (request) => request.isNavigationRequest() || noise.push(request.url()))
  try {
    await page.goto(`${pathToFileURL(path)}${hash}`)
    await body(page)
    assert.equal(noise, [])
  } finally {
    await context.close()
  }
}

export function needsChromium(name: string, body: () => Promise<void>): void {
  needing(test, ['chromium'], name, body)
}
