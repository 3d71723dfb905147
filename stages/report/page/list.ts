/**
 * The list of questions, which is the heat map too: a row a question, a strip of its completions beside the numbers.
 *
 * It is rendered here and not in the browser: it can be read, printed and searched without a script, and to put a
 * thousand rows into another order is quick enough. A strip has a path for each of its colours; a node for each of 50,000
 * completions would take seconds.
 */
import { head, visible } from '../escape.ts'
import type { QuestionPart, Shares } from '../part.ts'
import { passAtK } from '../statistics.ts'
import { count, percent } from './format.ts'
import { Html, html, jsonBlock } from './html.ts'
import type { PageRow } from './row.ts'

export function questionList(given: readonly PageRow[], chains: readonly string[]): Html {
  const rows = given.map(listed)
  return html`<section id="questions" aria-labelledby="questions-title">
<h2 id="questions-title">Questions</h2>
<div class="filters" role="search" aria-label="Questions">
<label>Search <input id="find" type="search" autocomplete="off" spellcheck="false" placeholder="id or prompt"></label>
<label>With <select id="only"><option value="">anything</option>${optionsOf(rows)}</select></label>
${chains.length > 1 && html`<label>Chain <select id="chain"><option value="">all</option>${chains.map((name) => html`<option value="${name}">${name}</option>`)}</select></label>`}
<output id="shown" aria-live="polite">${count(rows.length, chains.length > 1 ? 'row' : 'question')}</output>
</div>
<p class="legend">${legend()}</p>
<div class="scroll">
<table id="list" class="${rows.every(({ part }) => part.scores.completions <= fewCompletions) && 'few'}">
<caption class="unseen">Questions with their scores; the buttons in the header sort them</caption>
<colgroup>${columns.map((name) => html`<col class="col-${name}">`)}</colgroup>
<thead><tr>${header('id', 'Question')}${header('average', 'Average', 'number')}${header('pass', 'pass@1', 'number')}<th scope="col" class="number">Passed</th><th scope="col">Completions</th><th scope="col">What went wrong</th>${header('order', 'File')}</tr></thead>
<tbody>
${worstFirst(rows).map((row) => rowOf(row, chains.length > 1))}
</tbody>
</table>
</div>
<p id="none" hidden>No question matches. <button type="button" id="clear">Show all</button></p>
<script type="application/json" id="prompts">${promptsOf(rows)}</script>
</section>`
}

const columns = ['question', 'average', 'pass', 'passed', 'strip', 'wrong', 'file']

/** Of so many completions and fewer a strip needs but half the room. */
const fewCompletions = 12

interface Listed extends PageRow {
  /** Its place among the rows. */
  readonly index: number
  readonly average: number | undefined
  readonly wrong: Wrong
}

function listed(row: PageRow, index: number): Listed {
  return { ...row, index, average: row.part.scores.spread?.average, wrong: wrongIn(row.part) }
}

/** As the page shows them at first, so that it need not put them into order before it can be used. */
function worstFirst(rows: readonly Listed[]): readonly Listed[] {
  // What has no score comes last, after shares of 1.
  const order = ({ average = 2 }: Listed) => average
  return rows.toSorted((a, b) => order(a) - order(b))
}

function header(key: string, label: string, kind?: 'number'): Html {
  return html`<th scope="col"${kind && html` class="${kind}"`}><button type="button" class="sort" data-sort="${key}">${label}</button></th>`
}

function rowOf({ index, chain, file, part, average, wrong, cells }: Listed, named: boolean): Html {
  const passAt1 = passAtK(part.scores.scored, part.scores.passed, 1)
  return html`<tr data-row="${index}" data-average="${average ?? ''}" data-pass="${passAt1 ?? ''}" data-chain="${chain}" data-file="${file}" data-has="${wrong.map(([key]) => key).join(' ')}">
<th scope="row" class="question">${linkTo(part.id, named ? chain : '')}${named && html` <span class="tag">${chain}</span>`}${new Html([cells])}
<td class="file">${file.replace(/^.*\//, '')}</td>
</tr>
`
}

/** What stands in a question's row whatever its place, its file and its chain. */
export function cellsOf(part: QuestionPart, shares: Shares, prompt: string): string {
  const { scored, passed, spread } = part.scores
  return html`<span class="excerpt">${excerpt(prompt)}</span></th>
<td class="number average">${percent(spread?.average)}</td>
<td class="number pass-at-1">${percent(passAtK(scored, passed, 1))}</td>
<td class="number passed-of${scored > 0 && passed === 0 ? ' never' : ''}">${scored === 0 ? '–' : `${passed} of ${scored}`}</td>
<td class="strip-cell">${strip(shares)}</td>
<td class="wrong">${
    part.testcases === 0
      ? 'no test cases'
      : wrongIn(part)
          .filter(([, , times]) => times > 0)
          .map(([, label, times], at) => html`${at > 0 && ', '}${times} ${label}`)
  }</td>`.text
}

