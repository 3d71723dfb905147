/**
 * What may be spent. Whoever is about to send a request reserves what it may cost at most, and settles with what it did
 * cost, so that requests under way at the same time can't overdraw together what each of them could have alone.
 *
 * A request that would fit but for what is under way waits: answers mostly cost less than they might have, and then there
 * is room. First come, first served: a large request is not overtaken by small ones for ever.
 */
import { Failure } from './failure.ts'
import { grouped } from './grouped.ts'
import { dollars } from './money.ts'

export interface Limits {
  /** US dollars. */
  readonly dollars?: number | undefined
  /** Of requests and answers together. */
  readonly tokens?: number | undefined
}

/** What a request may take at most. */
export interface Claim {
  /** The model's name, for messages. */
  readonly what: string
  /** US dollars; undefined when the price is not known, which a budget in dollars does not allow. */
  readonly cost: number | undefined
  /** Of the request and its answers together. */
  readonly tokens: number
  /** Default true: waits where what is under way has reserved too much. False: is refused, for that may take a day. */
  readonly patient?: boolean | undefined
}

/** What a request did take; what is not known counts as much as was reserved. */
export interface Taken {
  readonly cost: number | undefined
  readonly tokens: number | undefined
}

export interface Reservation {
  /** Once for each reservation, whatever became of the request; nothing but the first call counts. */
  settle(real: Taken): void
}

/** Dollars are counted in whole billionths: a sum of fractions would pass a limit that it only reaches. */
interface Amount {
  readonly nanos: number
  readonly tokens: number
}

interface Waiting {
  readonly claim: Amount
  grant(): void
  refuse(failure: Failure): void
}

const nothing: Amount = { nanos: 0, tokens: 0 }

export class Budget {
  readonly limits: Limits
  readonly #limit: Amount
  #spent = nothing
  #reserved = nothing
  #queue: Waiting[] = []
  /** The first refusal. All later ones are the same object, so that it can be said once. */
  #usedUp: Failure | undefined
  readonly #unpriced = new Map<string, Failure>()

  constructor(limits: Limits) {
    this.limits = limits
    this.#limit = {
      nanos: limits.dollars === undefined ? Number.POSITIVE_INFINITY : nanos(limits.dollars),
      tokens: limits.tokens ?? Number.POSITIVE_INFINITY,
    }
  }

  /** Resolves when the request may be sent. Rejects with a Failure when there is no room for it and will be none. */
  async reserve(estimate: Claim, signal: AbortSignal): Promise<Reservation> {
    signal.throwIfAborted()
    const { what, cost, tokens } = estimate
    if (!isAmount(tokens) || (cost !== undefined && !isAmount(cost)))
      throw new Error(`no amounts: ${cost} dollars, ${tokens} tokens`)
    if (cost === undefined && this.limits.dollars !== undefined) throw this.#priceless(what)
    const claim: Amount = { nanos: nanos(cost ?? 0), tokens: Math.ceil(tokens) }
    if (!this.#fits(this.#spent, claim)) throw this.#refusal(claim)
    if (this.#queue.length === 0 && this.#fits(sum(this.#spent, this.#reserved), claim))
      this.#reserved = sum(this.#reserved, claim)
    else if (estimate.patient === false) throw this.#refusal(claim)
    else await this.#turn(claim, signal)
    return this.#reservation(claim)
  }

  #reservation(claim: Amount): Reservation {
    let open = true
    return {
      settle: ({ cost, tokens }) => {
        if (!open) return
        open = false
        this.#reserved = difference(this.#reserved, claim)
        this.#spent = sum(this.#spent, {
          nanos: isAmount(cost) ? nanos(cost) : claim.nanos,
          tokens: isAmount(tokens) ? Math.ceil(tokens) : claim.tokens,
        })
        this.#serve()
      },
    }
  }

  /** Resolves when the claim is reserved. */
  #turn(claim: Amount, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#queue = this.#queue.filter((other) => other !== waiting)
        reject(signal.reason)
        this.#serve()
      }
      const waiting: Waiting = {
        claim,
        grant: () => {
          signal.removeEventListener('abort', leave)
          resolve()
        },
        refuse: (failure) => {
          signal.removeEventListener('abort', leave)
          reject(failure)
        },
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#queue.push(waiting)
    })
  }

  /** Turns away who has no chance any more, and lets in from the front who fits now. */
  #serve(): void {
    const left: Waiting[] = []
    for (const waiting of this.#queue) {
      const { claim } = waiting
      if (!this.#fits(this.#spent, claim)) waiting.refuse(this.#refusal(claim))
      else if (left.length === 0 && this.#fits(sum(this.#spent, this.#reserved), claim)) {
        // At once, and not when the one who waits wakes up: the next in the queue must see it taken.
        this.#reserved = sum(this.#reserved, claim)
        waiting.grant()
      } else left.push(waiting)
    }
    this.#queue = left
  }

  #fits(taken: Amount, claim: Amount): boolean {
    return taken.nanos + claim.nanos <= this.#limit.nanos && taken.tokens + claim.tokens <= this.#limit.tokens
  }

  #refusal(claim: Amount): Failure {
    if (this.#usedUp !== undefined) return this.#usedUp
    // What is under way counts for those who do not wait for it.
    const alone = !this.#fits(this.#spent, claim)
    const taken = alone ? this.#spent : sum(this.#spent, this.#reserved)
    const inDollars = taken.nanos + claim.nanos > this.#limit.nanos
    const [limit, spent, next] = inDollars
      ? [this.#limit.nanos, taken.nanos, claim.nanos].map((amount) => dollars(amount / 1e9))
      : [this.#limit.tokens, taken.tokens, claim.tokens].map((count) => grouped(count))
    const state = alone ? 'spent' : 'spent or under way'
    this.#usedUp = new Failure(
      inDollars
        ? `the budget of ${limit} is used up: ${spent} ${state}, and the next request may cost ${next}`
        : `the budget of ${limit} tokens is used up: ${spent} ${state}, and the next request may take ${next}`,
      { remedy: 'What has arrived is kept. Raise the budget and run again to go on from there.' },
    )
    return this.#usedUp
  }

  #priceless(what: string): Failure {
    const known = this.#unpriced.get(what)
    if (known !== undefined) return known
    const failure = new Failure(`the price of '${what}' is not known, and there is a budget in dollars`, {
      remedy: `Give it in openai({…}), in US dollars per million tokens: prices: { '${what}': { in: …, out: … } }. Or give a budget in tokens.`,
    })
    this.#unpriced.set(what, failure)
    return failure
  }
}

function nanos(dollars: number): number {
  return Math.round(dollars * 1e9)
}

function isAmount(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value >= 0
}

function sum(a: Amount, b: Amount): Amount {
  return { nanos: a.nanos + b.nanos, tokens: a.tokens + b.tokens }
}

function difference(a: Amount, b: Amount): Amount {
  return { nanos: a.nanos - b.nanos, tokens: a.tokens - b.tokens }
}
