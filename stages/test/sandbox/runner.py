"""
The warm interpreter: one child per request. Two processes share the work: this one forks, and watcher.py, beside it,
does all the rest (limits, output, replies), so that this one writes to little of its memory: every page that it
writes to is one that the next fork has to share and to copy.

A child is forked before there is a request for it, and waits with a copy of the memory of its own: half of what an
execution costs is done while nobody waits. It is there only when nothing of the program before it is left.

Put before the interpreter as sitecustomize and so imported while it starts; launch.py says why.

What is said between them (R the runner, W the watcher, C the child):

    R → W  the child's pid, and what the cage needs to know to find its processes
    W → C  the request's line and the nonce, with the descriptors that the program is to have; on a socket of their own
    R → W  how the child ended: status, CPU milliseconds
    W → R  nothing is left of it (one byte)
    R → W  CPU milliseconds of what was left over
"""
import sys

cold = frozenset(sys.modules)
# What programs import most, for the price of none. No packages whose submodules would be there without being asked for.
import typing, re, math, cmath, random, collections, heapq, bisect, itertools, functools, operator, string, copy, datetime

warm = frozenset(sys.modules)
import _signal
import _socket
import array
import atexit
import gc
import importlib
import os

import confine
import launch
import memory
import parts
import watcher
from request import Request

MOST_OF_A_LINE = 1 << 16


def serve(cage, control, watcher, requests):
    """Returns in the children only."""
    while True:
        token = cage.prepare()
        pid = os.fork()
        if pid == 0:
            memory.own()
            gc.enable()
            message, passed, _, _ = requests.recvmsg(MOST_OF_A_LINE, 64)
            if not message:
                os._exit(0)
            become_program(cage, control, message, array.array('i', passed[0][2]))
            return
        cage.born(token)
        watcher.send(b'%d %d' % (pid, token))
        _, status, usage = os.wait4(pid, 0)
        watcher.send(b'%d %d' % (status, round(1000 * (usage.ru_utime + usage.ru_stime))))
        if not watcher.recv(1):
            os._exit(0)
        watcher.send(b'%d' % round(1000 * cage.reap(token)))


def become_program(cage, control, message, descriptors):
    nonce, line = message[:launch.NONCE], message[launch.NONCE:]
    stdout, stderr, prepared, *mark = descriptors
    try:
        launch.enter(Request(line), cage, control, stdout, stderr, prepared, mark, nonce)
    except Exception as error:
        for descriptor in (launch.PREPARED, prepared):
            try:
                os.write(descriptor, f'{type(error).__name__}: {error}'.encode()[:2000])
                break
            except OSError:
                pass
        os._exit(1)
    # os.wait4 has loaded it.
    sys.modules.pop('resource', None)


def settle():
    """Leaves in this interpreter what a fresh one has, and what is kept warm."""
    folder = os.path.dirname(__file__)
    sys.path.remove(folder)
    sys.path_importer_cache.pop(folder, None)
    for name in ('PYTHONPATH', 'PYTHONMALLOC'):
        del os.environ[name]
    for name in set(sys.modules) - warm - {'sitecustomize'}:
        del sys.modules[name]
    launch.warm_modules = warm - cold
    atexit.register(launch.end)
    _signal.pthread_sigmask(_signal.SIG_SETMASK, _signal.valid_signals())
    # A first time costs more than the others: what can be had before the fork is.
    parts.compile_parts(b'def f(x):\n    return x + 1\nprint(f(1))\n', 'program.py', 20, None)
    parts.take_back()
    gc.collect()
    gc.freeze()


def run():
    cage = importlib.import_module(os.environ.pop('CAGE')).Cage()
    launch.place(cage)
    confine.stay_on_one_processor(int(os.environ.pop('WORKER')))
    # Where to read requests, and where to write replies.
    control = tuple(map(int, os.environ.pop('CHANNEL').split()))
    ours, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    requests, births = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        ours.close()
        requests.close()
        watcher.watch(cage, control, theirs, births)
        os._exit(0)
    theirs.close()
    births.close()
    settle()
    memory.prepare()
    gc.disable()
    confine.harden_runner()
    serve(cage, control, ours, requests)


try:
    run()
except BaseException:
    sys.excepthook(*sys.exc_info())
    os._exit(1)
# A child: on to the program, as where there is no sitecustomize.
raise ImportError("No module named 'sitecustomize'", name='sitecustomize')
