/**
 * Line differences in the form that a page keeps (shape.ts): beside the later text they need no more room than the lines
 * that are gone.
 */
import { diffArrays } from 'diff'
import type { Steps } from './shape.ts'

/**
 * Texts that differ in more lines than this are said to differ as a whole: the search takes the square of it, and nobody
 * reads such a difference. A limit in time would give other bytes on another day.
 */
const mostEdits = 1000

/** How `after` was made from `before`; undefined when they are the same. */
export function stepsOf(before: string, after: string): Steps | undefined {
  if (before === after) return undefined
  const [old, young] = [before.split('\n'), after.split('\n')]
  const changes = diffArrays(old, young, { maxEditLength: mostEdits })
  if (changes === undefined) return [old, -young.length]
  return changes.map(({ added, removed, value }) => (removed ? value : added ? -value.length : value.length))
}
