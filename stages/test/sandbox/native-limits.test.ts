import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { eachNative } from './testing/index.ts'

eachNative(test, (bench, needs, { name }) => {
  needs('an endless loop ends in a CPU timeout', async () => {
    const outcome = await bench.run('print("before", flush=True)\nwhile True: pass', {
      limits: { cpuSeconds: 0.5 },
    })
    assert.is(outcome.ending, 'cpu-timeout')
    assert.is(outcome.status, -1)
    assert.is(outcome.stdout, 'before\n')
    assert.ok(outcome.cpuMs >= 500 && outcome.cpuMs < 2000, `${outcome.cpuMs}`)
  })

  needs('CPU time of children counts: waited for, left alone, and left over', async () => {
    const loop = 'end = time.process_time() + 0.4\nwhile time.process_time() < end: pass'
    const inChild = (wait: string) =>
      `import os, time\nfor i in range(3):\n    if os.fork() == 0:\n        ${loop.replace('\n', '\n        ')}\n        os._exit(0)\n${wait}`
    for (const wait of ['for i in range(3): os.wait()', 'time.sleep(6)']) {
      const outcome = await bench.run(inChild(wait), { limits: { cpuSeconds: 0.8 } })
      assert.is(outcome.ending, 'cpu-timeout', wait)
    }
    const within = await bench.run(inChild('for i in range(3): os.wait()'), { limits: { cpuSeconds: 20 } })
    assert.is(within.ending, 'exited')
    assert.ok(within.cpuMs >= 1200, `${within.cpuMs}`)
  })

  needs('a program that catches everything is ended all the same', async () => {
    const program =
      'import signal\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True:\n    try:\n        while True: pass\n    except BaseException: pass'
    assert.is((await bench.run(program, { limits: { cpuSeconds: 0.5 } })).ending, 'cpu-timeout')
  })

  needs('sleep ends in a wall timeout, and so does a program that stops itself', async () => {
    for (const program of [
      'import time\ntime.sleep(60)',
      'import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)',
    ]) {
      const outcome = await bench.run(program, { limits: { wallSeconds: 0.6 } })
      assert.is(outcome.ending, 'wall-timeout')
      assert.ok(outcome.cpuMs < 500)
    }
  })

  needs('a gigabyte of output is stopped at the limit, head and tail kept', async () => {
    const program = 'print("head")\nfor i in range(10**9): print("x" * 100, i)'
    const outcome = await bench.run(program, { limits: { outputKB: 64 } })
    assert.is(outcome.ending, 'output-limit')
    assert.match(outcome.stdout, /^head\nx+ 0\n/)
    assert.match(outcome.stdout, /\n\[… \d+ bytes cut …\]\n/)
    assert.ok(Buffer.byteLength(outcome.stdout) < 65 * 1024)
  })

  needs('output exactly at the limit is no excess', async () => {
    const limits = { outputKB: 4 }
    const full = await bench.run('print("x" * 4096, end="")', { limits })
    assert.is(full.ending, 'exited')
    assert.is(full.stdout.length, 4096)
    assert.is((await bench.run('print("x" * 4097, end="")', { limits })).ending, 'output-limit')
    assert.is(
      (await bench.run('import sys\nprint("x" * 4097, end="", file=sys.stderr)', { limits })).ending,
      'output-limit',
    )
  })

  needs('a line of ten megabytes without an end is output like any other', async () => {
    const outcome = await bench.run('print("y" * 10_000_000, end="")', { limits: { outputKB: 10_000 } })
    assert.is(outcome.ending, 'exited')
    assert.is(outcome.stdout.length, 10_000_000)
  })

  needs('memory: an allocation beyond the limit, a growing list, and many processes together', async () => {
    const limits = { memoryMB: 128 }
    assert.is((await bench.run('x = bytearray(10 * 2**30)', { limits })).ending, 'memory')
    assert.is((await bench.run('x = []\nwhile True: x.append(bytes(10**6))', { limits })).ending, 'memory')
    const shared =
      'import os, time\nfor i in range(8):\n    if os.fork() == 0:\n        x = bytearray(b"x") * (60 * 2**20)\n        time.sleep(30)\ntime.sleep(30)'
    assert.is((await bench.run(shared, { limits })).ending, 'memory')
  })

  needs('a MemoryError that the program gets over is no end', async () => {
    const program = 'try: x = bytearray(10 * 2**30)\nexcept MemoryError: print("got over")'
    assert.is((await bench.run(program)).ending, 'exited')
  })

  needs('a fork bomb is contained and named', async () => {
    for (const program of [
      'import os\nwhile True: os.fork()',
      'import os\nwhile True:\n    try: os.fork()\n    except OSError: pass',
    ]) {
      const outcome = await bench.run(program, { limits: { processes: 20, cpuSeconds: 1, outputKB: 1024 } })
      assert.is(outcome.ending, 'too-many-processes')
    }
    assert.is((await bench.run('print("on")')).stdout, 'on\n')
  })

  needs('threads count as processes', async () => {
    const program =
      'import threading, time\nfor i in range(100): threading.Thread(target=time.sleep, args=(5,), daemon=True).start()'
    assert.is((await bench.run(program, { limits: { processes: 10 } })).ending, 'too-many-processes')
  })

  needs('the disk is full at its limit, for one file and for many', async () => {
    const limits = { diskMB: 8 }
    const big = await bench.run('with open("big", "wb") as f:\n    while True: f.write(bytes(10**6))', {
      limits,
    })
    assert.match(big.stderr, /OSError: \[Errno (27|28)\]/)
    const many = await bench.run('for i in range(10**6):\n    open(f"/tmp/{i}", "w").close()', { limits })
    // Podman can't limit how many files there are; there another limit is reached.
    if (many.ending === 'exited') assert.match(many.stderr, /OSError: \[Errno 28\]/)
    else assert.is(name, 'podman', many.ending)
  })

  needs('open files are limited, and there is no core dump', async () => {
    assert.match(
      (await bench.run('f = [open("program.py") for i in range(10**5)]')).stderr,
      /Too many open files/,
    )
    const program =
      'import os, subprocess, sys\nsubprocess.run([sys.executable, "-c", "import os; os.abort()"])\nprint(os.listdir())'
    assert.is((await bench.run(program)).stdout, "['program.py']\n")
  })

  needs('an abort kills what is running, and the worker goes on', async () => {
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 300)
    const start = Date.now()
    const error = await bench.run('while True: pass', {}, abort.signal).catch((thrown: unknown) => thrown)
    assert.instance(error, DOMException)
    assert.is(error instanceof DOMException && error.name, 'AbortError')
    assert.ok(Date.now() - start < 5000)
    assert.is((await bench.run('print("on")')).stdout, 'on\n')
  })
})

test.run()
