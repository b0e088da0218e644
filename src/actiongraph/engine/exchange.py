"""Queries sent to one server over HTTP, each within its time, and answers read whole before anything is made of them.

No proxy is used, whatever the environment says, and no redirect is followed: the query, and the password that may go
with it, are for that server alone.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection
from tempfile import SpooledTemporaryFile
from typing import IO
from urllib.parse import urlsplit

from actiongraph import __version__
from actiongraph.engine.credentials import VARIABLE, Authorization, Credentials
from actiongraph.errors import AnswerTooLarge, ClientGone, EndpointError, SettingsError, UpstreamError, UpstreamSilent
from actiongraph.iris import mended_url

_EXAMPLE = "http://127.0.0.1:8890/sparql"
_BLOCK_BYTES = 65_536
_IN_MEMORY_BYTES = 262_144
"""A longer answer is read into a file that has no name."""
_CONNECT_S = 5.0
_LOOK_S = 0.05
_STAYS_AWAKE_S = 1.0
_MOST_OF_ERROR = 65_536
_ODD = re.compile(r"[^!-~]|[<>\"\\\\^`{|}]")


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A whole answer: its status, its header fields, and its `size_bytes` bytes in a file that is at its beginning."""

    status: int
    headers: HTTPMessage
    file: IO[bytes]
    size_bytes: int


@dataclass(slots=True, eq=False)
class _Watched:
    """A connection that an answer is awaited on; `is_late` or `is_left` tell why it was cut."""

    connection: socket.socket
    until: float
    gone: Callable[[], bool]
    is_late: bool = False
    is_left: bool = False


@dataclass(slots=True)
class _Watch:
    """One thread that cuts each connection whose time is up, or whose client has gone.

    Whoever reads may be kept waiting by a byte now and then, so it cannot keep the time itself.
    """

    _changed: threading.Condition = field(default_factory=threading.Condition)
    _watched: set[_Watched] = field(default_factory=set)
    _is_awake: bool = False
    _is_started: bool = False

    @contextmanager
    def over(self, connection: socket.socket, until: float, gone: Callable[[], bool]) -> Iterator[_Watched]:
        """Watch `connection` as long as the block runs."""
        watched = _Watched(connection, until, gone)
        with self._changed:
            self._watched.add(watched)
            if not self._is_started:
                self._is_started = True
                threading.Thread(target=self._run, name="upstream", daemon=True).start()
            elif not self._is_awake:
                self._changed.notify()
        try:
            yield watched
        finally:
            with self._changed:
                self._watched.discard(watched)

    def end(self) -> None:
        """Cut all connections, as if their time were up."""
        with self._changed:
            for watched in self._watched:
                watched.until = 0
            self._changed.notify()

    def _run(self) -> None:
        quiet_since = time.monotonic()
        while True:
            with self._changed:
                now = time.monotonic()
                if self._watched:
                    quiet_since = now
                self._is_awake = now - quiet_since < _STAYS_AWAKE_S
                self._changed.wait(_LOOK_S if self._is_awake else None)
                self._is_awake = True
                now = time.monotonic()
                for watched in self._watched:
                    watched.is_late = watched.is_late or now >= watched.until
                    watched.is_left = watched.is_left or watched.gone()
                    if watched.is_late or watched.is_left:
                        with suppress(OSError):
                            # As for any socket: that of TLS would forget its keys, which the reader uses just now.
                            socket.socket.shutdown(watched.connection, socket.SHUT_RDWR)


