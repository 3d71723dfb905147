"""
Memory of its own for a forked interpreter, in large pages.

After a fork, parent and child share all memory until one of them writes to a page. Each such write traps, and the
processors are told; in a virtual machine even the first reading of a page is a trap. A program writes to some 700
pages (reference counts are everywhere), and in a virtual machine that was most of what an execution cost. So the
child copies, first thing, all data of the interpreter into large pages (2 MB), in a handful of calls, and none of it
traps any more. Measured there, for 8 MB of which 700 pages are written to (milliseconds):

    written to as it comes                                    9.6
    pages given to the child by madvise, then written to      6.1  (3 to 4 microseconds each, and as much at its end)
    moved to a private mapping of a file, then the same       5.4
    copied to large pages and put in the place of the old     1.6

The kernel copies by /proc/self/mem, past the child's page tables, which are as cold as the pages.

The copy takes the place of what it is a copy of, so nothing may be written in between, and an interpreter writes to
its memory at every step. Therefore the calls are listed before the fork, and made by sixty bytes of machine code. The
list ends at the first call that does not return what it should. Where there is no such code for a machine, or the
system has no large pages to give, nothing is copied, and all is right but slower.

Data lies close together because the interpreter is started with PYTHONMALLOC=malloc: its own allocator spreads it
among the libraries. That is as fast (measured) and gives memory back as readily.
"""
import ctypes
import mmap
import os

import confine

LARGE = 2 << 20
ENTRY = 8
ROOM = 1 << 16
SYSCALLS = {'x86_64': {'mmap': 9, 'pread64': 17, 'mremap': 25, 'madvise': 28}}
HUGEPAGE = 14
NOTHING, DATA = 0, mmap.PROT_READ | mmap.PROT_WRITE
MAP_FIXED, MOVE_TO = 0x10, 1 | 2
# Above what programs count, below the runner's own.
OWN_MEMORY = 1020

MAKE_CALLS = {
    'x86_64': bytes.fromhex(
        '53'          # push rbx
        '4154'        # push r12
        '4889fb'      # mov  rbx, rdi       the list: number, six arguments, what it must return
        '4989f4'      # mov  r12, rsi       how many there are
        '4d85e4'      # next: test r12, r12
        '742c'        # jz   done
        '488b03'      # mov  rax, [rbx]
        '488b7b08'    # mov  rdi, [rbx+8]
        '488b7310'    # mov  rsi, [rbx+16]
        '488b5318'    # mov  rdx, [rbx+24]
        '4c8b5320'    # mov  r10, [rbx+32]
        '4c8b4328'    # mov  r8,  [rbx+40]
        '4c8b4b30'    # mov  r9,  [rbx+48]
        '0f05'        # syscall
        '483b4338'    # cmp  rax, [rbx+56]
        '7509'        # jne  done
        '4883c340'    # add  rbx, 64
        '49ffcc'      # dec  r12
        'ebcf'        # jmp  next
        '415c'        # done: pop r12
        '5b'          # pop  rbx
        'c3'          # ret
    ),
}

MACHINE = os.uname().machine
libc = confine.libc
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.mmap.restype = libc.sbrk.restype = ctypes.c_void_p
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
libc.sbrk.argtypes = [ctypes.c_ssize_t]

listed = None


def prepare():
    """In the runner, when its memory is as children are to find it."""
    global listed
    if MACHINE not in MAKE_CALLS or not gives_large_pages():
        return
    end = libc.sbrk(0)
    windows = data_windows()
    # What the heap grew by meanwhile would be missing from the copies.
    if end_heap_at_a_boundary() != end:
        return
    # Private like all memory: what a program writes there is its own copy.
    code = map_pages(mmap.PAGESIZE, DATA)
    room = map_pages(ROOM, DATA)
    place = aligned(map_pages((len(windows) + 1) * LARGE, NOTHING))
    ctypes.memmove(code, MAKE_CALLS[MACHINE], len(MAKE_CALLS[MACHINE]))
    if libc.mprotect(code, mmap.PAGESIZE, mmap.PROT_READ | mmap.PROT_EXEC) != 0:
        return
    calls = list(copying(windows, place))
    numbers = [number for call in calls for number in call]
    (ctypes.c_uint64 * len(numbers)).from_address(room)[:] = numbers
    listed = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, ctypes.c_size_t)(code), room, len(calls)


def own():
    """In a child, first thing: a copy of its own."""
    if listed is None:
        return
    run, room, count = listed
    confine.make_dumpable()
    memory = os.open('/proc/self/mem', os.O_RDONLY)
    os.dup2(memory, OWN_MEMORY)
    run(room, count)
    os.close(OWN_MEMORY)
    os.close(memory)


def copying(windows, place):
    """The calls that copy the windows, by way of a place beside them."""
    number = SYSCALLS[MACHINE]
    size = len(windows) * LARGE
    anonymous = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_FIXED
    nowhere = (1 << 64) - 1
    yield number['mmap'], place, size, DATA, anonymous, nowhere, 0, place
    yield number['madvise'], place, size, HUGEPAGE, 0, 0, 0, 0
    for index, (window, parts) in enumerate(windows.items()):
        copy = place + index * LARGE
        for begin, end in parts:
            yield number['pread64'], OWN_MEMORY, copy + begin - window, end - begin, begin, 0, 0, end - begin
        yield number['mremap'], copy, LARGE, LARGE, MOVE_TO, window, 0, window


def data_windows():
    """
    Addresses of aligned windows with data in them, and else nothing but constants; each with the parts of it that are
    in use. The rest is unused space and stays empty.
    """
    found = {}
    for begin, end, permissions, name in mappings():
        ordinary = not name.startswith('[') or name == '[heap]'
        for window in range(begin // LARGE * LARGE, end, LARGE):
            part = max(begin, window), min(end, window + LARGE)
            found.setdefault(window, []).append((permissions if ordinary else 'special', part))
    windows = {}
    for window, parts in found.items():
        kinds = {kind for kind, _ in parts}
        if 'rw-p' in kinds and kinds <= {'rw-p', 'r--p'}:
            windows[window] = [part for _, part in parts]
    return windows


def end_heap_at_a_boundary():
    """So that it can grow beyond the copies. Answers where it ended."""
    return libc.sbrk(-libc.sbrk(0) % LARGE)


def gives_large_pages():
    """Whether it does so to who asks."""
    space = map_pages(2 * LARGE, DATA)
    try:
        if libc.madvise(aligned(space), LARGE, HUGEPAGE) != 0:
            return False
        ctypes.memset(aligned(space), 1, 1)
        with open('/proc/self/smaps') as file:
            return any(line.startswith('AnonHugePages:') and line.split()[1] != '0' for line in file)
    finally:
        libc.munmap(space, 2 * LARGE)


def aligned(address):
    return -(-address // LARGE) * LARGE


def map_pages(size, protection):
    address = libc.mmap(None, size, protection, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    if address is None or address >= 1 << 63:
        raise OSError('no memory')
    return address


def mappings():
    """(begin, end, permissions, name)"""
    with open('/proc/self/maps') as file:
        lines = file.read().splitlines()
    for line in lines:
        bounds, permissions, _, _, _, *name = line.split(maxsplit=5)
        begin, end = (int(bound, 16) for bound in bounds.split('-'))
        yield begin, end, permissions, name[0] if name else ''
