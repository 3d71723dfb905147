"""
No cage: limits are watched and what is left over is killed, and that is all. For programs that are trusted.
"""
import os
import shutil
import signal
import time

import confine
from request import proportional_size


class Cage:
    box = os.environ.pop('BOX', None)

    def __init__(self):
        self.runner = os.getpid()
        confine.become_reaper()
        confine.leave_start_folder()

    def prepare(self):
        return 0

    def born(self, token):
        pass

    def reap(self, token):
        seconds = 0
        while True:
            pid, _, usage = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                return seconds
            seconds += usage.ru_utime + usage.ru_stime

    def enter(self, request):
        for name in ('work', 'tmp'):
            os.mkdir(f'{self.box}/{name}')
        os.environ['TMPDIR'] = f'{self.box}/tmp'

    def limit_processes(self, request):
        return None

    def drop(self):
        confine.make_dumpable()

    def processes(self, token):
        """What descends from the runner: orphans come back to it."""
        parents = {name: parent_of(name) for name in os.listdir('/proc') if name.isdigit()}
        found = {str(self.runner)}
        while more := {name for name, parent in parents.items() if parent in found} - found:
            found |= more
        return list(found - {str(self.runner), str(os.getpid())})

    def sweep(self, token):
        deadline = time.monotonic() + 10
        while running := [name for name in self.processes(token) if state_of(name) not in ('Z', 'X', '')]:
            for name in running:
                try:
                    os.kill(int(name), signal.SIGKILL)
                except ProcessLookupError:
                    pass
            if time.monotonic() > deadline:
                raise OSError('a process could not be killed')
        for name in os.listdir(self.box):
            path = f'{self.box}/{name}'
            os.unlink(path) if os.path.islink(path) or os.path.isfile(path) else shutil.rmtree(path)

    def memory(self, processes):
        """In the watcher: bytes that they have of their own."""
        return sum(map(proportional_size, processes))

    def memory_ran_out(self):
        return False


def fields_of(name):
    try:
        with open(f'/proc/{name}/stat', 'rb', buffering=0) as file:
            return file.read().decode(errors='replace').rpartition(')')[2].split()
    except OSError:
        return ['', '']


def state_of(name):
    return fields_of(name)[0]


def parent_of(name):
    return fields_of(name)[1]
