/** Differences, as rows of lines: what is told by steps (shape.ts), and what test wrote into a results file. */
import { counted, el } from './dom.js'

/** @import { Steps } from '../shape.ts' */

/** @typedef {{ kind: 'same' | 'gone' | 'new' | 'left', text: string }} Line */

/**
 * The lines of a difference, and the text before it.
 * @param {string} after
 * @param {Steps} steps
 * @returns {{ lines: readonly Line[], before: string }}
 */
export function undo(after, steps) {
  const young = after.split('\n')
  let at = 0
  /** @type {Line[]} */
  const lines = []
  for (const step of steps) {
    if (typeof step !== 'number') {
      lines.push(...step.map((text) => ({ kind: /** @type {const} */ ('gone'), text })))
      continue
    }
    const kind = step > 0 ? /** @type {const} */ ('same') : /** @type {const} */ ('new')
    lines.push(...young.slice(at, at + Math.abs(step)).map((text) => ({ kind, text })))
    at += Math.abs(step)
  }
  const before = lines.filter(({ kind }) => kind !== 'new').map(({ text }) => text)
  return { lines, before: before.join('\n') }
}

/** Lines that stayed are left out further than this from a change. */
const around = 3

/**
 * @param {readonly Line[]} lines
 * @returns {readonly Line[]}
 */
export function nearChanges(lines) {
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - around), index + around + 1).some(({ kind }) => kind !== 'same'),
  )
  return lines.flatMap((line, index) => {
    if (near[index]) return [line]
    if (index > 0 && !near[index - 1]) return []
    const end = near.indexOf(true, index)
    return [
      { kind: 'left', text: `… ${counted((end < 0 ? lines.length : end) - index, 'line')} as before …` },
    ]
  })
}

/**
 * `- ` expected, `+ ` printed, two blanks both, as stages/test/difference.ts writes it.
 * @param {string} diff
 * @returns {readonly Line[]}
 */
export function linesOfDiff(diff) {
  return diff.split('\n').map((line) => {
    const text = line.slice(2)
    if (line.startsWith('- ')) return { kind: 'gone', text }
    if (line.startsWith('+ ')) return { kind: 'new', text }
    return line.startsWith('  ') ? { kind: 'same', text } : { kind: 'left', text: line }
  })
}

const tags = { same: 'span', gone: 'del', new: 'ins', left: 'i' }
const signs = { same: '  ', gone: '− ', new: '+ ', left: '' }

/**
 * The sign stands before each line, so that colour is not all that tells.
 * @param {readonly Line[]} lines
 * @param {string} label
 */
export function difference(lines, label) {
  const shown = lines.map(({ kind, text }) =>
    el(/** @type {'span' | 'del' | 'ins' | 'i'} */ (tags[kind]), {}, `${signs[kind]}${text}\n`),
  )
  return el(
    'pre',
    { class: 'diff', tabindex: '0', role: 'group', 'aria-label': label },
    el('code', {}, ...shown),
  )
}
