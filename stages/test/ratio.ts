/**
 * How alike two texts are, from 0 to 100: rapidfuzz's `fuzz.ratio`, the normalized indel similarity
 *
 *     100 · 2 · LCS(a, b) / (|a| + |b|)
 *
 * over code points, as Python counts characters; two empty texts are equal (100).
 *
 * The longest common subsequence is found bit-parallel: H. Hyyrö, "Bit-parallel LCS-length computation revisited",
 * AWOCA 2004. Its recurrence works on a whole row of bits; here it is done in columns of one word's width, and what one
 * column carries into the next is kept by row. So its memory grows with the texts' length, and not with length times
 * alphabet, as it would with a table of masks: a program may print every character there is.
 */

/** Bits in a word. Two of them added, with a carry, stay within 32 bits, where JavaScript calculates fast. */
const wordBits = 30
const wordMask = 2 ** wordBits - 1

/** Pairs of characters that are compared at most: about a tenth of a second. Texts of 40,000 characters make 1.6e9. */
const mostPairs = 2e9

/**
 * The ratio of two texts, rounded down to two decimals, so that only equal texts have 100.
 *
 * What the texts have in common at their ends is set aside first. Where the rest is too long (`mostPairs`: two rests of
 * more than about 44,000 characters), only those ends count, and the ratio is a lower bound.
 */
export function ratio(a: string, b: string): number {
  if (a === b) return 100
  const [left, right] = [codePoints(a), codePoints(b)]
  const total = left.length + right.length
  const same = common(left, right)
  const rests = [left, right].map((points) => points.subarray(same.start, points.length - same.end))
  const [one = left, other = right] = rests.sort((x, y) => x.length - y.length)
  const inside = one.length * other.length > mostPairs ? 0 : longestCommon(one, other)
  return Math.floor((20_000 * (same.start + same.end + inside)) / total) / 100
}

function codePoints(text: string): Int32Array {
  return Int32Array.from(text, (character) => character.codePointAt(0) ?? 0)
}

/** How many characters are the same at the start, and of what is left at the end. */
function common(a: Int32Array, b: Int32Array): { readonly start: number; readonly end: number } {
  const shorter = Math.min(a.length, b.length)
  let start = 0
  while (start < shorter && a[start] === b[start]) start++
  let end = 0
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  return { start, end }
}

/** Length of the longest common subsequence. `pattern` is cut into columns; the shorter text is the faster one. */
function longestCommon(pattern: Int32Array, text: Int32Array): number {
  const letters = new Map<number, number>()
  for (const point of pattern) if (!letters.has(point)) letters.set(point, letters.size + 1)
  const letterOf = (point: number) => letters.get(point) ?? 0
  const [column, row] = [pattern.map(letterOf), text.map(letterOf)]
  const masks = new Int32Array(letters.size + 1)
  const carries = new Uint8Array(row.length)
  let length = 0
  for (let start = 0; start < column.length; start += wordBits) {
    const word = column.subarray(start, start + wordBits)
    for (const [bit, letter] of word.entries()) masks[letter] = (masks[letter] ?? 0) | (1 << bit)
    length += zeros(matched(masks, row, carries), word.length)
    for (const letter of word) masks[letter] = 0
  }
  return length
}

/** One column: a bit that ended as 0 is a character of the pattern that belongs to the subsequence. */
function matched(masks: Int32Array, row: Int32Array, carries: Uint8Array): number {
  let bits = wordMask
  for (let at = 0; at < row.length; at++) {
    const mask = masks[row[at] ?? 0] ?? 0
    const sum = bits + (bits & mask) + (carries[at] ?? 0)
    carries[at] = sum >>> wordBits
    bits = (sum & wordMask) | (bits & ~mask)
  }
  return bits
}

function zeros(bits: number, width: number): number {
  let count = 0
  for (let bit = 0; bit < width; bit++) if ((bits & (1 << bit)) === 0) count++
  return count
}
