"""
From the fork to the program's first line, and its end.

The program is run by CPython itself, as `python3 program.py`: the runner is imported by `site` (as sitecustomize)
while the interpreter starts, and the forked child merely lets that import fail, as it does where there is no
sitecustomize. So no frame, module or argument of ours is under the program: tracebacks, sys._getframe, the recursion
limit, exit statuses, atexit and threads are CPython's own.

Two things need a hand in the program's code: the mark between answer and test case, and a quick end (finalizing an
interpreter touches all its memory, which after a fork costs more than all the rest). CPython runs a script whose
first bytes say that it is compiled; so program.py holds, at the moment it is opened, the code compiled by us (see
parts.py), and the source is put in its place before the first statement. A program that does not compile stays as it
is, and CPython says what it has to say.

Rejected: exec() in a function of ours (our frames under the program's, and their locals within its reach); a line of
source for the mark (the program sees it, and answer and test case may share a statement); sys.settrace (slow, seen).
"""
import _signal
import builtins
import gc
import marshal
import os
import resource
import sys
from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader

import confine
import parts
from request import receive

# The runner's descriptors in the child, out of the way of programs that count theirs.
PREPARED, MARK, ACKNOWLEDGED = 1021, 1022, 1023
# Bytes of the word by which the mark is known to be ours.
NONCE = 16

# Set by the runner: what is loaded only because it is kept warm.
warm_modules = frozenset()
status_at_end = None
box = folder = path = source = None


def place(cage):
    """Where programs are, which their tracebacks show."""
    global box, folder, path, source
    box = cage.box
    folder, source = f'{box}/work', f'{box}/source'
    path = f'{folder}/program.py'


def enter(request, cage, control, stdout, stderr, prepared, mark, nonce):
    """
    In the child: whatever must be done before CPython goes on to the program. `prepared` gets a full stop when it is
    done, and is closed before the program begins. Raises what went wrong.
    """
    # A group of its own: what it sends to its group must not reach the runner.
    os.setsid()
    cage.enter(request)
    os.chdir(folder)
    requests = control[0]
    program = receive(requests, request.program_size)
    store(path, program)
    stdin = receive(requests, request.stdin_size)
    for name_size, text_size in request.file_sizes:
        lay(receive(requests, name_size).decode(), receive(requests, text_size))
    arrange_descriptors(stdin, stdout, stderr, prepared, mark)
    limit(request, cage.limit_processes(request))
    cage.drop()
    _signal.pthread_sigmask(_signal.SIG_SETMASK, ())
    if request.echo_stdin:
        echo_input()
    if request.file_sizes:
        forget_shadowed_modules()
    renew_main()
    confine.use_all_processors()
    prepare(program, request.answer_size if request.split else None, nonce)
    os.write(PREPARED, b'.')
    os.close(PREPARED)


def store(name, data):
    with open(name, 'wb', buffering=0) as file:
        data = memoryview(data)
        while data:
            data = data[file.write(data):]


def lay(name, data):
    parts = name.split('/')
    if not all(parts) or '.' in parts or '..' in parts or '\0' in name:
        raise ValueError(f'{name!r} is not a name inside the working directory')
    if os.path.lexists(name):
        raise ValueError(f'there is already a {name!r} in the working directory')
    if len(parts) > 1:
        os.makedirs('/'.join(parts[:-1]), exist_ok=True)
    store(name, data)


def arrange_descriptors(text, stdout, stderr, prepared, mark):
    """0, 1 and 2 as a shell would, then nothing up to our own."""
    name = f'{box}/stdin'
    store(name, text)
    stdin = os.open(name, os.O_RDONLY)
    os.unlink(name)
    for old, new in zip((prepared, *mark), (PREPARED, MARK, ACKNOWLEDGED)):
        os.dup2(old, new, inheritable=False)
    for old, new in ((stdin, 0), (stdout, 1), (stderr, 2)):
        os.dup2(old, new)
    os.closerange(3, PREPARED)


