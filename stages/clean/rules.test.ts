import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cleanCompletion, type Rule } from './rules.ts'
import type { Asked } from './task.ts'

const preload =
  'from typing import List\n\n\ndef total(xs: List[int]) -> int:\n    """ Sum.\n    >>> total([1])\n    1\n    """\n'
const body = '    n = 0\n    for x in xs:\n        n += x\n    return n\n'
const program = preload + body
const total: Asked = {
  prompt: 'p',
  answer_preload: preload,
  testcases: [{ code: 'print(total([1, 2]))', stdin: '' }],
}
const echo: Asked = { prompt: 'p', testcases: [{ code: '', stdin: '3\n', expect: '3' }] }
const plain: Asked = { prompt: 'p', testcases: [{ code: 'print(double(2))', stdin: '', expect: '4' }] }

function text(raw: string, question: Asked = total, finish?: string): string {
  return cleanCompletion(raw, question, { finish }).text
}

test('what a completion model wrote gets the preload in front, exactly', () => {
  assert.is(text(body), program)
  assert.is(text(`${body}\n\n`), `${program}\n\n`)
  assert.equal(cleanCompletion(body, total).rules, ['preload'])
})

test('a program is left alone', () => {
  assert.equal(cleanCompletion(program, total), { text: program, rules: [], noCode: false })
  const script = 'n = int(input())\n\n\n# done\nprint(n)   \n\n'
  assert.equal(cleanCompletion(script, echo), { text: script, rules: [], noCode: false })
})

test('line endings and the byte-order mark go', () => {
  assert.is(text(`\uFEFF${program.replaceAll('\n', '\r\n')}`), program)
  assert.is(text(program.replaceAll('\n', '\r')), program)
  const crlf: Asked = { ...total, answer_preload: preload.replaceAll('\n', '\r\n') }
  assert.is(text(body, crlf), program)
})

test('a preload that the answer states again is not put in front', () => {
  const own = 'def total(xs):\n    return sum(xs)\n'
  assert.is(text(`\`\`\`python\n${own}\`\`\``), `from typing import List\n\n\n${own}`)
  const spaced = 'from typing import List\n\ndef total( xs: List[int] )->int:\n    return sum(xs)\n'
  assert.is(text(spaced), spaced)
})

test('an open def without a body is replaced by the whole function', () => {
  const open: Asked = { ...total, answer_preload: 'import math\ndef total(xs):' }
  const own = 'def total(xs):\n    return sum(xs)\n'
  assert.is(text(own, open), `import math\n${own}`)
  assert.is(text('\n    return sum(xs)\n', open), 'import math\ndef total(xs):\n    return sum(xs)\n')
  assert.is(text('n = 1\nreturn n\n', open), 'import math\ndef total(xs):\n    n = 1\n    return n\n')
})

test('a method alone goes into the class that the preload opened', () => {
  const method: Asked = { ...total, answer_preload: 'class Bag:\n    size = 1\n\n    def total(self):\n' }
  const whole = 'class Bag:\n    size = 1\n\n    def total(self):\n        return self.size\n'
  assert.is(text('        return self.size\n', method), whole)
  assert.is(text('def total(self):\n    return self.size\n', method), whole)
  assert.is(text('    def total(self):\n        return self.size\n', method), whole)
})

test('top-level code of a preload is not run twice', () => {
  const started: Asked = { ...echo, answer_preload: 'import sys\nn = int(input())\n' }
  const whole = 'import sys\nn = int(input())\nprint(n)\n'
  assert.is(text('print(n)\n', started), whole)
  assert.is(text(`\`\`\`\n${whole}\`\`\``, started), whole)
  assert.is(text('n = n + 1\nprint(n)\n', started), 'import sys\nn = int(input())\nn = n + 1\nprint(n)\n')
})