class Exchange:
    """A server that is sent queries at one address. Calls may come from many threads."""

    def __init__(self, url: str, max_bytes: int, credentials: Credentials | None = None) -> None:
        """Name the address of the endpoint; nothing is sent yet.

        `credentials` are for this server alone, if it asks for them. An answer has at most `max_bytes`.

        Raises:
            SettingsError: `url` is no http or https address, or has a password or a fragment in it.
        """
        self._max_bytes = max_bytes
        parts = urlsplit(url)
        if "@" in parts.netloc:
            raise SettingsError(
                "The address of the engine has an @, as where a user and a password stand before it, which others could"
                f" read; leave them out, and give them by --credentials FILE or the environment variable {VARIABLE}."
            )
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment or _ODD.search(url):
            mended = mended_url(url[:200])
            advice = f"did you mean {mended}?" if mended else f"use one such as {_EXAMPLE}."
            raise SettingsError(f"The engine {url[:200]!r} is not an http or https address; {advice}")
        try:
            self._host, self._port = parts.hostname, parts.port
        except ValueError as error:
            raise SettingsError(f"The engine {url[:200]!r} has no port that there can be; mend it.") from error
        self._kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._fields = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept-Encoding": "identity",
            "User-Agent": f"actiongraph/{__version__}",
        }
        self._authorization = Authorization(credentials) if credentials else None
        self._lock = threading.Lock()
        self._idle: list[HTTPConnection] = []
        self._watch = _Watch()

    @contextmanager
    def post(self, form: bytes, accept: str, until: float, gone: Callable[[], bool]) -> Iterator[HttpReply]:
        """Give the whole answer to an encoded form, sent by POST, before the instant `until`.

        Raises:
            UpstreamError: the server cannot be reached, is none of HTTP, or cut its answer.
            UpstreamSilent: it is not there before `until`.
            AnswerTooLarge: it has more than `max_bytes`.
            ClientGone: nobody waits for it any more.
        """
        with SpooledTemporaryFile(_IN_MEMORY_BYTES) as file:
            for _ in range(3):  # a challenge may have become stale meanwhile
                sent = self._authorized()
                fields = {"Accept": accept, **self._fields, **sent}
                reply = self._exchange(form, fields, until, gone, file)
                file.seek(0)
                if reply.status != 401 or not self._learns(reply, sent.get("Authorization")):
                    break
                file.truncate()
            yield reply

    def close(self) -> None:
        """Close all connections; what is awaited on one fails."""
        self._watch.end()
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _authorized(self) -> dict[str, str]:
        """Return the header field with the password, once the server has asked for it."""
        if self._authorization is None:
            return {}
        with self._lock:
            field = self._authorization.field("POST", self._target)
        return {"Authorization": field} if field else {}

    def _learns(self, reply: HttpReply, sent: str | None) -> bool:
        """Tell whether another try with the password makes sense."""
        if self._authorization is None:
            return False
        with self._lock:
            try:
                return self._authorization.learn(reply.headers.get_all("WWW-Authenticate") or [], sent)
            except EndpointError as error:
                raise UpstreamError(str(error)) from error

    def shows_password(self, text: str) -> bool:
        """Tell whether `text` has anything of the password in it, as where a server repeats what it was sent."""
        return self._authorization is not None and self._authorization.shows(text)

    def _exchange(
        self, body: bytes, fields: dict[str, str], until: float, gone: Callable[[], bool], file: IO[bytes]
    ) -> HttpReply:
        connection = self._reused()
        if connection is not None:
            with suppress(_ClosedMeanwhile):
                return self._on(connection, body, fields, until, gone, file, is_reused=True)
        return self._on(self._connected(until), body, fields, until, gone, file)

    def _on(
        self,
        connection: HTTPConnection,
        body: bytes,
        fields: dict[str, str],
        until: float,
        gone: Callable[[], bool],
        file: IO[bytes],
        *,
        is_reused: bool = False,
    ) -> HttpReply:
        has_begun = is_kept = False
        with self._watch.over(connection.sock, until, gone) as watched:
            try:
                connection.request("POST", self._target, body, fields)
                with connection.getresponse() as response:  # unless it is closed, the connection cannot be used again
                    has_begun = True
                    size_bytes = self._read(response, file)
                is_kept = not response.will_close
                reply = HttpReply(response.status, response.headers, file, size_bytes)
            except (OSError, HTTPException, ValueError, UpstreamError) as error:
                if watched.is_left:
                    raise ClientGone from error
                if watched.is_late:
                    raise UpstreamSilent("The engine behind this endpoint did not answer in time.") from error
                if is_reused and not has_begun:
                    raise _ClosedMeanwhile from error
                if isinstance(error, UpstreamError):
                    raise
                if has_begun:
                    raise UpstreamError("The engine behind this endpoint cut its answer off; try again.") from error
                raise UpstreamError(
                    "The engine behind this endpoint closed the connection, or does not speak HTTP; try again later."
                ) from error
            finally:
                if not is_kept:
                    connection.close()
        if watched.is_left or watched.is_late:  # cut as the last byte came
            connection.close()
        else:
            with self._lock:
                if is_kept:
                    self._idle.append(connection)
        return reply

    def _read(self, response: HTTPResponse, file: IO[bytes]) -> int:
        """Write the body to `file`, and return how many bytes it has.

        Raises:
            UpstreamError: it does not say how long it is, or is not as long as it says, or is packed.
        """
        if not response.chunked and response.length is None:
            raise UpstreamError("The engine behind this endpoint does not say where its answer ends.")
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise UpstreamError("The engine behind this endpoint packed its answer, which it was told not to.")
        most, size_bytes = self._max_bytes if response.status == 200 else _MOST_OF_ERROR, 0
        while block := response.read1(_BLOCK_BYTES):
            size_bytes += len(block)
            if size_bytes > most and response.status == 200:
                raise AnswerTooLarge(self._max_bytes)
            if size_bytes <= most:
                file.write(block)
        if response.length:
            raise UpstreamError("The engine behind this endpoint cut its answer off; try again.")
        return size_bytes

    def _reused(self) -> HTTPConnection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _connected(self, until: float) -> HTTPConnection:
        left_s = until - time.monotonic()
        if left_s <= 0:
            raise UpstreamSilent("The engine behind this endpoint did not answer in time.")
        connection = self._kind(self._host, self._port, timeout=min(_CONNECT_S, left_s))
        try:
            connection.connect()
        except (OSError, HTTPException) as error:
            connection.close()
            kind = UpstreamSilent if isinstance(error, TimeoutError) else UpstreamError
            raise kind("The engine behind this endpoint cannot be reached; try again later.") from error
        connection.sock.settimeout(None)  # the watch keeps the time
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


class _ClosedMeanwhile(Exception):
    """The server had closed a connection that nobody used, so nothing of the query was answered."""
