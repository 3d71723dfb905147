"""
Which pages of memory an execution is going to need: so that they can be had in one go and not by a page fault each.

After a fork, parent and child share all memory until one of them writes to a page, and the child has no page of the
program files at all; each first access is a fault. Measured in a virtual machine: 600 faults a program, 40 microseconds
each, most of what an execution costs; the same pages by madvise: 7 microseconds each.

They are learned once an interpreter, by running a typical program: this file is that program. It tells by
/proc/self/pagemap which pages nobody else maps: those are the ones that were written to.

Rejected: all of the memory in one go (three times as many pages as needed); nothing (on a kernel without
MADV_POPULATE_WRITE nothing is what happens, and all is right but slower).
"""

PAGE = 4096
PRESENT, OF_FILE, EXCLUSIVE = 1 << 63, 1 << 61, 1 << 56


def look():
    """Two lists of (address, length): written to, and read from files."""
    written, read = [], []
    with open('/proc/self/maps') as maps, open('/proc/self/pagemap', 'rb', buffering=0) as pagemap:
        for line in list(maps):
            bounds, permissions, _, device, *_ = line.split()
            begin, end = (int(bound, 16) for bound in bounds.split('-'))
            if permissions == 'rw-p':
                written += runs(pagemap, begin, end, PRESENT | EXCLUSIVE)
            elif permissions == 'r-xp' and device != '00:00':
                read += runs(pagemap, begin, end, PRESENT | OF_FILE)
    return written, read


def runs(pagemap, begin, end, wanted):
    """The page runs within a mapping that have all the bits."""
    pagemap.seek(begin // PAGE * 8)
    entries = memoryview(pagemap.read((end - begin) // PAGE * 8)).cast('Q')
    start = None
    for index, entry in enumerate([*entries, 0]):
        if entry & wanted == wanted:
            start = index if start is None else start
        elif start is not None:
            yield begin + start * PAGE, (index - start) * PAGE
            start = None


def told(text):
    """What the program below has printed."""
    lists = [[int(number) for number in line.split()] for line in text.decode().split('\n')[:2]]
    return [list(zip(numbers[::2], numbers[1::2])) for numbers in lists]


if __name__ == '__main__':
    from typing import List
    import math

    def typical(numbers: List[int]) -> List[str]:
        """Some text."""
        kept = {number: str(number) for number in numbers if number % 3 == 0}
        return sorted(f'{math.sqrt(number):.1f}' for number in kept)

    for count in range(20):
        assert len(typical(list(range(count)))) == (count + 2) // 3
    for ranges in look():
        print(*(number for run in ranges for number in run))
