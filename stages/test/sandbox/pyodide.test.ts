import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { probePyodide } from './pyodide.ts'
import { Bench } from './testing/index.ts'

const bench = new Bench(probePyodide)
test.after(() => bench.close())

test('a program is run as a script: name, file, arguments, working directory', async () => {
  const outcome = await bench.run(
    'import sys, os\nprint(__name__, __file__, sys.argv, sys.path[0], os.getcwd(), os.listdir(), type(__loader__).__name__)',
  )
  assert.is(
    outcome.stdout,
    "__main__ /box/work/program.py ['program.py'] /box/work /box/work ['program.py'] SourceFileLoader\n",
  )
  assert.is(outcome.stderr, '')
  assert.is(outcome.status, 0)
  assert.is(outcome.ending, 'exited')
})

test('exit statuses are those of python3', async () => {
  for (const [program, status, stderr] of [
    ['import sys; sys.exit(7)', 7, ''],
    ['import sys; sys.exit(259)', 3, ''],
    ['exit()', 0, ''],
    ['raise SystemExit("so long")', 1, 'so long\n'],
    ['import atexit\natexit.register(lambda: print("late"))\nraise SystemExit(2)', 2, ''],
    ['import sys\nprint(1)\nsys.stdout.close()', 0, ''],
  ] as const) {
    const outcome = await bench.run(program)
    assert.is(outcome.status, status, program)
    assert.is(outcome.stderr, stderr, program)
  }
})

