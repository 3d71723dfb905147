/** The page in a real browser, opened from a file as a double click opens it. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../../../engine/testing/parts.ts'
import { completion, hostile, page, question, three } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'report-page-'))
const quiet =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'
let started: Promise<Browser> | undefined

function browser(): Promise<Browser> {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const executablePath = folders.map((part) => join(part, 'chromium')).find((path) => existsSync(path)) ?? ''
  started ??= chromium.launch({ executablePath, args: quiet.split(' ') })
  return started
}

test.after(async () => {
  await (await started)?.close()
  rmSync(folder, { recursive: true })
})

interface Opened {
  readonly page: Page
  /** What the console said, and what was asked for besides the page itself. */
  readonly noise: readonly string[]
}

let files = 0

/** Opens a page's text from a file; nothing may be said in the console and nothing asked for. */
async function open(
  text: string,
  body: (opened: Opened) => Promise<void>,
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
    await body({ page, noise })
    assert.equal(noise, [])
  } finally {
    await context.close()
  }
}

const needsChromium = (name: string, body: () => Promise<void>) => needing(test, ['chromium'], name, body)

const small = () => page({ questions: three })
const idsSeen = (page: Page) => page.locator('#list tbody a').allTextContents()
const opened = (page: Page) => page.locator('#opened-title')
const hashOf = (page: Page) => new URL(page.url()).hash

needsChromium('the list has the worst first, and is sorted by its header', async () =>
  open(await small(), async ({ page }) => {
    assert.equal(await idsSeen(page), ['impossible', 'middling', 'easy'])
    const header = page.getByRole('button', { name: 'Question', exact: true })
    await header.click()
    assert.equal(await idsSeen(page), ['easy', 'impossible', 'middling'])
    await header.click()
    assert.equal(await idsSeen(page), ['middling', 'impossible', 'easy'])
    assert.is(await page.locator('[aria-sort]').getAttribute('aria-sort'), 'descending')
  }),
)

needsChromium('a search looks in ids and prompts, and says how many are left', async () =>
  open(await small(), async ({ page }) => {
    await page.keyboard.press('/')
    await page.keyboard.type('WRITE f mid')
    assert.equal(await idsSeen(page), ['middling'])
    assert.is(await page.locator('#shown').textContent(), '1 of 3 questions')
    assert.match(hashOf(page), /find=WRITE/)
    await page.keyboard.type('xyz')
    await page.getByRole('button', { name: 'Show all' }).click()
    assert.is((await idsSeen(page)).length, 3)
  }),
)

needsChromium('a filter leaves those with what is sought', async () =>
  open(await small(), async ({ page }) => {
    for (const [only, ids] of [
      ['cpu-timeout', ['impossible']],
      ['edited', ['middling']],
      ['skipped', ['middling']],
      ['never-passed', ['impossible']],
      ['failed', ['impossible', 'middling']],
    ] as const) {
      await page.selectOption('#only', only)
      assert.equal(await idsSeen(page), ids)
    }
  }),
)

needsChromium('a question opened tells why, down to the difference', async () =>
  open(await small(), async ({ page }) => {
    await page.getByRole('link', { name: 'middling' }).click()
    assert.is(await opened(page).textContent(), 'middling')
    assert.match(
      (await page.locator('.reasons').textContent()) ?? '',
      /1×printed 0, expected 2 \(test case 2\)/,
    )
    await page.getByRole('button', { name: 'Completion 1' }).click()
    assert.equal(await page.locator('.run del, .run ins').allTextContents(), ['− 2\n', '+ 0\n'])
    assert.match((await page.locator('.program pre').first().textContent()) ?? '', /return 1/)
    assert.match(hashOf(page), /c=1/)
    await page.selectOption('#verdict', 'skipped')
    assert.is(await page.locator('#shown-completions').textContent(), '1 of 3 completions')
    await page.locator('#completions summary').click()
    assert.match((await page.locator('.note').textContent()) ?? '', /Copied from the prompt/)
  }),
)

