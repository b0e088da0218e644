"""The server that is copied, read over HTTP: one scheme, host and port, and only so many bytes within so much time.

No proxy is used, whatever the environment says: it would be another host. Redirects are followed only on the server
itself.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from actiongraph import __version__
from actiongraph.errors import EndpointError, SettingsError
from actiongraph.iris import mended_url
from actiongraph.text import complaint

Progress = Callable[[int, int | None], None]
"""Called with the number of bytes that have come, and of all there are, if that is known."""

_EXAMPLE = "http://127.0.0.1:8000/"
_REDIRECTS = 5
_BLOCK_BYTES = 65_536
_SHOWN = 200
_PORTS = {"http": 80, "https": 443}


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


class Missing(EndpointError):
    """The server has nothing, or nothing any more, at an address it named."""


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


class Source:
    """A server, which answers under one address."""

    def __init__(self, url: str, patience: Patience = PATIENCE) -> None:
        """Name the server, and how long it is waited for; nothing is sent yet.

        Raises:
            SettingsError: `url` is no http or https address, or has a query, a fragment or a password.
        """
        self.url = url if url.endswith("/") else url + "/"
        parts = _split(self.url)
        if parts is None or parts.scheme not in _PORTS or parts.query or parts.fragment or _is_written_oddly(self.url):
            advice = (
                f"did you mean {mended}?" if (mended := mended_url(url[:_SHOWN])) else f"use one such as {_EXAMPLE}."
            )
            raise SettingsError(f"{url[:_SHOWN]!r} is not the address of a server; {advice}")
        self._origin = _origin(parts)
        self._path = unquote(parts.path)
        self._patience = patience
        self._late_s = 0.0

    def is_at(self, url: str) -> bool:
        """Tell whether `url`, however it is spelled, is the address of this server."""
        parts = _split(url if url.endswith("/") else url + "/")
        return parts is not None and (*_origin(parts), unquote(parts.path)) == (*self._origin, self._path)

    def locate(self, address: str) -> str:
        """Return `address`, which the server named, if it is on the server.

        Raises:
            EndpointError: it is elsewhere.
        """
        parts = _split(address)
        if parts is None or _origin(parts) != self._origin or _is_written_oddly(address):
            raise EndpointError(
                f"The server at {self.url} refers to {address[:_SHOWN]!r}, which is not on that server and is "
                "not fetched; use the address that the server is published at."
            )
        return address

    def read(self, address: str, media_type: str, max_bytes: int) -> bytes:
        """Return the bytes at `address`, at most `max_bytes`; see `stream`."""
        return b"".join(self.stream(address, media_type, max_bytes))

    def stream(
        self, address: str, media_type: str, max_bytes: int, progress: Progress = lambda done, total: None
    ) -> Iterator[bytes]:
        """Yield what is at `address` in blocks, whole or not at all: an answer that is cut off is an error.

        Raises:
            Missing: there is nothing there (any more).
            EndpointError: no answer, an error, more than `max_bytes`, too slow, or sent elsewhere.
        """
        with self._paced() as pace, _asking(address, pace), self._opened(address, media_type, pace) as response:
            total = response.length
            if total is not None and total > max_bytes:
                raise _too_long(address, max_bytes)
            while block := response.read1(_BLOCK_BYTES):
                pace.count(len(block))
                if pace.size_bytes > max_bytes:
                    raise _too_long(address, max_bytes)
                progress(pace.size_bytes, total)
                yield block
            if pace.is_cut:
                raise _too_slow(address, pace)
            if response.length:
                raise EndpointError(f"{address} was cut off after {pace.size_bytes:,} bytes; try again.")

    @contextmanager
    def _paced(self) -> Iterator[Pace]:
        """Give what keeps the time of one answer, as long as there is time for all."""
        if self._late_s > self._patience.run_s:
            raise EndpointError(
                f"The server at {self.url} kept this run waiting for {self._late_s:,.0f} s in all, so it was stopped; "
                "try again later."
            )
        pace = Pace(self._patience)
        try:
            yield pace
        finally:
            self._late_s += pace.late_s

    @contextmanager
    def _opened(self, address: str, media_type: str, pace: Pace) -> Iterator[HTTPResponse]:
        """Give the answer of 200 that is at `address`, or where that leads on the same server."""
        for _ in range(_REDIRECTS + 1):
            parts = urlsplit(self.locate(address))
            with (
                self._connected() as connection,
                pace.keep(connection.sock),
                closing(_ask(connection, parts, media_type)) as response,
            ):
                if response.status == 200:
                    yield response
                    return
                location = response.headers.get("Location", "")
                if response.status not in {301, 302, 303, 307, 308} or not location:
                    kind = Missing if response.status in {404, 410} else EndpointError
                    said = complaint(response.read(_BLOCK_BYTES)) or "check the address."
                    raise kind(f"{address} answered with {response.status}: {said}")
            address = urljoin(address, location)
        raise EndpointError(f"{address} was redirected to too many times; no more redirects are followed.")

    @contextmanager
    def _connected(self) -> Iterator[HTTPConnection]:
        scheme, host, port = self._origin
        kind = HTTPSConnection if scheme == "https" else HTTPConnection
        with closing(kind(host, port, timeout=self._patience.connect_s)) as connection:
            connection.connect()
            connection.sock.settimeout(self._patience.silence_s)
            yield connection


@contextmanager
def _asking(address: str, pace: Pace) -> Iterator[None]:
    try:
        yield
    except (OSError, HTTPException, ValueError) as error:
        if pace.is_cut:
            raise _too_slow(address, pace) from error
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise EndpointError(
            f"{address} does not answer ({reason}); check the address and whether the server is running."
        ) from error


def _ask(connection: HTTPConnection, parts: SplitResult, media_type: str) -> HTTPResponse:
    """Return the beginning of the answer."""
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fields = {"Accept": media_type, "Accept-Encoding": "identity", "User-Agent": f"actiongraph/{__version__}"}
    connection.request("GET", target, headers=fields)
    return connection.getresponse()


def _too_slow(address: str, pace: Pace) -> EndpointError:
    return EndpointError(
        f"{address} arrived too slowly, {pace.size_bytes:,} bytes in {pace.took_s:,.0f} s; try again later."
    )


def _too_long(address: str, max_bytes: int) -> EndpointError:
    return EndpointError(
        f"{address} is longer than the {max_bytes:,} bytes announced or allowed; "
        "if that is expected, raise --max-bytes."
    )


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        has_port = parts.port != 0
    except ValueError:
        return None
    return parts if parts.hostname and has_port else None


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme, 0)


def _is_written_oddly(address: str) -> bool:
    """Tell whether an address names a user, or has what no address has and some would read in another way."""
    return (
        "@" in address.partition("//")[2].partition("/")[0]
        or not address.isascii()
        or not address.isprintable()
        or any(char in address for char in ' \\"<>')
    )