test('a traceback shows the program and nothing of ours', async () => {
  const outcome = await bench.run('def f(x):\n    return x / 0\nf(1)')
  assert.is(
    outcome.stderr,
    'Traceback (most recent call last):\n  File "/box/work/program.py", line 3, in <module>\n    f(1)\n    ~^^^\n  File "/box/work/program.py", line 2, in f\n    return x / 0\n           ~~^~~\nZeroDivisionError: division by zero\n',
  )
  assert.is(outcome.status, 1)
  const syntax = await bench.run('print("never")\ndef f(:\n    pass')
  assert.match(syntax.stderr, /^ {2}File "\/box\/work\/program\.py", line 2\n {4}def f\(:\n.*\nSyntaxError: /)
  assert.is(syntax.stdout, '')
  const deep = await bench.run('def f(n): return f(n + 1)\nf(0)')
  assert.match(deep.stderr, /RecursionError/)
  assert.not.match(deep.stderr, /runner|parts\.py/)
})

test('recursion goes as deep as in python3', async () => {
  const program =
    'def f(n):\n    try: return f(n + 1)\n    except RecursionError: return n\nprint(990 < f(0) < 1000)'
  assert.is((await bench.run(program)).stdout, 'True\n')
})

test('stdin is a file of the right size', async () => {
  const program =
    'import os, stat, sys\ns = os.fstat(0)\nprint(s.st_size, stat.S_ISREG(s.st_mode))\nprint(input(), sys.stdin.read())'
  assert.is((await bench.run(program, { stdin: 'one\ntwo' })).stdout, '7 True\none two\n')
  assert.match((await bench.run('input()')).stderr, /EOFError/)
})

test('capture testcase, began and the shared globals', async () => {
  const capture = 'testcase'
  const outcome = await bench.run('import sys\ny = 4\nsys.stdout.write("no")', {
    code: 'print("yes", y)',
    capture,
  })
  assert.is(outcome.stdout, 'yes 4\n')
  assert.ok(outcome.began)
  for (const end of ['exit(0)', '1/0']) {
    const ended = await bench.run(`print("OK", flush=True)\n${end}`, { code: 'print("OK")', capture })
    assert.not(ended.began, end)
    assert.is(ended.stdout, '')
  }
  const future = await bench.run('"""doc"""\nfrom __future__ import annotations', {
    code: 'def f(x: Undefined): pass\nprint(f.__annotations__, __doc__)',
    capture,
  })
  assert.is(future.stdout, "{'x': 'Undefined'} doc\n")
  assert.is((await bench.run('def f(x):', { code: '    return x\nprint(f(3))', capture })).stdout, '3\n')
})

test('support files, echoed input, merged stderr', async () => {
  const files = [
    { name: 'data.txt', text: 'x\n' },
    { name: 'sub/a.txt', text: '' },
    { name: 'helper.py', text: 'value = 1' },
  ]
  const outcome = await bench.run(
    'import helper\nprint(open("data.txt").read(), open("sub/a.txt").read(), helper.value)',
    { files },
  )
  assert.is(outcome.stdout, 'x\n  1\n')
  assert.is(
    (await bench.run('print(input("? ") * 2)', { stdin: 'ab\n', echoStdin: true })).stdout,
    '? ab\nabab\n',
  )
  const merged = await bench.run('import sys\nprint(1, flush=True)\nprint(2, file=sys.stderr)\nprint(3)', {
    stderr: 'merged',
  })
  assert.is(merged.stdout, '1\n2\n3\n')
  const error = await bench
    .run('', { files: [{ name: '../x', text: '' }] })
    .catch((thrown: unknown) => thrown)
  assert.match(String(error), /working directory/)
})

test('an execution leaves nothing to the next', async () => {
  const look = `import os, sys, math, builtins, random, string, warnings
print(os.listdir(), os.listdir("/tmp"), os.environ.get("LEFT"), hasattr(math, "left"), hasattr(builtins, "left"),
      "/left" in sys.path, "left" in globals(), "helper" in sys.modules, "decimal" in sys.modules, sys.getrecursionlimit() < 2000,
      input.__module__, sys.gettrace(), string.digits, len(warnings.filters) < 20, callable(print))`
  const clean = (await bench.run(look)).stdout
  assert.match(clean, /^\['program\.py'\] \[\] None False False False False False False True/)
  await bench.run(
    `import os, sys, math, builtins, random, string, warnings, decimal, helper
open("left.txt", "w"); open("/tmp/left", "w"); os.environ["LEFT"] = "x"; math.left = builtins.left = 1
sys.path.append("/left"); left = 1; sys.setrecursionlimit(5000); sys.settrace(lambda *a: None); string.digits = ""
warnings.simplefilter("ignore"); builtins.print = None; random.seed(1); os.chdir("/")`,
    { files: [{ name: 'helper.py', text: '' }], echoStdin: true },
  )
  assert.is((await bench.run(look)).stdout, clean)
  const one = (await bench.run('import random\nprint(random.random())')).stdout
  assert.is.not((await bench.run('import random\nprint(random.random())')).stdout, one)
})

test('objects are destroyed at the end, buffers written', async () => {
  const program =
    'class A:\n    def __del__(self): print("gone")\na = A()\nb = [A()]; b.append(b)\nprint("end")'
  assert.is((await bench.run(program)).stdout, 'end\ngone\ngone\n')
})

test('the environment is empty, and Node is not under `import js`', async () => {
  process.env['PLANTED_KEY'] = 'planted'
  const outcome = await bench.run(
    'import os, js\nprint("PLANTED_KEY" in os.environ, hasattr(js, "process"), hasattr(js, "fetch"))',
  )
  assert.is(outcome.stdout, 'False False False\n')
})

test('a program that closes descriptors spoils nothing for the next', async () => {
  await bench.run('import os\nos.closerange(0, 100)')
  assert.is((await bench.run('print(input())', { stdin: 'on' })).stdout, 'on\n')
})

test('an abort kills what is running, and the worker goes on', async () => {
  const abort = new AbortController()
  setTimeout(() => abort.abort(), 300)
  const error = await bench.run('while True: pass', {}, abort.signal).catch((thrown: unknown) => thrown)
  assert.is(error instanceof DOMException && error.name, 'AbortError')
  assert.is((await bench.run('print("on")')).stdout, 'on\n')
})

test.run()
