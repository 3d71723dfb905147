/**
 * What is limited is requests or tokens, and a refusal does not say which. Both rates are learned from each, and the one
 * is kept to that comes out the same from epoch to epoch; requests, until there are epochs enough. (Requests of 200 to 1800 tokens,
 * 500,000 a minute: paced in requests 93 % were used or 1.8 % refused. Paced in tokens where requests were limited: 2.2 %.)
 */
import { type Counted, LearnedRate, type Refusal } from './rate.ts'

/** The one changes over to the other when its spread is less than this part of the present one's. */
const clear = 0.5

export class Learned {
  readonly #requests = new LearnedRate('requests')
  readonly #tokens = new LearnedRate('tokens')
  #kept = this.#requests
  /** Of a request, fading. */
  #mean: number | undefined

  /** Requests per ms that are kept to, if any are. */
  get requests(): number | undefined {
    const rate = this.#kept.perMs
    return rate === undefined || this.#kept === this.#requests ? rate : rate / Math.max(1, this.#mean ?? 1)
  }

  wait(now: number): number {
    return this.#kept.wait(now)
  }

  take(now: number, tokens: number): void {
    this.#mean = (this.#mean ?? tokens) * 0.95 + tokens * 0.05
    this.#requests.take(now, tokens)
    this.#tokens.take(now, tokens)
  }

  starve(ms: number): void {
    this.#requests.starve(ms)
    this.#tokens.starve(ms)
  }

  accepted(sent: Counted): void {
    this.#requests.accepted(sent)
    this.#tokens.accepted(sent)
  }

  refused(sent: Counted, refusal: Refusal): void {
    this.#requests.refused(sent, refusal)
    this.#tokens.refused(sent, refusal)
    const [requests, tokens] = [this.#requests.spread, this.#tokens.spread]
    if (requests === undefined || tokens === undefined) return
    if (tokens < clear * requests && this.#tokens.perMs !== undefined) this.#kept = this.#tokens
    else if (requests < clear * tokens && this.#requests.perMs !== undefined) this.#kept = this.#requests
  }
}
