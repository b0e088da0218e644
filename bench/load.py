"""Clients that ask a server as fast as it answers, and measure how long that takes.

One client is a plain loop over a socket that stays open. Eight are `wrk` where it is installed, which
leaves most of the machine to the server, else as many threads.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import count, cycle
from pathlib import Path
from urllib.parse import quote

ACCEPT = "application/sparql-results+json"
_SCRIPT = Path(__file__).with_name("load.lua")
_RECEIVE_BYTES = 1 << 18
_PATIENCE_S = 120.0


class BadAnswerError(Exception):
    """A server answered with an error, or with another number of bytes than before."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server takes queries."""

    port: int
    path: str

    def target(self, query: str) -> str:
        """Return the request target that asks `query`, below a comment with {NUMBER} in it."""
        return f"{self.path}?query=%23{{NUMBER}}%0A{quote(query, safe='')}"


@dataclass(frozen=True, slots=True)
class Measured:
    """How a server did: latencies in milliseconds, requests per second, and its processor time for each, if known."""

    p50_ms: float
    p99_ms: float
    per_s: float
    requests: int
    processor_ms: float = 0.0


class Client:
    """One connection that stays open."""

    def __init__(self, address: Address, accept: str = ACCEPT) -> None:
        """Connect; answers are wanted in the formats that `accept` names.

        Raises:
            OSError: nobody listens there.
        """
        self._socket = socket.create_connection(("127.0.0.1", address.port), timeout=_PATIENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = f" HTTP/1.1\r\nHost: 127.0.0.1:{address.port}\r\nAccept: {accept}\r\n\r\n".encode()

    def get(self, target: bytes) -> bytes:
        """Return the body of the answer to a GET of `target`.

        Raises:
            BadAnswerError: the answer is not a 200, or ends early.
        """
        self._socket.sendall(b"GET " + target + self._rest)
        received = self._socket.recv(_RECEIVE_BYTES)
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more()
        head = received[:end].lower()
        if not head.startswith(b"http/1.1 200"):
            raise BadAnswerError(received[:end].decode("latin-1").partition("\r\n")[0])
        chunks = [received[end + 4 :]]
        declared = head.find(b"\r\ncontent-length:")
        if declared >= 0:
            left = int(head[declared + 17 :].partition(b"\r\n")[0]) - len(chunks[0])
            while left > 0:
                chunks.append(self._more())
                left -= len(chunks[-1])
            return b"".join(chunks)
        while not b"".join(chunks[-2:]).endswith(b"\r\n0\r\n\r\n"):
            chunks.append(self._more())
        return _unchunked(b"".join(chunks))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _more(self) -> bytes:
        part = self._socket.recv(_RECEIVE_BYTES)
        if not part:
            raise BadAnswerError("the connection was closed in the middle of an answer")
        return part


def _unchunked(body: bytes) -> bytes:
    """Return the body of a chunked answer (RFC 9112, section 7.1)."""
    parts: list[bytes] = []
    place = 0
    while True:
        end = body.index(b"\r\n", place)
        size = int(body[place:end].partition(b";")[0], 16)
        if size == 0:
            return b"".join(parts)
        parts.append(body[end + 2 : end + 2 + size])
        place = end + 4 + size


def first_number() -> int:
    """Return a number from which on no request has been numbered yet: no request takes less than a microsecond."""
    return time.time_ns() // 1_000


def numbered(targets: Sequence[str], *, vary: bool) -> Iterator[bytes]:
    """Yield targets in turn without end, each with a number that no other has if they are to `vary`."""
    parts = [target.encode().partition(b"{NUMBER}") for target in targets]
    if not vary:
        yield from cycle([head + b"0" + tail for head, _, tail in parts])
    for number, (head, _, tail) in zip(count(first_number()), cycle(parts), strict=False):
        yield head + b"%d" % number + tail


def one_client(address: Address, targets: Sequence[str], seconds: float, *, vary: bool) -> list[float]:
    """Ask in turn for `seconds` over one connection, and at least three times; return the milliseconds of each.

    Raises:
        BadAnswerError: an answer that is none, or not as long as the one to the same target before.
    """
    lengths: dict[int, int] = {}
    latencies: list[float] = []
    until = time.perf_counter() + seconds
    with closing(Client(address)) as client:
        for turn, target in enumerate(numbered(targets, vary=vary)):
            begun = time.perf_counter()
            if begun >= until and turn >= 3:
                break
            length = len(client.get(target))
            latencies.append((time.perf_counter() - begun) * 1000)
            if lengths.setdefault(turn % len(targets), length) != length:
                raise BadAnswerError(f"an answer of {length} bytes, and of {lengths[turn % len(targets)]} before")
    return latencies


def many_clients(address: Address, targets: Sequence[str], seconds: int, *, vary: bool, clients: int = 8) -> Measured:
    """Ask for `seconds` over `clients` connections at once.

    Raises:
        BadAnswerError: at least one answer was none.
    """
    if shutil.which("wrk"):
        return _wrk(address, targets, seconds, vary=vary, clients=clients)
    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        found = list(pool.map(lambda _: one_client(address, targets, seconds, vary=vary), range(clients)))
    return measured([latency for latencies in found for latency in latencies], time.perf_counter() - begun)


def _wrk(address: Address, targets: Sequence[str], seconds: int, *, vary: bool, clients: int) -> Measured:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("".join(f"{target}\n" for target in targets))
        file.flush()
        ran = subprocess.run(  # noqa: S603 - our own arguments
            [  # noqa: S607 - wherever it is installed
                "wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", f"{_PATIENCE_S:.0f}s",
                "-H", f"Accept: {ACCEPT}", "-s", str(_SCRIPT), f"http://127.0.0.1:{address.port}",
                "--", file.name, str(first_number() if vary else 0),
            ],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    found = json.loads(ran.stdout.splitlines()[-1])
    if not found["requests"] and not found["failed"] and seconds < _PATIENCE_S:
        return _wrk(address, targets, 4 * seconds, vary=vary, clients=clients)
    if found["failed"] or not found["requests"]:
        raise BadAnswerError(f"{found['failed']} of {found['requests']} requests failed with {clients} clients")
    per_s = found["requests"] / found["us"] * 1e6
    return Measured(found["p50_us"] / 1000, found["p99_us"] / 1000, per_s, found["requests"])


def measured(latencies: Sequence[float], seconds: float) -> Measured:
    """Return what `latencies` in milliseconds, taken in `seconds`, come to."""
    ordered = sorted(latencies)
    p50, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.99))
    return Measured(p50, p99, len(ordered) / seconds, len(ordered))