needsChromium('what the rules and a person changed is shown as lines', async () => {
  const texts = [{ raw: '```\nx = 1\n```', cleaned: 'x = 1' }]
  const edited = completion(['passed', 'passed'], { completion: 'x = 2', by: 'edited' })
  await open(
    await page({ questions: [question('a', [edited])], texts }),
    async ({ page }) => {
      await page.getByText('Changed by a person').click()
      await page.getByText('From the model’s answer to the program').click()
      await page.getByText('The model’s answer as it came').click()
      assert.equal(await page.locator('.change del').allTextContents(), ['− x = 1\n', '− ```\n', '− ```\n'])
      assert.equal(await page.locator('.change ins').allTextContents(), ['+ x = 2\n'])
      assert.is(await page.locator('.change code').last().textContent(), texts[0]?.raw)
    },
    { hash: '#q=a&c=1' },
  )
})

needsChromium('an address brings back what was open, sought and sorted', async () =>
  open(
    await small(),
    async ({ page }) => {
      await opened(page).waitFor()
      assert.ok(await page.locator('details[data-number="2"][open] .body').isVisible())
      await page.getByRole('button', { name: '← All questions' }).click()
      assert.equal(await idsSeen(page), ['middling', 'impossible'])
      assert.is(await page.locator('#find').inputValue(), 'm')
      assert.is(hashOf(page), '#find=m&sort=-id')
    },
    { hash: '#q=middling&c=2&find=m&sort=-id' },
  ),
)

needsChromium(
  'back and forward go between questions and the list, and the list stands where it stood',
  async () => {
    const many = Array.from({ length: 200 }, (_, index) =>
      question(`q${index}`, [completion(['failed', 'passed'])]),
    )
    await open(await page({ questions: many }), async ({ page }) => {
      await page.getByRole('link', { name: 'q150' }).click()
      await opened(page).waitFor()
      await page.keyboard.press('j')
      assert.is(await opened(page).textContent(), 'q151')
      await page.goBack()
      await opened(page).filter({ hasText: 'q150' }).waitFor()
      await page.goBack()
      await page.locator('#list').waitFor()
      assert.ok((await page.evaluate<number>('scrollY')) > 3000)
      await page.goForward()
      await opened(page).waitFor()
      assert.is(await opened(page).textContent(), 'q150')
    })
  },
)

needsChromium('all is done by keyboard', async () =>
  open(await small(), async ({ page }) => {
    const focused = () => page.evaluate('document.activeElement.textContent')
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    assert.is(await focused(), 'middling')
    await page.keyboard.press('Enter')
    await opened(page).waitFor()
    assert.is(await focused(), 'middling')
    await page.keyboard.press('k')
    assert.is(await focused(), 'impossible')
    await page.keyboard.press('Escape')
    assert.is(await focused(), 'impossible')
    assert.ok(await page.locator('#list').isVisible())
    await page.keyboard.press('?')
    assert.ok(await page.locator('#help dl').isVisible())
  }),
)

needsChromium('a click on a stroke opens that completion', async () =>
  open(await small(), async ({ page }) => {
    await page
      .locator('tr', { hasText: 'impossible' })
      .locator('.strip')
      .click({ position: { x: 14, y: 10 } })
    await page.locator('details[data-number="2"][open]').waitFor()
  }),
)

needsChromium('the theme follows the system until the reader chooses, and is remembered', async () =>
  open(
    await small(),
    async ({ page }) => {
      const paper = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
      const dark = await paper()
      await page.getByRole('button', { name: 'Theme: system' }).click()
      assert.is(await paper(), 'rgb(255, 255, 255)')
      assert.is.not(await paper(), dark)
      await page.reload()
      assert.is(await paper(), 'rgb(255, 255, 255)')
      await page.getByRole('button', { name: 'Theme: light' }).click()
      assert.is(await paper(), dark)
    },
    { colorScheme: 'dark' },
  ),
)

const long = question('an_id_without_any_blank_that_is_longer_than_a_telephone_is_wide_'.repeat(2), [
  completion(['failed', 'error'], { completion: `x = '${'wide '.repeat(100)}'` }),
])

