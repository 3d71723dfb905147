/** How the page looks and sounds: themes, widths, paper, screen readers; and that hostile text is no more than text. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needsChromium, open } from './testing/browser.ts'
import { hostile, long, page, three } from './testing/pages.ts'

const small = () => page({ questions: three })

needsChromium('the theme follows the system until the reader chooses, and is remembered', async () =>
  open(
    await small(),
    async (page) => {
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

needsChromium('nothing makes a telephone scroll sideways', async () => {
  for (const [text, hash] of [
    [await page({ questions: [...three, long] }), ''],
    [await page({ questions: [...three, long] }), `#q=${long.id}&c=1`],
    [await page({ chain: 'a', questions: [...three, long] }, hostile), ''],
  ] as const)
    await open(
      text,
      async (page) => {
        await page.waitForTimeout(50)
        assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= 360)
      },
      { hash, viewport: { width: 360, height: 740 } },
    )
})

needsChromium('hostile text is shown and does nothing', async () =>
  open(await page(hostile), async (page) => {
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
      async (page) => {
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
    async (page) => {
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
      assert.is(await page.evaluate('getComputedStyle(document.body).backgroundColor'), 'rgb(255, 255, 255)')
      assert.not.ok(await page.locator('#find').isVisible())
      assert.ok(await page.locator('#list').isVisible())
      assert.ok((await page.pdf()).length > 1000)
    },
    { colorScheme: 'dark' },
  ),
)

test.run()
