import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { countTokens, roughTokens } from './tokens.ts'

test('a text has as many tokens as OpenAI counts', async () => {
  assert.is(await countTokens('', 'gpt-4o'), 0)
  assert.is(await countTokens('Hello, world!', 'gpt-4o-mini'), 4)
  assert.is(await countTokens('tiktoken is great!', 'gpt-4o'), 6)
  assert.is(await countTokens('def f(x):\n    return x + 1\n', 'gpt-4.1'), 11)
})

test('each model has its own vocabulary; models of others are counted with the newest', async () => {
  const text = '日本語のテキスト'
  for (const model of [
    'gpt-4',
    'gpt-4-0613',
    'gpt-4-turbo',
    'gpt-3.5-turbo',
    'davinci-002',
    'ft:gpt-3.5-turbo:me',
  ])
    assert.is(await countTokens(text, model), 8, model)
  for (const model of ['gpt-4o', 'gpt-4.1-mini', 'gpt-4.5-preview', 'gpt-5', 'o3', 'llama', ''])
    assert.is(await countTokens(text, model), 6, model)
})

test('the names of special tokens are text, and half a surrogate pair is counted', async () => {
  for (const model of ['gpt-4', 'gpt-4o']) {
    assert.is(await countTokens('<|endoftext|>', model), 7)
    assert.is(await countTokens('\ud800', model), 1)
  }
})

test('a long text is counted in part, and comes out close', async () => {
  const line = 'for each word in the list, print its length and the word itself\n'
  const one = await countTokens(line, 'gpt-4o')
  const many = await countTokens(line.repeat(10_000), 'gpt-4o')
  assert.ok(Math.abs(many / (one * 10_000) - 1) < 0.02, `${many} for ${one * 10_000}`)
})

test('a letter five million times over, and 50,000 signs without a space, end soon', async () => {
  const letters = await countTokens('a'.repeat(5_000_000), 'gpt-4o')
  assert.ok(Math.abs(letters / 625_000 - 1) < 0.02, `${letters}`)
  const signs = await countTokens('日本'.repeat(25_000), 'gpt-4o')
  assert.ok(signs > 20_000 && signs < 60_000, `${signs}`)
})

test('the rough count is of the right order, in English, in code and in Japanese', async () => {
  for (const text of [
    'Write a function that returns the sum of all even numbers in a list, and explain in one sentence how.',
    'def f(x):\n    return [y for y in range(x) if y % 2 == 0]\n',
    '偶数だけを足し合わせる関数を書いてください。',
  ]) {
    const share = roughTokens(text) / (await countTokens(text, 'gpt-4o'))
    assert.ok(share > 0.6 && share < 1.8, `${share}: ${text}`)
  }
  assert.is(roughTokens(''), 0)
})

test.run()
