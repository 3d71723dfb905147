/**
 * report.html: one file that needs nothing besides itself. What is seen at once is HTML made here; what is seen of a
 * question when it is opened lies in blocks of packed data, and a small program in the page shows it.
 *
 * The program (client/) is plain JavaScript in a few files that are put one after the other: no bundler is wanted at run
 * time, and tsc checks it all the same (client/tsconfig.json). A framework would be larger than all of it.
 *
 * Completions, prompts and outputs are anybody's text. They are escaped in html.ts, set as text in the browser, and
 * should both fail, the page's policy allows no script and no style but the two whose digests it names.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Summary } from '../summary.ts'
import type { Remember } from './drawing.ts'
import { Html, html } from './html.ts'
import { questionList } from './list.ts'
import { overview } from './overview.ts'
import type { PageRow } from './row.ts'

export { blobOf, type CompletionTexts } from './blob.ts'
export type { Remember } from './drawing.ts'
export { cellsOf, searchedOf } from './list.ts'
export type { PageRow } from './row.ts'

export interface PageInput {
  readonly title: string
  readonly summary: Summary
  /** In the order of the files. */
  readonly rows: readonly PageRow[]
  readonly remember: Remember
}

/** The page, in full. The same input gives the same bytes. */
export async function pageOf({ title, summary, rows, remember }: PageInput): Promise<Html> {
  assets ??= readAssets()
  const { style, script } = await assets
  const chains = [...new Set(rows.map(({ chain }) => chain))]
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Html(style)}</style>
<script type="module">${new Html(script)}</script>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<header>
<h1>${title}</h1>
<span id="live" role="status"></span>
<details id="help"><summary>Keys</summary>${keys()}</details>
<button type="button" id="theme" hidden>Theme</button>
</header>
<main id="main" tabindex="-1">
<div id="all">
${await overview(summary, rows, remember)}
${questionList(rows, chains)}
</div>
<article id="opened" hidden></article>
</main>
<div id="blobs" hidden>
${rows.map(({ blob }, index) => html`<script type="application/octet-stream" id="blob-${index}">${new Html([blob])}</script>\n`)}</div>
</body>
</html>
`
}

function keys(): Html {
  const known = [
    ['/', 'search'],
    ['j', 'next question'],
    ['k', 'previous question'],
    ['Enter', 'open the question in focus'],
    ['Esc', 'back to all questions'],
    ['?', 'these keys'],
  ] as const
  return html`<dl>${known.map(([key, what]) => html`<div><dt class="key-name"><kbd>${key}</kbd></dt><dd class="key-use">${what}</dd></div>`)}</dl>`
}

interface Assets {
  readonly style: string
  readonly script: string
}

let assets: Promise<Assets> | undefined

const styles = ['base', 'overview', 'list', 'question', 'media']
const programs = [
  'state',
  'dom',
  'list',
  'changes',
  'completion',
  'completions',
  'reasons',
  'question',
  'live',
  'theme',
  'main',
]

/** Files in the order in which they are put one after the other. */
async function readAssets(): Promise<Assets> {
  const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8')
  const joined = async (paths: readonly string[]) => `\n${(await Promise.all(paths.map(read))).join('\n')}`
  const [style, modules] = await Promise.all([
    joined(styles.map((name) => `./style/${name}.css`)),
    joined(programs.map((name) => `./client/${name}.js`)),
  ])
  return { style, script: asOne(modules) }
}

/** Modules one after the other as one, each after those it imports: then names stand for themselves. */
function asOne(modules: string): string {
  return modules.replace(/^import [^']*from '[^']*'\n/gm, '').replace(/^export /gm, '')
}

/** `connect-src 'self'` is for the live page, which asks its own server alone; of a file it matches nothing. */
function policy(style: string, script: string): string {
  const digest = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  return [
    "default-src 'none'",
    `style-src ${digest(style)}`,
    `script-src ${digest(script)}`,
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}