needsChromium('nothing makes a telephone scroll sideways', async () => {
  for (const [text, hash] of [
    [await page({ questions: [...three, long] }), ''],
    [await page({ questions: [...three, long] }), `#q=${long.id}&c=1`],
    [await page({ chain: 'a', questions: [...three, long] }, hostile), ''],
  ] as const)
    await open(
      text,
      async ({ page }) => {
        await page.waitForTimeout(50)
        assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= 360)
      },
      { hash, viewport: { width: 360, height: 740 } },
    )
})

needsChromium('hostile text is shown and does nothing', async () =>
  open(await page(hostile), async ({ page }) => {
    await page.locator('#list tbody a').click()
    await page.locator('#completions summary').first().click()
    for (const summary of await page.locator('.body summary').all()) await summary.click()
    assert.is(await page.title(), 'A report')
    assert.is(await page.locator('img, main script:not([type])').count(), 0)
    const text = (await page.locator('main').textContent()) ?? ''
    assert.match(text, /<img src=x onerror=/)
    assert.match(text, /\\x1b\[31mred\\x00\\x07/)
    assert.not.match(text, /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/)
  }),
)

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

async function violations(page: Page, rules = ''): Promise<readonly string[]> {
  const found = await page.evaluate<readonly (readonly [string, string])[]>(
    `axe.run(${rules}).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => [id, html + failureSummary])))`,
  )
  return found.map((words) => words.join(': '))
}

needsChromium('an accessibility checker finds nothing, in both themes and at both widths', async () => {
  const chains = await page({ chain: 'a', questions: three }, { chain: 'b', questions: [...three, long] })
  for (const [text, hash] of [
    [chains, ''],
    [await small(), '#q=middling&c=1'],
    [await small(), '#q=impossible&c=2'],
  ] as const)
    await open(
      text,
      async ({ page }) => {
        if (hash !== '') await page.locator('details[open] .body').waitFor()
        await page.evaluate(axe)
        assert.equal(await violations(page), [])
        await page.emulateMedia({ colorScheme: 'dark' })
        assert.equal(await violations(page, "{ runOnly: ['color-contrast'] }"), [])
        await page.setViewportSize({ width: 360, height: 740 })
        assert.equal(await violations(page), [])
      },
      { hash, colorScheme: 'light' },
    )
})

needsChromium('on paper there are the numbers, on white, and no controls', async () =>
  open(
    await small(),
    async ({ page }) => {
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
      assert.is(await page.evaluate('getComputedStyle(document.body).backgroundColor'), 'rgb(255, 255, 255)')
      assert.not.ok(await page.locator('#find').isVisible())
      assert.ok(await page.locator('#list').isVisible())
      assert.ok((await page.pdf()).length > 1000)
    },
    { colorScheme: 'dark' },
  ),
)

/** Serves a page as `watch --serve` does; `change` tells the browser that it is another now. */
async function serving(first: string, body: (url: string, change: (text: string) => void) => Promise<void>) {
  let text = first
  let stream: ServerResponse | undefined
  const server = createServer((request, response) => {
    if (request.url === '/events') {
      stream = response
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 60000\n\n')
    } else response.writeHead(200, { 'content-type': 'text/html' }).end(text)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  try {
    await body(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`, (later) => {
      text = later
      stream?.write('event: changed\ndata: 1\n\n')
    })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

needsChromium('a page from a server takes over what changed, and stays where it is', async () => {
  const context = await (await browser()).newContext({ viewport: { width: 1280, height: 400 } })
  const tab = await context.newPage()
  tab.setDefaultTimeout(5000)
  await serving(await small(), async (url, change) => {
    await tab.goto(`${url}#q=middling&c=1`)
    await tab.getByText('live').waitFor()
    await tab.locator('#order').focus()
    await tab.evaluate('scrollTo(0, 300)')
    change(await page({ questions: [...three, question('new', [completion(['passed', 'passed'])])] }))
    await tab.locator('#blob-3').waitFor({ state: 'attached' })
    assert.is(await tab.evaluate('scrollY'), 300)
    assert.is(await tab.evaluate('document.activeElement.id'), 'order')
    assert.ok(await tab.locator('details[data-number="1"][open] .body').isVisible())
    await tab.getByRole('button', { name: '← All questions' }).click()
    assert.is((await idsSeen(tab)).length, 4)
  })
  await tab.getByText('connection lost').waitFor()
  await context.close()
})

test.run()