/** A link that opens a question; without a chain where there is one alone. */
export function linkTo(id: string, chain: string): Html {
  return html`<a href="#${inAddress('q', id)}${chain !== '' && `&${inAddress('of', chain)}`}">${id}</a>`
}

function inAddress(name: string, value: string): string {
  // What stands there for itself need not go the long way.
  if (/^[\w.*-]*$/.test(value)) return `${name}=${value}`
  return new URLSearchParams({ [name]: visible(value) }).toString()
}

type Wrong = readonly (readonly [key: string, label: string, times: number])[]

/** How runs ended that did not pass, then what is to know about the completions. */
function wrongIn(part: QuestionPart): Wrong {
  const { endings, counts, testcases } = part
  const { completions, scored, passed } = part.scores
  const untested = testcases === 0 ? 0 : completions - scored - counts.skipped
  const ended = Object.entries(endings).filter(([verdict]) => verdict !== 'passed')
  const known: Wrong = [
    ...ended.map(([verdict, times]) => [verdict, verdict, times] as const),
    ['no-code', 'no code', counts.no_code],
    ['cut-off', 'cut off', counts.cut_off],
    ['skipped', 'skipped', counts.skipped],
    ['edited', 'edited', counts.edited],
    ['by-hand', 'by hand', counts.human],
    ['not-tested', 'not tested', untested],
  ]
  const found = known.filter(([, , times]) => times > 0)
  const never = scored > 0 && passed === 0
  return never ? [...found, ['never-passed', 'no completion that passes', 0]] : found
}

function optionsOf(rows: readonly Listed[]): readonly Html[] {
  const found = new Map<string, { readonly label: string; rows: number }>()
  for (const [key, label] of rows.flatMap(({ wrong }) => wrong)) {
    const known = found.get(key)
    if (known === undefined) found.set(key, { label, rows: 1 })
    else known.rows++
  }
  return [...found]
    .sort(([, a], [, b]) => b.rows - a.rows)
    .map(([key, { label, rows }]) => html`<option value="${key}">${label} (${rows})</option>`)
}

/** Colours and heights of a strip: either tells alone. */
const buckets = [
  { name: 'all', height: 4, holds: (share: number | null) => share === 1 },
  { name: 'most', height: 3, holds: (share: number | null) => share !== null && share >= 0.5 && share < 1 },
  { name: 'few', height: 2, holds: (share: number | null) => share !== null && share > 0 && share < 0.5 },
  { name: 'none', height: 1, holds: (share: number | null) => share === 0 },
  { name: 'unscored', height: 0.4, holds: (share: number | null) => share === null },
] as const

/** A stroke a completion, in their order. */
export function strip(shares: Shares): Html {
  const width = Math.min(shares.length * 9, 225)
  const paths = buckets.map(() => '')
  for (const [index, share] of shares.entries()) {
    const at = buckets.findIndex(({ holds }) => holds(share))
    paths[at] += `M${index} 4v-${buckets[at]?.height}`
  }
  return html`<svg class="strip" aria-hidden="true" width="${width}" height="20" viewBox="-.5 0 ${shares.length || 1} 4" preserveAspectRatio="none">${buckets.map(({ name }, at) => paths[at] !== '' && html`<path class="${name}" d="${paths[at]}"/>`)}</svg>`
}

function legend(): Html {
  const words = ['every test case', 'half or more', 'less than half', 'none', 'no score']
  return html`A stroke is a completion; it passed ${buckets.map(({ name, height }, index) => html`<span class="key"><svg class="strip" aria-hidden="true" width="9" height="16" viewBox="0 0 1 4" preserveAspectRatio="none"><path class="${name}" d="M.5 4v-${height}"/></svg> ${words[index]}</span> `)}`
}

function excerpt(prompt: string): string {
  const line = prompt.trim().replace(/\s+/g, ' ')
  return head(line, 140)
}

/** What is searched besides ids, as it stands in the page. */
export function searchedOf(prompt: string): string {
  return jsonBlock(visible(head(prompt, 4000)).toLowerCase())
}

/** A list in JSON: a row's prompt, or the number of an earlier row with the same one. */
function promptsOf(rows: readonly PageRow[]): Html {
  const first = new Map<string, number>()
  const items = rows.map(({ prompt, searched }, index) => {
    const same = first.get(prompt)
    if (same !== undefined) return html`${index > 0 && ','}${same}`
    first.set(prompt, index)
    return html`${index > 0 && ','}${new Html([searched])}`
  })
  return html`[${items}]`
}
