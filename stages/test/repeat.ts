/**
 * Running each execution several times, to find programs that do not always end the same way (they draw random numbers,
 * read the clock, depend on an order that is not given).
 *
 * How often is a parameter of the stage, `--repeat` included: a file that was written with it is stale without it, and
 * comes out without its marks then. So what stands in a file depends on the parameters, and never on what the cache
 * happens to know.
 */
import { type Digest, Failure, keyOf, type Notice, type Options } from '../../engine/stage.ts'
import type { Question } from '../questions/model.ts'

/** Completions that a notice names at most. */
const mostNamed = 20

/** Repetition 1 is the execution itself, so asking for repetitions executes nothing anew; nor does asking for more. */
export function repetitionKey(execution: Digest, number: number): Digest {
  return number === 1 ? execution : keyOf('repetition', { execution, number })
}

/** The command line's wish as a parameter, which then stands in the place of the stage's own. */
export function repeatParam({ repeat }: Options): { readonly [name: string]: number } {
  return repeat === undefined ? {} : { repeat }
}

/** A stage's option. Throws Failure (exit 2). */
export function checkedRepeat(repeat: number): number {
  if (Number.isSafeInteger(repeat) && repeat >= 1) return repeat
  throw new Failure(`test: repeat is ${repeat}`, {
    exit: 2,
    remedy: 'It is how often each program is run: a whole number from 1.',
  })
}

export function flakyNotices(questions: readonly Question[], repeat: number, place: string): Notice[] {
  const names = questions.flatMap(({ id, completions }) =>
    completions.flatMap(({ sample, flaky }, index) =>
      flaky === undefined
        ? []
        : [`${id} #${sample ?? index} (test case${flaky.length > 1 ? 's' : ''} ${flaky.join(', ')})`],
    ),
  )
  if (names.length === 0) return []
  const more = names.length > mostNamed ? `, and ${names.length - mostNamed} more` : ''
  const text = `flaky, not the same verdict in each of ${repeat} runs: ${names.slice(0, mostNamed).join(', ')}${more}`
  return [{ level: 'warning', place, text }]
}
