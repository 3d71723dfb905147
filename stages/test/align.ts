/** Two lists of lines laid side by side: what is in both, and what is in one only. */

export type Chunk =
  /** In both; where two lines count as the same without being equal, those of the first list. */
  | { readonly same: true; readonly lines: readonly string[] }
  /** Between two such: only in the first list, only in the second. One of them may be empty. */
  | { readonly same: false; readonly first: readonly string[]; readonly second: readonly string[] }

export interface Aligned {
  readonly chunks: readonly Chunk[]
  /** The lists go on, but were not looked at any further. */
  readonly cut: boolean
}

export type SameLine = (first: string, second: string) => boolean

/** Lines of each list that are aligned, counted from the first difference: 40,000 pairs take some milliseconds. */
const most = 200

/** The longest common subsequence decides, beyond what the lists have in common at both ends. */
export function align(first: readonly string[], second: readonly string[], same: SameLine): Aligned {
  const shorter = Math.min(first.length, second.length)
  const equalAt = (one: number, other: number) => same(first[one] ?? '', second[other] ?? '')
  let start = 0
  while (start < shorter && equalAt(start, start)) start++
  let end = 0
  while (end < shorter - start && equalAt(first.length - 1 - end, second.length - 1 - end)) end++
  const [one, other] = [first, second].map((lines) => lines.slice(start, lines.length - end))
  const cut = Math.max(one?.length ?? 0, other?.length ?? 0) > most
  const chunks: Chunk[] = [
    { same: true, lines: first.slice(0, start) },
    ...middle(one?.slice(0, most) ?? [], other?.slice(0, most) ?? [], same),
    { same: true, lines: cut ? [] : first.slice(first.length - end) },
  ]
  return { chunks: chunks.filter((chunk) => !chunk.same || chunk.lines.length > 0), cut }
}

function middle(first: readonly string[], second: readonly string[], same: SameLine): Chunk[] {
  const equal = first.map((line) => second.map((other) => same(line, other)))
  const common = commonLengths(first.length, second.length, equal)
  const chunks: Chunk[] = []
  let [one, other] = [0, 0]
  while (one < first.length || other < second.length) {
    const from = one
    while (equal[one]?.[other] === true) [one, other] = [one + 1, other + 1]
    if (one > from) chunks.push({ same: true, lines: first.slice(from, one) })
    const [lostOne, lostOther] = [one, other]
    while ((one < first.length || other < second.length) && equal[one]?.[other] !== true)
      if (other >= second.length || (common[one + 1]?.[other] ?? -1) >= (common[one]?.[other + 1] ?? 0)) one++
      else other++
    if (one > lostOne || other > lostOther)
      chunks.push({ same: false, first: first.slice(lostOne, one), second: second.slice(lostOther, other) })
  }
  return chunks
}

/** The longest common subsequence of the lists from each pair of positions on. */
function commonLengths(
  height: number,
  width: number,
  equal: readonly (readonly boolean[])[],
): readonly Uint16Array[] {
  const rows = Array.from({ length: height + 1 }, () => new Uint16Array(width + 1))
  for (let one = height - 1; one >= 0; one--)
    for (let other = width - 1; other >= 0; other--) {
      const [here, below] = [rows[one], rows[one + 1]]
      if (here === undefined || below === undefined) continue
      here[other] = equal[one]?.[other]
        ? (below[other + 1] ?? 0) + 1
        : Math.max(below[other] ?? 0, here[other + 1] ?? 0)
    }
  return rows
}
