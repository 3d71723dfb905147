/** Numbers in the page's words. What is not known is a dash. */
import type { Interval } from '../bootstrap.ts'

/** `46.7 %`, with a narrow blank that does not break. */
export function percent(share: number | undefined): string {
  return share === undefined ? '–' : `${(share * 100).toFixed(1)}\u202f%`
}

/** `38.2 – 55.4 %`. */
export function range([low, high]: Interval): string {
  return `${(low * 100).toFixed(1)} – ${percent(high)}`
}

/** A difference of shares in percentage points, with its sign: `+3.2`, `−0.4`, `0.0`. */
export function points(difference: number): string {
  const size = Math.abs(difference * 100).toFixed(1)
  if (size === '0.0') return size
  return `${difference < 0 ? '−' : '+'}${size}`
}

/** `1,234`, whatever the language of the machine. */
export function whole(number: number): string {
  // To load a language's rules takes longer than to write all numbers of a page.
  if (Number.isSafeInteger(number)) return String(number).replace(/\B(?=(?:\d{3})+$)/g, ',')
  return number.toLocaleString('en-US')
}

/** `1 question`, `2 questions`. */
export function count(number: number, thing: string): string {
  return `${whole(number)} ${thing}${number === 1 ? '' : 's'}`
}

/** US dollars, with as many places as a small sum needs: `$12.30`, `$0.0042`. */
export function dollars(cost: number): string {
  return `$${cost >= 1 || cost === 0 ? cost.toFixed(2) : cost.toPrecision(2)}`
}
