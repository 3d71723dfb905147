/**
 * What hostile programs try, and what must be seen of it. Each is run in every native sandbox beside harmless neighbours,
 * and in pyodide, of which is said what it does not hold.
 *
 * A program prints what it got hold of; one that got nothing prints nothing, or only 'on'.
 */
import type { Outcome } from '../index.ts'
import type { Wish } from './index.ts'

export interface Attack {
  readonly tries: string
  readonly program: string
  readonly wish?: Wish
  /** Whether the outcome is that of an attack which failed. */
  readonly fails: (outcome: Outcome) => boolean
  /** Why pyodide can't be asked, or does not hold; absent where it holds as the others do. */
  readonly pyodide?: string
}

/** What the host has that a program must not get. */
export interface Bait {
  /** A file that only we may read, and one that all may. */
  readonly secretFile: string
  readonly openFile: string
  readonly project: string
  readonly home: string
  /** Of a server on 127.0.0.1. */
  readonly port: number
  readonly socket: string
  readonly ourPid: number
}

const endings =
  (...wanted: readonly Outcome['ending'][]) =>
  ({ ending }: Outcome) =>
    wanted.includes(ending)
const gotNothing = ({ stdout }: Outcome) => stdout.trim() === '' || stdout.trim() === 'on'
const noProcesses = 'it has no processes, threads or signals: the attempt itself fails'
const reachesHost =
  'does not hold: through JavaScript a program reaches what the process of pyodide may reach'

const attempts = `import os
def attempt(what, how):
    try:
        got = how()
        if got is not None and got is not False: print(what, repr(got)[:60])
    except BaseException: pass
`
const libc = `${attempts}import ctypes
libc = ctypes.CDLL(None, use_errno=True)
`

export function attacks(bait: Bait): readonly Attack[] {
  return [
    ...onResources,
    ...onProcesses,
    ...onFiles(bait),
    ...onNetwork(bait),
    ...onVerdicts,
    ...onTheInterpreter,
  ]
}

const small = {
  limits: {
    cpuSeconds: 1,
    wallSeconds: 5,
    memoryMB: 128,
    processes: 20,
    outputKB: 256,
    diskMB: 8,
    fileMB: 8,
  },
}

const onResources: readonly Attack[] = [
  {
    tries: 'a fork bomb',
    program: 'import os\nwhile True:\n    try: os.fork()\n    except OSError: pass',
    wish: small,
    fails: endings('too-many-processes'),
    pyodide: noProcesses,
  },
  {
    tries: 'threads without end',
    program: 'import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(1,)).start()',
    wish: { limits: { ...small.limits, memoryMB: 512 } },
    fails: endings('too-many-processes'),
    pyodide: noProcesses,
  },
  {
    tries: 'ten gigabytes at once',
    program: 'x = bytearray(10 * 2**30)',
    wish: small,
    fails: endings('memory'),
    pyodide: 'holds, by an OverflowError: its addresses have 32 bits',
  },
  {
    tries: 'a list that grows without end',
    program: 'x = []\nwhile True: x.append(" " * 10**5)',
    // A busy machine has been seen to take a second for these pages.
    wish: { limits: { ...small.limits, cpuSeconds: 5 } },
    fails: endings('memory'),
  },
  {
    tries: 'memory spread over processes',
    program:
      'import os, time\nfor i in range(6):\n    if os.fork() == 0:\n        x = bytearray(b"x") * (50 * 2**20)\n        time.sleep(5)\ntime.sleep(5)',
    wish: small,
    fails: endings('memory'),
    pyodide: noProcesses,
  },
  {
    tries: 'to fill the working directory, /tmp and /dev/shm',
    program: `import os
for folder in ('.', '/tmp', '/dev/shm'):
    for i in range(100):
        try:
            with open(f'{folder}/{i}', 'wb') as file: file.write(bytes(10**6))
        except OSError: break
    else: print(folder)`,
    wish: small,
    fails: gotNothing,
    pyodide: 'does not hold: its files lie in its memory, which alone is limited',
  },
  {
    tries: 'a gigabyte of output',
    program: 'while True: print("x" * 10**6)',
    wish: small,
    fails: endings('output-limit'),
  },
  {
    tries: 'output without a line end, to stderr',
    program: 'import sys\nwhile True: sys.stderr.write("x" * 999)',
    wish: small,
    fails: endings('output-limit'),
  },
  {
    tries: 'to read stdin without end',
    program: 'import sys\nwhile True:\n    sys.stdin.read()\n    sys.stdin.buffer.read1()',
    wish: { ...small, stdin: 'x'.repeat(1000) },
    fails: endings('cpu-timeout', 'wall-timeout'),
  },
  {
    tries: 'a sleep that outlasts all patience',
    program: 'import time\ntime.sleep(1000)',
    wish: { limits: { ...small.limits, wallSeconds: 1 } },
    fails: endings('wall-timeout', 'cpu-timeout'),
  },
  {
    tries: 'to ignore all signals and every exception',
    program:
      'import signal\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True:\n    try:\n        while True: pass\n    except BaseException: pass',
    // It is to reach its second of CPU on a busy machine, too.
    wish: { limits: { ...small.limits, wallSeconds: 20 } },
    fails: endings('cpu-timeout'),
  },
  {
    tries: 'to raise its own limits',
    program: `import resource
for name in ('CPU', 'AS', 'FSIZE', 'NOFILE', 'NPROC'):
    kind = getattr(resource, 'RLIMIT_' + name)
    soft, hard = resource.getrlimit(kind)
    if name == 'NPROC' and hard > 10**5: continue
    try:
        resource.setrlimit(kind, (hard + 1, hard + 1))
        print(name)
    except (ValueError, OSError): pass`,
    fails: gotNothing,
    pyodide: 'it has no such limits, and no module for them',
  },
]

