import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { descendants, eachNative, processesWith } from './testing/index.ts'

eachNative(test, (bench, needs, { name }) => {
  const libc = 'import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n'

  async function printed(program: string): Promise<string> {
    const outcome = await bench.run(program)
    assert.is(outcome.stderr, '')
    return outcome.stdout.trim()
  }

  needs('kill of everything within reach reaches only the program', async () => {
    for (const target of ['-1', '0', '1', '-os.getpgid(0)', 'os.getppid()', 'os.getpid()'])
      for (const signal of [9, 19]) {
        const program = `import os\ntry: os.kill(${target}, ${signal})\nexcept OSError: pass`
        const { ending } = await bench.run(program, { limits: { wallSeconds: 0.5 } })
        assert.ok(['exited', 'signalled', 'wall-timeout'].includes(ending), `${target} ${signal} ${ending}`)
      }
    // No `trouble`, no restart: the same interpreter goes on.
    assert.is(await printed('print("on")'), 'on')
  })

  needs('signals to the first process do nothing', async () => {
    const program =
      'import os\nfor n in range(1, 65):\n    try: os.kill(1, n)\n    except OSError: pass\nprint("done")'
    assert.is(await printed(program), 'done')
    assert.is(await printed('print("on")'), 'on')
  })

  needs('a daemon does not outlive the program', async () => {
    const name = `daemon-${process.pid}-${Date.now()}`
    const program = `import os, subprocess\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        os.execvp("sh", ["sh", "-c", "sleep 1000; : ${name}"])\n    os._exit(0)\nos.wait()\nimport time; time.sleep(0.3)\nprint("gone")`
    assert.is(await printed(program), 'gone')
    assert.equal(
      processesWith(name).filter((line) => line.includes('sleep 1000')),
      [],
    )
  })

  needs('two executions share nothing: files, modules, names, memory, IPC, random numbers', async () => {
    const leave = `${libc}import sys, math, builtins, random, string
open("left.txt", "w").write("x"); open("/tmp/left.txt", "w").write("x"); open("/dev/shm/left", "w").write("x")
os.environ["LEFT"] = "x"; math.left = builtins.left = string.left = 1; sys.path.append("/left"); left = 1
libc.shmget(4711, 4096, 0o1600); random.seed(1)`
    const look = `${libc}import sys, math, builtins, string
print(os.listdir(), os.listdir("/tmp"), os.listdir("/dev/shm"), os.environ.get("LEFT"), hasattr(math, "left"),
      hasattr(builtins, "left"), hasattr(string, "left"), "/left" in sys.path, "left" in globals(), libc.shmget(4711, 4096, 0))`
    const clean = await printed(look)
    assert.is(clean, "['program.py'] [] [] None False False False False False -1")
    await printed(leave)
    assert.is(await printed(look), clean)
    const numbers = new Set<string>()
    for (let n = 0; n < 4; n++)
      numbers.add(await printed('import random, os\nprint(random.random(), os.urandom(4))'))
    assert.is(numbers.size, 4)
  })

  needs('no file of the host, no secret, no project', async () => {
    // Of the system itself, or of the image.
    const own =
      name === 'bwrap' ? ['/usr/local/bin []'] : ['/usr/local/bin', '/etc/passwd', '/home []', '/var', '/sys']
    const folder = mkdtempSync(join(tmpdir(), 'secret-'))
    try {
      writeFileSync(join(folder, '.env'), 'PLANTED=1')
      process.env['PLANTED_KEY'] = 'planted'
      const program = `import os
for path in ['/etc/passwd', '/etc/shadow', '/root', '/home', ${JSON.stringify(process.cwd())}, ${JSON.stringify(join(folder, '.env'))}, '/var', '/sys', '/usr/local/bin', '/proc/1/environ', '/proc/1/mem', '/proc/1/fd', '/proc/1/root', '/proc/1/maps', '/proc/kcore']:
    try:
        print(path, open(path, 'rb').read(20) if os.path.isfile(path) else os.listdir(path))
    except OSError: pass
print('PLANTED_KEY' in os.environ, sorted(os.listdir('/')), sorted(os.listdir('/dev')))`
      const lines = (await printed(program)).split('\n')
      assert.equal(
        lines.slice(0, -1).filter((line) => !own.some((path) => line.startsWith(path))),
        [],
      )
      assert.match(
        lines.at(-1) ?? '',
        name === 'bwrap'
          ? /^False \['bin', 'box', 'dev', 'lib'(, 'lib\d\d')*, 'proc', 'run', ('sbin', )?'tmp', 'usr'\]/
          : /^False/,
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  needs('nothing can be written outside the working directory', async () => {
    const program = `import os
for path in ['/x', '/usr/x', '/dev/x', '/run/x', '/run/runner/x', '/run/runner/sitecustomize.py', '/lib/x', '/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', '/proc/1/oom_score_adj', '/proc/self/uid_map']:
    try: os.write(os.open(path, os.O_WRONLY | os.O_CREAT), b'0 0 1'); print(path)
    except OSError: pass
os.symlink(${JSON.stringify(join(process.cwd(), 'package.json'))}, 'link')
try: print(open('link').read())
except OSError: print('none')`
    assert.is(await printed(program), 'none')
  })

  needs('no network: TCP, UDP, names, vsock, netlink, abstract sockets of the host', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1')
    const abstract = createServer(() => {}).listen(`\0codex-runner-test-${process.pid}`)
    await Promise.all(
      [server, abstract].map((one) => new Promise((listening) => one.once('listening', listening))),
    )
    try {
      const address = server.address()
      const port = typeof address === 'object' ? address?.port : 0
      const program = `import socket
def attempt(f):
    try: f(); print('reached')
    except OSError: pass
attempt(lambda: socket.create_connection(('127.0.0.1', ${port}), 2))
attempt(lambda: socket.create_connection(('192.0.2.1', 80), 2))
attempt(lambda: socket.getaddrinfo('example.com', 80))
attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53)))
attempt(lambda: socket.socket(socket.AF_UNIX).connect('\\0codex-runner-test-${process.pid}'))
attempt(lambda: socket.socket(40))
attempt(lambda: socket.socket(16))
print('done')`
      assert.is(await printed(program), 'done')
    } finally {
      server.close()
      abstract.close()
    }
  })

  needs('no capability, no new namespace, no mount, no trace: every such call is refused', async () => {
    const program = `${libc}import re, signal
status = open('/proc/self/status').read()
print(re.findall(r'Cap(?:Inh|Prm|Eff|Amb):\\s*(\\w+)', status), re.findall(r'NoNewPrivs:\\s*(\\d)', status), re.findall(r'Seccomp:\\s*(\\d)', status))
def refused(*call):
    return libc.syscall(*call) == -1 and ctypes.get_errno() in (1, 38)
machine = os.uname().machine
numbers = {'x86_64': dict(mount=165, umount=166, chroot=161, unshare=272, setns=308, ptrace=101, clone=56, keyctl=250, bpf=321, readv=310),
           'aarch64': dict(mount=40, umount=39, chroot=51, unshare=97, setns=268, ptrace=117, clone=220, keyctl=219, bpf=280, readv=270)}[machine]
print([name for name, number in numbers.items() if not refused(number, 0x10000011, 0, 0, 0, 0)])
print([number for number in (425, 426, 428, 429, 430, 435, 442, 9999) if not refused(number, 0, 0, 0, 0, 0)])
print(os.getuid() >= 1000, os.getgid() >= 1000)`
    const zero = '0000000000000000'
    assert.is(
      await printed(program),
      `['${zero}', '${zero}', '${zero}', '${zero}'] ['1'] ['2']\n[]\n[]\nTrue True`,
    )
  })

  needs('it does not run as kernel root', async () => {
    if (name !== 'bwrap') return assert.not.equal(await printed('import os\nprint(os.getuid())'), '0')
    assert.is(await printed("print(open('/proc/self/uid_map').read().split()[1] != '0')"), 'True')
    assert.is(await printed("print(open('/proc/self/gid_map').read().split()[1] != '0')"), 'True')
  })

  needs(
    'no descriptor but 0, 1 and 2 once the test case runs; the mark is not forged through those before',
    async () => {
      const list = 'import os\nprint(sorted(map(int, os.listdir("/proc/self/fd")))[:-1])'
      assert.is(await printed(list), '[0, 1, 2]')
      const forge = `import os
for fd in os.listdir("/proc/self/fd"):
    if int(fd) > 2:
        try: os.write(int(fd), b"mark" * 4); os.write(int(fd), bytes(16))
        except OSError: pass
print("OK", flush=True)
os._exit(0)`
      const outcome = await bench.run(forge, { code: 'print("OK")', capture: 'testcase' })
      assert.not(outcome.began)
      assert.is(outcome.stdout, '')
      assert.is((await bench.run('x = 1', { code: list, capture: 'testcase' })).stdout, '[0, 1, 2]\n')
    },
  )

  needs('what was printed before the mark does not count, wherever descriptor 1 leads', async () => {
    const capture = 'testcase'
    const forged = await bench.run(
      'import os\nprint("OK", flush=True)\nos.dup2(os.open("f", os.O_RDWR | os.O_CREAT), 1)',
      { code: 'pass', capture },
    )
    assert.is(forged.stdout, '')
    const closed = await bench.run('import os\nos.closerange(3, 4096)', { code: 'print("OK")', capture })
    assert.not(closed.began)
  })

  needs('nothing of an earlier program or its output is in memory', async () => {
    const secret = ['zebra', 'crossing'].join('-')
    const find = (before: string) => `${before}
found = 0
with open('/proc/self/mem', 'rb', buffering=0) as memory:
    for line in open('/proc/self/maps'):
        begin, end = (int(x, 16) for x in line.split()[0].split('-'))
        if line.split()[1][0] == 'r' and '[v' not in line:
            memory.seek(begin)
            try: found += memory.read(end - begin).count(b'-crossing'.join([b'zebra', b'']))
            except OSError: pass
print(found > 0)`
    assert.is(await printed(find(`x = ["${secret}"]`)), 'True')
    await bench.run(`x = "${secret}" * 1000\nprint(x)`, {
      stdin: secret.repeat(100),
      files: [{ name: 'f', text: secret }],
    })
    assert.is(await printed(find('')), 'False')
  })

  needs('a program of ten megabytes, and one that closes everything', async () => {
    assert.is((await bench.run(`x = "${'a'.repeat(10_000_000)}"\nprint(len(x))`)).stdout, '10000000\n')
    assert.is((await bench.run('import os\nos.closerange(0, 4096)')).ending, 'exited')
    assert.is(await printed('print("on")'), 'on')
  })

  needs('nothing is left on the host: no process, and with it no mount; no container', async () => {
    assert.not(existsSync('/box'))
    await bench.close()
    const before = traces(name)
    await bench.run('print(1)')
    assert.not.equal(traces(name), before)
    await bench.close()
    for (let tries = 0; traces(name) !== before && tries < 50; tries++)
      await new Promise((resolve) => setTimeout(resolve, 100))
    assert.is(traces(name), before)
  })
})

/** What there is of ours on the host, as a text: processes with their mounts, or containers. */
function traces(name: string): string {
  if (name === 'bwrap') return descendants(process.pid).filter(isRunning).join(' ')
  return String(
    execFileSync(name, ['ps', '--all', '--quiet', '--filter', `name=codex-runner-${process.pid}-`]),
  )
}

/** A zombie is gone, and waits only for the host's first process to take note. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

test.run()
