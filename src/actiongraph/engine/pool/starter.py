"""The starter: a process with one thread that opens nothing and forks every worker.

Forking beside a running thread can hang the child for ever, and a store that is open does not survive a
fork; so neither is ever done where there are threads or stores. The starter ends, and with it every
worker, when the server that began it has ended.

It receives `+` with a number and a socket to begin a worker, `-` with a number to end one, and sends `x`
with the number and the status of each worker that has ended.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import sys

import msgspec

from actiongraph.engine.pool import sandbox
from actiongraph.engine.pool.worker import Confines, empty_file, work

COMMAND = struct.Struct("=cQ")
ENDED = struct.Struct("=cQi")
BEGIN, END, HAS_ENDED = b"+", b"-", b"x"
UNSORTABLE = 256
"""The status, as no process has, of a worker that the engine ended over values that it cannot sort."""
_NO_ORDER, _MOST_OF_WORDS = b"does not correctly implement a total order", 65_536


def main(arguments: list[str]) -> None:
    """Serve the control socket whose descriptor is the first argument; the second is the confines in JSON."""
    control = socket.socket(fileno=int(arguments[0]))
    confines = msgspec.json.decode(arguments[1], type=Confines)
    sandbox.die_with_parent()
    for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(kind, signal.SIG_IGN)
    _Starter(control, confines).run()


class _Starter:
    def __init__(self, control: socket.socket, confines: Confines) -> None:
        self._control = control
        self._confines = confines
        self._workers: dict[int, tuple[int, int]] = {}
        """The number of each worker, and the file that it writes its last words to, by its process."""
        self._wakeup, wake = socket.socketpair()
        self._wakeup.setblocking(False)
        wake.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        self._wake = wake

    def run(self) -> None:
        """Obey and reap until the server has closed its end."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._wakeup, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == self._wakeup.fileno():
                    self._wakeup.recv(4096)
                    self._reap()
                elif not self._obey():
                    self._close()
                    return

    def _obey(self) -> bool:
        command, files, _, _ = socket.recv_fds(self._control, COMMAND.size, 1)
        if len(command) < COMMAND.size:
            return False
        kind, number = COMMAND.unpack(command)
        if kind == BEGIN:
            self._begin(number, files[0])
        else:
            # One that was reaped is not in the table any more, so no stranger is ever hit.
            for pid in [pid for pid, (known, _) in self._workers.items() if known == number]:
                os.kill(pid, signal.SIGKILL)
        return True

    def _begin(self, number: int, file: int) -> None:
        words = empty_file()
        pid = os.fork()
        if pid:
            os.close(file)
            self._workers[pid] = number, words
            return
        code = 1
        try:
            self._control.close()
            self._wakeup.close()
            signal.set_wakeup_fd(-1)
            self._wake.close()
            quiet = os.open(os.devnull, os.O_RDWR)
            for standard, instead in enumerate((quiet, quiet, words)):
                os.dup2(instead, standard)
            work(socket.socket(fileno=file), self._confines)
            code = 0
        finally:
            os._exit(code)

    def _close(self) -> None:
        for pid in self._workers:
            os.kill(pid, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        for end in (self._control, self._wakeup, self._wake):
            end.close()

    def _reap(self) -> None:
        while self._workers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            number, words = self._workers.pop(pid)
            said = os.pread(words, _MOST_OF_WORDS, 0)
            os.close(words)
            code = UNSORTABLE if _NO_ORDER in said else os.waitstatus_to_exitcode(status)
            self._control.sendall(ENDED.pack(HAS_ENDED, number, code))


if __name__ == "__main__":
    main(sys.argv[1:])