const onProcesses: readonly Attack[] = [
  ...[9, 19].map((signal) => ({
    tries: `signal ${signal} to everything within reach`,
    program: `import os\nfor target in (1, os.getppid(), -os.getppid(), -1, 0):\n    try: os.kill(target, ${signal})\n    except OSError: pass`,
    wish: { limits: { ...small.limits, wallSeconds: 1 } },
    fails: endings('signalled', 'exited', 'wall-timeout'),
    pyodide: noProcesses,
  })),
  {
    tries: 'a daemon that outlives it',
    program: `import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in range(256):
            try: os.close(fd)
            except OSError: pass
        while True: time.sleep(1)
    os._exit(0)
print('on')`,
    fails: ({ ending, stdout }) => ending === 'exited' && stdout === 'on\n',
    pyodide: noProcesses,
  },
  {
    tries: 'to find and trace processes that are not its own',
    program: `${libc}for name in os.listdir('/proc'):
    if not name.isdigit() or int(name) in (os.getpid(), os.getppid()): continue
    for file in ('mem', 'environ', 'maps'):
        attempt(f'{name}/{file}', lambda: open(f'/proc/{name}/{file}', 'rb').read(1) or None)
    attempt(f'{name} written', lambda: open(f'/proc/{name}/mem', 'r+b').write(b'x'))
    attempt(f'{name} traced', lambda: libc.ptrace(16, int(name), 0, 0) == 0)`,
    fails: gotNothing,
  },
  {
    tries: 'the memory, the environment and the descriptors of its parent',
    program: `${attempts}parent = os.getppid()
for file in ('mem', 'environ', 'maps'):
    attempt(file, lambda: open(f'/proc/{parent}/{file}', 'rb').read(1) or None)
attempt('descriptors', lambda: os.listdir(f'/proc/{parent}/fd') or None)
attempt('root', lambda: os.listdir(f'/proc/{parent}/root') and parent != 0)`,
    fails: gotNothing,
    pyodide: 'it has no parent to speak of',
  },
  {
    tries: 'mount, unshare, chroot, setns and device files',
    program: `${libc}attempt('mount', lambda: libc.mount(b'x', b'/tmp', b'tmpfs', 0, None) == 0)
attempt('unshare', lambda: libc.unshare(0x10000000) == 0)
attempt('namespaces', lambda: libc.unshare(0x20000) == 0)
attempt('chroot', lambda: os.chroot('/tmp') or True)
attempt('setns', lambda: libc.setns(os.open('/proc/1/ns/mnt', os.O_RDONLY), 0) == 0)
attempt('device', lambda: os.mknod('/tmp/sda', 0o60600, os.makedev(8, 0)) or True)
attempt('device of the host', lambda: open('/dev/sda', 'rb').read(1) or open('/dev/vda', 'rb').read(1))`,
    fails: gotNothing,
    pyodide: 'its device files lead nowhere; the rest it has not',
  },
  {
    tries: 'to become another user, by setuid programs too',
    program: `${attempts}import subprocess, stat
attempt('root', lambda: os.setuid(0) or True)
attempt('group', lambda: os.setgroups([0]) or True)
for folder in ('/usr/bin', '/bin', '/usr/sbin'):
    for name in os.listdir(folder):
        path = f'{folder}/{name}'
        if os.path.isfile(path) and os.stat(path).st_mode & stat.S_ISUID:
            attempt(name, lambda: 'euid=0' in subprocess.run([path, '-c', 'id'], capture_output=True, text=True, timeout=2).stdout)
with open('/tmp/id', 'w') as file: file.write('#!/bin/sh\\nid -u\\n')
os.chmod('/tmp/id', 0o6755)
attempt('its own', lambda: subprocess.run(['/tmp/id'], capture_output=True, text=True).stdout.strip() == '0')`,
    fails: gotNothing,
    pyodide: 'it has no users',
  },
]

