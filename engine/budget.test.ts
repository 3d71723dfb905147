import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Budget, type Reservation } from './budget.ts'
import { Failure } from './failure.ts'

const never = new AbortController().signal

const ask = (budget: Budget, cost: number | undefined, tokens = 0, signal = never) =>
  budget.reserve({ what: 'a-model', cost, tokens }, signal)

/** What becomes of a promise: `waits` when it has not come to anything by now. */
async function state(promise: Promise<unknown>): Promise<string> {
  const settled = promise.then(
    () => 'granted',
    (error: unknown) => (error instanceof Failure ? 'refused' : 'aborted'),
  )
  const soon = new Promise<string>((resolve) => setImmediate(() => resolve('waits')))
  return await Promise.race([settled, soon])
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.catch((error: unknown) => error)
  if (!(error instanceof Failure)) throw new Error(`no Failure: ${error}`)
  return error
}

test('a budget that is used up says how much it was, what was spent, and what the next request may cost', async () => {
  const budget = new Budget({ dollars: 5 })
  ;(await ask(budget, 4.99)).settle({ cost: 4.98, tokens: 1 })
  const failure = await failureOf(ask(budget, 0.05))
  assert.is(
    failure.message,
    'the budget of $5.00 is used up: $4.98 spent, and the next request may cost $0.05',
  )
  assert.is(failure.remedy, 'What has arrived is kept. Raise the budget and run again to go on from there.')
  assert.is(await failureOf(ask(budget, 0.06)), failure, 'the same object, so that it can be said once')
  assert.is(await state(ask(budget, 0.02)), 'granted', 'what still fits is still sent')
})

test('a budget in tokens says so in tokens', async () => {
  const budget = new Budget({ tokens: 2_000_000 })
  ;(await ask(budget, undefined, 1_999_000)).settle({ cost: undefined, tokens: 1_998_000 })
  assert.is(
    (await failureOf(ask(budget, undefined, 2500))).message,
    'the budget of 2,000,000 tokens is used up: 1,998,000 spent, and the next request may take 2,500',
  )
})

test('of two limits each has to allow a request', async () => {
  const budget = new Budget({ dollars: 1, tokens: 100 })
  assert.match((await failureOf(ask(budget, 0.1, 101))).message, 'the budget of 100 tokens')
  assert.match((await failureOf(ask(new Budget({ dollars: 1, tokens: 100 }), 1.1, 1))).message, '$1.00')
})

test('fractions add up to the limit exactly', async () => {
  const budget = new Budget({ dollars: 0.3 })
  for (let times = 0; times < 3; times++) (await ask(budget, 0.1)).settle({ cost: 0.1, tokens: 0 })
  assert.is(await state(ask(budget, 0.000000001)), 'refused')
})

test('a request that fits but for what is under way waits for it', async () => {
  const budget = new Budget({ dollars: 1 })
  const first = await ask(budget, 0.9)
  const second = ask(budget, 0.5)
  assert.is(await state(second), 'waits')
  first.settle({ cost: 0.2, tokens: 0 })
  assert.is(await state(second), 'granted')
})

test('who waits is not overtaken, and is refused when the room is gone', async () => {
  const budget = new Budget({ dollars: 1 })
  const first = await ask(budget, 0.7)
  const large = ask(budget, 0.8)
  const small = ask(budget, 0.1)
  assert.equal([await state(large), await state(small)], ['waits', 'waits'])
  first.settle({ cost: 0.7, tokens: 0 })
  assert.equal([await state(large), await state(small)], ['refused', 'granted'])
})

test('a request that failed unpaid gives all back; unknown costs count as reserved; settling twice is once', async () => {
  const budget = new Budget({ dollars: 1 })
  const failed = await ask(budget, 1)
  failed.settle({ cost: 0, tokens: 0 })
  failed.settle({ cost: 1, tokens: 0 })
  const unknown = await ask(budget, 0.6)
  unknown.settle({ cost: undefined, tokens: undefined })
  assert.is(await state(ask(budget, 0.4)), 'granted')
  assert.is(await state(ask(budget, 0.5)), 'refused')
})

test('a price that is not known can’t be held against a budget in dollars', async () => {
  const failure = await failureOf(ask(new Budget({ dollars: 1 }), undefined))
  assert.match(failure.message, "the price of 'a-model' is not known")
  assert.match(failure.remedy, "openai({…}), in US dollars per million tokens: prices: { 'a-model': ")
  assert.is(await state(ask(new Budget({ tokens: 1 }), undefined, 1)), 'granted')
})

test('who gives up leaves the queue to the others', async () => {
  const budget = new Budget({ dollars: 1 })
  const first = await ask(budget, 0.5)
  const impatience = new AbortController()
  const large = ask(budget, 0.8, 0, impatience.signal)
  const small = ask(budget, 0.3)
  assert.is(await state(small), 'waits')
  impatience.abort()
  assert.equal([await state(large), await state(small)], ['aborted', 'granted'])
  first.settle({ cost: 0.5, tokens: 0 })
  assert.is(await state(ask(budget, 0, 0, impatience.signal)), 'aborted')
})

interface Request {
  readonly cost: number
  readonly tokens: number
  /** What part of it is really taken; above 1 for an answer whose usage is not told. */
  readonly part: number
  readonly gaveUp: boolean
}

const request: fc.Arbitrary<Request> = fc.record({
  cost: fc.integer({ min: 0, max: 60 }).map((cents) => cents / 100),
  tokens: fc.integer({ min: 0, max: 60 }),
  part: fc.double({ min: 0, max: 1.2, noNaN: true }),
  gaveUp: fc.boolean(),
})

test('never is more spent and reserved than the limit, and nobody waits for ever', async () => {
  const limits = { dollars: 1, tokens: 100 }
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 25 }), fc.scheduler(), async (requests, scheduler) => {
      const budget = new Budget(limits)
      let [cost, tokens, over] = [0, 0, 0]
      const take = (more: { cost: number; tokens: number }, sign: 1 | -1) => {
        cost += sign * more.cost
        tokens += sign * more.tokens
        if (cost > limits.dollars + 1e-6 || tokens > limits.tokens) over++
      }
      const send = async (each: Request) => {
        await scheduler.schedule(Promise.resolve(), 'begins')
        const patience = new AbortController()
        const asked = budget.reserve({ what: 'm', ...each }, patience.signal)
        if (each.gaveUp) void scheduler.schedule(Promise.resolve(), 'gives up').then(() => patience.abort())
        let reservation: Reservation
        try {
          reservation = await asked
        } catch (error) {
          return error instanceof Failure ? 'refused' : 'aborted'
        }
        take(each, 1)
        await scheduler.schedule(Promise.resolve(), 'is answered')
        take(each, -1)
        const known = each.part <= 1
        const real = known
          ? { cost: each.cost * each.part, tokens: Math.floor(each.tokens * each.part) }
          : each
        take(real, 1)
        reservation.settle(known ? real : { cost: undefined, tokens: undefined })
        return 'sent'
      }
      const all = Promise.all(requests.map(send))
      // Throws when nothing is left to happen and somebody still waits.
      await scheduler.waitFor(all)
      assert.is(over, 0)
      const failures = await Promise.all([9, 8].map((cost) => failureOf(ask(budget, cost))))
      assert.is(failures[0], failures[1])
    }),
    { numRuns: 500, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
  )
})

test.run()
