"""The limits of one run: the bytes that a server may send, and the time that it may take."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from actiongraph.errors import EndpointError


class TooMuch(EndpointError):
    """A run would take more bytes than are allowed to it."""


class ByteBudget:
    """The bytes that may still be fetched, unpacked and written; `max_bytes` is what there was to begin with."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.left_bytes = max_bytes

    def take(self, size_bytes: int) -> None:
        """Count `size_bytes`, which have not been written anywhere yet.

        Raises:
            TooMuch: so many are not left.
        """
        self.left_bytes -= size_bytes
        if self.left_bytes < 0:
            raise TooMuch(
                f"This run would fetch, unpack and write more than {self.max_bytes:,} bytes; "
                "if that is expected, raise --max-bytes."
            )


@dataclass(frozen=True, slots=True)
class Patience:
    """The times that a server may take.

    `begin_s` is for an answer to begin and `least_bytes` of it to come, and again for each `least_bytes` more: reading
    a release of millions of quads takes a tenth of that. One answer may take `answer_s`, and all answers of a run
    `run_s`, besides the time in which their bytes come at `least_bytes_per_s`, as over the slowest lines.
    """

    connect_s: float = 15
    silence_s: float = 30
    begin_s: float = 60
    least_bytes: int = 65_536
    answer_s: float = 120
    run_s: float = 1_800
    least_bytes_per_s: int = 8_192


PATIENCE = Patience()


class Pace:
    """Keeps the time of one answer beside whoever reads it, and cuts its connection when that is up.

    Readers of lines, chunks and trailers return when they are at the end of one, and a byte now and then keeps them
    waiting for ever: so nothing can be measured between two calls of theirs. `size_bytes` is what came of the answer.
    """

    def __init__(self, patience: Patience) -> None:
        self.size_bytes = 0
        self.is_cut = False
        self._patience = patience
        self._began = self._armed = time.monotonic()
        self._arm_at_bytes = 0

    @property
    def took_s(self) -> float:
        """Return the seconds that the answer has taken so far."""
        return time.monotonic() - self._began

    @property
    def late_s(self) -> float:
        """Return the seconds by which that is longer than its bytes may take."""
        return max(0.0, self.took_s - self.size_bytes / self._patience.least_bytes_per_s)

    def count(self, size_bytes: int) -> None:
        """Count what came."""
        self.size_bytes += size_bytes
        if self.size_bytes >= self._arm_at_bytes:
            self._arm()

    @contextmanager
    def keep(self, connection: socket.socket) -> Iterator[None]:
        """Cut `connection` if too little comes on it meanwhile; `is_cut` tells."""
        self._arm()
        is_over = threading.Event()
        watch = threading.Thread(target=self._watch, args=(connection, is_over), daemon=True)
        watch.start()
        try:
            yield
        finally:
            is_over.set()
            watch.join()

    def _arm(self) -> None:
        self._armed = time.monotonic()
        self._arm_at_bytes = self.size_bytes + self._patience.least_bytes

    def _watch(self, connection: socket.socket, is_over: threading.Event) -> None:
        while (left_s := self._left_s()) > 0:
            if is_over.wait(left_s):
                return
        self.is_cut = True
        with suppress(OSError):
            # As for any socket: that of TLS would forget its keys, which the reader uses at this moment.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def _left_s(self) -> float:
        since_armed_s = time.monotonic() - self._armed
        return min(self._patience.begin_s - since_armed_s, self._patience.answer_s - self.late_s)
