import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Outcome } from './index.ts'
import { eachNative, execution, plainPython } from './testing/index.ts'

/** Where an object lies in memory is nobody's business. */
function shown({ stdout, stderr, status }: Pick<Outcome, 'stdout' | 'stderr' | 'status'>) {
  const steady = (text: string) => text.replace(/ at 0x[0-9a-f]+/g, ' at 0x')
  return { stdout: steady(stdout), stderr: steady(stderr), status }
}

/** Programs whose status, stdout and stderr must be those of `python3 program.py`, to the byte. */
const alike: { readonly [name: string]: string } = {
  'ends normally': 'print("hé", end="")',
  'an exception with its frames and carets':
    'def f(x):\n    return g(x) + 1\ndef g(x):\n    return x / 0\nprint(1)\nf(2)',
  'an exception of its own with a cause':
    'class Bad(Exception): pass\ntry:\n    1/0\nexcept ZeroDivisionError as e:\n    raise Bad("no") from e',
  'an exception group': 'raise ExceptionGroup("several", [ValueError(1), TypeError("x")])',
  'endless recursion, counted to the frame': 'def f(n): return f(n + 1)\nf(0)',
  'the depth at which recursion ends':
    'def f(n):\n    try: return f(n + 1)\n    except RecursionError: return n\nprint(f(0))',
  'a syntax error': 'print("never")\ndef f(:\n    pass',
  'a syntax error in the last line': 'print("never")\nx = (1,',
  'bad indentation': 'def f():\nreturn 1',
  'a null byte': 'print(1)\0',
  'a warning of the compiler': 'x = 1\nprint(x is 1)',
  'a warning of the compiler, then a syntax error': 'x = 1 is 1\ny = )',
  'return outside a function': 'print(1)\nreturn 2',
  'break outside a loop': 'print(1)\nbreak',
  'an import from the future that is late': 'print(1)\nfrom __future__ import annotations',
  'annotations from the future':
    '"""doc"""\nfrom __future__ import annotations\ndef f(x: Undefined): return x\nprint(f.__annotations__, __doc__)',
  'annotated names of the module': 'x: int = 1\nprint(__annotations__)',
  'star import': 'from math import *\nprint(pi)',
  'sys.exit of a number': 'import sys\nprint(1)\nsys.exit(7)',
  'sys.exit of a large number': 'import sys\nsys.exit(259)',
  'sys.exit of -1': 'import sys\nsys.exit(-1)',
  'sys.exit of nothing': 'import sys\nsys.exit()',
  'sys.exit of a text': 'import sys\nsys.exit("so long")',
  'exit and quit of site': 'exit(3)',
  'atexit in its order, and its errors':
    'import atexit\natexit.register(print, "first")\natexit.register(lambda: 1/0)\natexit.register(print, "last")\nprint("end")',
  'a thread that is waited for':
    'import threading, time\ndef f():\n    time.sleep(0.1)\n    print("thread")\nthreading.Thread(target=f).start()\nprint("main")',
  'an exception in a thread':
    'import threading\nt = threading.Thread(target=lambda: 1/0, name="T")\nt.start(); t.join()\nprint("on")',
  'objects destroyed at the end':
    'class A:\n    def __del__(self): print("gone", flush=True)\na = A()\nb = [A()]; b.append(b)\nprint("end")',
  'a generator closed at the end':
    'def g():\n    try: yield 1\n    finally: print("closed")\nx = g(); next(x)',
  'a buffer of its own over stdout':
    'import os, io\nout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False))\nout.write("late")',
  'stdout replaced': 'import sys, io\nsys.stdout = io.StringIO()\nprint("nowhere")',
  'stdout closed': 'import sys\nprint("once")\nsys.stdout.close()',
  'descriptor 1 closed with something to flush': 'import os\nprint("lost")\nos.close(1)',
  'excepthook of its own': 'import sys\nsys.excepthook = lambda *a: print("hooked", a[0].__name__)\n1/0',
  'an excepthook that fails':
    'import sys\ndef hook(*a): raise ValueError("worse")\nsys.excepthook = hook\n1/0',
  'what it knows of itself':
    'import sys\nprint(__name__, __file__, sys.argv, sys.path[0], __spec__, __cached__, type(__loader__), sys.orig_argv)\nprint(sorted(globals()))',
  'nothing under its first frame':
    'import sys, inspect, traceback\nprint(sys._getframe().f_back, len(inspect.stack()))\ntraceback.print_stack()\nimport warnings\nwarnings.warn("here", stacklevel=2)',
  'its own source':
    'import inspect\ndef f():\n    return 1  # one\nprint(inspect.getsource(f), open(__file__).read(), open("program.py").read())',
  'names in builtins and in its modules':
    'import sys, builtins\nprint(sorted(dir(builtins)), sys.flags, sys.path_hooks, len(sys.builtin_module_names))',
  'the order of a set of texts': 'print({"a", "b", "c", "d"}, hash("x"))',
  'binary output': 'import sys\nsys.stdout.buffer.write(bytes(range(128)))',
  'a lone surrogate': 'print("\\ud800")',
  'main guard': 'if __name__ == "__main__": print("main")',
  'a subprocess':
    'import subprocess, sys\nprint(subprocess.run([sys.executable, "-c", "print(6*7)"], capture_output=True, text=True).stdout)',
  'multiprocessing by fork':
    'import multiprocessing as m\ndef f(x): return x * x\nif __name__ == "__main__":\n    with m.Pool(2) as p: print(p.map(f, [1, 2, 3]))',
  'multiprocessing by spawn, which runs the file again':
    'import multiprocessing as m\ndef f(q): q.put(5)\nif __name__ == "__main__":\n    c = m.get_context("spawn"); q = c.Queue(); p = c.Process(target=f, args=(q,)); p.start(); print(q.get()); p.join()',
  'pickles of its own classes':
    'import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))) is A)',
  'dataclass, enum and typing':
    'from dataclasses import dataclass\nfrom enum import Enum\nfrom typing import NamedTuple\n@dataclass\nclass P:\n    x: int\nclass E(Enum): A = 1\nclass N(NamedTuple):\n    y: int\nprint(P(1), E.A, N(2))',
  'ctypes and struct work':
    'import ctypes, struct\nprint(ctypes.CDLL(None).abs(-3), struct.pack("<I", 7), ctypes.sizeof(ctypes.c_long))',
  asyncio:
    'import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    return 3\nprint(asyncio.run(f()))',
  'a signal of its own':
    'import signal, os\nsignal.signal(signal.SIGUSR1, lambda *a: print("got it"))\nos.kill(os.getpid(), signal.SIGUSR1)',
  'deep data structures': 'x = []\nfor i in range(100000): x = [x]\nprint("made")',
  'line endings of DOS':
    'def f():\r\n    """a\r\nb"""\r\n    return 1/0\r\nprint(repr(f.__doc__))\r\nf()\r\n',
  'a coding cookie': '# -*- coding: latin-1 -*-\nprint(len("é"))',
  'a byte order mark': '\ufeffprint("bom")',
  'twenty blocks, one in another': `${Array.from({ length: 20 }, (_, i) => `${' '.repeat(i)}with open("program.py"):`).join('\n')}\n${' '.repeat(20)}print(1)`,
  'nothing at all': '',
  'only a comment': '# nothing',
  'a context and a note': 'try:\n    {}["k"]\nexcept KeyError as e:\n    e.add_note("a note")\n    raise',
  'an error in a line with tabs and wide letters': 'def f():\n\treturn "漢字" + 1\nf()',
  'a forked copy that ends by itself':
    'import os, sys\npid = os.fork()\nif pid == 0:\n    print("child")\n    sys.exit(4)\nprint(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))',
}

