/** The completions of the open question: which are seen, and in what order. */

import { completionItem, tagsOf, tallied } from './completion.js'
import { byId, counted, el } from './dom.js'

/** @import { Opened, OpenedCompletion } from '../shape.ts' */
/** @import { State } from './state.js' */

/** @param {Opened} opened */
export function completionControls({ completions }) {
  const verdicts = tallied(completions.flatMap((completion) => [...new Set(kindsOf(completion))]))
  return el(
    'div',
    { class: 'filters', role: 'group', 'aria-label': 'Which completions' },
    el(
      'label',
      {},
      'With ',
      el(
        'select',
        { id: 'verdict' },
        el('option', { value: '' }, 'any verdict'),
        ...verdicts.map(([verdict, times]) => el('option', { value: verdict }, `${verdict} (${times})`)),
      ),
    ),
    el(
      'label',
      {},
      'Sorted by ',
      el(
        'select',
        { id: 'order' },
        el('option', { value: 'number' }, 'number'),
        el('option', { value: 'worst' }, 'worst first'),
        el('option', { value: 'best' }, 'best first'),
      ),
    ),
    el('output', { id: 'shown-completions', 'aria-live': 'polite' }),
  )
}

/**
 * What a completion can be filtered by.
 * @param {OpenedCompletion} completion
 */
function kindsOf(completion) {
  const { verdicts, skip, share } = completion
  const whole = share === 1 ? ['passed all'] : []
  return [
    ...whole,
    ...verdicts.filter((verdict) => verdict !== 'passed'),
    ...(skip ? ['skipped'] : []),
    ...tagsOf(completion),
  ]
}

/**
 * @param {State} state
 * @param {Opened} opened
 */
export function showCompletions({ verdict, order, c }, opened) {
  byId('verdict', HTMLSelectElement).value = verdict
  byId('order', HTMLSelectElement).value = order
  const turn = order === 'worst' ? 1 : -1
  const shareOf = (/** @type {number} */ index) => opened.completions[index]?.share ?? 2
  const numbers = opened.completions.flatMap((completion, index) =>
    verdict === '' || kindsOf(completion).includes(verdict) ? [index] : [],
  )
  if (order !== 'number') numbers.sort((a, b) => turn * (shareOf(a) - shareOf(b)))
  const list = byId('completions', HTMLElement)
  const made = new Map(
    [...list.querySelectorAll('details[name]')].map((item) => [item.getAttribute('data-number'), item]),
  )
  const items = numbers.map((index) => made.get(`${index + 1}`) ?? completionItem(opened, index))
  if (items.length !== list.children.length || items.some((item, index) => item !== list.children[index]))
    list.replaceChildren(...items)
  byId('shown-completions', HTMLElement).textContent =
    `${numbers.length} of ${counted(opened.completions.length, 'completion')}`
  for (const item of items)
    if (item instanceof HTMLDetailsElement && item.open !== (item.dataset['number'] === c))
      item.open = !item.open
}
