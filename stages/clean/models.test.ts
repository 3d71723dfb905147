/** Answers in the manners of many models, each with the program that is to come out. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cleanCompletion } from './rules.ts'
import type { Asked } from './task.ts'

const preload =
  'from typing import List\n\n\ndef total(xs: List[int]) -> int:\n    """ Sum of xs.\n    >>> total([1])\n    1\n    """\n'
/** Begins a function, which test cases call. */
const total: Asked = {
  prompt: 'p',
  answer_preload: preload,
  testcases: [{ code: 'assert total([1, 2]) == 3', stdin: '', expect: '' }],
}
/** Is asked in prose; test cases call a function by its name. */
const double: Asked = {
  prompt: 'p',
  testcases: [{ code: 'print(double(2))', stdin: '', expect: '4' }],
}
/** A whole program that reads and prints. */
const echo: Asked = { prompt: 'p', testcases: [{ code: '', stdin: '3\n', expect: '3' }] }

const whole = 'from typing import List\n\n\ndef total(xs: List[int]) -> int:\n    return sum(xs)\n'
const body = '    return sum(xs)\n'
const answer = 'def double(x):\n    return 2 * x\n'
const script = 'n = int(input())\nprint(n)\n'

function comesOut(raw: string, question: Asked, want: string): void {
  const { text, noCode } = cleanCompletion(raw, question)
  assert.is(text.trim(), want.trim(), raw)
  assert.is(noCode, false)
}

function fence(code: string, info = 'python'): string {
  return `\`\`\`${info}\n${code}\`\`\`\n`
}

test('headings, numbered steps and bold text around the code', () => {
  for (const [before, after] of [
    ["Certainly! Here's the solution:\n\n", '\n### Explanation\n\n1. We sum.\n2. We return.\n'],
    [
      '## Approach\n\n**Idea**: add them all.\n\n### Solution\n\n',
      '\n**Complexity:** O(n), where `n` is `len(xs)`.\n',
    ],
    [
      "1. **Read** the list.\n2. **Sum** it.\n\nHere's the code:\n\n",
      '\n---\n\nLet me know if you need more!\n',
    ],
    ['To solve this, use `sum`:\n', '\nThis uses `sum(xs)`; e.g. `total([1, 2])` gives `3`.\n'],
    ['Certainly — here’s “the code”:\u00a0\n\n', '\nThat’s it…\n'],
  ] as const) {
    comesOut(`${before}${fence(whole)}${after}`, total, whole)
    comesOut(`${before}${fence(answer)}${after}`, double, answer)
    comesOut(`${before}${fence(script)}${after}`, echo, script)
  }
})

test('the same without fences', () => {
  for (const [before, after] of [
    ["Here's the code:\n\n", '\nExplanation:\n\n1. We sum.\n2. We return.\n'],
    ['Sure, this works:\n\n', '\nNote that the empty list gives 0.\n'],
    ['Answer:\n', '\n# How it works\n\nIt adds.\n'],
  ] as const) {
    comesOut(`${before}${whole}${after}`, total, whole)
    comesOut(`${before}${answer}${after}`, double, answer)
    comesOut(`${before}${script}${after.replace(/\n#.*/, '')}`, echo, script)
  }
})

test('tags around the code', () => {
  for (const [open, close] of [
    ['[PYTHON]\n', '[/PYTHON]\n'],
    ['<answer>\n', '</answer>'],
    ['<solution>\n', '</solution>\n'],
    ['<code>\n', '</code>\n'],
    ['<python>\n', '</python>'],
    ['<pre><code class="language-python">', '</code></pre>\n'],
    ['BEGIN SOLUTION\n', 'END SOLUTION'],
    ['[ANSWER]\n', '[/ANSWER]\n'],
    ['<|begin_of_solution|>\n', '<|end_of_solution|>'],
    ['\\begin{lstlisting}[language=Python]\n', '\\end{lstlisting}\n'],
    ['\\begin{python}\n', '\\end{python}\n'],
    ['<answer>\n```python\n', '```\n</answer>\n'],
    ['[PYTHON]\n```python\n', '```\n[/PYTHON]\n'],
  ] as const) {
    comesOut(`${open}${answer}${close}`, double, answer)
    comesOut(`Here it is:\n${open}${whole}${close}\nThat is all.\n`, total, whole)
    comesOut(`${open}${script}${close}`, echo, script)
  }
})

