"""
One execution: its processes, its limits, what it prints, and how it ends.

Processes. The program must not be the first of its pid namespace: there SIGTERM, SIGALRM, abort() and a kill of
itself do nothing. So a first process is made that only waits to be killed, and the program is forked beside it, our
own child. Measured (microseconds, fork to reaped; all with pid, mount and IPC namespace, /proc and tmpfs):

    bare fork, no namespace                                    2,520
    program is the first process, raw clone by ctypes          5,480
    program is the first process, unshare + os.fork + setns    5,970
    first process shares our memory (this)                     6,590
    first process by a second fork                             8,440

os.fork and not a raw clone: glibc and CPython learn of it, so that thread ids, locks and `random` are right.

Memory. What belongs to one execution must not be found in the memory of the next: the child reads program and stdin
from the channel itself, and what programs print goes through a mapping that children do not inherit.
"""
import _signal
import mmap
import os
import select
import sys
import time

import confine
import launch
import prefault

CHUNK = 1 << 16
PAGE = os.sysconf('SC_PAGE_SIZE')
TICKS = os.sysconf('SC_CLK_TCK')
OWN_NAMESPACE = os.open('/proc/self/ns/pid', os.O_RDONLY)


class Request:
    """The numbers of a request's line, in the order in which worker.ts writes them."""

    def __init__(self, line):
        numbers = [int(word) for word in line.split()]
        (self.split, self.merged, self.echo_stdin, self.cpu_ms, self.wall_ms, self.memory_mb, self.output_kb,
         self.processes, self.disk_mb, self.answer_size, self.program_size, self.stdin_size) = numbers[:12]
        self.file_sizes = list(zip(numbers[12::2], numbers[13::2]))
        self.nonce = os.urandom(16)