eachNative(test, (bench, needs) => {
  for (const [name, program] of Object.entries(alike))
    needs(`as python3 program.py: ${name}`, async () => {
      const outcome = await bench.run(program)
      assert.equal(shown(outcome), shown(plainPython(execution(program))))
    })

  needs('stdin is a file of the right size, read as by python3', async () => {
    const program =
      'import os, sys, stat\ns = os.fstat(0)\nprint(s.st_size, stat.S_ISREG(s.st_mode), sys.stdin.seekable())\nprint(input(), sys.stdin.read())\nprint(os.read(0, 9))\ninput()'
    const wish = { stdin: 'one\ntwo\nthree' }
    const outcome = await bench.run(program, wish)
    const plain = plainPython(execution(program, wish))
    assert.is(outcome.stdout, plain.stdout)
    assert.is(outcome.stderr, plain.stderr)
  })

  needs('a test case is appended to the answer, with the line numbers of the one file', async () => {
    for (const [answer, code] of [
      ['def f(x):\n    return x / 0', 'print(1)\nf(3)'],
      ['def f(x):', '    return x / 0\nf(3)'],
      [
        'from __future__ import annotations\nx: T = 1',
        'def g(y: U): return y\nprint(g.__annotations__, __annotations__)',
      ],
      ['x = """', '"""; print(repr(x))'],
      ['x = 1', 'from __future__ import annotations'],
      ['print("never")', 'def f(:'],
      ['', '"""doc"""\nprint(__doc__)'],
      ['# only a comment', 'import sys\nsys.exit(3)'],
      ['x = 1\r\ny = 2\r\n', 'print(x, y)\n1/0'],
      ['@staticmethod', 'def f(): pass\nprint(f)\n1/0'],
    ] as const) {
      const outcome = await bench.run(answer, { code })
      assert.equal(shown(outcome), shown(plainPython(execution(answer, { code }))), answer)
    }
  })

  needs('capture testcase: only what is printed from the mark on counts', async () => {
    const capture = 'testcase'
    const outcome = await bench.run('import sys\nprint("no")\nsys.stdout.write("no, in a buffer")', {
      code: 'print("yes")',
      capture,
    })
    assert.is(outcome.stdout, 'yes\n')
    assert.ok(outcome.began)
    assert.is((await bench.run('print("no")', { code: '# nothing', capture })).stdout, '')
    assert.is((await bench.run('print("all")', { code: ' \n', capture })).stdout, 'all\n')
  })

  needs('began is false when the answer ends the program, and nothing of it counts', async () => {
    for (const end of [
      'import os; os._exit(0)',
      'exit(0)',
      '1/0',
      'import os, signal; os.kill(os.getpid(), signal.SIGKILL)',
    ]) {
      const outcome = await bench.run(`print("OK", flush=True)\n${end}`, {
        code: 'print("OK")',
        capture: 'testcase',
      })
      assert.not(outcome.began, end)
      assert.is(outcome.stdout, '')
    }
    assert.not((await bench.run('exit(0)', { code: 'print(1)' })).began)
    assert.ok((await bench.run('print(1)', { code: 'exit(0)' })).began)
    assert.not((await bench.run('x = 1', { code: 'def f(:', capture: 'testcase' })).began)
  })

  needs('a copy that the answer forked does not move the mark', async () => {
    const answer =
      'import os, time\nif os.fork() == 0:\n    time.sleep(0.2)\nelse:\n    os.wait()\n    print("answer", flush=True)'
    const outcome = await bench.run(answer, { code: 'print("test", flush=True)', capture: 'testcase' })
    assert.is(outcome.stdout, 'test\n')
  })

  needs('support files lie in the working directory, and come before the library', async () => {
    const files = [
      { name: 'data.txt', text: 'one\ntwo\n' },
      { name: 'deep/er/x.txt', text: 'x' },
      { name: 'random.py', text: 'value = 4' },
    ]
    const outcome = await bench.run(
      'import os, random, typing\nprint(sorted(set(os.listdir()) - {"__pycache__"}), open("data.txt").read(), open("deep/er/x.txt").read(), random.value)',
      { files },
    )
    assert.is(outcome.stdout, "['data.txt', 'deep', 'program.py', 'random.py'] one\ntwo\n x 4\n")
  })

  needs('a support file outside the working directory is refused', async () => {
    for (const name of ['/tmp/x', '../x', 'a/../../x', 'program.py', '']) {
      const error = await bench
        .run('print(1)', { files: [{ name, text: '' }] })
        .catch((thrown: unknown) => thrown)
      assert.instance(error, Error)
      assert.match(String(error), /working directory/)
    }
  })

  needs('echo_stdin echoes what input() reads, after the prompt', async () => {
    const outcome = await bench.run('x = input("? ")\nprint(x * 2)\nprint(input())', {
      stdin: 'ab\ncd\n',
      echoStdin: true,
    })
    assert.is(outcome.stdout, '? ab\nabab\ncd\ncd\n')
  })

  needs('stderr merged keeps the order of writing', async () => {
    const outcome = await bench.run('import sys\nprint(1, flush=True)\nprint(2, file=sys.stderr)\nprint(3)', {
      stderr: 'merged',
    })
    assert.is(outcome.stdout, '1\n2\n3\n')
    assert.is(outcome.stderr, '')
  })

  needs('bytes that are not UTF-8 become U+FFFD', async () => {
    const outcome = await bench.run('import sys\nsys.stdout.buffer.write(b"a\\xff\\0b")')
    assert.is(outcome.stdout, 'a\ufffd\0b')
  })

  needs('a signal that ends the program is its ending', async () => {
    for (const [program, signal] of [
      ['import os, signal\nos.kill(os.getpid(), signal.SIGKILL)', 9],
      ['import os, signal\nos.kill(os.getpid(), signal.SIGTERM)', 15],
      ['import os\nos.abort()', 6],
      ['raise KeyboardInterrupt', 2],
      ['import ctypes\nctypes.string_at(0)', 11],
      ['import signal, time\nsignal.alarm(1)\ntime.sleep(9)', 14],
    ] as const) {
      const { ending, status } = await bench.run(program)
      assert.equal({ ending, status }, { ending: 'signalled', status: signal }, program)
    }
  })
})

test.run()
