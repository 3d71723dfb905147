/**
 * One request on its way: through the budgets, at the pace that the server allows, again when that helps, until its
 * answers are there or it is certain that they are not to be had.
 *
 * Money is reserved before a place in the queue is taken: who holds a place never waits for somebody else's bill.
 */
import { type Budget, Failure, type Reservation } from '../../engine/stage.ts'
import { answersOf, type Passage, type Reply, replyIn, tokensOf } from './answers.ts'
import { type Connection, Lines, pathOf } from './connection.ts'
import { type Need, needOf, roughTokensIn, tokensIn } from './estimate.ts'
import { exchange } from './exchange.ts'
import { type Outcome, Pace, type Turn } from './pace.ts'
import { costOf } from './prices.ts'
import { type Answer, type Asking, Stop } from './provider.ts'
import { type Asked, refusalOf } from './refusal.ts'
import { asRequest, bodyFor, type Request } from './request.ts'
import { isPassing, isQuota, retrying, Trouble } from './retry.ts'

/** An answer that is not to be had, with the server's status: who asked for too much at once may ask for less. */
export class Refused extends Failure {
  readonly status: number

  constructor({ message, remedy }: Failure, status: number) {
    super(message, { remedy })
    this.status = status
  }
}

/** There is no room in a budget for a request of this size; there may be for a smaller one. */
export class OverBudget extends Stop {}

/** Between two sentences about waiting, in ms: two hundred requests may wait for the same reason. */
const quiet = 10_000

export class Sender {
  readonly #connection: Connection
  readonly #lines: Lines
  readonly #pace: Pace
  /** Answers so far: whether others are let in while a request is not. */
  #accepted = 0
  #refusal: Failure | undefined
  #saidAt = Number.NEGATIVE_INFINITY

  constructor(connection: Connection) {
    this.#connection = connection
    this.#lines = new Lines(connection)
    this.#pace = new Pace(connection)
  }

  /** Forgets what held for all: the key may be mended, the quota raised. */
  forgive(): void {
    this.#refusal = undefined
    this.#lines.forget()
  }

  /**
   * Sends the request for these samples, and delivers what comes to the first of them. Answers how many that were: one at
   * least, and not necessarily all. Throws Refused for this request, Stop for all.
   */
  async send(samples: readonly number[], asking: Asking): Promise<number> {
    const { policy } = this.#connection
    const { signal, question } = asking
    const request = asRequest(asking.request)
    const { model } = request.body
    const before = this.#accepted
    let [tries, accepted] = [0, before]
    const attempt = () => {
      tries++
      return this.#try(request, samples, asking)
    }
    try {
      return await retrying(attempt, {
        policy,
        signal,
        counts: ({ fault }) => {
          const others = this.#accepted > accepted
          accepted = this.#accepted
          return !(others && fault.type === 'status' && fault.status === 429)
        },
        waiting: (wait) => this.#sayLong(wait, asking),
      })
    } catch (error) {
      if (!(error instanceof Trouble)) throw error
      const { secrets } = await this.#lines.open(() => {})
      const silent = before === this.#accepted
      throw this.#judged(error, { question, model, tries, secrets, silent })
    }
  }

