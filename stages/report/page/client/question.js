/** The open question: what was asked, what went wrong most, and its completions. */

import { labelled } from './completion.js'
import { completionControls, showCompletions } from './completions.js'
import { block, byId, counted, el, factList, scrolling } from './dom.js'
import { rows } from './list.js'
import { reasons } from './reasons.js'
import { stateOf } from './state.js'

/** @import { Opened } from '../shape.ts' */
/** @import { Row } from './list.js' */
/** @import { State } from './state.js' */

/** The block that is shown, so that a page which came anew leaves alone what did not change. */
let shownBlock = ''
/** @type {Opened | undefined} */
let opened

/**
 * @param {string} base64
 * @returns {Promise<Opened>}
 */
async function unpacked(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
  return await new Response(stream).json()
}

/**
 * Shows the question of the address; gives whether it is another than before.
 * @param {State} state
 * @param {Row} row
 */
export async function showQuestion(state, row) {
  const packed = byId(`blob-${row.sorts['order']}`, HTMLScriptElement).text
  const key = `${row.chain}\n${row.id}\n${packed}`
  const other = key !== shownBlock
  if (other) {
    const unpackedNow = await unpacked(packed)
    // While it was unpacked another may have been opened.
    if (stateOf().q !== state.q || stateOf().of !== state.of) return false
    shownBlock = key
    opened = unpackedNow
    byId('opened', HTMLElement).replaceChildren(...questionParts(row, opened))
  }
  if (opened) showCompletions(state, opened)
  return other
}

/**
 * @param {Row} row
 * @param {Opened} opened
 */
function questionParts({ id, chain, element }, opened) {
  const { prompt, preload, facts, testcases, files } = opened
  return [
    el(
      'nav',
      { 'aria-label': 'Questions' },
      button('close', '← All questions'),
      button('previous', 'Previous'),
      button('next', 'Next'),
    ),
    el('h2', { tabindex: '-1', id: 'opened-title' }, id, chain !== '' && el('span', { class: 'tag' }, chain)),
    el('p', { class: 'facts' }, factsOfRow(element, opened)),
    elsewhere(id, chain),
    opened.completions.some(({ verdicts }) => verdicts.length > 0) &&
      el(
        'section',
        { 'aria-labelledby': 'why' },
        el('h3', { id: 'why' }, 'What went wrong'),
        reasons(opened),
      ),
    el(
      'section',
      { 'aria-labelledby': 'asked' },
      el('h3', { id: 'asked' }, 'Prompt'),
      el('div', { class: 'prompt' }, prompt.replace(/^\n+/, '').trimEnd()),
      preload !== '' && labelled('answer preload', block(preload, 'Answer preload')),
      facts.length > 0 && factList(facts),
      ...files.map(({ name, text }) =>
        el('details', {}, el('summary', {}, `File ${name}`), block(text, name)),
      ),
    ),
    testcases.length > 0 &&
      el(
        'section',
        { 'aria-labelledby': 'cases' },
        el('h3', { id: 'cases' }, 'Test cases'),
        testCaseTable(opened),
      ),
    el(
      'section',
      { 'aria-labelledby': 'completions-title' },
      el('h3', { id: 'completions-title' }, 'Completions'),
      completionControls(opened),
      el('div', { id: 'completions' }),
    ),
  ].filter((part) => part !== false)
}

/**
 * The same question in other chains.
 * @param {string} id
 * @param {string} here
 */
function elsewhere(id, here) {
  const others = rows.filter((row) => row.id === id && row.chain !== here)
  const links = others.map(({ chain, element }) =>
    el(
      'a',
      { href: `#${new URLSearchParams({ q: id, of: chain })}` },
      `${chain} (${numbersOf(element).average})`,
    ),
  )
  return (
    links.length > 0 &&
    el('p', {}, 'The same question: ', ...links.flatMap((link, at) => (at > 0 ? [', ', link] : [link])))
  )
}

/**
 * @param {string} id
 * @param {string} text
 */
function button(id, text) {
  return el('button', { type: 'button', id }, text)
}

/**
 * @param {HTMLTableRowElement} element
 * @param {Opened} opened
 */
function factsOfRow(element, { completions }) {
  const { average, passAt1, passed } = numbersOf(element)
  const file = element.dataset['file'] ?? ''
  return [
    `${passed} passed`,
    `average ${average}`,
    `pass@1 ${passAt1}`,
    counted(completions.length, 'completion'),
    file,
  ].join(' · ')
}

/**
 * As they stand in the list.
 * @param {HTMLTableRowElement} element
 */
function numbersOf(element) {
  const [, average, passAt1, passed] = [...element.cells].map(({ textContent }) => textContent?.trim() ?? '')
  return { average, passAt1, passed }
}

/** @param {Opened} opened */
function testCaseTable({ testcases, completions }) {
  const tested = completions.filter(({ verdicts }) => verdicts.length === testcases.length)
  // Many questions have no code, or no input: a column of nothing would only push the others aside.
  const [coded, fed] = [
    testcases.some(({ code }) => code !== ''),
    testcases.some(({ stdin }) => stdin !== ''),
  ]
  const cell = (/** @type {string} */ text) => el('td', {}, el('code', {}, text))
  const rowsOfCases = testcases.map(({ code, stdin, expect }, index) => {
    const passed = tested.filter(({ verdicts }) => verdicts[index] === 'passed').length
    const never = tested.length > 0 && passed === 0
    return el(
      'tr',
      {},
      el('th', { scope: 'row', class: 'number' }, `${index + 1}`),
      el(
        'td',
        { class: never ? 'number never' : 'number' },
        tested.length === 0 ? '–' : `${passed} of ${tested.length}`,
      ),
      coded && cell(code),
      fed && cell(stdin),
      expect === undefined ? el('td', { class: 'faint' }, 'exit status 0') : cell(expect),
    )
  })
  const heads = ['Code', 'Standard input'].filter((_, index) => (index === 0 ? coded : fed))
  const head = el(
    'tr',
    {},
    el('th', { scope: 'col', class: 'number' }, '#'),
    el('th', { scope: 'col', class: 'number' }, 'Passed by'),
    ...[...heads, 'Expected'].map((name) => el('th', { scope: 'col' }, name)),
  )
  return scrolling(
    'Test cases',
    el('table', { class: 'cases' }, el('thead', {}, head), el('tbody', {}, ...rowsOfCases)),
  )
}
