/** What a reader does with the page, in a real browser. */
import { createServer, type ServerResponse } from 'node:http'
import type { Page } from 'playwright-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { browser, needsChromium, open } from './testing/browser.ts'
import { completion, page, question, three } from './testing/pages.ts'

const small = () => page({ questions: three })
const idsSeen = (page: Page) => page.locator('#list tbody a').allTextContents()
const opened = (page: Page) => page.locator('#opened-title')
const hashOf = (page: Page) => new URL(page.url()).hash

needsChromium('the list has the worst first, and is sorted by its header', async () =>
  open(await small(), async (page) => {
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
  open(await small(), async (page) => {
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
  open(await small(), async (page) => {
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
  open(await small(), async (page) => {
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
    async (page) => {
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

needsChromium('a question of several chains leads to the same one in the others', async () =>
  open(await page({ chain: 'one', questions: three }, { chain: 'other', questions: three }), async (page) => {
    await page.selectOption('#chain', 'other')
    assert.equal(await idsSeen(page), ['impossible', 'middling', 'easy'])
    await page.locator('#list').getByRole('link', { name: 'middling' }).click()
    await page.getByRole('link', { name: 'one (75.0' }).click()
    await opened(page).filter({ hasText: 'one' }).waitFor()
    assert.is(hashOf(page), '#q=middling&of=one&chain=other')
  }),
)

needsChromium('an address brings back what was open, sought and sorted', async () =>
  open(
    await small(),
    async (page) => {
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
    await open(await page({ questions: many }), async (page) => {
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
      await page.getByRole('button', { name: '← All questions' }).click()
      assert.ok((await page.evaluate<number>('scrollY')) > 3000)
    })
  },
)

needsChromium('all is done by keyboard', async () =>
  open(await small(), async (page) => {
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
  open(await small(), async (page) => {
    await page
      .locator('tr', { hasText: 'impossible' })
      .locator('.strip')
      .click({ position: { x: 14, y: 10 } })
    await page.locator('details[data-number="2"][open]').waitFor()
  }),
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
    await tab.locator('.numbers').evaluate((fold) => fold.setAttribute('open', ''))
    await tab.locator('#order').focus()
    await tab.evaluate('scrollTo(0, 300)')
    change(await page({ questions: [...three, question('new', [completion(['passed', 'passed'])])] }))
    await tab.locator('#blob-3').waitFor({ state: 'attached' })
    assert.is(await tab.evaluate('scrollY'), 300)
    assert.is(await tab.evaluate('document.activeElement.id'), 'order')
    assert.ok(await tab.locator('details[data-number="1"][open] .body').isVisible())
    await tab.getByRole('button', { name: '← All questions' }).click()
    assert.is((await idsSeen(tab)).length, 4)
    assert.ok(await tab.locator('.numbers table').isVisible())
  })
  await tab.getByText('connection lost').waitFor()
  await context.close()
})

test.run()
