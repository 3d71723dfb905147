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

/** Looks at no pair of texts twice: many of a question's answers are the same. */
export function eachOnce<Made>(make: (before: string, after: string) => Made) {
  const known = new Map<string, Map<string, Made>>()
  return (before: string, after: string): Made => {
    const made = known.get(before) ?? new Map<string, Made>()
    known.set(before, made)
    const found = made.get(after) ?? make(before, after)
    made.set(after, found)
    return found
  }
}
