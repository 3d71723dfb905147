/**
 * Finding the name that somebody meant. A misspelt key is an error, and not carried through as somebody's own:
 * `expct = '4'` would otherwise make every completion pass.
 *
 * How much may differ depends on the length of the known name: two slips in a long name, one in a short one, none
 * in `id` and `by` (at a distance of two, a person's own `kind` would be taken for `id`). Case, `-` and `_` never count.
 */

/** The known name that `name` is nearly spelt as. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    const apart = distance(bare(name), bare(candidate))
    if (apart <= slips(candidate) && apart < least) {
      best = candidate
      least = apart
    }
  }
  return best
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, '')
}

function slips(known: string): number {
  return known.length <= 2 ? 0 : known.length <= 5 ? 1 : 2
}

/** Damerau-Levenshtein: letters left out, added, exchanged, or two neighbours swapped. */
export function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const present = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let steps = Math.min(
        (last[column] ?? 0) + 1,
        (present[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      )
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) steps = Math.min(steps, (beforeLast[column - 2] ?? 0) + 1)
      present.push(steps)
    }
    beforeLast = last
    last = present
  }
  return last[b.length] ?? 0
}
