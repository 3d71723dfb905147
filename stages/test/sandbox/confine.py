"""
What the kernel is asked for and Python has no function for: namespaces, mounts, capabilities, a system call filter.

Rejected: libseccomp (not everywhere installed; the filter is sixty instructions), a setuid or compiled helper
(nothing to build, nothing to trust but bwrap and the interpreter).
"""
import ctypes
import os
import struct

libc = ctypes.CDLL(None, use_errno=True)
libc.clone.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
NAMESPACES = NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET
CLONE_VM, SIGCHLD = 0x100, 17
NOSUID, NODEV, NOEXEC = 2, 4, 8
PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 4, 22, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, PR_SET_CHILD_SUBREAPER = 47, 4, 36
AF_UNIX, AF_INET, AF_INET6 = 1, 2, 10

# Number of: clone, socket, then of what is denied. Both lists name the same calls, but for those only x86 has.
SYSTEM_CALLS = {
    'x86_64': (0xC000003E, 56, 41, {
        'mount': 165, 'umount2': 166, 'pivot_root': 155, 'chroot': 161, 'unshare': 272, 'setns': 308,
        'ptrace': 101, 'process_vm_readv': 310, 'process_vm_writev': 311, 'kcmp': 312, 'add_key': 248,
        'request_key': 249, 'keyctl': 250, 'perf_event_open': 298, 'bpf': 321, 'userfaultfd': 323,
        'kexec_load': 246, 'kexec_file_load': 320, 'init_module': 175, 'finit_module': 313,
        'delete_module': 176, 'name_to_handle_at': 303, 'open_by_handle_at': 304, 'swapon': 167,
        'swapoff': 168, 'reboot': 169, 'acct': 163, 'quotactl': 179, 'syslog': 103, 'settimeofday': 164,
        'clock_settime': 227, 'clock_adjtime': 305, 'adjtimex': 159, 'move_pages': 279, 'migrate_pages': 256,
        'vhangup': 153, 'lookup_dcookie': 212, 'iopl': 172, 'ioperm': 173, 'modify_ldt': 154,
    }),
    'aarch64': (0xC00000B7, 220, 198, {
        'mount': 40, 'umount2': 39, 'pivot_root': 41, 'chroot': 51, 'unshare': 97, 'setns': 268,
        'ptrace': 117, 'process_vm_readv': 270, 'process_vm_writev': 271, 'kcmp': 272, 'add_key': 217,
        'request_key': 218, 'keyctl': 219, 'perf_event_open': 241, 'bpf': 280, 'userfaultfd': 282,
        'kexec_load': 104, 'kexec_file_load': 294, 'init_module': 105, 'finit_module': 273,
        'delete_module': 106, 'name_to_handle_at': 264, 'open_by_handle_at': 265, 'swapon': 224,
        'swapoff': 225, 'reboot': 142, 'acct': 89, 'quotactl': 60, 'syslog': 116, 'settimeofday': 170,
        'clock_settime': 112, 'clock_adjtime': 266, 'adjtimex': 171, 'move_pages': 239, 'migrate_pages': 238,
        'vhangup': 58, 'lookup_dcookie': 18,
    }),
}
# What outlives its processes and belongs to no folder: System V shared memory, semaphores, queues; POSIX queues.
LASTING_IPC = {
    'x86_64': (29, 30, 31, 64, 65, 66, 67, 68, 69, 70, 71, 220, 240, 241),
    'aarch64': (*range(186, 198), 180, 181),
}
# The same everywhere: io_uring, the new mount calls, pidfd_getfd, process_madvise, mount_setattr, quotactl_fd.
NEWER_CALLS = (425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 440, 442, 443)
# glibc falls back to clone, whose flags a filter can read; what is newer than this list does not exist.
CLONE3, NEWEST_KNOWN = 435, 451


