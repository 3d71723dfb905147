/**
 * Text that people and models wrote, made fit for each of the report's files: what is in it can't end a cell, open a tag,
 * be taken for a formula, colour a terminal or turn a line around.
 *
 * Characters that are not seen are written the way Python's `repr` writes them (`\x1b`, `\u202e`), because that is how
 * the people who read these files know them. Chosen against U+FFFD, which says that something was there and not what.
 *
 * CSV is csv-stringify's. The others have their few lines here rather than a library, since each is a `replace` that is
 * skipped for nearly every text; the tests compare them with libraries.
 */
import { stringify } from 'csv-stringify/sync'

const unseen = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{NChar}]/gu
/** Nothing in these ranges is among them, nor can be: what a character is does not change. They spare making the above. */
const plain = /^[\n\t\x20-\x7e\xa0-\xac\xae-\u024f\u2010-\u2027\u202f-\u205f]*$/

/**
 * With control and format characters (those that turn the direction of writing among them), separators of lines, halves
 * of characters and noncharacters in words: all that XML can't hold and much that a person can't see. Line feeds and tabs
 * stay.
 */
export function visible(text: string): string {
  return plain.test(text) ? text : text.replace(unseen, inWords)
}

/** As `visible`, in one line: line feeds and tabs are in words too. */
export function oneLine(text: string): string {
  return visible(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t')
}

function inWords(character: string): string {
  if (character === '\r') return '\\r'
  const code = character.codePointAt(0) ?? 0
  const [letter, width] = code < 0x100 ? ['x', 2] : code < 0x10000 ? ['u', 4] : ['U', 8]
  return `\\${letter}${code.toString(16).padStart(Number(width), '0')}`
}

/** The beginning of a text, at most so many UTF-16 units and a `…`; no character is cut in two. */
export function head(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most).replace(/[\ud800-\udbff]$/, '')}…`
}

/** The end of a text, at most so many UTF-16 units behind a `…`; no character is cut in two. */
export function tail(text: string, most: number): string {
  return text.length <= most ? text : `…${text.slice(-most).replace(/^[\udc00-\udfff]/, '')}`
}

/** sqlite3 ends a text at a NUL, Python before 3.11 refuses it, and the others are commands to a terminal. */
const refused = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g
/** A text that stands in a CSV file as it is, as most do: to send all through the library takes forty times as long. */
const plainCell = /^(?:[\w(][^",\x00-\x1f\x7f]*)?$/

/**
 * A cell of a CSV file (RFC 4180), in quotes where it has to be. What would be a formula gets an apostrophe in front;
 * tabs and line breaks stay, and other control characters are put in words. Marks of direction stay: they do no harm in a
 * cell, and an id is to be found by its characters.
 */
export function csvCell(text: string): string {
  if (plainCell.test(text)) return text
  return stringify([[text.replace(refused, inWords)]], { escape_formulas: true, record_delimiter: '' })
}

const entities: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
}

/** Text between tags of an XML file. */
export function xmlText(text: string): string {
  return visible(text).replace(/[&<>]/g, (character) => entities[character] ?? '')
}

/** What stands between the double quotes of an XML attribute; a reader would make a plain line feed there a blank. */
export function xmlAttribute(text: string): string {
  return visible(text).replace(/[&<>"\n\t]/g, (character) => entities[character] ?? '')
}

/**
 * A value as one line of JSON. Escaped besides what JSON asks for: NEL, LS and PS, at which Node's `readline` and
 * Python's `splitlines` would break the line.
 */
export function jsonLine(value: object): string {
  return `${JSON.stringify(value).replace(/[\x85\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}

/**
 * A cell of a table in GitHub's Markdown that shows this text and nothing else, cut to so many characters.
 *
 * A span of code: inside it there are no tags, links or emphasis, and GitHub and GitLab look there for no `@name`,
 * `#123` or commit. Entities would do for the former only: mentions are searched for when they are decoded already.
 * A `|` ends a cell even in a span and needs a backslash; one with backslashes in front of it is read differently by
 * different readers, so those are put in words.
 */
export function markdownCell(text: string, most = 80): string {
  const line = head(oneLine(text), most)
  if (line === '') return '*(empty)*'
  const runs = line.match(/`+/g) ?? []
  const fence = '`'.repeat(runs.reduce((longest, run) => Math.max(longest, run.length), 0) + 1)
  const padding = /^`|`$|^ .*\S.* $/.test(line) ? ' ' : ''
  const cell = line.replace(/\\+(?=\|)/g, (run) => '\\x5c'.repeat(run.length)).replaceAll('|', '\\|')
  return `${fence}${padding}${cell}${padding}${fence}`
}
