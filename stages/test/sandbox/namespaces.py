"""
A cage of namespaces: pid, mount and IPC namespaces and a tmpfs for each execution, inside what bubblewrap made.

The program must not be the first of its pid namespace: there SIGTERM, SIGALRM, abort() and a kill of itself do
nothing. So a first process is made that only waits to be killed, and the program is forked beside it, the runner's
own child; when the first one dies, the kernel kills the rest. Measured (microseconds, fork to reaped; all with pid,
mount and IPC namespace, /proc and tmpfs):

    bare fork, no namespace                                    2,520
    program is the first process, raw clone by ctypes          5,480
    program is the first process, unshare + os.fork + setns    5,970
    first process shares our memory (this)                     6,590
    first process by a second fork                             8,440

os.fork and not a raw clone: glibc and CPython learn of it, so that thread ids, locks and `random` are right.
"""
import os
import signal

import confine
from request import proportional_size

# What is in the outer pid namespace besides the program's: bwrap's process, runner, watcher, the first of the inner one.
OUR_OWN = 4


class Cage:
    box = '/box'

    def __init__(self):
        self.own = os.open('/proc/self/ns/pid', os.O_RDONLY)
        self.runner = os.getpid()
        confine.keep_capabilities_from_others()

    def prepare(self):
        """In the runner: what is forked next is born in a namespace of its own. The token is its first process."""
        init = confine.start_init()
        namespace = os.open(f'/proc/{init}/ns/pid', os.O_RDONLY)
        confine.enter_pid_namespace(namespace)
        os.close(namespace)
        return init

    def born(self, init):
        """In the runner, after the fork."""
        confine.enter_pid_namespace(self.own)

    def reap(self, init):
        """In the runner, once nothing is left: CPU seconds of what nobody waited for."""
        _, _, usage = os.wait4(init, 0)
        return usage.ru_utime + usage.ru_stime

    def enter(self, request):
        """In the child: an empty box."""
        confine.mount_private(self.box, request.disk_mb)
        for name in ('work', 'tmp', 'shm'):
            os.mkdir(f'{self.box}/{name}')

    def limit_processes(self, request):
        return request.processes + OUR_OWN

    def drop(self):
        """In the child, last: every right that it has."""
        confine.drop_capabilities()
        confine.make_dumpable()
        confine.filter_system_calls(confine.FILTER)

    def processes(self, init):
        """In the watcher: names in /proc of the execution's processes."""
        ours = {1, self.runner, os.getpid(), init}
        return [name for name in os.listdir('/proc') if name.isdigit() and int(name) not in ours]

    def sweep(self, init):
        """In the watcher: nothing of the execution is left."""
        os.kill(init, signal.SIGKILL)

    def memory(self, processes):
        """In the watcher: bytes that they have of their own."""
        return sum(map(proportional_size, processes))

    def memory_ran_out(self):
        """Since it was last asked: told by whoever limits the memory of all. Nobody does here."""
        return False