def check(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def seccomp_filter(machine, further=()):
    """The filter's instructions as bytes: deny by EPERM, and ENOSYS for what callers have a fallback for."""
    if machine not in SYSTEM_CALLS:
        raise OSError(f'no system call filter is known for {machine}')
    arch, clone, socket, named = SYSTEM_CALLS[machine]
    load, equal, at_least, any_bit, leave = 0x20, 0x15, 0x35, 0x45, 0x06
    denied = (*named.values(), *NEWER_CALLS, *further)
    code = [(load, 0, 0, 4), (equal, 0, 'kill', arch), (load, 0, 0, 0), (at_least, 'nosys', 0, NEWEST_KNOWN + 1),
            (equal, 'nosys', 0, CLONE3), (equal, 'clone', 0, clone), (equal, 'socket', 0, socket)]
    code += [(equal, 'deny', 0, number) for number in denied]
    labels = {'allow': len(code)}
    code += [(leave, 0, 0, 0x7FFF0000)]
    labels['clone'] = len(code)
    code += [(load, 0, 0, 16), (any_bit, 'deny', 'allow2', NAMESPACES)]
    labels['socket'] = len(code)
    # AF_VSOCK knows no network namespace and AF_NETLINK talks to the kernel's least hardened parts.
    code += [(load, 0, 0, 16), (equal, 'allow2', 0, AF_UNIX), (equal, 'allow2', 0, AF_INET),
             (equal, 'allow2', 'deny', AF_INET6)]
    for label, action in (('allow2', 0x7FFF0000), ('deny', 0x50001), ('nosys', 0x50026), ('kill', 0x80000000)):
        labels[label] = len(code)
        code += [(leave, 0, 0, action)]

    def distance(jump, at):
        return labels[jump] - at - 1 if jump in labels else jump

    return b''.join(struct.pack('=HBBI', op, distance(yes, at), distance(no, at), value)
                    for at, (op, yes, no, value) in enumerate(code))


class FilterProgram(ctypes.Structure):
    _fields_ = [('length', ctypes.c_ushort), ('code', ctypes.c_char_p)]


def program_of(code):
    return FilterProgram(len(code) // 8, code)


MACHINE = os.uname().machine
FILTER = program_of(seccomp_filter(MACHINE))
FILTER_WITHOUT_IPC = program_of(seccomp_filter(MACHINE, LASTING_IPC.get(MACHINE, ())))


def harden_runner():
    """Nothing can be gained later, and nobody of our own uid can look into this process."""
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    check(libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))


def keep_capabilities_from_others():
    """What is executed from here does not inherit them."""
    check(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))


STACK = ctypes.create_string_buffer(1 << 16)
STACK_TOP = (ctypes.addressof(STACK) + len(STACK) - 64) & ~63
PAUSE = ctypes.cast(libc.pause, ctypes.c_void_p)


def start_init():
    """
    The first process of a new pid namespace, which only waits to be killed. It shares our memory (no page tables to
    copy) and has all signals blocked as we have, so that nothing sent to it can run a handler in that memory.
    """
    return check(libc.clone(PAUSE, STACK_TOP, CLONE_VM | NEWPID | SIGCHLD, None))


def enter_pid_namespace(descriptor):
    """What is forked from now on is born there."""
    check(libc.setns(descriptor, NEWPID))


def mount_private(folder, megabytes):
    """New mount and IPC namespaces, a /proc that shows the new pid namespace, an empty folder of limited size."""
    check(libc.unshare(NEWNS | NEWIPC))
    check(libc.mount(b'proc', b'/proc', b'proc', NOSUID | NODEV | NOEXEC, None))
    options = f'size={megabytes}m,nr_inodes=16384,mode=755'.encode()
    check(libc.mount(b'tmpfs', folder.encode(), b'tmpfs', NOSUID | NODEV, options))


PROCESSORS = os.sched_getaffinity(0)


def stay_on_one_processor(number):
    """
    A fork makes the parent's pages read-only and the first write to each makes the child's its own, and every such
    change is told to all processors on which the memory was in use. With one processor there is nobody to tell: in a
    virtual machine an execution took 15 ms of CPU time so, and 32 ms without.
    """
    processors = sorted(PROCESSORS)
    os.sched_setaffinity(0, {processors[number % len(processors)]})


def use_all_processors():
    os.sched_setaffinity(0, PROCESSORS)


CAPABILITY_HEADER = struct.pack('=II', 0x20080522, 0)
NO_CAPABILITIES = bytes(24)


def drop_capabilities():
    check(libc.capset(CAPABILITY_HEADER, NO_CAPABILITIES))


def make_dumpable():
    """Its own /proc/self is the program's to read again."""
    check(libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))


def filter_system_calls(program):
    check(libc.prctl(PR_SET_SECCOMP, 2, ctypes.byref(program), 0, 0))


def become_reaper():
    """Orphans come to this process."""
    check(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))


def leave_start_folder():
    """The interpreter took the program's path from where it was started, and each program makes its folder anew."""
    folder = os.getcwd()
    os.chdir('/')
    os.rmdir(folder)
