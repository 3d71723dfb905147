/**
 * What models cost, in US dollars per million tokens. For plans, budgets and reports: no bill is made from it.
 *
 * Prices change and models come: `openai({ prices })` overrides and adds. A name also stands for its dated versions
 * (`gpt-4o-mini` for `gpt-4o-mini-2024-07-18`), and for nothing else: `gpt-4o` must not price `gpt-4o-mini`.
 * A model that is not listed has no cost rather than a guessed one.
 */
import { Failure } from '../../engine/stage.ts'

export interface Price {
  /** US dollars per million tokens of the request. */
  readonly in: number
  /** US dollars per million tokens of the answer, hidden reasoning included. */
  readonly out: number
  /** US dollars per million tokens of the request that the server had cached; default as `in`. */
  readonly cached?: number | undefined
}

export type Prices = { readonly [model: string]: Price }

/**
 * As known in early 2026, from memory of the public price lists; check before you rely on it. Standard tier, prompts of
 * usual length: other tiers and very long prompts cost more or less. (The prices in gpt-tokenizer's own model data are
 * no help: version 4.0.0 says the same 10 and 30 of most models.)
 */
const known: Prices = {
  'gpt-3.5-turbo': { in: 0.5, out: 1.5 },
  'gpt-3.5-turbo-1106': { in: 1, out: 2 },
  'gpt-3.5-turbo-instruct': { in: 1.5, out: 2 },
  'gpt-4': { in: 30, out: 60 },
  'gpt-4-1106-preview': { in: 10, out: 30 },
  'gpt-4-0125-preview': { in: 10, out: 30 },
  'gpt-4-turbo': { in: 10, out: 30 },
  'gpt-4o': { in: 2.5, out: 10, cached: 1.25 },
  'gpt-4o-2024-05-13': { in: 5, out: 15 },
  'gpt-4o-mini': { in: 0.15, out: 0.6, cached: 0.075 },
  'chatgpt-4o-latest': { in: 5, out: 15 },
  'gpt-4.1': { in: 2, out: 8, cached: 0.5 },
  'gpt-4.1-mini': { in: 0.4, out: 1.6, cached: 0.1 },
  'gpt-4.1-nano': { in: 0.1, out: 0.4, cached: 0.025 },
  'gpt-5': { in: 1.25, out: 10, cached: 0.125 },
  'gpt-5-mini': { in: 0.25, out: 2, cached: 0.025 },
  'gpt-5-nano': { in: 0.05, out: 0.4, cached: 0.005 },
  'gpt-5-chat-latest': { in: 1.25, out: 10, cached: 0.125 },
  'gpt-5-codex': { in: 1.25, out: 10, cached: 0.125 },
  'gpt-5-pro': { in: 15, out: 120 },
  'gpt-5.1': { in: 1.25, out: 10, cached: 0.125 },
  'gpt-5.1-codex': { in: 1.25, out: 10, cached: 0.125 },
  'gpt-5.1-codex-mini': { in: 0.25, out: 2, cached: 0.025 },
  'gpt-5.2': { in: 1.75, out: 14, cached: 0.175 },
  o1: { in: 15, out: 60, cached: 7.5 },
  'o1-mini': { in: 1.1, out: 4.4, cached: 0.55 },
  'o1-pro': { in: 150, out: 600 },
  o3: { in: 2, out: 8, cached: 0.5 },
  'o3-mini': { in: 1.1, out: 4.4, cached: 0.55 },
  'o3-pro': { in: 20, out: 80 },
  'o4-mini': { in: 1.1, out: 4.4, cached: 0.275 },
  'davinci-002': { in: 2, out: 2 },
  'babbage-002': { in: 0.4, out: 0.4 },
  'claude-3-haiku': { in: 0.25, out: 1.25 },
  'claude-3-5-haiku': { in: 0.8, out: 4 },
  'claude-3-5-sonnet': { in: 3, out: 15 },
  'claude-3-7-sonnet': { in: 3, out: 15 },
  'claude-sonnet-4': { in: 3, out: 15 },
  'claude-sonnet-4-5': { in: 3, out: 15 },
  'claude-haiku-4-5': { in: 1, out: 5 },
  'claude-opus-4': { in: 15, out: 75 },
  'claude-opus-4-1': { in: 15, out: 75 },
  'claude-opus-4-5': { in: 5, out: 25 },
}

export interface Terms {
  /** How many of the tokens of the request the server had cached. */
  readonly cached?: number | undefined
  /** What the price is multiplied by: 0.5 for batches. */
  readonly factor?: number | undefined
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
  { cached = 0, factor = 1 }: Terms = {},
): number | undefined {
  const price = models.map((model) => priceOf(model, prices)).find((found) => found !== undefined)
  if (price === undefined || tokensIn === undefined || tokensOut === undefined) return undefined
  // What a server says of its cache is only believed within what it says of the request.
  const cheap = Math.min(Math.max(cached, 0), tokensIn)
  const millionths =
    (tokensIn - cheap) * price.in + cheap * (price.cached ?? price.in) + tokensOut * price.out
  return Number(((millionths * factor) / 1e6).toFixed(9))
}

/** Throws Failure (exit 2) for prices that are none: an amount that is missing, negative or no number. */
export function checkPrices(prices: Prices): void {
  for (const [model, price] of Object.entries<unknown>(prices)) {
    const amounts: { readonly [name: string]: unknown } =
      typeof price === 'object' && price !== null ? { ...price } : {}
    for (const name of ['in', 'out', 'cached']) {
      const amount = amounts[name]
      if (name === 'cached' && amount === undefined) continue
      if (typeof amount === 'number' && Number.isFinite(amount) && amount >= 0) continue
      const found = amount === undefined ? 'is missing' : `is ${String(amount)}`
      throw new Failure(
        `openai({…}): prices['${model}'].${name} ${found}, and must be a number from 0 up: US dollars per million tokens`,
        { exit: 2, remedy: `For example: prices: { '${model}': { in: 0.15, out: 0.6, cached: 0.075 } }.` },
      )
    }
  }
}

function priceOf(model: string, prices: Prices): Price | undefined {
  // The user's price for a model comes before our own for one of its dates.
  const undated = model.replace(/-(\d{4}-\d{2}-\d{2}|\d{8}|\d{4})$/, '')
  for (const table of [prices, known])
    for (const name of [model, undated]) if (Object.hasOwn(table, name)) return table[name]
  return undefined
}
