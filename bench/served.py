"""A server as people run it, watched from outside, and plain sockets to speak with it from any loopback address."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bench.systems import processor_ticks

_PROGRAM = ("actiongraph", "serve", "--port", "0")
_READY = "Serving on http://"
_READY_S = 60.0
_STOP_S = 15.0
_RECEIVE_BYTES = 1 << 18


class NoAnswerError(Exception):
    """The server closed the connection, or said nothing in time, before an answer was whole."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; `headers` have their names in lower case, `took_s` is the time until its last byte."""

    status: int
    headers: dict[str, str]
    body: bytes
    took_s: float


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a server takes of the machine: files in the server itself and its starter, the rest of all its processes."""

    processes: int
    files: int
    memory_mb: float


class Served:
    """A running `actiongraph serve`."""

    def __init__(self, home: Path, *arguments: str, program: Sequence[str] = _PROGRAM) -> None:
        """Start it, the module `program` with its arguments, with the folder `home` as its own; wait until it answers.

        Raises:
            NoAnswerError: it ended, or did not say in time that it is ready.
        """
        self.process = subprocess.Popen(  # noqa: S603 - our own arguments
            [sys.executable, "-m", *program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="backslashreplace",
            cwd=home,
            env={**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home / "share"), "TMPDIR": str(home)},
        )
        self.said: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.port = self._wait_until_ready()

    def _listen(self) -> None:
        assert self.process.stderr  # noqa: S101 - it is a pipe
        self.said += list(self.process.stderr)

    def _wait_until_ready(self) -> int:
        assert self.process.stdout  # noqa: S101 - it is a pipe
        watch = threading.Timer(_READY_S, self.process.kill)
        watch.start()
        line = self.process.stdout.readline()
        watch.cancel()
        if not line.startswith(_READY):
            self.process.kill()
            self._listener.join(_STOP_S)
            raise NoAnswerError(f"no ready line but {line!r}; on standard error: {''.join(self.said)}")
        return int(line.rstrip().rstrip("/").rpartition(":")[2])

    def stop(self) -> int:
        """Tell it to stop, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self._listener.join(_STOP_S)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream  # noqa: S101 - it is a pipe
            stream.close()
        return code

    def connect(self, client: str = "127.0.0.1", timeout_s: float = 10.0) -> Connection:
        """Return a connection from the loopback address `client`."""
        return Connection(self.port, client, timeout_s)

    def ask(self, query: str, client: str = "127.0.0.1", *, path: str = "/sparql", **parameters: str) -> Answer:
        """Return the answer to `query`, which is sent as a body, on a connection of its own.

        Raises:
            NoAnswerError: it did not come whole.
        """
        pairs = "&".join(f"{name.replace('_', '-')}={quote(value, safe='')}" for name, value in parameters.items())
        with self.connect(client) as connection:
            return connection.exchange(post(query, f"{path}?{pairs}" if pairs else path))

    def pids(self) -> set[int]:
        """Return the numbers of all its processes."""
        return _tree(self.process.pid)

    def starter(self) -> int:
        """Return the number of the process that begins its workers."""
        return next(iter(_children(self.process.pid)))

    def processor_s(self) -> float:
        """Return the processor time of all its processes so far, those included that have ended, in seconds."""
        return sum(map(processor_ticks, self.pids())) / os.sysconf("SC_CLK_TCK")

    def footprint(self) -> Footprint:
        """Return what all its processes take now; pages that they share count once."""
        pids = self.pids()
        files = _files(self.process.pid) + _files(self.starter())
        return Footprint(len(pids), files, sum(map(_memory_kb, pids)) / 1024)


def post(query: str, target: str = "/sparql", accept: str = "application/json") -> bytes:
    """Return a request that asks `query` by direct POST."""
    body = query.encode("utf-8", "surrogatepass")
    head = f"POST {target} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nContent-Type: application/sparql-query\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def get(target: str, *lines: str) -> bytes:
    """Return a GET request with header lines besides Host."""
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: x", *lines, "", ""]).encode()


class Connection:
    """One connection, with what has come over it and has not been read yet."""

    def __init__(self, port: int, client: str, timeout_s: float) -> None:
        """Connect from the loopback address `client`."""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout_s, (client, 0))
        self._received = bytearray()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def exchange(self, message: bytes) -> Answer:
        """Send `message` and return the next answer.

        Raises:
            NoAnswerError: none came whole.
        """
        started = time.monotonic()
        with suppress(ConnectionError):  # a server may answer, and close, before it has read all
            self.socket.sendall(message)
        return self.answer(started)

    def answer(self, since: float | None = None, *, has_body: bool = True) -> Answer:
        """Return the next answer, timed from `since`.

        Raises:
            NoAnswerError: none came whole.
        """
        started = time.monotonic() if since is None else since
        head = self._until(b"\r\n\r\n").decode("latin-1")
        first, *lines = head.split("\r\n")[:-2]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split(" ")[1])
        body = b""
        if has_body and status not in {100, 204, 304}:
            if "content-length" not in headers:
                raise NoAnswerError(f"the answer {first!r} does not say how long it is")
            body = self._exactly(int(headers["content-length"]))
        return Answer(status, headers, body, time.monotonic() - started)

    def _until(self, mark: bytes) -> bytes:
        while (end := self._received.find(mark)) < 0:
            self._receive()
        return self._take(end + len(mark))

    def _exactly(self, size: int) -> bytes:
        while len(self._received) < size:
            self._receive()
        return self._take(size)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken

    def _receive(self) -> None:
        try:
            part = self.socket.recv(_RECEIVE_BYTES)
        except (TimeoutError, ConnectionError) as error:
            raise NoAnswerError(f"{type(error).__name__} after {bytes(self._received[:80])!r}") from error
        if not part:
            raise NoAnswerError(f"closed after {bytes(self._received[:80])!r}")
        self._received += part


def _children(pid: int) -> Sequence[int]:
    try:
        return [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return []


def _tree(pid: int) -> set[int]:
    found, left = {pid}, [pid]
    while left:
        children = set(_children(left.pop())) - found
        found |= children
        left += children
    return found


def _files(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - only the number counts
    except OSError:
        return 0  # it has ended meanwhile, or lets nobody look


def _memory_kb(pid: int) -> int:
    """Return the proportional share, or where nobody may look at that, all that is resident."""
    for name, field in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/{name}").read_text().splitlines()
            return sum(int(line.split()[1]) for line in lines if line.startswith(field))
    return 0
