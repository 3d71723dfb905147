/** What the reader does → another address; another address → what is seen. */

import { byId } from './dom.js'
import { linkIn, readRows, rowOf, rows, seen, showList } from './list.js'
import { followServer } from './live.js'
import { showQuestion } from './question.js'
import { followAddress, go, stateOf, untouched } from './state.js'
import { nextTheme, showTheme } from './theme.js'

/** @import { Row } from './list.js' */
/** @import { State } from './state.js' */

/** Where the list stood when a question was opened. */
let listPlace = 0
/** The question that was opened last. @type {State | undefined} */
let last

/**
 * Shows what the address says.
 * @param {{ readonly keepFocus?: boolean }} options
 */
async function show({ keepFocus = false } = {}) {
  const state = stateOf()
  const row = state.q === '' ? undefined : rowOf(state)
  showList(state)
  if (row === undefined) return showAll(keepFocus)
  const other = await showQuestion(state, row)
  // While it was unpacked the reader may have gone on.
  if (rowOf(stateOf()) !== row) return
  last = state
  showOpened(state, other, keepFocus)
}

/** @param {boolean} keepFocus */
function showAll(keepFocus) {
  const article = byId('opened', HTMLElement)
  if (article.hidden) return
  article.hidden = true
  byId('all', HTMLElement).hidden = false
  scrollTo(0, listPlace)
  const row = last && rowOf(last)
  const place = row && linkIn(row.element)
  if (!keepFocus) (place?.isConnected ? place : byId('main', HTMLElement)).focus({ preventScroll: true })
}

/**
 * @param {State} state
 * @param {boolean} other whether it is another question than before
 * @param {boolean} keepFocus
 */
function showOpened({ c }, other, keepFocus) {
  const article = byId('opened', HTMLElement)
  const wasOpen = !article.hidden
  if (!wasOpen) listPlace = scrollY
  byId('all', HTMLElement).hidden = true
  article.hidden = false
  if (keepFocus || (wasOpen && !other)) return
  byId('opened-title', HTMLElement).focus({ preventScroll: true })
  const completion = article.querySelector(`[data-number="${CSS.escape(c)}"]`)
  if (completion) completion.scrollIntoView()
  else scrollTo(0, 0)
}

/**
 * @param {Row} row
 * @param {Partial<State>} more
 */
function openQuestion(row, more = {}) {
  const several = rows.some(({ chain }) => chain !== row.chain)
  go({ q: row.id, of: several ? row.chain : '', c: '', verdict: '', ...more }, 'push')
}

function closeQuestion() {
  go({ q: '', of: '', c: '', verdict: '', order: untouched.order }, 'push')
}

/**
 * The question after or before: opened when one is open, else its link gets the focus.
 * @param {1 | -1} step
 */
function move(step) {
  const state = stateOf()
  const here = state.q === '' ? document.activeElement?.closest('tr') : rowOf(state)?.element
  const at = seen.findIndex(({ element }) => element === here)
  const row = seen[at < 0 ? (step > 0 ? 0 : seen.length - 1) : at + step]
  if (!row) return
  if (state.q === '') linkIn(row.element)?.focus()
  else openQuestion(row)
}

/** @type {{ readonly [key: string]: () => void }} */
const keys = {
  '/': () => {
    if (stateOf().q !== '') closeQuestion()
    byId('find', HTMLInputElement).focus()
  },
  j: () => move(1),
  k: () => move(-1),
  '?': () => {
    const help = byId('help', HTMLDetailsElement)
    help.open = !help.open
  },
  Escape: () => {
    const help = byId('help', HTMLDetailsElement)
    if (help.open) help.open = false
    else closeQuestion()
  },
}

document.addEventListener('keydown', (event) => {
  const { key, target, ctrlKey, metaKey, altKey } = event
  const typing = target instanceof HTMLInputElement || target instanceof HTMLSelectElement
  if (ctrlKey || metaKey || altKey) return
  if (typing && key === 'Escape') return target.blur()
  const act = typing ? undefined : keys[key]
  if (!act) return
  event.preventDefault()
  act()
})

/** What buttons do, by id. @type {{ readonly [id: string]: () => void }} */
const buttons = {
  close: closeQuestion,
  previous: () => move(-1),
  next: () => move(1),
  clear: () => go({ find: '', only: '', chain: '' }, 'replace'),
  theme: nextTheme,
}

document.addEventListener('click', (event) => {
  const { target } = event
  if (!(target instanceof Element) || event.ctrlKey || event.metaKey || event.shiftKey) return
  const pressed = target.closest('button')
  if (pressed) return press(pressed)
  if (target.closest('a.skip')) {
    event.preventDefault()
    return byId('main', HTMLElement).focus()
  }
  const link = target.closest('a[href^="#"]')
  const strip = target.closest('.strip-cell')
  const row = link
    ? rowOf(stateOf(link.getAttribute('href') ?? ''))
    : rows.find(({ element }) => element.contains(strip))
  if (!row) return
  event.preventDefault()
  openQuestion(row, strip && event instanceof MouseEvent ? { c: strokeAt(strip, event.clientX) } : {})
})

/** @param {HTMLButtonElement} pressed */
function press(pressed) {
  const { sort, completion } = pressed.dataset
  if (sort !== undefined) go({ sort: stateOf().sort === sort ? `-${sort}` : sort }, 'replace')
  else if (completion !== undefined) {
    go({ c: completion, verdict: '' }, 'replace')
    document.querySelector(`details[data-number="${completion}"]`)?.scrollIntoView()
  } else buttons[pressed.id]?.()
}

/**
 * The number of the completion whose stroke lies there.
 * @param {Element} cell
 * @param {number} x
 */
function strokeAt(cell, x) {
  const strip = cell.querySelector('svg')
  if (!strip) return ''
  const { left, width } = strip.getBoundingClientRect()
  const share = (x - left) / width
  return share < 0 || share >= 1 ? '' : String(Math.floor(share * strip.viewBox.baseVal.width) + 1)
}

document.addEventListener('input', ({ target }) => {
  if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement)) return
  const { id, value } = target
  // These are named as what they change.
  if (id in untouched) go({ [id]: value }, 'replace')
})

// `toggle` does not bubble.
document.addEventListener(
  'toggle',
  ({ target }) => {
    if (!(target instanceof HTMLDetailsElement) || target.dataset['number'] === undefined) return
    const { number } = target.dataset
    if (target.open) go({ c: number }, 'replace')
    else if (stateOf().c === number) go({ c: '' }, 'replace')
  },
  true,
)

followAddress(() => void show())
showTheme()
readRows()
show()
followServer(() => show({ keepFocus: true }))
