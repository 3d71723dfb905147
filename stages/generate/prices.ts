/**
 * What models cost, in US dollars per million tokens. Only an aid for plans and reports: no bill is made from it.
 *
 * Prices change and models come: `openai({ prices })` overrides and adds. A name also stands for its dated versions
 * (`gpt-4o-mini` for `gpt-4o-mini-2024-07-18`), and for nothing else: `gpt-4o` must not price `gpt-4o-mini`.
 * A model that is not listed has no cost rather than a guessed one.
 */
export interface Price {
  /** US dollars per million tokens of the request. */
  readonly in: number
  /** US dollars per million tokens of the answer. */
  readonly out: number
}

export type Prices = { readonly [model: string]: Price }

const known: Prices = {
  'gpt-3.5-turbo': { in: 0.5, out: 1.5 },
  'gpt-3.5-turbo-instruct': { in: 1.5, out: 2 },
  'gpt-4o': { in: 2.5, out: 10 },
  'gpt-4o-mini': { in: 0.15, out: 0.6 },
  'gpt-4.1': { in: 2, out: 8 },
  'gpt-4.1-mini': { in: 0.4, out: 1.6 },
  'gpt-4.1-nano': { in: 0.1, out: 0.4 },
  'davinci-002': { in: 2, out: 2 },
  'babbage-002': { in: 0.4, out: 0.4 },
}

/**
 * US dollars for so many tokens, at the price of the first of the names (the exact one, then the one asked for) that has
 * one. To the nanodollar, so that a sum of fractions does not write itself with seventeen digits.
 */
export function costOf(
  models: readonly string[],
  tokensIn: number | undefined,
  tokensOut: number | undefined,
  prices: Prices = {},
): number | undefined {
  const price = models.map((model) => priceOf(model, prices)).find((found) => found !== undefined)
  if (price === undefined || tokensIn === undefined || tokensOut === undefined) return undefined
  return Number(((tokensIn * price.in + tokensOut * price.out) / 1e6).toFixed(9))
}

function priceOf(model: string, prices: Prices): Price | undefined {
  const table: Prices = { ...known, ...prices }
  const undated = model.replace(/-(\d{4}-\d{2}-\d{2}|\d{4})$/, '')
  return Object.hasOwn(table, model)
    ? table[model]
    : Object.hasOwn(table, undated)
      ? table[undated]
      : undefined
}