def limit(request, processes):
    megabyte = 1 << 20
    seconds = request.cpu_ms // 1000 + 2
    limits = [
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, request.memory_mb * megabyte),
        (resource.RLIMIT_FSIZE, request.file_mb * megabyte),
        (resource.RLIMIT_NOFILE, request.open_files),
        (resource.RLIMIT_CORE, 0),
    ]
    if processes is not None:
        limits.append((resource.RLIMIT_NPROC, processes))
    for kind, most in limits:
        resource.setrlimit(kind, (most, most))
    resource.setrlimit(resource.RLIMIT_STACK, (8 * megabyte, resource.getrlimit(resource.RLIMIT_STACK)[1]))


def echo_input():
    read = builtins.input

    def input(prompt='', /):
        line = read(prompt)
        print(line)
        return line

    builtins.input = input


def forget_shadowed_modules():
    """A file in the working directory comes before the library's module of that name."""
    here = {name.partition('.')[0] for name in os.listdir(folder)}
    if not here.isdisjoint(warm_modules):
        for name in warm_modules:
            del sys.modules[name]


def renew_main():
    """The module was made before the fork and is frozen for the garbage collector, as would be all that it names."""
    old = sys.modules['__main__']
    new = type(old)('__main__')
    new.__dict__.update(old.__dict__)
    new.__annotations__ = {}
    sys.modules['__main__'] = new


def prepare(program, answer_size, nonce):
    """Puts the compiled program in the source's place; leaves the source there if it does not compile."""
    stderr, sys.stderr = sys.stderr, Warnings()
    try:
        code = parts.compile_parts(program, path, answer_size, Part(None if answer_size is None else nonce))
    except Exception:
        return
    finally:
        warnings, sys.stderr = sys.stderr, stderr
    stderr.write(warnings.text)
    os.rename(path, source)
    store(path, MAGIC_NUMBER + bytes(12) + marshal.dumps(code))


class Warnings:
    text = ''

    def write(self, text):
        self.text += text

    def flush(self):
        pass


class Part:
    """What the `with` blocks use. While the program runs no name leads here."""

    def __init__(self, nonce):
        self.nonce = nonce
        self.began = False
        # A copy that the answer forked passes here too, and is not asked.
        self.process = os.getpid()

    def __enter__(self):
        parts.take_back()
        if not self.began:
            self.began = True
            os.rename(source, path)
            sys.modules['__main__'].__loader__ = SourceFileLoader('__main__', path)

    def __exit__(self, kind, error, trace):
        global status_at_end
        if kind is None and self.nonce is not None:
            flush()
            if os.getpid() == self.process:
                os.write(MARK, self.nonce)
                os.read(ACKNOWLEDGED, 1)
            self.nonce = None
            os.close(MARK)
            os.close(ACKNOWLEDGED)
            parts.offer(self)
        else:
            status_at_end = status_of(error)


def status_of(error):
    """The exit status that CPython will give; None where only it can tell."""
    if error is None:
        return 0
    if isinstance(error, SystemExit):
        code = 0 if error.code is None else error.code
        return code if type(code) is int and 0 <= code < 256 else None
    ordinary = isinstance(error, Exception) and sys.excepthook is sys.__excepthook__
    return 1 if ordinary else None


def flush():
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            stream.flush()
        except Exception:
            pass


def end():
    """
    The last atexit function. Does what the interpreter's finalization does and a program can notice (its objects are
    destroyed, with their __del__ and their buffers), and none of the rest. Where the status is not certain, or
    something is odd, it does nothing, and the finalization takes its course.
    """
    if status_at_end is None:
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except Exception:
        return
    for name in ('last_type', 'last_value', 'last_traceback', 'last_exc'):
        sys.__dict__.pop(name, None)
    sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__
    for name, module in list(sys.modules.items()):
        if name == '__main__' or str(getattr(module, '__file__', '')).startswith(f'{box}/'):
            del sys.modules[name]
    module = None
    gc.collect()
    flush()
    os._exit(status_at_end)

