"""
The process beside the runner: takes requests, watches each program's limits, keeps what it prints, says how it ended.

No program is forked from it and none may look into it, so what belongs to one execution is not in the memory of the
next: program and stdin are read from the channel by the child itself, and what programs print stays here.
"""
import array
import os
import select
import signal
import sys
import time

import _socket

import confine
import launch
from request import Request, read, receive, send

CHUNK = 1 << 16
PAGE = os.sysconf('SC_PAGE_SIZE')
TICKS = os.sysconf('SC_CLK_TCK')
FIRST_SURVEY, BETWEEN_SURVEYS = 0.05, 0.1


def watch(cage, control, runner, births):
    """Until the channel ends. `control`: the descriptors to read requests from and to write replies to."""
    requests, replies = control
    signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
    confine.harden_runner()
    send(replies, ('ready', sys.implementation.name, '.'.join(map(str, sys.version_info[:3]))))
    while size := read_size(requests):
        execution = Execution(Request(receive(requests, size)), cage, control, runner, births)
        send(replies, *execution.reply())


def read_size(requests):
    first = os.read(requests, 1)
    return int.from_bytes(first + receive(requests, 3), 'little') if first else 0


class Stream:
    """The reading end of what the program prints to."""

    def __init__(self, reader, limit):
        self.reader, self.limit, self.data = reader, limit, bytearray()
        os.set_blocking(reader, False)

    def drain(self):
        """Reads what is there, up to one chunk beyond the limit. False: there will be no more."""
        while not self.full:
            try:
                data = os.read(self.reader, CHUNK)
            except BlockingIOError:
                return True
            if not data:
                return False
            self.data += data
        return True

    @property
    def full(self):
        return len(self.data) > self.limit


class Execution:
    def __init__(self, request, cage, control, runner, births):
        self.request, self.cage, self.runner = request, cage, runner
        self.requests = control[0]
        # The child is there, or soon will be.
        self.pid, self.token = self.hear()
        self.nonce = os.urandom(launch.NONCE)
        self.mark, self.tasks, self.status = -1, 0, None
        outputs = [os.pipe() for _ in range(1 if request.merged else 2)]
        prepared, mark, acknowledged = os.pipe(), os.pipe(), os.pipe()
        self.streams = [Stream(reader, request.output_kb * 1024) for reader, _ in outputs]
        self.prepared, self.mark_reader, self.acknowledge = prepared[0], mark[0], acknowledged[1]
        passed = [outputs[0][1], outputs[-1][1], prepared[1]] + ([mark[1], acknowledged[0]] if request.split else [])
        self.start = time.monotonic()
        births.sendmsg([self.nonce, request.line], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array.array('i', passed))])
        for descriptor in (*(writer for _, writer in outputs), prepared[1], mark[1], acknowledged[0]):
            os.close(descriptor)

    def hear(self):
        """The runner's next message; without it there is nothing left to do here."""
        return [int(word) for word in self.runner.recv(64).split()] or os._exit(1)

    def reply(self):
        """Waits for the end, ends what is left, and says how it ended: words, then what they speak of."""
        reason = self.watch()
        if reason == 'abandoned':
            os._exit(0)
        if self.status is None:
            self.kill()
            self.status = self.hear()
        status, cpu_ms = self.status
        failed = reason in ('cpu-timeout', 'wall-timeout') or os.WIFEXITED(status) and status != 0
        if failed:
            self.survey()
        self.cage.sweep(self.token)
        self.runner.send(b'.')
        cpu_ms += self.hear()[0]
        wall_ms = round(1000 * (time.monotonic() - self.start))
        for stream in self.streams:
            stream.drain()
            os.close(stream.reader)
        message = os.read(self.prepared, 4096)
        trouble = b'' if message == b'.' else message or b'it ended before it was prepared'
        for descriptor in (self.prepared, self.mark_reader, self.acknowledge):
            os.close(descriptor)
        ending, code = self.ending(reason, status, cpu_ms, failed)
        printed = [bytes(stream.data) for stream in self.streams] + [b'']
        sizes = len(trouble), len(printed[0]), len(printed[1])
        return (ending, code, self.mark, cpu_ms, wall_ms, *sizes), trouble, *printed[:2]

    def kill(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            # It has just ended by itself.
            pass

    def ending(self, reason, status, cpu_ms, failed):
        # Asked in any case: it is since it was last asked.
        memory_ran_out = self.cage.memory_ran_out()
        if any(stream.full for stream in self.streams):
            reason = 'output-limit'
        elif reason in (None, 'wall-timeout') and cpu_ms > self.request.cpu_ms:
            reason = 'cpu-timeout'
        elif reason is None and memory_ran_out:
            reason = 'memory'
        # The program's own process is no longer among them.
        if failed and self.tasks + 1 >= self.request.processes:
            reason = 'too-many-processes'
        code = os.waitstatus_to_exitcode(status)
        return reason or ('signalled' if code < 0 else 'exited'), -1 if reason else abs(code)

    def watch(self):
        """Until the program has ended by itself, or must be ended: then the reason, else None."""
        ended = self.runner.fileno()
        readers = {stream.reader: stream.drain for stream in self.streams} | {self.mark_reader: self.read_mark}
        poll = select.poll()
        # Of the requests only the end is of interest: there is nobody left to reply to.
        poll.register(self.requests, 0)
        for descriptor in (ended, *readers):
            poll.register(descriptor, select.POLLIN)
        deadline = self.start + self.request.wall_ms / 1000
        next_survey = self.start + FIRST_SURVEY
        while True:
            now = time.monotonic()
            if now >= deadline:
                return 'wall-timeout'
            if now >= next_survey:
                reason = self.survey()
                if reason:
                    return reason
                next_survey = time.monotonic() + BETWEEN_SURVEYS
            ready = dict(poll.poll(1000 * (min(deadline, next_survey) - now) + 1))
            for descriptor in ready:
                if descriptor in readers and not readers[descriptor]():
                    poll.unregister(descriptor)
            if any(stream.full for stream in self.streams):
                return 'output-limit'
            if ended in ready:
                self.status = self.hear()
                return None
            if self.requests in ready:
                return 'abandoned'

    def read_mark(self):
        """Believes only the nonce. False: there will be no more."""
        message = os.read(self.mark_reader, 4096)
        if message == self.nonce and self.mark < 0:
            self.streams[0].drain()
            self.mark = len(self.streams[0].data)
            os.write(self.acknowledge, b'.')
        return message != b''

    def survey(self):
        """Looks at all processes of the execution; one that nobody waited for counts with what it has used."""
        ticks = pages = tasks = 0
        processes = self.cage.processes(self.token)
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
        if pages * PAGE > memory and self.cage.memory(processes) > memory:
            return 'memory'
        return None

