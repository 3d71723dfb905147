import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { costOf } from './prices.ts'

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

test.run()