function onFiles({ secretFile, openFile, project, home, ourPid }: Bait): readonly Attack[] {
  const paths = JSON.stringify([
    secretFile,
    openFile,
    `${project}/package.json`,
    `${project}/.env`,
    `${home}/.bashrc`,
    '/etc/shadow',
  ])
  return [
    {
      tries: 'files of the host, the project, the home folder, by path, link and /proc',
      program: `${attempts}for path in ${paths}:
    attempt(path, lambda: open(path).read())
    attempt('by a process', lambda: open(f'/proc/${ourPid}/root{path}').read())
    os.symlink(path, 'link'); attempt('link', lambda: open('link').read()); os.unlink('link')
    attempt('hard link', lambda: os.link(path, 'hard') or True)
    attempt('from above', lambda: open('../' * 20 + path).read())`,
      fails: gotNothing,
    },
    {
      tries: 'the environment for a planted key',
      program: `${attempts}attempt('variable', lambda: [name for name in os.environ if 'PLANTED' in name] or None)
attempt('environ', lambda: b'planted' in open('/proc/self/environ', 'rb').read())`,
      fails: gotNothing,
    },
    {
      tries: 'to write outside of its folder: /proc/sys, /usr, the interpreter, the runner',
      program: `${attempts}import sys
for path in ('/proc/sys/kernel/core_pattern', '/proc/sys/kernel/hostname', '/proc/sysrq-trigger', '/proc/1/mem', '/usr/x',
             '/run/x', '/run/runner/sitecustomize.py', '/run/runner/x', '/dev/x', '/etc/x', os.__file__, sys.executable, '/x'):
    attempt(path, lambda: os.write(os.open(path, os.O_WRONLY | os.O_CREAT), b'x'))`,
      fails: gotNothing,
      pyodide:
        'holds for the host; of its own library, in memory, a program may change the files until it is replaced',
    },
  ]
}

function onNetwork({ port, socket }: Bait): readonly Attack[] {
  return [
    {
      tries: 'the network: TCP, UDP, names, unix sockets, abstract sockets',
      program: `${attempts}import socket
attempt('TCP', lambda: socket.create_connection(('127.0.0.1', ${port}), 1))
attempt('TCP outside', lambda: socket.create_connection(('192.0.2.1', 80), 1))
attempt('names', lambda: socket.getaddrinfo('example.com', 80))
attempt('UDP', lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53)))
attempt('unix socket', lambda: socket.socket(socket.AF_UNIX).connect(${JSON.stringify(socket)}) or True)
attempt('abstract socket', lambda: socket.socket(socket.AF_UNIX).connect('\\0' + ${JSON.stringify(socket)}) or True)
attempt('engine', lambda: socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock') or True)
attempt('vsock', lambda: socket.socket(40, socket.SOCK_STREAM))
attempt('netlink', lambda: socket.socket(16, socket.SOCK_RAW))`,
      fails: gotNothing,
      pyodide: reachesHost,
    },
  ]
}

