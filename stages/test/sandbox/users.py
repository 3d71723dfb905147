"""
A cage of users, for inside a container, where no namespaces are to be had: each execution has a user id of its own.

The runner is the container's root with no more than SETUID, SETGID and KILL. Afterwards whatever runs under that id
is killed, and whatever it wrote is removed; System V IPC and message queues, which would outlive it, are refused.
The container limits memory and processes of all together, and holds nothing else.

To kill and to remove, the watcher becomes that user for a moment: by its effective id alone, so that kill(-1) reaches
that user's processes, all at once, and none of them, should one still run, may send a signal back.
"""
import os
import random
import signal
import time

import confine
from request import read

FIRST, LAST = 2000, 59999
FOLDERS = [folder for folder in ('/box', '/tmp', '/dev/shm', '/dev/mqueue') if os.path.isdir(folder)]
WATCHER = 1
PATIENCE = 10


class Cage:
    box = '/box'

    def __init__(self):
        # Some limits of the kernel's count a user's processes in all containers together.
        self.next = random.randrange(FIRST, LAST)
        self.runner = os.getpid()
        self.kills, self.idle = kills_for_memory(), own_memory()
        confine.become_reaper()
        confine.leave_start_folder()

    def prepare(self):
        """The token is the user id."""
        self.next = FIRST if self.next == LAST else self.next + 1
        return self.next

    def born(self, uid):
        pass

    def reap(self, uid):
        """Orphans come to the runner, which waits for none but the program's first process until then."""
        seconds = 0
        try:
            while True:
                pid, _, usage = os.wait4(-1, os.WNOHANG)
                if pid == 0:
                    return seconds
                seconds += usage.ru_utime + usage.ru_stime
        except ChildProcessError:
            return seconds

    def enter(self, request):
        write('/proc/self/oom_score_adj', '1000')
        uid = self.next
        os.setgroups(())
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        os.mkdir(f'{self.box}/work', 0o700)

    def limit_processes(self, request):
        return None

    def drop(self):
        confine.make_dumpable()
        confine.filter_system_calls(confine.FILTER_WITHOUT_IPC)

    def processes(self, uid):
        ours = {1, self.runner, os.getpid()}
        return [name for name in os.listdir('/proc') if name.isdigit() and int(name) not in ours]

    def sweep(self, uid):
        os.setresuid(WATCHER, uid, 0)
        try:
            deadline = time.monotonic() + PATIENCE
            while any(map(runs, self.processes(uid))):
                kill_all()
                if time.monotonic() > deadline:
                    raise OSError('a process could not be killed')
                time.sleep(0.001)
            for folder in FOLDERS:
                empty(folder)
        finally:
            os.setresuid(-1, 0, -1)

    def memory(self, processes):
        """
        What the container has of its own beyond what it has when nothing runs in it. What a process of another user
        has of its own is not the watcher's to read.
        """
        return own_memory() - self.idle

    def memory_ran_out(self):
        before, self.kills = self.kills, kills_for_memory()
        return self.kills > before


def kill_all():
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        pass


def runs(name):
    try:
        with open(f'/proc/{name}/stat', 'rb', buffering=0) as file:
            return file.read().rpartition(b')')[2].split()[0] not in (b'Z', b'X')
    except OSError:
        return False


def empty(folder):
    """A folder in it is emptied into it, so that no depth is too deep."""
    number = 0
    while names := os.listdir(folder):
        for name in names:
            path = f'{folder}/{name}'
            try:
                os.unlink(path)
                continue
            except IsADirectoryError:
                pass
            os.chmod(path, 0o700)
            for inner in os.listdir(path):
                below = f'{path}/{inner}'
                if not os.path.islink(below) and os.path.isdir(below):
                    os.chmod(below, 0o700)
                number += 1
                os.rename(below, f'{folder}/.{number}.')
            os.rmdir(path)


def counted(paths, words):
    """A number of the container's control group, which tells by either version."""
    for path in paths:
        numbers = dict(line.split()[:2] for line in read(path).decode().splitlines() if line)
        for word in words:
            if word in numbers:
                return int(numbers[word])
    return 0


def kills_for_memory():
    """How often the container's memory limit has killed."""
    return counted(('/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control'), ('oom_kill',))


def own_memory():
    """Bytes; not those of files, and not those of the folders in memory."""
    return counted(('/sys/fs/cgroup/memory.stat', '/sys/fs/cgroup/memory/memory.stat'), ('anon', 'total_rss'))


def write(path, text):
    with open(path, 'w') as file:
        file.write(text)
