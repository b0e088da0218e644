"""What a confined process can no longer do. Each attempt is made in a process of its own."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64" or sys.platform != "linux",
    reason="the numbers of the calls tried are those of Linux on x86_64",
)

CONFINED = """
import ctypes, os, resource, signal, socket, subprocess, sys, threading
from actiongraph.engine.pool import sandbox
inherited = socket.socket()
sandbox.confine(memory_bytes=600 << 20, stack_bytes=64 << 20, answer_bytes=1 << 20)
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")
"""
FORBIDDEN = {
    "open a socket": "socket.socket()",
    "open a pair of sockets": "socket.socketpair()",
    "connect a socket it inherited": "inherited.connect(('127.0.0.1', 9))",
    "listen on a socket it inherited": "inherited.bind(('127.0.0.1', 0))",
    "run a program": "os.execv('/bin/true', ['true'])",
    "start a program": "subprocess.run(['/bin/true'])",
    "fork": "os.fork()",
    "signal another process": "os.kill(os.getppid(), 0)",
    "signal a thread of another process": "call(234, os.getppid(), os.getppid(), 0)",
    "delete a file": "os.unlink('/tmp/a-file-that-need-not-be')",
    "rename a file": "os.rename('/tmp/a-file-that-need-not-be', '/tmp/another')",
    "set up an io_uring": "call(425, 1, 0)",
    "trace a process": "call(101, 0, 0, 0, 0)",
    "enter a namespace": "call(272, 0x10000000)",
}
STILL = {
    "compute": "print(sum(range(10)))",
    "read a file": "open('/proc/self/statm').read()",
    "start a thread": "t = threading.Thread(target=lambda: None); t.start(); t.join()",
    "map memory within the limit": "bytearray(100 << 20)",
}


def run(body: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CONFINED + body], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("attempt", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_what_a_query_never_needs_is_refused(attempt: str):
    done = run(f"try:\n    {attempt}\nexcept OSError as error:\n    print(error.errno)\nelse:\n    print('done')\n")
    # EPERM, and for io_uring and the like EPERM as well; never success, never another reason such as ENOENT.
    assert done.stdout.strip() == "1", done.stderr


@pytest.mark.parametrize("attempt", STILL.values(), ids=STILL.keys())
def test_what_a_query_needs_is_left(attempt: str):
    assert run(attempt).returncode == 0


def test_another_architectures_calls_end_the_process():
    done = run("call(0x40000000 | 39)")
    assert done.returncode == -31


def test_memory_beyond_the_limit_is_not_given():
    done = run("try:\n    bytearray(900 << 20)\nexcept MemoryError:\n    print('no')\n")
    assert done.stdout.strip() == "no"


def test_a_file_beyond_the_limit_is_not_written():
    done = run(
        "file = os.memfd_create('x')\ntry:\n    os.write(file, bytes(2 << 20)); os.write(file, b'x')\n"
        "except OSError as error:\n    print(error.errno, os.fstat(file).st_size)\n"
    )
    assert done.stdout.split() == ["27", str(1 << 20)]


def test_an_abort_is_still_told_as_one():
    assert run("os.abort()").returncode == -6