const expected = 'the-expected-text'
const capture = 'testcase'
const onVerdicts: readonly Attack[] = [
  {
    tries: 'to pass by what it printed before the test case began',
    program: `print('${expected}', flush=True)`,
    wish: { code: 'pass', capture },
    fails: ({ stdout }) => stdout === '',
  },
  {
    tries: 'to leave with status 0 before the test case',
    program: `import os\nprint('${expected}', flush=True)\nos._exit(0)`,
    wish: { code: 'print(1)', capture },
    fails: ({ began, stdout }) => !began && stdout === '',
  },
  {
    tries: 'to write to every descriptor that it finds, and to close them all',
    program: `import os
for fd in range(3, 2048):
    for text in (b'\\x10\\0\\0\\0exited 0 0 1 1 0 9', b'.', bytes(16)):
        try: os.write(fd, text)
        except OSError: pass
os.closerange(3, 4096)`,
    wish: { code: 'print(1)', capture },
    // Without them it can't say that the test case begins, so nothing that it prints counts.
    fails: ({ began, stdout }) => !began && stdout === '',
    pyodide: 'holds: there are no such descriptors, and the test case goes on',
  },
  {
    tries: 'to find in its memory what is expected of it',
    program: `import re
found = 0
with open('/proc/self/mem', 'rb', buffering=0) as memory:
    for line in open('/proc/self/maps'):
        begin, end = (int(x, 16) for x in line.split()[0].split('-'))
        if line.split()[1][0] == 'r' and '[v' not in line:
            try:
                memory.seek(begin)
                found += memory.read(end - begin).count(b'-'.join([b'the', b'expected', b'text']))
            except OSError: pass
print('' if found == 0 else found)`,
    fails: gotNothing,
  },
]

const onTheInterpreter: readonly Attack[] = [
  {
    tries: 'recursion without end, also in C',
    program: 'import sys\nsys.setrecursionlimit(10**8)\ndef f(): f()\nf()',
    wish: small,
    fails: ({ ending, status }) => ending !== 'exited' || status !== 0,
  },
  {
    tries: 'a crash by ctypes',
    program: 'import ctypes\nctypes.string_at(1)',
    fails: endings('signalled'),
    pyodide: 'does not hold: address 1 is an address there, and is read',
  },
  {
    tries: 'to close descriptors 0, 1 and 2',
    program: 'import os\nos.closerange(0, 3)',
    fails: ({ ending, stdout }) => ending === 'exited' && stdout === '',
  },
  {
    tries: 'ten megabytes of program',
    program: `x = "${'a'.repeat(10_000_000)}"\nprint('on')`,
    fails: gotNothing,
  },
  {
    tries: 'a line of ten megabytes',
    program: 'print("y" * 10_000_000, end="")',
    wish: { limits: { outputKB: 10_000 } },
    fails: ({ stdout }) => stdout.length === 10_000_000,
  },
  {
    tries: 'NUL bytes in the program',
    program: 'print(1)\0',
    // Some versions of Python stop reading there, others complain.
    fails: endings('exited'),
  },
  {
    tries: 'NUL bytes and invalid UTF-8 in the output',
    program: 'import sys\nsys.stdout.buffer.write(b"a\\0b\\xff\\xfe\\xed\\xa0\\x80")',
    fails: ({ stdout }) => stdout.startsWith('a\0b\ufffd') && stdout.isWellFormed(),
  },
  {
    tries: 'to break the library for those who come after',
    program: `import builtins, os, sys, math, string
builtins.print = None; string.digits = ''; math.pi = 3; os.environ['LEFT'] = '1'; sys.modules['json'] = None
open('/tmp/left', 'w').close()`,
    fails: endings('exited'),
  },
]