test('a body that lost its indentation, or has too much, is moved', () => {
  assert.is(text(body.trimStart()), program)
  assert.is(text(body.replace(/^ {4}/gm, '')), program)
  assert.is(text(body.replace(/^/gm, '    ').trimEnd()), program.trimEnd())
  assert.equal(cleanCompletion(body.trimStart(), total).rules, ['indentation', 'preload'])
})

test('lines inside a string are not moved', () => {
  const said = 's = """a\nb"""\nreturn len(s)\n'
  assert.is(text(said), `${preload}    s = """a\nb"""\n    return len(s)\n`)
})

test('of several blocks the one that defines what is asked for is taken', () => {
  const other = '```python\ndef other(x):\n    return x\n```\n'
  const stub = '```python\ndef total(xs):\n    ...\n```\n'
  const answer = '```python\nfrom typing import List\ndef total(xs):\n    return sum(xs)\n```\n'
  const use = '```python\nprint(total([1]))\n```\n```\n1\n```\n'
  const want = 'from typing import List\ndef total(xs):\n    return sum(xs)\n'
  assert.is(text(`Like:\n${other}Given:\n${stub}So:\n${answer}Try:\n${use}`), want)
  assert.is(text(`${answer}${other}`), want)
})

test('without a preload the names in the test cases decide', () => {
  const answer = '```\ndef double(x):\n    return 2 * x\n```\n'
  assert.is(
    text(`\`\`\`python\ndef half(x):\n    return x / 2\n\`\`\`\n${answer}`, plain),
    'def double(x):\n    return 2 * x\n',
  )
})

test('a block that gives what the answer lacks is put before it', () => {
  const raw =
    'Helper:\n```python\ndef two():\n    return 2\n```\nThen:\n```python\ndef double(x):\n    return two() * x\n```\n'
  assert.is(text(raw, plain), 'def two():\n    return 2\n\ndef double(x):\n    return two() * x\n')
})

test('a fence in a docstring closes nothing', () => {
  const own = 'def double(x):\n    """\n    ```\n    double(2)\n    ```\n    """\n    return 2 * x\n'
  assert.is(text(own, plain), own)
  assert.is(text(`Here:\n\`\`\`python\n${own}\`\`\`\nBye.`, plain), own)
})

test('of a print question nothing at the top level is dropped', () => {
  const raw =
    'Sure:\n\n```python\nimport sys\n\ndef main():\n    print(sys.stdin.read())\n\nif __name__ == "__main__":\n    main()\n```\nInput:\n```\n3\n```'
  assert.is(
    text(raw, echo),
    'import sys\n\ndef main():\n    print(sys.stdin.read())\n\nif __name__ == "__main__":\n    main()\n',
  )
})

test('prose around code without fences goes', () => {
  assert.is(
    text("Here's the code (see below:\n\nn = input()\nprint(n)\n\nIt's short, isn't it?\n", echo),
    'n = input()\nprint(n)\n',
  )
  assert.is(text(`${body}\nThis function adds all of them.\n`), program)
})

test('special tokens end the text, but not inside a string', () => {
  assert.is(text(`${body}<|endoftext|>import os\n`), program)
  assert.is(text('<|im_start|>assistant\nprint("</s>")</s>', echo), 'print("</s>")')
})

test('reasoning before the answer goes', () => {
  assert.is(
    text(
      '<think>\n```python\ndef total(xs):\n    return 0\n```\n</think>\n```python\nfrom typing import List\ndef total(xs):\n    return sum(xs)\n```',
    ),
    'from typing import List\ndef total(xs):\n    return sum(xs)\n',
  )
})

test('a session and numbered lines become a program', () => {
  assert.is(
    text('>>> def double(x):\n...     return 2 * x\n...\n>>> double(2)\n4\n', plain).trimEnd(),
    'def double(x):\n    return 2 * x',
  )
  assert.is(text('1: def double(x):\n2:     return 2 * x\n', plain), 'def double(x):\n    return 2 * x\n')
})

