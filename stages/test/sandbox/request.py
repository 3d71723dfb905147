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
