"""
The warm interpreter: one child per request, its limits watched, what it printed sent back.

Bound into the sandbox as sitecustomize.py and so imported while the interpreter starts; launch.py says why.

Requests and replies: a 4-byte length and a line of words, then raw bytes whose sizes are among the words. Nothing is
read ahead: what follows a request's line is read by the child.
"""
import sys

cold = frozenset(sys.modules)
# What programs import most, for the price of none. No packages whose submodules would be there without being asked for.
import typing, re, math, cmath, random, collections, heapq, bisect, itertools, functools, operator, string, copy, datetime

warm = frozenset(sys.modules)
import _signal
import atexit
import gc
import os

import confine
import launch
from execution import Area, Execution, Needs, Request, learn_needs

CONTROL = 3


def send(words, *parts):
    line = ' '.join(map(str, words)).encode()
    for part in (len(line).to_bytes(4, 'little') + line, *parts):
        part = memoryview(part)
        while part:
            part = part[os.write(CONTROL, part):]


def serve():
    area = Area()
    learn_needs(area)
    confine.harden_runner()
    send(('ready', sys.implementation.name, '.'.join(map(str, sys.version_info[:3]))))
    while True:
        size = int.from_bytes(launch.receive(CONTROL, 4), 'little')
        request = Request(launch.receive(CONTROL, size))
        execution = Execution(request, area, CONTROL)
        ended = execution.finish()
        printed = [stream.printed() for stream in execution.streams]
        sizes = (len(execution.trouble), len(printed[0]), len(printed[1]) if printed[1:] else 0)
        send(ended + sizes, execution.trouble, *printed)


def settle():
    """Leaves in this interpreter what a fresh one has, and what is kept warm."""
    folder = os.path.dirname(__file__)
    sys.path.remove(folder)
    sys.path_importer_cache.pop(folder, None)
    os.environ.pop('PYTHONPATH')
    confine.stay_on_one_processor(int(os.environ.pop('WORKER')))
    for name in set(sys.modules) - warm - {'sitecustomize'}:
        del sys.modules[name]
    launch.warm_modules = warm - cold
    atexit.register(launch.end)
    os.register_at_fork(after_in_child=Needs.of_child)
    _signal.pthread_sigmask(_signal.SIG_SETMASK, _signal.valid_signals())
    gc.collect()
    gc.freeze()


settle()
try:
    serve()
except ImportError:
    # A child: on to the program.
    raise
except BaseException:
    sys.excepthook(*sys.exc_info())
    os._exit(1)