  /** What holds for all is said once, in the words of the first, and ends the asking. */
  #judged(
    trouble: Trouble,
    about: Pick<Asked, 'question' | 'model' | 'tries' | 'secrets' | 'silent'>,
  ): Failure {
    const { fault } = trouble
    const { failure, forAll } = refusalOf(trouble, { ...this.#connection, ...about })
    if (!forAll) return new Refused(failure, fault.type === 'status' ? fault.status : 0)
    this.#refusal ??= new Stop(failure)
    return this.#refusal
  }

  async #try(request: Request, samples: readonly number[], asking: Asking): Promise<number> {
    const { signal, budgets, question } = asking
    const { model } = request.body
    this.#goOn(signal)
    const line = await this.#lines.open(asking.say)
    const need = await this.#need(request, samples.length, budgets.length > 0)
    const bill = await billFor({ budgets, need, model, patient: true, signal })
    let turn: Turn | undefined
    try {
      turn = await this.#pace.enter(need.tokens_in + need.tokens_out, signal)
      this.#goOn(signal)
      asking.sent()
      const { value, headers, passage } = await exchange(line, {
        path: pathOf[request.endpoint],
        body: bodyFor(request, samples[0] ?? 0, samples.length),
        timeout: this.#connection.timeout,
        signal,
      })
      const reply = replyIn(value, request.endpoint)
      this.#accepted++
      const tokens = tokensOf(reply)
      bill({ cost: this.#costOf(reply, request), tokens })
      const count = await this.#deliver(samples, this.#answersIn(reply, passage, request), asking)
      // Only now: a request is under way until its answers are safe, and no more are under way than were allowed.
      turn.leave({ type: 'accepted', tokens, headers })
      return count
    } catch (error) {
      // Before the next one is let in, who would meet the same.
      if (error instanceof Trouble && !isPassing(error.fault))
        this.#judged(error, { question, model, tries: 1, secrets: line.secrets, silent: false })
      turn?.leave(outcomeOf(error, this.#connection.policy.cap))
      bill(mayBeCharged(error) ? { cost: need.cost, tokens: need.tokens_in + need.tokens_out } : free)
      throw error
    }
  }

  #answersIn(reply: Reply, passage: Passage, { body, preload = '' }: Request): readonly Answer[] {
    const { prices } = this.#connection
    return answersOf(reply, passage, preload, { model: body.model, prices, factor: 1 })
  }

  async #deliver(
    samples: readonly number[],
    answers: readonly Answer[],
    { deliver }: Asking,
  ): Promise<number> {
    const count = Math.min(samples.length, answers.length)
    try {
      await all(
        samples.slice(0, count).map(async (sample, at) => answers[at] && deliver(sample, answers[at])),
      )
    } catch (error) {
      // What can't be kept must not be paid for.
      if (!(error instanceof Failure)) throw error
      this.#refusal ??= new Stop(error)
      throw this.#refusal
    }
    return count
  }

  #goOn(signal: AbortSignal): void {
    signal.throwIfAborted()
    if (this.#refusal !== undefined) throw this.#refusal
  }

  async #need(request: Request, samples: number, exact: boolean): Promise<Need> {
    const before = exact ? await tokensIn(request) : roughTokensIn(request)
    return needOf(request, before, samples, { prices: this.#connection.prices, factor: 1 })
  }

  #costOf({ model, tokens_in, tokens_out, cached }: Reply, { body }: Request): number | undefined {
    const names = model === undefined ? [body.model] : [model, body.model]
    return costOf(names, tokens_in, tokens_out, this.#connection.prices, { cached: cached ?? 0 })
  }

  #sayLong(wait: { readonly seconds: number; readonly asked: number | undefined }, asking: Asking): void {
    if (wait.asked === undefined || wait.asked <= wait.seconds || Date.now() - this.#saidAt < quiet) return
    this.#saidAt = Date.now()
    asking.say(
      `the server asks to wait ${Math.ceil(wait.asked)} s; trying again after ${Math.ceil(wait.seconds)} s`,
    )
  }
}

type Real = Parameters<Reservation['settle']>[0]

export const free: Real = { cost: 0, tokens: 0 }

export interface Billing {
  readonly budgets: readonly Budget[]
  readonly need: Need
  readonly model: string
  /** Waits for what is under way to cost less than it might; else is refused at once. */
  readonly patient: boolean
  readonly signal: AbortSignal
}

/** Reserves in every budget, or in none. What comes back is called once, with what it came to. */
export async function billFor({
  budgets,
  need,
  model,
  patient,
  signal,
}: Billing): Promise<(real: Real) => void> {
  const { cost, tokens_in, tokens_out } = need
  const claim = { what: model, cost, tokens: tokens_in + tokens_out, patient }
  const reserved: Reservation[] = []
  const settle = (real: Real) => {
    for (const reservation of reserved) reservation.settle(real)
  }
  try {
    for (const budget of budgets) reserved.push(await budget.reserve(claim, signal))
  } catch (error) {
    settle(free)
    throw error instanceof Failure ? new OverBudget(error) : error
  }
  return settle
}

/** Nobody is held back for longer than a request waits: `cap`, in seconds. */
function outcomeOf(error: unknown, cap: number): Outcome {
  if (!(error instanceof Trouble) || error.fault.type !== 'status') return { type: 'unknown' }
  const { fault, wait, headers } = error
  const busy = (fault.status === 429 && !isQuota(fault)) || (fault.status === 503 && wait !== undefined)
  if (!busy) return { type: 'unknown' }
  // Who says when to come again has said all; the counters beside it can mean something else (seen: a token limit at 0
  // for six minutes, and Retry-After: 1).
  return wait === undefined ? { type: 'refused', headers } : { type: 'refused', wait: Math.min(wait, cap) }
}

/** An answer that broke off or came too late was written, and nobody can tell whether the server charges for it. */
function mayBeCharged(error: unknown): boolean {
  return error instanceof Trouble && (error.fault.type === 'timeout' || error.fault.type === 'body')
}

/** Waits for all of them, whatever becomes of the first that fails: an answer on its way must not be lost. */
export async function all(tasks: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(tasks)) if (result.status === 'rejected') throw result.reason
}
