"""
Runs one program after another in the one interpreter that there is, and puts back what each has changed.

Here the program's code is under a function of ours, as there is no fork and no second start. What shows of that is
removed: from tracebacks our frames, from the recursion limit their depth.
"""
import atexit
import builtins
import gc
import io
import os
import shutil
import signal
import sys
import types
import warnings
from importlib.machinery import SourceFileLoader

import parts

VERSION = '.'.join(map(str, sys.version_info[:3]))
BOX = '/box'
FOLDER = f'{BOX}/work'
PROGRAM = f'{FOLDER}/program.py'
STDIN = f'{BOX}/stdin'
RECURSION_LIMIT = 1000


class Interpreter:
    """What belongs to the interpreter and not to a program: copies of all modules' names, and of a few lists."""

    def __init__(self):
        self.modules = dict(sys.modules)
        self.names = {name: dict(vars(module)) for name, module in self.modules.items() if type(module) is types.ModuleType}
        self.lists = [(kept, list(kept)) for kept in (sys.path, sys.meta_path, sys.path_hooks, warnings.filters)]
        self.environment = dict(os.environ)
        self.handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}

    def restore(self):
        sys.settrace(None)
        sys.setprofile(None)
        sys.modules.clear()
        sys.modules.update(self.modules)
        for name, names in self.names.items():
            current = vars(self.modules[name])
            if current != names or list(current) != list(names):
                current.clear()
                current.update(names)
        for kept, values in self.lists:
            kept[:] = values
        if dict(os.environ) != self.environment:
            os.environ.clear()
            os.environ.update(self.environment)
        for number, handler in self.handlers.items():
            if signal.getsignal(number) is not handler and handler is not None:
                signal.signal(number, handler)
        sys.setrecursionlimit(RECURSION_LIMIT)
        if 'random' in sys.modules:
            sys.modules['random'].seed()


def settle(leave):
    """Called once. `leave` ends the process with the program's exit status."""
    global interpreter, descriptors
    atexit._clear()
    os._exit = sys.modules['posix']._exit = leave
    sys.path.remove('/lib')
    sys.dont_write_bytecode = False
    for name in ('parts', 'pyodide_runner'):
        del sys.modules[name]
    sys.argv = ['program.py']
    sys.path[0] = FOLDER
    interpreter = Interpreter()
    descriptors = [os.fstat(descriptor).st_rdev for descriptor in (1, 2)]


def worn_out():
    """A program that closed or moved the standard descriptors took them from the next one too."""
    try:
        return descriptors != [os.fstat(descriptor).st_rdev for descriptor in (1, 2)]
    except OSError:
        return True


def run(names, answer_size, echo, mark):
    """The exit status. Program, stdin and the named files' texts are in the folder of the request."""
    program = handed('program')
    lay(program, [(name, handed(f'file{number}')) for number, name in enumerate(names)])
    open_streams()
    main = new_main()
    if echo:
        echo_input()
    try:
        status = execute(program, main, answer_size, mark)
        status = finish(status)
    finally:
        main = None
        clean()
    return status


def handed(name):
    with open(f'/request/{name}', 'rb') as file:
        return file.read()


def lay(program, files):
    clear_folders()
    for name, data in (('program.py', program), *files):
        steps = name.split('/')
        if not all(steps) or '.' in steps or '..' in steps or os.path.lexists(f'{FOLDER}/{name}'):
            raise ValueError(f'{name!r} is not a free name inside the working directory')
        os.makedirs(os.path.dirname(f'{FOLDER}/{name}'), exist_ok=True)
        with open(f'{FOLDER}/{name}', 'wb') as file:
            file.write(data)
    os.rename('/request/stdin', STDIN)


def clear_folders():
    os.chdir('/')
    for folder in (BOX, '/tmp', '/dev/shm'):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder, exist_ok=True)
    os.makedirs(FOLDER)
    os.chdir(FOLDER)


def open_streams():
    stdin = os.open(STDIN, os.O_RDONLY)
    os.dup2(stdin, 0)
    os.close(stdin)
    for number, name, mode in ((0, 'stdin', 'r'), (1, 'stdout', 'w'), (2, 'stderr', 'w')):
        raw = io.FileIO(number, mode, closefd=False)
        buffer = io.BufferedReader(raw) if mode == 'r' else io.BufferedWriter(raw)
        errors = 'backslashreplace' if name == 'stderr' else 'surrogateescape'
        raw.name = f'<{name}>'
        stream = io.TextIOWrapper(buffer, 'utf-8', errors, line_buffering=name == 'stderr')
        stream.mode = mode
        setattr(sys, name, stream)
        setattr(sys, f'__{name}__', stream)


def new_main():
    main = types.ModuleType('__main__')
    main.__builtins__ = builtins
    main.__file__ = PROGRAM
    main.__cached__ = None
    main.__loader__ = SourceFileLoader('__main__', PROGRAM)
    sys.modules['__main__'] = main
    return main


def echo_input():
    read = builtins.input

    def input(prompt='', /):
        line = read(prompt)
        print(line)
        return line

    builtins.input = input


class Part:
    """What the program's `with` blocks use."""

    def __init__(self, mark):
        self.mark = mark

    def __enter__(self):
        parts.take_back()

    def __exit__(self, kind, error, trace):
        if kind is None and self.mark is not None:
            flush()
            self.mark()
            self.mark = None
            parts.offer(self)


def execute(program, main, answer_size, mark):
    sys.setrecursionlimit(RECURSION_LIMIT + depth())
    try:
        code = parts.compile_parts(program, PROGRAM, answer_size, Part(None if answer_size is None else mark))
        exec(code, main.__dict__)
    except SystemExit as error:
        return status_of(error)
    except BaseException as error:
        print_error(error)
        return 1
    return 0


def depth():
    frame, count = sys._getframe(1), 0
    while frame is not None:
        frame, count = frame.f_back, count + 1
    return count


def status_of(error):
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF
    print(error.code, file=sys.stderr)
    return 1


def print_error(error):
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename in (__file__, parts.__file__):
        trace = trace.tb_next
    error.__traceback__ = trace
    sys.last_type, sys.last_value, sys.last_traceback, sys.last_exc = type(error), error, trace, error
    sys.excepthook(type(error), error, trace)


def finish(status):
    """As the interpreter's finalization: atexit, the program's objects, what is still in buffers."""
    atexit._run_exitfuncs()
    atexit._clear()
    try:
        if not sys.stdout.closed:
            sys.stdout.flush()
    except Exception:
        status = 120
    sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__
    for name in ('last_type', 'last_value', 'last_traceback', 'last_exc'):
        vars(sys).pop(name, None)
    for name, module in list(sys.modules.items()):
        if name == '__main__' or str(getattr(module, '__file__', '')).startswith(f'{BOX}/'):
            del sys.modules[name]
    return status


def clean():
    gc.collect()
    flush()
    for descriptor in range(3, 256):
        try:
            os.close(descriptor)
        except OSError:
            pass
    interpreter.restore()


def flush():
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            stream.flush()
        except Exception:
            pass
