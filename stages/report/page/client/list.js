/** The list of questions: sought in, filtered and sorted by what the address says. */
import { byId, counted, maybeSelect } from './dom.js'

/** @import { State } from './state.js' */

/** @typedef {{ element: HTMLTableRowElement, id: string, chain: string, text: string, has: readonly string[], sorts: { readonly order: number, readonly [key: string]: number | string } }} Row */

/** All rows in the order of the files; read anew when the page is. @type {readonly Row[]} */
export let rows = []
/** Those that are seen, in their order. @type {readonly Row[]} */
export let seen = []

export function readRows() {
  /** @type {(string | number)[]} */
  const prompts = JSON.parse(byId('prompts', HTMLScriptElement).text)
  // As they stand in the table, which is in the order that an untouched address asks for.
  seen = [...(byId('list', HTMLTableElement).tBodies[0]?.rows ?? [])].map((element) => {
    const { row = '', average = '', pass = '', chain = '', has = '' } = element.dataset
    const order = Number(row)
    const id = linkIn(element)?.textContent ?? ''
    const prompt = prompts[order] ?? ''
    return {
      element,
      id,
      chain,
      text: `${id}\n${typeof prompt === 'number' ? prompts[prompt] : prompt}`.toLowerCase(),
      has: has.split(' '),
      sorts: { order, id, average: numberOf(average), pass: numberOf(pass) },
    }
  })
  rows = [...seen].sort((a, b) => a.sorts.order - b.sorts.order)
}

/**
 * What has no score comes last.
 * @param {string} text
 */
function numberOf(text) {
  return text === '' ? Number.NaN : Number(text)
}

/** @param {State} state */
export function showList(state) {
  const words = state.find.toLowerCase().split(/\s+/).filter(Boolean)
  const matching = rows.filter(
    ({ text, has, chain }) =>
      words.every((word) => text.includes(word)) &&
      (state.only === '' || has.includes(state.only)) &&
      (state.chain === '' || chain === state.chain),
  )
  const before = seen
  seen = sortedBy(matching, state.sort)
  if (before.length !== seen.length || before.some((row, index) => row !== seen[index])) putRows()
  showControls(state)
}

/**
 * @param {readonly Row[]} unsorted
 * @param {string} sort
 */
function sortedBy(unsorted, sort) {
  const key = sort.replace(/^-/, '')
  const turn = sort.startsWith('-') ? -1 : 1
  return [...unsorted].sort(({ sorts: { [key]: a } }, { sorts: { [key]: b } }) => {
    if (typeof a === 'string' && typeof b === 'string') return turn * compareNames(a, b)
    if (typeof a !== 'number' || typeof b !== 'number') return 0
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
    return turn * (a - b)
  })
}

const compareNames = new Intl.Collator('en', { numeric: true }).compare

/** Rows that are not seen leave the table: a thousand that are hidden one by one cost as much again. */
function putRows() {
  const focused = document.activeElement
  byId('list', HTMLTableElement).tBodies[0]?.replaceChildren(...seen.map(({ element }) => element))
  if (focused instanceof HTMLElement && focused.isConnected) focused.focus({ preventScroll: true })
}

/** @param {State} state */
function showControls({ find, only, chain, sort }) {
  const input = byId('find', HTMLInputElement)
  if (input.value !== find) input.value = find
  byId('only', HTMLSelectElement).value = only
  const chains = maybeSelect('chain')
  if (chains) chains.value = chain
  byId('none', HTMLElement).hidden = seen.length > 0 || rows.length === 0
  const all = counted(rows.length, chains ? 'row' : 'question')
  const shown = seen.length === rows.length ? all : `${seen.length} of ${all}`
  const output = byId('shown', HTMLElement)
  if (output.textContent !== shown) output.textContent = shown
  for (const button of document.querySelectorAll('button.sort')) {
    const header = button.closest('th')
    if (!(button instanceof HTMLElement) || !header) continue
    if (sort.replace(/^-/, '') !== button.dataset['sort']) header.removeAttribute('aria-sort')
    else header.setAttribute('aria-sort', sort.startsWith('-') ? 'descending' : 'ascending')
  }
}

/**
 * The row of a question. A link may leave its chain out.
 * @param {State} state
 */
export function rowOf({ q, of }) {
  return rows.find(({ id, chain }) => id === q && (of === '' || chain === of))
}

/** @param {Element} element */
export function linkIn(element) {
  return element.querySelector('a')
}
