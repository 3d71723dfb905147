import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { distance, nearest } from './near.ts'

const keys = ['id', 'by', 'key', 'code', 'note', 'prompt', 'expect', 'testcases', 'answer_preload']

test('slips of the finger are recognised', () => {
  const slips = {
    promt: 'prompt',
    propmt: 'prompt',
    expected: 'expect',
    expct: 'expect',
    test_cases: 'testcases',
    testCase: 'testcases',
    answerpreload: 'answer_preload',
    'answer-preload': 'answer_preload',
    ID: 'id',
    cdoe: 'code',
  }
  for (const [typed, meant] of Object.entries(slips)) assert.is(nearest(typed, keys), meant, typed)
})

test("a person's own short keys are not taken for ours", () => {
  for (const own of ['kind', 'date', 'tag', 'is', 'week', 'topic', 'lang', '', 'constructor'])
    assert.is(nearest(own, keys), undefined, own)
})

test('the nearest of several is named', () => {
  assert.is(nearest('expects', ['expected', 'expect']), 'expect')
})

test('a swap of neighbours is one step', () => {
  assert.is(distance('ab', 'ba'), 1)
  assert.is(distance('', 'abc'), 3)
  assert.is(distance('kitten', 'sitting'), 3)
})

test.run()
