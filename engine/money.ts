/** Amounts: dollars and tokens in words, from words, and what was paid for answers. */

import type { Json } from './cache/digest.ts'
import { Failure } from './failure.ts'
import { grouped } from './grouped.ts'

/** What answers cost. */
export interface Paid {
  completions: number
  tokens_in: number
  tokens_out: number
  /** US dollars. */
  cost: number
  /** Completions of which nobody knows what they cost. */
  unpriced: number
}

export function nothingPaid(): Paid {
  return { completions: 0, tokens_in: 0, tokens_out: 0, cost: 0, unpriced: 0 }
}

/** Counts an answer in. It may say `tokens_in`, `tokens_out` and `cost`; what is no amount counts as not said. */
export function addAnswer(paid: Paid, answer: Json): void {
  const cost = amountIn(answer, 'cost')
  paid.completions++
  paid.tokens_in += amountIn(answer, 'tokens_in') ?? 0
  paid.tokens_out += amountIn(answer, 'tokens_out') ?? 0
  if (cost === undefined) paid.unpriced++
  else paid.cost = exact(paid.cost + cost)
}

export function addPaid(paid: Paid, other: Paid): void {
  paid.completions += other.completions
  paid.tokens_in += other.tokens_in
  paid.tokens_out += other.tokens_out
  paid.cost = exact(paid.cost + other.cost)
  paid.unpriced += other.unpriced
}

function amountIn(answer: Json, name: string): number | undefined {
  if (typeof answer !== 'object' || answer === null || !Object.hasOwn(answer, name)) return undefined
  const amount: unknown = (answer as { readonly [name: string]: unknown })[name]
  return typeof amount === 'number' && Number.isFinite(amount) && amount >= 0 ? amount : undefined
}

/** To the nanodollar, so that a sum of fractions does not write itself with seventeen digits. */
function exact(dollars: number): number {
  return Number(dollars.toFixed(9))
}

/** '$12.34', '$0.0312', '$0.05': under a dollar as many digits as it takes to see something. */
export function dollars(amount: number): string {
  if (amount > 0 && amount < 0.000001) return 'less than $0.000001'
  const digits = amount >= 1 || amount === 0 ? 2 : amount >= 0.001 ? 4 : 6
  const text = amount.toFixed(digits).replace(/(\.\d\d)0+$/, '$1')
  const [whole = '', fraction = ''] = text.split('.')
  return `$${grouped(Number(whole))}.${fraction}`
}

/** '$0.0312', '$0.03 and 5 at an unknown price'; undefined when no price at all is known. */
export function priceOf({ completions, cost, unpriced }: Paid): string | undefined {
  if (completions === unpriced || (unpriced > 0 && cost === 0)) return undefined
  const unknown = unpriced > 0 ? ` and ${grouped(unpriced)} at an unknown price` : ''
  return `${dollars(cost)}${unknown}`
}

/** '950', '12.3 k', '1.2 M'. */
export function thousands(count: number): string {
  if (count >= 999_950) return `${(count / 1e6).toFixed(1)} M`
  return count >= 1000 ? `${(count / 1e3).toFixed(1)} k` : String(Math.round(count))
}

/** `--budget`: '2.50' or '$2.50'. */
export function dollarsFrom(text: string): number {
  const match = /^\$?(\d+(?:\.\d+)?|\.\d+)$/.exec(text)
  const amount = Number(match?.[1])
  if (amount <= 1e6) return amount
  throw new Failure(`--budget ${text}: not an amount in US dollars`, {
    exit: 2,
    remedy: 'Give dollars with a point: --budget 2.50. With 0, nothing is asked for.',
  })
}

/** `--budget-tokens`: '2000000', '2_000_000', '2e6', '500k', '2M'. */
export function tokensFrom(text: string): number {
  const match = /^(\d[\d_]*(?:\.\d+)?)(e\d{1,2}|[km])?$/i.exec(text)
  const [, digits = '', unit = ''] = match ?? []
  const exponent = /^e/i.test(unit) ? unit : /^m/i.test(unit) ? 'e6' : /^k/i.test(unit) ? 'e3' : ''
  // One literal rather than a product: 1.1 * 1e6 is not a whole number.
  const count = Number(`${digits.replaceAll('_', '')}${exponent}`)
  if (match !== null && Number.isSafeInteger(count)) return count
  throw new Failure(`--budget-tokens ${text}: not a number of tokens`, {
    exit: 2,
    remedy: 'Give a whole number: 2000000, 2_000_000, 2e6, 500k or 2M. With 0, nothing is asked for.',
  })
}
