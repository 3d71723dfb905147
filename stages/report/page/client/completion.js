/** One completion of the open question: a line that tells how it went, and behind it why. */

import { difference, linesOfDiff, nearChanges, undo } from './changes.js'
import { block, counted, el, factList } from './dom.js'

/** @import { Opened, OpenedCompletion, OpenedRun } from '../shape.ts' */

/** @type {{ readonly [verdict: string]: string }} */
const glyphs = {
  passed: '✓',
  failed: '✗',
  error: 'E',
  'cpu-timeout': 'T',
  'wall-timeout': 'W',
  memory: 'M',
  'output-limit': 'O',
  'too-many-processes': 'P',
  crashed: 'C',
  'no-code': '∅',
}

/** Of a question with very many test cases the first are drawn. */
const mostGlyphs = 60

/**
 * @param {Opened} opened
 * @param {number} index
 */
export function completionItem(opened, index) {
  const completion = opened.completions[index]
  if (!completion) throw new Error(`no completion ${index}`)
  const details = el(
    'details',
    { name: 'completion', 'data-number': String(index + 1) },
    el(
      'summary',
      {},
      el('span', { class: 'ordinal' }, `${index + 1}`),
      el('span', { class: 'glyphs', 'aria-hidden': 'true' }, ...glyphsOf(completion)),
      el('span', { class: 'outcome' }, outcomeOf(completion)),
      ...tagsOf(completion).map((text) => el('span', { class: 'tag' }, text)),
    ),
  )
  // Fifty programs with their runs are made when they are looked at, one by one.
  details.addEventListener('toggle', () => {
    if (details.open && details.children.length === 1) details.append(completionBody(opened, completion))
  })
  return details
}

/** @param {OpenedCompletion} completion */
function glyphsOf({ verdicts }) {
  const drawn = verdicts
    .slice(0, mostGlyphs)
    .map((verdict) => el('span', { class: verdict === 'passed' ? 'passed' : 'not' }, glyphs[verdict] ?? '?'))
  return verdicts.length > mostGlyphs ? [...drawn, el('span', {}, '…')] : drawn
}

/** @param {OpenedCompletion} completion */
function outcomeOf({ skip, verdicts, share }) {
  if (skip) return 'skipped'
  if (share === undefined) return 'no score'
  const passed = verdicts.filter((verdict) => verdict === 'passed').length
  const others = tallied(verdicts.filter((verdict) => verdict !== 'passed'))
  return [
    `${passed} of ${verdicts.length} passed`,
    ...others.map(([verdict, times]) => `${times} ${verdict}`),
  ].join(', ')
}

/**
 * The most frequent first.
 * @param {readonly string[]} words
 */
export function tallied(words) {
  /** @type {Map<string, number>} */
  const times = new Map()
  for (const word of words) times.set(word, (times.get(word) ?? 0) + 1)
  return [...times].sort(([, a], [, b]) => b - a)
}

/** @param {OpenedCompletion} completion */
export function tagsOf({ by, cut_off, flaky, note }) {
  return [
    by === 'human' ? 'by hand' : by,
    cut_off && 'cut off',
    flaky && 'flaky',
    note !== undefined && 'note',
  ].filter((tag) => typeof tag === 'string')
}

/**
 * @param {Opened} opened
 * @param {OpenedCompletion} completion
 */
function completionBody(opened, completion) {
  const { text, note, facts, runs, verdicts, flaky } = completion
  const left =
    verdicts.filter((verdict) => verdict !== 'passed' && verdict !== 'no-code').length - runs.length
  const program = el(
    'section',
    { class: 'program' },
    el('h4', {}, 'Program'),
    text === '' ? el('p', { class: 'faint' }, 'empty') : block(text, 'Program'),
    ...changeParts(completion),
    factList(facts),
  )
  return el(
    'div',
    { class: 'body' },
    note !== undefined && el('p', { class: 'note' }, el('b', {}, 'Note: '), note),
    flaky && el('p', {}, `Test cases that did not end the same way each time: ${flaky.join(', ')}`),
    el(
      'div',
      { class: runs.length > 0 ? 'beside' : undefined },
      program,
      runs.length > 0 &&
        el(
          'div',
          {},
          ...runs.map((run) => runPart(opened, run)),
          left > 0 && el('p', { class: 'faint' }, `and ${counted(left, 'more run')} that did not pass`),
        ),
    ),
  )
}

/**
 * @param {Opened} opened
 * @param {OpenedRun} run
 */
function runPart(opened, { testcase, verdict, got, diff, error, status, score }) {
  const { code = '', expect } = opened.testcases[testcase - 1] ?? {}
  const silent = verdict === 'failed' && diff === undefined && got === undefined
  return el(
    'section',
    { class: 'run' },
    el(
      'h4',
      {},
      `Test case ${testcase}: ${verdict}`,
      status !== undefined && status !== 0 && ` (exit status ${status})`,
      score !== undefined && ` (${score} of 100)`,
    ),
    code !== '' && block(code, `Code of test case ${testcase}`),
    silent && el('p', {}, 'It printed nothing.'),
    silent && expect !== undefined && expect !== '' && labelled('expected', block(expect, 'Expected')),
    diff !== undefined &&
      labelled('− expected, + printed', difference(linesOfDiff(diff), 'Expected and printed')),
    got !== undefined &&
      el(
        'details',
        { open: diff === undefined },
        el('summary', {}, 'All that was printed'),
        block(got, 'Printed'),
      ),
    error !== undefined && labelled('standard error', block(error, 'Standard error')),
  )
}

/**
 * @param {string} label
 * @param {Node} content
 */
export function labelled(label, content) {
  return el('div', {}, el('p', { class: 'label' }, label), content)
}

/**
 * From the text as it was tested back to the model's answer.
 * @param {OpenedCompletion} completion
 */
function changeParts({ text, changes }) {
  const parts = []
  let after = text
  for (const { what, steps } of changes) {
    const { lines, before } = undo(after, steps)
    const title = what === 'edited' ? 'Changed by a person' : 'From the model’s answer to the program'
    parts.push(
      el('details', { class: 'change' }, el('summary', {}, title), difference(nearChanges(lines), title)),
    )
    if (what === 'cleaned')
      parts.push(
        el(
          'details',
          { class: 'change' },
          el('summary', {}, 'The model’s answer as it came'),
          block(before, 'The model’s answer'),
        ),
      )
    after = before
  }
  return parts
}
