"""Confinement of a process that runs strangers' queries: it may compute, read its store and answer its parent.

The engine is correct and fast, but one query can make it abort, fill the memory or, were there a fault in
it, do as the query likes. So before a store is opened and any thread starts, the process gives up what a
query never needs: new memory beyond a limit, the network, other programs.

Sources: seccomp(2), prctl(2), setrlimit(2); BPF: Linux Documentation/networking/filter.rst.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from dataclasses import dataclass
from enum import Enum


class Confinement(Enum):
    """The confinement of workers that the system allows."""

    SECCOMP = "seccomp"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class _Machine:
    """An architecture as the filter knows it: its audit number and its numbers of system calls."""

    audit: int
    calls: dict[str, int]
    clone: int
    clone3: int
    tgkill: int


# Numbers from the kernel's tables (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h).
_X86_64 = _Machine(
    0xC000003E,
    {
        "socket": 41, "connect": 42, "accept": 43, "bind": 49, "listen": 50, "socketpair": 53, "accept4": 288,
        "fork": 57, "vfork": 58, "execve": 59, "execveat": 322,
        "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "pidfd_getfd": 438, "pidfd_open": 434,
        "kill": 62, "tkill": 200, "rt_sigqueueinfo": 129, "pidfd_send_signal": 424,
        "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
        "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "keyctl": 250, "add_key": 248, "request_key": 249,
        "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308,
        "open_by_handle_at": 304, "init_module": 175, "finit_module": 313, "kexec_load": 246,
        "unlink": 87, "unlinkat": 263, "rename": 82, "renameat": 264, "renameat2": 316, "truncate": 76,
        "symlink": 88, "symlinkat": 266, "link": 86, "linkat": 265, "chmod": 90, "fchmodat": 268, "chown": 92,
        "fchownat": 260, "mknod": 133, "mknodat": 259,
    },
    clone=56,
    clone3=435,
    tgkill=234,
)  # fmt: skip
_AARCH64 = _Machine(
    0xC00000B7,
    {
        "socket": 198, "socketpair": 199, "bind": 200, "listen": 201, "accept": 202, "connect": 203, "accept4": 242,
        "execve": 221, "execveat": 281,
        "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "pidfd_getfd": 438, "pidfd_open": 434,
        "kill": 129, "tkill": 130, "rt_sigqueueinfo": 138, "pidfd_send_signal": 424,
        "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
        "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "keyctl": 219, "add_key": 217, "request_key": 218,
        "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "unshare": 97, "setns": 268,
        "open_by_handle_at": 265, "init_module": 105, "finit_module": 273, "kexec_load": 104,
        "unlinkat": 35, "renameat": 38, "renameat2": 276, "truncate": 45, "symlinkat": 36, "linkat": 37,
        "fchmodat": 53, "fchownat": 54, "mknodat": 33,
    },
    clone=220,
    clone3=435,
    tgkill=131,
)  # fmt: skip
"""Written from the kernel's table; nobody has run it on such a machine yet."""

_MACHINES = {"x86_64": _X86_64, "aarch64": _AARCH64}
_X32_BIT = 0x40000000
_EPERM, _ENOSYS = 1, 38
_LOAD, _EQUAL, _SET, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 4, 38, 22
_SECCOMP_MODE_FILTER = 2
_CALL_NUMBER, _CALL_ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_CLONE_THREAD = 0x00010000


def available() -> Confinement:
    """Return the confinement of workers that this machine allows."""
    known = sys.platform == "linux" and platform.machine() in _MACHINES
    return Confinement.SECCOMP if known else Confinement.NONE


def confine(*, memory_bytes: int, stack_bytes: int, answer_bytes: int) -> None:
    """Confine this process for good, as far as `available` says.

    `memory_bytes` is what a query may take beyond what the process has now and `stack_bytes`;
    `answer_bytes` is the longest file it may write, its answer among them.

    Raises:
        OSError: the system refused; the process must not run queries then.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (answer_bytes, answer_bytes))
    if sys.platform != "linux":
        return
    address_space = address_space_bytes() + stack_bytes + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    if available() is Confinement.SECCOMP:
        _install(_filter(_MACHINES[platform.machine()]))


def die_with_parent() -> None:
    """Make the kernel end this process when its parent ends."""
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def address_space_bytes() -> int:
    """Return the bytes of this process's address space, which the memory limit counts; 0 where none holds."""
    if sys.platform != "linux":
        return 0
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - one short file of the kernel
        return int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _filter(machine: _Machine) -> bytes:
    """Return a BPF program that refuses the calls of `machine` and lets every other one pass.

    A call by another architecture's rules ends the process. clone3 is refused as unknown, so that the C
    library starts threads by clone; a new process by clone is refused, a thread is not. A signal may go to
    the process itself, for that is how it aborts.
    """
    program = [
        _instruction(_LOAD, _CALL_ARCHITECTURE),
        _instruction(_EQUAL, machine.audit, jump_true=1),
        _instruction(_RETURN, _KILL_PROCESS),
        _instruction(_LOAD, _CALL_NUMBER),
    ]
    if machine is _X86_64:
        program += [_instruction(_SET, _X32_BIT, jump_false=1), _instruction(_RETURN, _KILL_PROCESS)]
    program += [_instruction(_EQUAL, machine.clone3, jump_false=1), _instruction(_RETURN, _ERRNO | _ENOSYS)]
    for number in sorted(machine.calls.values()):
        program += [_instruction(_EQUAL, number, jump_false=1), _instruction(_RETURN, _ERRNO | _EPERM)]
    program += _only_if(machine.tgkill, _EQUAL, os.getpid())
    program += _only_if(machine.clone, _SET, _CLONE_THREAD)
    program.append(_instruction(_RETURN, _ALLOW))
    return b"".join(program)


def _only_if(call: int, test: int, operand: int) -> list[bytes]:
    """Refuse `call` unless its first argument passes the test."""
    return [
        _instruction(_EQUAL, call, jump_false=4),
        _instruction(_LOAD, _FIRST_ARGUMENT),
        _instruction(test, operand, jump_true=1),
        _instruction(_RETURN, _ERRNO | _EPERM),
        _instruction(_RETURN, _ALLOW),
    ]


def _instruction(code: int, operand: int, *, jump_true: int = 0, jump_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, jump_true, jump_false, operand)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def _install(program: bytes) -> None:
    instructions = ctypes.create_string_buffer(program, len(program))
    described = _Program(len(program) // 8, ctypes.addressof(instructions))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(described))


def _prctl(option: int, first: int, second: int = 0) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    arguments = (ctypes.c_ulong(value) for value in (first, second, 0, 0))
    if libc.prctl(ctypes.c_int(option), *arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl {option}: {os.strerror(number)}")
