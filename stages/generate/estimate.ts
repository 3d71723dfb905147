/** What a request is likely to need, before it is sent: for plans, budgets, and limits of tokens per minute. */
import { costOf, type Prices } from './prices.ts'
import type { Request } from './request.ts'
import { countTokens, roughTokens } from './tokens.ts'

/** Taken for an answer that has no limit, in tokens. With a limit it is taken at its longest. */
const usualAnswer = 500

export interface Need {
  readonly tokens_in: number
  readonly tokens_out: number
  /** US dollars; undefined when the model's price is not known. */
  readonly cost: number | undefined
}

export interface Rate {
  readonly prices: Prices
  /** 0.5 in a batch. */
  readonly factor: number
}

/** The request is sent once, however many samples it is for. `tokensIn`: what `tokensIn(request)` said. */
export function needOf({ body }: Request, tokensIn: number, samples: number, { prices, factor }: Rate): Need {
  const longest = body['max_tokens'] ?? body['max_completion_tokens'] ?? body['max_output_tokens']
  const tokens_out = samples * (typeof longest === 'number' ? longest : usualAnswer)
  return {
    tokens_in: tokensIn,
    tokens_out,
    cost: costOf([body.model], tokensIn, tokens_out, prices, { factor }),
  }
}

/** By the model's own tokenizer, which takes a third of a second to load. */
export function tokensIn(request: Request): Promise<number> {
  return countTokens(textOf(request), request.body.model)
}

/** At once, and not far off. */
export function roughTokensIn(request: Request): number {
  return roughTokens(textOf(request))
}

function textOf({ body }: Request): string {
  const said = body['messages'] ?? body['input'] ?? body['prompt']
  return typeof said === 'string' ? said : JSON.stringify(said ?? '')
}
