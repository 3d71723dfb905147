import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cutOff } from './cutoff.ts'
import { type Asked, taskOf } from './task.ts'
import { trailingCode } from './trailing.ts'

const answer = 'def double(x):\n    return 2 * x\n'
const asked: Asked = { prompt: 'p', testcases: [{ code: 'print(double(2))', stdin: '', expect: '4' }] }
const given: Asked = { ...asked, answer_preload: 'def double(x):\n' }
const script: Asked = { prompt: 'p', testcases: [{ code: '', stdin: '2', expect: '4' }] }

function kept(code: string, question: Asked = asked): string {
  return trailingCode(code, taskOf(question))
}

test('examples, asserts, tests and a main guard after the answer go', () => {
  for (const trail of [
    'print(double(3))\n',
    '# Example:\nresult = double(3)\nprint(result)\n',
    'assert double(1) == 2\n',
    'for i in range(3):\n    print(double(i))\n',
    'found = []\nfor line in open("data"):\n    found.append(double(int(line)))\nfor each in found:\n    print(each)\n',
    'if __name__ == "__main__":\n    print(double(int(input())))\n',
    'def main():\n    print(double(int(input())))\n\nmain()\n',
    'import unittest\n\nclass T(unittest.TestCase):\n    def test(self):\n        assert double(1) == 2\n\nunittest.main()\n',
    'import doctest\ndoctest.testmod()\n',
    '"""\nThat is all.\n"""\nprint(double(1))\n',
  ])
    assert.is(kept(`${answer}\n\n${trail}`), answer, trail)
})

test('what the answer or a test case needs stays, wherever it stands', () => {
  for (const code of [
    'def double(x):\n    return TWO * x\n\nTWO = 2\nprint(double(1))\n',
    'def double(x):\n    return two() * x\n\ndef two():\n    return 2\n',
    'memo = {}\ndef double(x):\n    return memo[x]\n\ndef fill():\n    memo[2] = 4\n\nfill()\n',
    'memo = {}\ndef double(x):\n    return memo[x]\n\nmemo[2] = 4\n',
    'memo = []\ndef double(x):\n    return memo[x]\n\nfor i in range(9):\n    memo.append(2 * i)\n',
    'import sys\ndef double(x):\n    return 2 * x\n\nsys.setrecursionlimit(9999)\n',
    'def double(x):\n    return 2 * x\n\nfrom sys import setrecursionlimit\nsetrecursionlimit(9999)\n',
    'def double(x):\n    return 2 * x\n\ndouble.calls = 0\n',
    'def double(x):\n    return eval("two") * x\n\ntwo = 2\nprint(double(1))\n',
  ]) {
    const end = code.indexOf('print(double(1))')
    const want = end < 0 || code.includes('eval') ? code : code.slice(0, end)
    assert.is(kept(code), want)
  }
})

test('a second definition of the same thing goes when the preload began the first', () => {
  assert.is(kept(`${answer}\n\ndef double(x):\n    return 0\n`, given), answer)
})

test('of two definitions in a whole program the last one counts, as in Python', () => {
  const two = `def double(x):\n    return x\n\n${answer}`
  assert.is(kept(two), two)
})

test('a definition that was only begun does not stand for the answer', () => {
  const two = `def double(x):\n    pass\n\n${answer}`
  assert.is(kept(two, given), two)
})

test('another question that a model went on to write goes', () => {
  assert.is(kept(`${answer}import os\nos.environ.setdefault('A', 'b')\nimport keras\n`, given), answer)
  assert.is(
    kept(`${answer}\n\ndef treble(x: Number):\n    """ Three times. """\n    return 3 * x\n`, given),
    answer,
  )
  assert.is(kept(`${answer}\n\nThis doubles it. Try 3.\n`), answer)
})

test('so do its imports, its settings and what hangs on them', () => {
  for (const trail of [
    'import torch\n',
    'from models import *\nimport os\n',
    'import sys\nsys.path.insert(0, "..")\nimport utils\n',
    'import warnings\nwarnings.simplefilter("ignore")\n',
    'from flask import Flask\napp = Flask(__name__)\napp.config["A"] = "b"\nurls = [1]\n',
    '\n"""\nQuestion 2\n"""\n',
  ])
    assert.is(kept(`${answer}${trail}`, given), answer, trail)
  for (const code of [
    'def double(x):\n    return two * x\nfrom constants import *\n',
    'def double(x):\n    return os.path.x * x\nimport os\nos.path.x = 2\n',
    `${answer}import sys\nsys.setrecursionlimit(9999)\n`,
  ])
    assert.is(kept(code, given), code)
})

test('of a print question nothing goes', () => {
  const whole = `${answer}\nprint(double(int(input())))\n`
  assert.is(kept(whole, script), whole)
  assert.is(kept(whole, { ...script, answer_preload: 'def double(x):\n' }), whole)
  assert.is(kept(whole, { prompt: 'p', testcases: [] }), whole)
})

test('a print that every test case expects stays', () => {
  const whole = `${answer}\nprint("ready")\n`
  const printed: Asked = {
    prompt: 'p',
    testcases: [{ code: 'print(double(2))', stdin: '', expect: 'ready\n4' }],
  }
  assert.is(kept(whole, printed), whole)
  assert.is(kept(whole, { ...printed, capture: 'testcase' }), answer)
})

test('a last line that was cut off goes when what is left is whole', () => {
  const task = taskOf(given)
  assert.is(cutOff(`${answer}    print("and`, task, undefined), answer)
  assert.is(
    cutOff('def double(x):\n    y = 2 * x\n    if x > (', task, undefined),
    'def double(x):\n    y = 2 * x\n',
  )
  assert.is(cutOff('def double(x):\n    return (', task, undefined), 'def double(x):\n    return (')
})

test('a fault far from the end is cut only when the token limit was reached', () => {
  const open = 'def double(x):\n    y = x\n    z = (y +\n         y +\n         y'
  assert.is(cutOff(open, taskOf(given), 'length'), 'def double(x):\n    y = x\n')
  const early = 'def double(x):\n    y = )\n    return y\n'
  assert.is(cutOff(early, taskOf(given), undefined), early)
})

test.run()
