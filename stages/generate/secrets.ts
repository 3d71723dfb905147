/**
 * Keeps a key out of all that is said and stored: a server may repeat it, in an error message or even in an answer.
 * The whole body is gone through before it is read, so that what comes out of it holds no key, whatever becomes of it.
 */

/** Header names whose values are nobody's business. */
const telling = /key|token|secret|auth|cookie/i

/** The key, and what else in the headers must not be seen. What is shorter than eight characters is no secret. */
export function secretsOf(
  key: string | undefined,
  headers: { readonly [name: string]: string } = {},
): readonly string[] {
  const told = Object.entries(headers).flatMap(([name, value]) =>
    telling.test(name) ? [value, ...value.split(' ')] : [],
  )
  return [...(key === undefined ? [] : [key]), ...told].filter((secret) => secret.length >= 8)
}

export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((cleaned, secret) => cleaned.replaceAll(secret, '[key]'), text)
}

/** For messages: also what looks like a key of OpenAI's, whole or with stars in its middle as their errors quote it. */
export function withoutKeys(text: string, secrets: readonly string[]): string {
  return withoutSecrets(text, secrets).replace(/\bsk-[\w*.-]+/g, '[key]')
}
