import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { HtmlValidate } from 'html-validate'
import { parseHTML } from 'linkedom'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Question } from '../../questions/model.ts'
import { visible } from '../escape.ts'
import { whole } from './format.ts'
import { html } from './html.ts'
import { blobOf, type CompletionTexts } from './index.ts'
import { strip } from './list.ts'
import type { Opened, Steps } from './shape.ts'
import { stepsOf } from './steps.ts'
import { completion, hostile, page, question, three } from './testing/pages.ts'

const opened = async (of: Question, texts: readonly CompletionTexts[] = []): Promise<Opened> =>
  JSON.parse(inflateRawSync(Buffer.from(await blobOf(of, texts), 'base64')).toString())

/** What the browser does, in few words. */
function before(after: string, steps: Steps): string {
  const lines = after.split('\n')
  let at = 0
  return steps
    .flatMap((step) => {
      if (typeof step !== 'number') return step
      at += Math.abs(step)
      return step > 0 ? lines.slice(at - step, at) : []
    })
    .join('\n')
}

test('an earlier text is had back from the later one and the steps', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', '', 'long line'), { maxLength: 12 })
    .map((lines) => lines.join('\n'))
  fc.assert(
    fc.property(text, text, (old, young) => {
      const steps = stepsOf(old, young)
      assert.is(steps === undefined ? young : before(young, steps), old)
    }),
  )
})

test('of texts that differ in very many lines it is only said that they differ', () => {
  const lines = (word: string) =>
    Array.from({ length: 3000 }, (_, at) => (at % 2 ? 'same' : word + at)).join('\n')
  const steps = stepsOf(lines('a'), lines('b')) ?? []
  assert.is(steps.length, 2)
  assert.is(before(lines('b'), steps), lines('a'))
})

test('a text that nothing changed is stored once', async () => {
  const answer = completion(['passed', 'passed'])
  const {
    completions: [same],
  } = await opened(question('a', [answer]), [{ raw: answer.completion, cleaned: answer.completion }])
  assert.equal(same?.changes, [])
})

test('an edit is told apart from what the rules did, the edit first', async () => {
  const answer = completion(['passed', 'passed'], { completion: 'x = 1\ny = 3' })
  const {
    completions: [edited],
  } = await opened(question('a', [answer]), [{ raw: '```\nx = 1\ny = 2\n```', cleaned: 'x = 1\ny = 2' }])
  assert.equal(
    edited?.changes.map(({ what }) => what),
    ['edited', 'cleaned'],
  )
  const [edit, cleaning] = edited?.changes ?? []
  const cleaned = before('x = 1\ny = 3', edit?.steps ?? [])
  assert.is(cleaned, 'x = 1\ny = 2')
  assert.is(before(cleaned, cleaning?.steps ?? []), '```\nx = 1\ny = 2\n```')
})

test('an output of 10 MB is cut, and it is said how much is missing', async () => {
  const got = 'x'.repeat(10_000_000)
  const answer = completion(['failed'], { runs: [{ testcase: 1, verdict: 'failed', got }] })
  const run = (await opened(question('a', [answer]))).completions[0]?.runs[0]
  assert.match(run?.got ?? '', /^x{4000}…\n\[9996000 more characters are not shown here\]$/)
})

test('results of the seed tool, without verdicts, are passed and failed', async () => {
  const { completions } = await opened(question('a', [{ completion: '', results: [true, false] }]))
  assert.equal(completions[0]?.verdicts, ['passed', 'failed'])
  assert.is(completions[0]?.share, 0.5)
})

test('a completion without results, or skipped, has no share', async () => {
  const { completions } = await opened(
    question('a', [{ completion: '' }, completion(['passed', 'passed'], { skip: true })]),
  )
  assert.equal(
    completions.map(({ share }) => share),
    [undefined, undefined],
  )
})

test('the same input gives the same bytes', async () => {
  assert.is(await page({ questions: three }), await page({ questions: three }))
})

test('any text stands in the page as itself, with what is not seen in words', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const { document } = parseHTML(html`<html><body><p title="${text}">${text}</p></body></html>`.text)
      const paragraph = document.querySelector('p')
      assert.is(paragraph?.textContent, visible(text))
      assert.is(paragraph?.getAttribute('title'), visible(text))
    }),
  )
})

