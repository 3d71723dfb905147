/**
 * Keeps a key out of all that is said and stored: a server may repeat it, in an error message or even in an answer.
 * The whole body is gone through before it is read, so that what comes out of it holds no key, whatever becomes of it.
 */

/** Header names whose values are nobody's business. */
const telling = /key|token|secret|auth|cookie/i

/**
 * The key, and what else in headers and query must not be seen. What is shorter than eight characters is no secret.
 */
export function secretsOf(
  key: string | undefined,
  ...fields: readonly { readonly [name: string]: string }[]
): readonly string[] {
  const told = fields
    .flatMap((each) => Object.entries(each))
    .flatMap(([name, value]) => (telling.test(name) ? [value, ...value.split(' ')] : []))
  return [...(key === undefined ? [] : [key]), ...told].filter((secret) => secret.length >= 8)
}

/** Also as JSON, HTML and addresses spell it: '\/', '\u0026', '&amp;', '%26'. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((cleaned, secret) => cleaned.replace(anySpelling(secret), '[key]'), text)
}

const spellings = new Map<string, RegExp>()

function anySpelling(secret: string): RegExp {
  const known = spellings.get(secret)
  if (known !== undefined) return known
  const made = new RegExp([...secret].map(spellingsOf).join(''), 'g')
  spellings.set(secret, made)
  return made
}

const entities: { readonly [char: string]: readonly string[] } = {
  '&': ['&amp;'],
  '<': ['&lt;'],
  '>': ['&gt;'],
  '"': ['&quot;'],
  "'": ['&apos;'],
}

/** A pattern for one character. JSON may stand in JSON, so that there are any number of backslashes before it. */
function spellingsOf(char: string, index: number): string {
  const code = char.charCodeAt(0)
  const hex = code
    .toString(16)
    .padStart(2, '0')
    .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)
  if (/\w/.test(char)) return index === 0 ? `(?:${char}|\\\\+u00${hex})` : `\\\\*(?:${char}|u00${hex})`
  const all = [...(entities[char] ?? []), `&#0*${code};`, `&#[xX]0*${hex};`, `%${hex}`, `u00${hex}`]
  return char === '\\'
    ? `(?:\\\\+(?:u00${hex})?|${all.slice(0, -1).join('|')})`
    : `\\\\*(?:\\${char}|${all.join('|')})`
}

/** For messages: also what looks like a key of OpenAI's, whole or with stars in its middle as their errors quote it. */
export function withoutKeys(text: string, secrets: readonly string[]): string {
  return withoutSecrets(text, secrets).replace(/\bsk-[\w*.-]+/g, '[key]')
}