class Area:
    """
    Memory for what a program prints, which no child inherits; as large as the largest limit yet. Never given back:
    a child that freed its copy of the object would unmap whatever it has there by then.
    """

    def __init__(self):
        self.size = 0

    def halves(self, limit):
        need = (limit + 2 * CHUNK) // PAGE * PAGE
        if need > self.size:
            self.map = mmap.mmap(-1, 2 * need, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            self.map.madvise(mmap.MADV_DONTFORK)
            confine.keep_for_ever(self.map)
            self.size = need
        view = memoryview(self.map)
        return view[:self.size], view[self.size:]


class Stream:
    """The reading end of what the program prints to."""

    def __init__(self, reader, memory, limit):
        self.reader, self.memory, self.limit, self.size = reader, memory, limit, 0
        os.set_blocking(reader, False)

    def drain(self):
        """Reads what is there, up to one chunk beyond the limit. False: there will be no more."""
        while self.size <= self.limit:
            try:
                count = os.readv(self.reader, [self.memory[self.size:self.size + CHUNK]])
            except BlockingIOError:
                return True
            if count == 0:
                return False
            self.size += count
        return True

    def printed(self):
        return self.memory[:self.size]


class Needs:
    """The pages that an execution needs: the runner for its part of it, and the child."""

    own, written, read = (), (), ()

    @classmethod
    def of_child(cls):
        confine.populate(cls.written, confine.MADV_POPULATE_WRITE)
        confine.populate(cls.read, confine.MADV_POPULATE_READ)
        # What the program forks finds them there.
        cls.written, cls.read = (), ()

    @classmethod
    def of_runner(cls):
        confine.populate(cls.own, confine.MADV_POPULATE_WRITE)


class Execution:
    def __init__(self, request, area, channel):
        self.request = request
        limit = request.output_kb * 1024
        self.init = confine.start_init()
        namespace = os.open(f'/proc/{self.init}/ns/pid', os.O_RDONLY)
        outputs = [os.pipe() for _ in range(1 if request.merged else 2)]
        self.prepared, prepared = os.pipe()
        (self.mark_reader, mark), (acknowledged, self.acknowledge) = os.pipe(), os.pipe()
        self.streams = [Stream(reader, half, limit) for (reader, _), half in zip(outputs, area.halves(limit))]
        self.mark, self.tasks = -1, 0
        self.start = time.monotonic()
        confine.enter_pid_namespace(namespace)
        self.pid = os.fork()
        if self.pid == 0:
            become_program(request, channel, outputs[0][1], outputs[-1][1], prepared, (mark, acknowledged) if request.split else ())
        Needs.of_runner()
        confine.enter_pid_namespace(OWN_NAMESPACE)
        for descriptor in (namespace, prepared, mark, acknowledged, *(writer for _, writer in outputs)):
            os.close(descriptor)

    def finish(self):
        """Waits for the end, ends what is left, and says how it ended, as the words of a reply."""
        reason = self.watch()
        if reason:
            os.kill(self.pid, _signal.SIGKILL)
        _, status, own = os.wait4(self.pid, 0)
        failed = reason in ('cpu-timeout', 'wall-timeout') or os.WIFEXITED(status) and status != 0
        if failed:
            self.survey()
        os.kill(self.init, _signal.SIGKILL)
        _, _, left_over = os.wait4(self.init, 0)
        cpu_ms = round(1000 * (own.ru_utime + own.ru_stime + left_over.ru_utime + left_over.ru_stime))
        wall_ms = round(1000 * (time.monotonic() - self.start))
        for stream in self.streams:
            stream.drain()
            os.close(stream.reader)
        message = os.read(self.prepared, 4096)
        self.trouble = b'' if message == b'.' else message or b'it ended before it was prepared'
        for descriptor in (self.prepared, self.mark_reader, self.acknowledge):
            os.close(descriptor)
        if any(stream.size > stream.limit for stream in self.streams):
            reason = 'output-limit'
        elif reason in (None, 'wall-timeout') and cpu_ms > self.request.cpu_ms:
            reason = 'cpu-timeout'
        # The program's own process is no longer among them.
        if failed and self.tasks + 1 >= self.request.processes:
            reason = 'too-many-processes'
        code = os.waitstatus_to_exitcode(status)
        ending = reason or ('signalled' if code < 0 else 'exited')
        return ending, -1 if reason else abs(code), self.mark, cpu_ms, wall_ms

    def watch(self):
        """Until the program has ended by itself, or must be ended: then the reason, else None."""
        ended = os.pidfd_open(self.pid)
        readers = {stream.reader: stream.drain for stream in self.streams} | {self.mark_reader: self.read_mark}
        poll = select.poll()
        for descriptor in (ended, *readers):
            poll.register(descriptor, select.POLLIN)
        deadline = self.start + self.request.wall_ms / 1000
        next_survey = self.start + 0.05
        try:
            while True:
                now = time.monotonic()
                if now >= deadline:
                    return 'wall-timeout'
                if now >= next_survey:
                    reason = self.survey()
                    if reason:
                        return reason
                    next_survey = time.monotonic() + 0.1
                ready = [descriptor for descriptor, _ in poll.poll(1000 * (min(deadline, next_survey) - now) + 1)]
                for descriptor in ready:
                    if descriptor != ended and not readers[descriptor]():
                        poll.unregister(descriptor)
                if any(stream.size > stream.limit for stream in self.streams):
                    return 'output-limit'
                if ended in ready:
                    return None
        finally:
            os.close(ended)

    def read_mark(self):
        """Believes only the nonce. False: there will be no more."""
        message = os.read(self.mark_reader, 4096)
        if message == self.request.nonce and self.mark < 0:
            self.streams[0].drain()
            self.mark = self.streams[0].size
            os.write(self.acknowledge, b'.')
        return message != b''

    def survey(self):
        """Looks at all processes of the execution; one that nobody waited for counts with what it has used."""
        ticks = pages = tasks = 0
        processes = [name for name in os.listdir('/proc') if name.isdigit() and int(name) not in self.not_its_own]
        for name in processes:
            fields = read(f'/proc/{name}/stat').rpartition(b')')[2].split()
            if fields:
                ticks += sum(map(int, fields[11:15]))
                tasks += int(fields[17])
                pages += int(fields[21])
        self.tasks = max(self.tasks, tasks)
        if ticks * 1000 > self.request.cpu_ms * TICKS:
            return 'cpu-timeout'
        memory = self.request.memory_mb << 20
        if pages * PAGE > memory and sum(map(proportional_size, processes)) > memory:
            return 'memory'
        return None

    @property
    def not_its_own(self):
        return {1, os.getpid(), self.init}


def become_program(request, channel, stdout, stderr, prepared, mark):
    try:
        launch.enter(request, channel, stdout, stderr, prepared, mark)
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
    raise ImportError("No module named 'sitecustomize'", name='sitecustomize')


def read(path):
    """A process may be gone by now."""
    try:
        with open(path, 'rb', buffering=0) as file:
            return file.read()
    except OSError:
        return b''


def proportional_size(process):
    """Bytes, with shared pages counted by their share: a fork of a large process is not twice its size."""
    line = read(f'/proc/{process}/smaps_rollup').partition(b'\nPss:')[2].split(maxsplit=1)
    return int(line[0]) << 10 if line else 0


def learn_needs(area):
    """Runs the typical program. A witness maps all that is there now, so that what is written to from now on shows."""
    with open(prefault.__file__, 'rb') as file:
        program = file.read()
    channel, end = os.pipe()
    os.write(end, program)
    witness = os.fork()
    if witness == 0:
        while True:
            time.sleep(1000)
    request = Request(f'0 0 0 20000 20000 1024 1024 64 16 0 {len(program)} 0')
    execution = Execution(request, area, channel)
    execution.finish()
    Needs.own = prefault.look()[0]
    os.kill(witness, _signal.SIGKILL)
    os.waitpid(witness, 0)
    os.close(channel)
    os.close(end)
    Needs.written, Needs.read = prefault.told(bytes(execution.streams[0].printed()))