test('what HTML wrote differently is read', () => {
  const less = 'def double(x):\n    if x < 0 and "a" != \'&amp;\':\n        return 0\n    return x >> 1\n'
  const html = less
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
  comesOut(`<p>The code:</p>\n<pre><code>${html}</code></pre>\n<p>Done.</p>\n`, double, less)
})

test('a tag inside the program is the program', () => {
  const page =
    'def double(x):\n    """\n    <code>\n    x\n    </code>\n    """\n    return "<pre>" + x + "</pre>"\n'
  comesOut(page, double, page)
  comesOut(fence(page), double, page)
})

test('code inside JSON', () => {
  for (const [question, code] of [
    [total, whole],
    [double, answer],
    [echo, script],
  ] as const) {
    comesOut(JSON.stringify({ code }), question, code)
    comesOut(JSON.stringify({ thought: 'Sum them.', code }, null, 2), question, code)
    comesOut(fence(`${JSON.stringify({ code })}\n`, 'json'), question, code)
    comesOut(`Here:\n${JSON.stringify({ language: 'python', answer: { code } })}\nDone.`, question, code)
    comesOut(JSON.stringify({ solution: fence(code) }), question, code)
  }
})

test('a body alone in a fence', () => {
  comesOut(fence(body), total, preload + body)
  comesOut(fence('return sum(xs)\n'), total, preload + body)
  comesOut(
    `Add this:\n${fence('n = 0\nfor x in xs:\n    n += x\nreturn n\n')}`,
    total,
    `${preload}    n = 0\n    for x in xs:\n        n += x\n    return n\n`,
  )
})

test('a second fence with an example, its output, or a command', () => {
  for (const other of [
    fence('print(total([1, 2, 3]))\nprint(double(2))\n'),
    fence('6\n4\n', ''),
    fence('>>> total([1])\n1\n', ''),
    fence('pip install numpy\n', 'bash'),
    fence('$ python solution.py\n3\n', 'console'),
    fence('Input: 3\nOutput: 3\n', ''),
    fence('{"a": 1}\n', 'json'),
    fence('function total(xs) { return 1 }\n', 'javascript'),
  ]) {
    comesOut(`${fence(whole)}\nLike this:\n\n${other}`, total, whole)
    comesOut(`First:\n\n${other}\nThen:\n\n${fence(answer)}`, double, answer)
    if (!other.includes('double')) comesOut(`${fence(script)}\n\nFor example:\n\n${other}`, echo, script)
  }
})

test('a wrong version first and the corrected one later: the last counts', () => {
  const wrong = whole.replace('sum(xs)', '0')
  const raw = `First try:\n${fence(wrong)}That fails for [1]. Corrected version:\n${fence(whole)}`
  comesOut(raw, total, whole)
  const tried = fence('def double(x):\n    return x\n')
  comesOut(`${tried}Wait, that is wrong.\n\n${fence(answer)}`, double, answer)
  comesOut(`${fence('print(input())\n')}\nBetter, as a number:\n${fence(script)}`, echo, script)
})

test('a class with a method where a function is needed', () => {
  const solution = 'class Solution:\n    def double(self, x):\n        return 2 * x\n'
  // Nothing is invented: the class stays as it was written.
  comesOut(fence(solution), double, solution)
})

test('a fence closed on the last line of the code', () => {
  comesOut('```python\ndef double(x):\n    return 2 * x```', double, answer)
  comesOut('```python\ndef double(x):\n    return 2 * x``` That is it.', double, answer)
  comesOut('    return sum(xs)\n```\n\nThis adds them.', total, preload + body)
})

