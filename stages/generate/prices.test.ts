import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../engine/stage.ts'
import { checkPrices, costOf, type Prices } from './prices.ts'

test('a dated name costs what its model costs, and no other model', () => {
  assert.is(costOf(['gpt-4o-mini-2024-07-18'], 1_000_000, 1_000_000), 0.75)
  assert.is(costOf(['gpt-3.5-turbo-0125'], 1_000_000, 0), 0.5)
  assert.is(costOf(['gpt-4o-maxi'], 1, 1), undefined)
})

test('an unknown model, or unknown usage, has no cost rather than none to pay', () => {
  assert.is(costOf(['llama'], 10, 10), undefined)
  assert.is(costOf(['gpt-4o'], undefined, 10), undefined)
  assert.is(costOf(['constructor'], 1, 1), undefined)
})

test('the user’s prices come first; the name asked for helps where the returned one is unknown', () => {
  const prices = { llama: { in: 1, out: 2 }, 'gpt-4o': { in: 1, out: 1 } }
  assert.is(costOf(['llama-q4.gguf', 'llama'], 1_000_000, 1_000_000, prices), 3)
  assert.is(costOf(['gpt-4o'], 1_000_000, 1_000_000, prices), 2)
})

test('small costs have few digits', () => {
  assert.is(costOf(['gpt-4o-mini'], 7, 3), 0.00000285)
})

test('what the server had cached costs less, where there is a price for it', () => {
  assert.is(costOf(['gpt-4o'], 1_000_000, 0, {}, { cached: 400_000 }), 2)
  assert.is(costOf(['gpt-4'], 1_000_000, 0, {}, { cached: 400_000 }), 30)
  assert.is(costOf(['gpt-4o'], 1_000_000, 0, {}, { cached: 9_000_000 }), 1.25, 'no more than was sent')
})

test('a batch costs half', () => {
  assert.is(costOf(['gpt-4o-mini'], 1_000_000, 1_000_000, {}, { factor: 0.5 }), 0.375)
  assert.is(costOf(['gpt-4o'], 1_000_000, 100_000, {}, { cached: 1_000_000, factor: 0.5 }), 1.125)
})

test('a date that has its own price does not cost what its model costs, unless the user says so', () => {
  assert.is(costOf(['gpt-4o-2024-05-13'], 1_000_000, 0), 5)
  assert.is(costOf(['gpt-4o-2024-05-13'], 1_000_000, 0, { 'gpt-4o': { in: 1, out: 1 } }), 1)
  assert.is(costOf(['claude-sonnet-4-5-20250929'], 1_000_000, 0), 3)
})

test('a price that is none is refused with the place in the options', () => {
  const refused = (price: unknown) => {
    try {
      checkPrices({ llama: price } as Prices)
    } catch (error) {
      return error instanceof Failure && error.exit === 2 ? error.message : 'not a Failure'
    }
    return ''
  }
  assert.is(refused({ in: 0, out: 0.5, cached: 0 }), '')
  assert.match(refused({ in: -1, out: 1 }), "prices['llama'].in is -1, and must be")
  assert.match(refused({ in: 1 }), "prices['llama'].out is missing")
  assert.match(refused({ in: 1, out: '2' }), "prices['llama'].out is 2")
  assert.match(refused({ in: 1, out: 2, cached: Number.NaN }), "prices['llama'].cached is NaN")
  assert.match(refused(3), "prices['llama'].in is missing")
})

test.run()