test('text without code stays as it is and says so', () => {
  for (const raw of [
    '',
    '\n\n',
    'Sorry, I can not help with that.',
    'Sorry',
    '    # nothing comes to mind\n',
  ])
    assert.equal(cleanCompletion(raw, total), { text: raw, rules: [], noCode: true })
})

test('a broken program is kept, not called a text without code', () => {
  const raw = '```python\ndef total(xs):\n    return sum(xs]\n```'
  const cleaned = cleanCompletion(raw, total)
  assert.is(cleaned.noCode, false)
  assert.ok(cleaned.text.includes('return sum(xs]'))
})

test("a user's own rule takes part, and is named when it changes something", () => {
  const loud: Rule = { name: 'loud', apply: (raw) => raw.replace('hello', 'HELLO') }
  assert.equal(cleanCompletion("print('hello')", echo, { rules: [loud] }), {
    text: "print('HELLO')",
    rules: ['loud'],
    noCode: false,
  })
})

const manners: readonly ((code: string) => string)[] = [
  (code) => code.replaceAll('\n', '\r\n'),
  (code) => `\uFEFF${code}`,
  (code) => `\`\`\`python\n${code}\n\`\`\``,
  (code) => `~~~~~ Py title="a"\n${code}\n~~~~~\n`,
  (code) => `Sure! Here's the code:\n\n\`\`\`py\n${code}\n\`\`\`\n\nIt's right, isn't it?`,
  (code) => `Here you are:\n\`\`\`\n${code}`,
  (code) => `- like this:\n\n  \`\`\`python\n${code.replace(/^(?=.)/gm, '  ')}\n  \`\`\`\n`,
  (code) => `<think>\nperhaps x = 1\n</think>\n${code}`,
  (code) => `${code}<|im_end|>\nwhat else`,
  (code) => `Here is the code:\n\n${code}\n\nThat is all there is to say.\n`,
]
const answers: readonly { readonly question: Asked; readonly code: string }[] = [
  { question: total, code: program },
  {
    question: plain,
    code: 'import math\n\ndef double(x):\n    """\n    >>> double(1)\n    2\n    """\n    if x:\n        return 2 * x\n    return 0\n',
  },
  {
    question: echo,
    code: "import sys\n\nn = int(input())\nfor i in range(n):\n    print(f'{i:>3}', end='')\nprint()\n",
  },
]

test('whatever manner, or two of them, a program comes wrapped in: it comes out again', () => {
  const chosen = fc.integer({ min: 0, max: manners.length - 1 })
  fc.assert(
    fc.property(fc.constantFrom(...answers), chosen, fc.option(chosen), ({ question, code }, one, other) => {
      // Fences in fences and a byte-order mark inside them are no manner of writing.
      const outer = other === null || other >= 2 || one < 2 ? undefined : manners[other]
      const inner = manners[one]?.(code) ?? code
      const cleaned = cleanCompletion(outer?.(inner) ?? inner, question)
      assert.is(cleaned.text.trim(), code.trim())
      assert.is(cleaned.noCode, false)
    }),
    { numRuns: 300 },
  )
})

test('cleaning twice is cleaning once', () => {
  const piece = fc.constantFrom(
    preload,
    body,
    program,
    '```python\n',
    '```\n',
    'Sure:\n',
    'def total(xs):\n    return 1\n',
    'print(total([1]))\n',
    '>>> total([2])\n',
    'return 3\n',
    '    return 4\n',
    '<|endoftext|>',
    'if x ==\n',
    '"""\n',
    '\n',
    'x = (1,\n',
  )
  fc.assert(
    fc.property(
      fc.constantFrom(total, plain, echo),
      fc.array(piece, { maxLength: 6 }),
      (question, pieces) => {
        const once = cleanCompletion(pieces.join(''), question)
        const twice = cleanCompletion(once.text, question)
        assert.is(twice.text, once.text)
        assert.is(twice.noCode, once.noCode)
      },
    ),
    { numRuns: 1000 },
  )
})

test.run()
