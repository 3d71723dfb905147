/** The whole of it: a person saves a cleaned file, and the open page shows the new verdict where it stands. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needing } from '../../engine/testing/parts.ts'
import { Watching } from '../../engine/testing/watching.ts'
import { browser } from './page/testing/browser.ts'

needing(
  test,
  ['chromium', 'bwrap'],
  'an edit in watch mode changes the open page and moves nothing',
  async () => {
    const watching = await Watching.start(undefined, ['--serve'])
    try {
      const url = watching.events.flatMap((event) => (event.type === 'serving' ? [event.url] : []))[0] ?? ''
      const page = await (await browser()).newPage({ viewport: { width: 1000, height: 300 } })
      const noise: string[] = []
      page.on('console', (message) => noise.push(message.text()))
      page.on('pageerror', ({ message }) => noise.push(message))
      await page.goto(url)
      await page.getByText('live', { exact: true }).waitFor()
      const row = page.locator('#list tbody tr', { hasText: 'two' })
      assert.match((await row.textContent()) ?? '', /1 of 2/)
      await page.evaluate('scrollTo(0, 400)')
      const before = await page.evaluate('scrollY')
      assert.ok(Number(before) > 100, 'there is somewhere to scroll')
      await watching.after(() =>
        watching.folder.edit('data/cleaned/two.toml', 'return n\n', 'return n * 2\n'),
      )
      await row.filter({ hasText: '2 of 2' }).waitFor({ timeout: 10_000 })
      assert.is(await page.evaluate('scrollY'), before)
      assert.equal(noise, [])
    } finally {
      await watching.stop()
    }
  },
)

test.run()