test('hostile text makes no element and no attribute, and leaves no control character', async () => {
  const text = await page(hostile, { ...hostile, chain: 'second' })
  const { document } = parseHTML(text)
  assert.is(document.querySelectorAll('img, [onerror], [onclick]').length, 0)
  assert.is(document.querySelectorAll('script').length, 4)
  assert.not.match(text, /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/)
  assert.ok(text.isWellFormed())
})

test('the policy names the digests of the only style and the only script', async () => {
  const text = await page({ questions: three })
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(text)?.[1] ?? ''
  const digest = (of: string) => `sha256-${createHash('sha256').update(of).digest('base64')}`
  const inside = (tag: RegExp) => [...text.matchAll(tag)].map((match) => digest(match[1] ?? ''))
  assert.equal(
    [...policy.matchAll(/sha256-[\w+/=]+/g)].map(([found]) => found),
    [...inside(/<style>([\s\S]*?)<\/style>/g), ...inside(/<script type="module">([\s\S]*?)<\/script>/g)],
  )
  assert.match(policy, /default-src &#39;none&#39;/)
  assert.not.match(text, / style=|https?:\/\/(?!www\.w3\.org)/)
})

const validator = new HtmlValidate({
  extends: ['html-validate:recommended'],
  rules: {
    // Plot writes SVG as XML is written, and so do we.
    'void-style': 'off',
    'no-trailing-whitespace': 'off',
    'long-title': 'off',
    'require-sri': 'off',
  },
})

async function faults(text: string): Promise<readonly string[]> {
  const { results } = await validator.validateString(text)
  return results.flatMap(({ messages }) =>
    messages.map(({ ruleId, message, line }) => `${ruleId} ${message} (${line})`),
  )
}

test('the page is valid HTML, whatever is in it', async () => {
  const many = { ...hostile, chain: 'second' }
  for (const text of [
    await page(),
    await page({ questions: three }),
    await page(hostile),
    await page(hostile, many),
  ])
    assert.equal(await faults(text), [])
})

test('what nothing passes is said first, and linked', async () => {
  const { document } = parseHTML(await page({ questions: three }))
  const answer = document.querySelector('.answers')
  assert.match(answer?.textContent ?? '', /1 of 3 questions has no completion that passes: impossible/)
  assert.is(answer?.querySelector('a')?.getAttribute('href'), '#q=impossible')
})

test('several chains stand side by side and are compared', async () => {
  const [easy, impossible] = three
  if (!easy || !impossible) throw new Error('three questions')
  const other = { chain: 'b', questions: [easy, { ...easy, id: 'impossible' }] }
  const { document } = parseHTML(await page({ chain: 'a', questions: [easy, impossible] }, other))
  assert.equal(
    [...document.querySelectorAll('.chains tbody th')].map((cell) => cell.textContent?.trim()),
    ['● a', '■ b'],
  )
  assert.match(
    document.querySelector('.comparison')?.textContent ?? '',
    /Better in b by most: impossible \+100\.0/,
  )
})

test('a report without questions is a page that says so', async () => {
  assert.match(await page(), /Nothing has a score yet/)
})

test('numbers are written as English has them', () => {
  const numbers = fc.oneof(
    fc.maxSafeInteger(),
    fc.integer({ min: -9999, max: 9999 }),
    fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map((number) => number || 0),
  )
  fc.assert(fc.property(numbers, (number) => assert.is(whole(number), number.toLocaleString('en-US'))))
})

test('a strip of 50 completions takes less than 700 bytes', () => {
  const shares = Array.from({ length: 50 }, (_, index) => [0, 0.25, 0.5, 1, null][index % 5] ?? null)
  assert.ok(strip(shares).text.length < 700, `${strip(shares).text.length}`)
  assert.is(strip(shares).text.match(/<path/g)?.length, 5)
})

test("the browser's program has no fault that the compiler finds", () => {
  const tsc = fileURLToPath(new URL('../../../node_modules/.bin/tsc', import.meta.url))
  execFileSync(tsc, ['-p', fileURLToPath(new URL('./client', import.meta.url))], { stdio: 'pipe' })
})

test.run()