test('a fence on one line', () => {
  comesOut('Use `total`: ```python return sum(xs)```', total, preload + body)
  comesOut('```print(int(input()))```', echo, 'print(int(input()))')
})

test('reasoning that never ended, or began unseen', () => {
  comesOut(`Okay, sum it.\n</think>\n\n${fence(whole)}`, total, whole)
  comesOut(`<think>Sum it, so\n\n${fence(whole)}`, total, whole)
  comesOut(`<think>\nTry \`sum\`.\n</think>\n\n**Answer**\n\n${fence(answer)}`, double, answer)
  comesOut(`<thinking>a</thinking><answer>${answer}</answer>`, double, answer)
  comesOut(
    `<|channel|>analysis<|message|>Sum.<|end|><|start|>assistant<|channel|>final<|message|>${fence(answer)}`,
    double,
    answer,
  )
})

test('tokens of models', () => {
  for (const end of [
    '<|endoftext|>',
    '</s>',
    '<|im_end|>',
    '<|eot_id|>',
    '<｜end▁of▁sentence｜>',
    '<|end|>',
    '<end_of_turn>',
    '<eos>',
    '<|EOT|>',
    '<EOT>',
    '<|return|>',
    '<|end_of_text|>',
    '<|endofsolution|>',
    '<eom>',
    '<file_sep>',
    '<|file_sep|>',
    '<fim_suffix>',
  ]) {
    comesOut(`${answer}${end}`, double, answer)
    comesOut(`${fence(answer)}${end}\nHuman: and now?\n`, double, answer)
    comesOut(`${body}${end}`, total, preload + body)
  }
  for (const begin of [
    '<s>',
    '<s> ',
    '[/INST] ',
    '<|begin_of_text|>',
    '<|assistant|>\n',
    '<|im_start|>assistant\n',
    '<｜begin▁of▁sentence｜>',
    '<bos>',
    '<start_of_turn>model\n',
    '<|start_header_id|>assistant<|end_header_id|>\n\n',
  ])
    comesOut(`${begin}${answer}`, double, answer)
})

test('what base models run on to', () => {
  for (const trail of [
    '\n\ndef triple(xs):\n    """ Three times. """\n    return 3 * sum(xs)\n',
    '\n\nif __name__ == "__main__":\n    print(total([1]))\n',
    '\n\n# Test cases\nprint(total([1, 2]))\nassert total([]) == 0\n',
    '\n\nclass Test:\n    def test(self):\n        assert total([1]) == 1\n',
    '\n"""\nQuestion 2:\nWrite a function that\n"""\n',
    '\n\n### Question\nWrite a function to\n',
    '\n\n<filename>solutions/next.py\nimport os\n',
    '\n\n[INST] Write another [/INST]\ndef other():\n    pass\n',
    '\n\nimport unittest\n\nclass TestTotal(unittest.TestCase):\n    def test_total(self):\n        self.assertEqual(total([1]), 1)\n\nif __name__ == "__main__":\n    unittest.main()\n',
  ])
    comesOut(`${body}${trail}`, total, preload + body)
})

test('tabs where the preload has spaces, and three spaces where it has four', () => {
  const tabs = '\tn = 0\n\tfor x in xs:\n\t\tn += x\n\treturn n\n'
  comesOut(tabs, total, `${preload}    n = 0\n    for x in xs:\n    \tn += x\n    return n\n`)
  comesOut('   return sum(xs)\n', total, preload + body)
  comesOut('     return sum(xs)\n', total, preload + body)
})

