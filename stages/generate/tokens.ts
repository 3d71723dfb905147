/**
 * How many tokens a text is: exactly so for OpenAI's models, nearly for others, whose vocabularies are not at hand.
 *
 * The tokenizer takes time that grows with the square of an unbroken run (a word of 100,000 letters: 4 s; of 50,000
 * signs without spaces, as in Japanese: minutes). So long runs are cut, which costs a token at each cut, and of a long
 * text a part is counted.
 */

/** Characters from which a run without a break is cut. */
const longRun = 1000
/** Characters that are counted of any one text. */
const mostCounted = 100_000

interface Encoding {
  countTokens(text: string, options: { readonly disallowedSpecial: Set<string> }): number
}

/** `<|endoftext|>` in a prompt is text like any other. */
const plain = { disallowedSpecial: new Set<string>() }

/** Loads the vocabulary with the first call: that takes some tenths of a second. */
export async function countTokens(text: string, model: string): Promise<number> {
  const encoding = await encodingOf(model)
  const count = (part: string) => encoding.countTokens(part, plain)
  if (text.length <= mostCounted) return partsOf(text).reduce((sum, part) => sum + count(part), 0)
  const samples = mostCounted / longRun
  const step = (text.length - longRun) / (samples - 1)
  let sum = 0
  for (let at = 0; at < samples; at++) {
    const from = Math.round(at * step)
    sum += count(text.slice(from, from + longRun))
  }
  return Math.round((sum * text.length) / mostCounted)
}

/** About four ASCII characters a token, and two of others for three: no vocabulary is loaded. */
export function roughTokens(text: string): number {
  let ascii = 0
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) < 128) ascii++
  return Math.ceil(ascii / 4 + (text.length - ascii) / 1.5)
}

/** The text in one piece, unless a run in it is too long. */
function partsOf(text: string): readonly string[] {
  if (!/\S{1000}|\s{1000}/.test(text)) return [text]
  const parts: string[] = []
  for (let from = 0; from < text.length; from += longRun) parts.push(text.slice(from, from + longRun))
  return parts
}

async function encodingOf(model: string): Promise<Encoding> {
  return isOlder(model)
    ? await import('gpt-tokenizer/encoding/cl100k_base')
    : await import('gpt-tokenizer/encoding/o200k_base')
}

/** Models that have the vocabulary before GPT-4o's. */
function isOlder(model: string): boolean {
  return (
    /^(ft:)?(gpt-3\.5|gpt-35|text-embedding|davinci-002|babbage-002)/.test(model) ||
    /^(ft:)?gpt-4(-|$)/.test(model)
  )
}
