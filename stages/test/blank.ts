/** White space as Python has it: str.strip() and JavaScript's trim() differ in what they take for it. */

const blank = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'
const leading = new RegExp(`^${blank}+`)
const some = new RegExp(`${blank}+`, 'g')
const notBlank = new RegExp(`[^${blank.slice(1)}`)

/** As str.strip(). */
export function strip(text: string): string {
  return stripEnd(text).replace(leading, '')
}

/** As str.rstrip(). Not by a pattern: `\s+$` takes quadratic time on a text full of blanks. */
export function stripEnd(text: string): string {
  let end = text.length
  while (end > 0 && !notBlank.test(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

/** As str.split(). */
export function words(text: string): readonly string[] {
  return text.split(some).filter((word) => word !== '')
}

/** The text without any white space. */
export function packed(text: string): string {
  return text.replace(some, '')
}
