"""The frames between Codex Runner and this side: a 4-byte length, a line of words, then raw bytes whose sizes are among the words."""
import os


class Request:
    """The numbers of a request's line, in the order in which frames.ts writes them."""

    def __init__(self, line):
        self.line = line
        numbers = [int(word) for word in line.split()]
        (self.split, self.merged, self.echo_stdin, self.cpu_ms, self.wall_ms, self.memory_mb, self.output_kb,
         self.processes, self.disk_mb, self.file_mb, self.open_files,
         self.answer_size, self.program_size, self.stdin_size) = numbers[:14]
        self.file_sizes = list(zip(numbers[14::2], numbers[15::2]))


def receive(descriptor, size):
    """Exactly so many bytes; never one of what follows."""
    parts = []
    while size:
        part = os.read(descriptor, min(size, 1 << 20))
        if not part:
            raise EOFError('the request ended early')
        parts.append(part)
        size -= len(part)
    return b''.join(parts)


def send(descriptor, words, *parts):
    line = ' '.join(map(str, words)).encode()
    for part in (len(line).to_bytes(4, 'little') + line, *parts):
        part = memoryview(part)
        while part:
            part = part[os.write(descriptor, part):]


def read(path):
    """A file of /proc or of control groups; nothing when it is gone by now, or not ours to read."""
    try:
        with open(path, 'rb', buffering=0) as file:
            return file.read()
    except OSError:
        return b''


def proportional_size(process):
    """Bytes, with shared pages counted by their share: a fork of a large process is not twice its size."""
    line = read(f'/proc/{process}/smaps_rollup').partition(b'\nPss:')[2].split(maxsplit=1)
    return int(line[0]) << 10 if line else 0
