/**
 * A string as TOML: exact to the character, and as readable as that allows.
 *
 * One line in '…', several in ''' blocks, because code in them reads as it is. Where those can't hold the value,
 * in "…" or """ with escapes. Escaped besides what TOML asks for:
 *
 * - CR, always: parsers and checkouts may change raw line breaks.
 * - The byte order mark, NEL, LS and PS: editors remove or convert them.
 * - The first `<` of a line that could begin a merge conflict: models answer with such lines, and an unescaped one
 *   makes read.ts say that git left a conflict in the file.
 * - A quote at a block's end: TOML allows four in a row there, and older parsers stumble over them.
 */

const unsafe = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]|^<{7}(?= |$)/m
const escaped = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\\]|^<(?=<{6}(?: |$))/gm

export function tomlString(value: string): string {
  const lines = value.includes('\n')
  const raw = !unsafe.test(value)
  if (raw && !lines && !value.includes("'")) return `'${value}'`
  if (raw && !lines && !/["\\]/.test(value)) return `"${value}"`
  const block = raw && !value.includes("'''") && !/^'|'$/.test(value)
  if (block) return lines ? `'''\n${value}'''` : `'''${value}'''`
  const text = value.replace(escaped, escapeOf)
  return lines ? `"""\n${text.replace(/"""|"$/g, escapeQuotes)}"""` : `"${text.replaceAll('"', '\\"')}"`
}

/** A key, bare where it may be. */
export function tomlKey(key: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(key)) return key
  if (!unsafe.test(key) && !/['\n]/.test(key)) return `'${key}'`
  return `"${key.replace(escaped, escapeOf).replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}

const short: { readonly [character: string]: string } = {
  '\b': '\\b',
  '\f': '\\f',
  '\r': '\\r',
  '\\': '\\\\',
}

function escapeOf(character: string): string {
  return short[character] ?? `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** Of three quotes the third, so that a docstring stays readable; of the quotes at the end the last. */
function escapeQuotes(quotes: string): string {
  return quotes.length === 3 ? '""\\"' : '\\"'
}
