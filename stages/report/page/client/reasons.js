/** Why: in how many ways the completions of a question went wrong. */

import { linesOfDiff } from './changes.js'
import { counted, el } from './dom.js'

/** @import { Opened, OpenedCompletion } from '../shape.ts' */

/** How many reasons are told, and how many completions are named of each. */
const mostReasons = 8
const mostExamples = 6

/**
 * Completions that went wrong in the same way, the most frequent way first. A completion counts once, by its first run
 * that did not pass: what goes wrong after that is mostly the same again.
 * @param {Opened} opened
 */
export function reasons({ completions }) {
  /** @type {Map<string, number[]>} */
  const found = new Map()
  for (const [index, completion] of completions.entries()) {
    const reason = reasonOf(completion)
    if (reason !== undefined) found.set(reason, [...(found.get(reason) ?? []), index + 1])
  }
  const sorted = [...found].sort(([, a], [, b]) => b.length - a.length)
  if (sorted.length === 0) return el('p', {}, 'Nothing.')
  const left = sorted.length - mostReasons
  return el(
    'div',
    {},
    el(
      'ul',
      { class: 'reasons' },
      ...sorted.slice(0, mostReasons).map(([reason, numbers]) => reasonItem(reason, numbers)),
    ),
    left > 0 && el('p', { class: 'faint' }, `and ${counted(left, 'other way')}`),
  )
}

/**
 * @param {string} reason
 * @param {readonly number[]} numbers
 */
function reasonItem(reason, numbers) {
  const named = numbers.slice(0, mostExamples).map((number) =>
    el(
      'button',
      {
        type: 'button',
        class: 'quiet',
        'data-completion': `${number}`,
        'aria-label': `Completion ${number}`,
      },
      `#${number}`,
    ),
  )
  return el(
    'li',
    {},
    el('span', { class: 'number' }, `${numbers.length}×`),
    el(
      'span',
      {},
      reason,
      ' ',
      ...named,
      numbers.length > named.length && el('span', { class: 'faint' }, '…'),
    ),
  )
}

/**
 * Of an error its last line, of a wrong output the first line that differs.
 * @param {OpenedCompletion} completion
 */
function reasonOf({ skip, verdicts, runs }) {
  if (skip) return undefined
  if (verdicts.includes('no-code')) return 'no code in the answer'
  const run = runs[0]
  if (!run) return verdicts.find((verdict) => verdict !== 'passed')
  const last = run.error?.trim().split('\n').at(-1)
  if (run.verdict !== 'failed') return run.verdict === 'error' && last ? short(last, 160) : run.verdict
  if (run.diff === undefined)
    return run.got === undefined ? 'printed nothing' : `failed test case ${run.testcase}`
  return differenceInWords(run.testcase, run.diff)
}

/**
 * @param {number} testcase
 * @param {string} diff
 */
function differenceInWords(testcase, diff) {
  if (diff.startsWith('[differs in white space only]')) return 'printed other white space than expected'
  const lines = linesOfDiff(diff)
  const wanted = lines.find(({ kind }) => kind === 'gone')?.text
  const came = lines.find(({ kind }) => kind === 'new')?.text
  const expected = wanted === undefined ? 'nothing more' : short(wanted, 50)
  return `printed ${came === undefined ? 'nothing' : short(came, 80)}, expected ${expected} (test case ${testcase})`
}

/**
 * @param {string} text
 * @param {number} most
 */
function short(text, most) {
  return text.length <= most ? text : `${text.slice(0, most)}…`
}
