import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { dedent, indent } from './layout.ts'
import { bindsOf, usesOf } from './names.ts'
import { faultOf, parse } from './python.ts'

test('what Python accepts has no fault', () => {
  for (const code of [
    'def f():\n    yield\n',
    'x = 20.*y\n',
    '\f\nclass A:\n    pass\n',
    'match x:\n    case A():\n        pass\n',
    'if x: y = 1; z = 2\nelse: pass\n',
    'def f(x):\n\ty = 1\n\treturn y\n',
    'x = [1,\n  2]\n',
    "print(f'{x:>{width}}', r'\\\\', b'a' b'b')\n",
    'async def f():\n    return [i async for i in x if (n := i)]\n',
  ])
    assert.is(faultOf(code), undefined, code)
})

test('what the grammar lets pass and Python does not is a fault', () => {
  for (const code of [
    'x = 1\n    y = 2\n',
    'def f():\n    x = 1\n  y = 2\n',
    '    x = 1\n',
    'return 1\n',
    'print x\n',
    "x = 'abc\n",
    'def f():\n',
    'x = `y`\n',
  ])
    assert.is.not(faultOf(code), undefined, code)
})

test('the fault found fast is the first problem of the whole reading', () => {
  const code = 'x = 1\n\nThis is prose.\n'
  assert.ok(Math.abs((faultOf(code) ?? -1) - (parse(code).problems[0]?.at ?? -9)) <= 8)
})

test('a fault that the grammar lets pass is found before one that it does not', () => {
  assert.is(faultOf('x = 1\n    y = 2\nThis is prose.\n'), 10)
  assert.is(faultOf('x = (1,\n  2,\nNo prose.\n'), 16)
})

function first(code: string): { binds: string[]; uses: string[] } {
  const node = parse(code).statements[0]?.node
  if (node === undefined) return { binds: [], uses: [] }
  return { binds: [...bindsOf(node, code)].sort(), uses: [...usesOf(node, code)].sort() }
}

test('names that a statement gives', () => {
  assert.equal(first('a = b, c = d\n').binds, ['a', 'b', 'c'])
  assert.equal(first('import os.path, re as r\n').binds, ['os', 'r'])
  assert.equal(first('from a import b as c, d\n').binds, ['c', 'd'])
  assert.equal(first('for i, (j, k) in x:\n    y = 1\n').binds, ['i', 'j', 'k', 'y'])
  assert.equal(first('with open(f) as g:\n    pass\n').binds, ['g'])
  assert.equal(first('@wrap\ndef f(x):\n    y = 1\n').binds, ['f'])
  assert.equal(first('x[0] = y.z = 1\n').binds, [])
})

test("names that a statement takes: not a function's own, but those that it declares global", () => {
  assert.equal(first('def f(a, b=c):\n    d = a + e\n    return d\n').uses, ['c', 'e'])
  assert.equal(first('def f():\n    global g\n    g = 1\n').uses, ['g'])
  assert.equal(first('f(a for a, b in c if d)\n').uses, ['c', 'd', 'f'])
  assert.equal(first('f(a, b=c)\n').uses, ['a', 'c', 'f'])
  assert.equal(first('x = [a for a in [lambda e, f=g: e + f + h]]\n').uses, ['g', 'h', 'x'])
  assert.equal(first('@wrap\ndef f(x: T) -> U:\n    return x\n').uses, ['T', 'U', 'wrap'])
})

test('what is moved left comes back when it is moved right', () => {
  const code = 'if x:\n    y = 1\n\nz = 2\n'
  assert.is(dedent(indent(code, '    ')), code)
})

test.run()