test('code that is only set in, and words on lines of their own', () => {
  const indented = answer.replace(/^(?=.)/gm, '    ')
  comesOut(`Here's the code:\n\n${indented}\nThat's all.\n`, double, answer)
  for (const word of ['python', 'Sure', 'Explanation', 'Simple, right'])
    for (const question of [double, echo]) {
      const code = question === double ? answer : script
      comesOut(`${word}\n${code}`, question, code)
      comesOut(`${code}\n${word}\n`, question, code)
      comesOut(`\`\`\`\n${word}\n${code}\`\`\`\n`, question, code)
    }
  const named = 'n = 1\nn\nprint\nprint(n)\n'
  comesOut(named, echo, named)
})

test('blocks that could have been the answer as well are counted', () => {
  const wrong = fence('def double(x):\n    return x\n')
  const candidates = (raw: string, question = double) => cleanCompletion(raw, question).candidates
  assert.is(candidates(fence(answer)), undefined)
  assert.is(candidates(answer), undefined)
  assert.is(candidates(`${wrong}No:\n${fence(answer)}`), 1)
  assert.is(candidates(`${wrong}No:\n${fence(answer)}Or:\n${wrong.replace('return x', 'return x + x')}`), 2)
  assert.is(candidates(`${fence(answer)}Again:\n${fence(answer)}`), undefined)
  assert.is(
    candidates(`${fence(answer)}Use:\n${fence('print(double(1))\n')}${fence('pip install x\n', 'bash')}`),
    undefined,
  )
  assert.is(
    candidates(`${fence('def two():\n    return 2\n')}${fence('def double(x):\n    return two() * x\n')}`),
    undefined,
  )
  assert.is(candidates(`${fence('print(input())\n')}Or:\n${fence(script)}`, echo), 1)
  assert.is(candidates(JSON.stringify({ first: 'def double(x):\n    return x\n', code: answer })), 1)
  assert.is(candidates(`${body}\`\`\`\n\nOr:\n${fence(whole)}`, total), 1)
})

test('quotes and spaces from a word processor', () => {
  comesOut('```python\ndef double(x):\n\u00a0\u00a0\u00a0\u00a0return 2 * x\n```', double, answer)
  comesOut('\u200bdef double(x):\n    return 2 * x\n', double, answer)
  const nice = 'def double(x):\n    return "“quoted”\u00a0" * x\n'
  comesOut(fence(nice), double, nice)
})

test('the signature alone, again and again, or in another fence', () => {
  const stub = preload
  comesOut(`The start:\n${fence(stub)}\nThe body:\n${fence(body)}`, total, preload + body)
  comesOut(`${preload}${body}`, total, preload + body)
  comesOut(`\n\n${preload}${body}`, total, preload + body)
  comesOut(
    `def total(xs: List[int]) -> int:\n${body}`,
    total,
    `from typing import List\n\n\ndef total(xs: List[int]) -> int:\n${body}`,
  )
})

test("the end of the preload's docstring once more, and a function of the same name inside", () => {
  comesOut(
    `the sum of xs.\n    >>> total([1])\n    """\n    xs = xs or []\n\n${body}`,
    total,
    `${preload}    xs = xs or []\n\n${body}`,
  )
  const inner = '    def total(n):\n        return n\n    return total(sum(xs))\n'
  comesOut(inner, total, preload + inner)
  comesOut(whole.replace(/^(?=.)/gm, '    '), total, whole)
})

test('a quoted block and a notebook', () => {
  comesOut(`> Here:\n>\n> \`\`\`python\n> def double(x):\n>     return 2 * x\n> \`\`\`\n`, double, answer)
  comesOut(
    'In [1]: def double(x):\n   ...:     return 2 * x\n   ...: \n\nIn [2]: double(2)\nOut[2]: 4\n',
    double,
    answer,
  )
})

test('helpers in a block of their own, imports in another', () => {
  const parts = `Imports:\n${fence('import math\n')}Helper:\n${fence('def two():\n    return math.floor(2.5)\n')}Main:\n${fence('def double(x):\n    return two() * x\n')}`
  comesOut(
    parts,
    double,
    'import math\n\ndef two():\n    return math.floor(2.5)\n\ndef double(x):\n    return two() * x\n',
  )
})

test.run()
