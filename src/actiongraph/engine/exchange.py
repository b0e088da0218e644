"""Requests to the server of an engine, each within its time; answers are read whole before anything is made of them.

No proxy is used, whatever the environment says, and no redirect is followed: what is sent, and the password that may go
with it, are for that server alone.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection
from io import BufferedReader, RawIOBase
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import SplitResult, urlsplit

from actiongraph import __version__
from actiongraph.engine.credentials import HOW, VARIABLE, Authorization, Credentials
from actiongraph.errors import AnswerTooLarge, ClientGone, SettingsError, UpstreamError, UpstreamSilent
from actiongraph.iris import mended_url
from actiongraph.text import one_line

BEHIND = "The engine behind this endpoint"
"""How clients are told of an engine."""
_PORTS = {"http": 80, "https": 443}
_KINDS: Mapping[str, type[HTTPConnection]] = {"http": HTTPConnection, "https": HTTPSConnection}
_FIELDS = {"Accept-Encoding": "identity", "User-Agent": f"actiongraph/{__version__}"}
_BLOCK_BYTES = 65_536
_IN_MEMORY_BYTES = 262_144
"""A longer answer is read into a file that has no name."""
_CONNECT_S = 5.0
_LOOK_S = 0.05
_MOST_OF_ERROR = 65_536
_LONGEST_TEXT, _MOST_READ, _SHOWN = 300, 8_192, 200
_ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>)]*|\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?|\[[0-9a-f:]*:[0-9a-f:]*\](?::\d+)?"
    r"|\blocalhost(?::\d+)?|(?<![\w/])/(?:[\w.-]+/)+[\w.-]*",
    re.IGNORECASE,
)


def _stays() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A whole answer: its status, its header fields, and its `size_bytes` bytes in a file that is at its beginning."""

    status: int
    headers: HTTPMessage
    file: IO[bytes]
    size_bytes: int

    @property
    def media_type(self) -> str:
        """The media type that the server says it is of, in lower case and without parameters."""
        return self.headers.get_content_type()


@dataclass(frozen=True, slots=True)
class _Request:
    """A request, until when its answer is awaited, how much of it, and who tells that nobody waits any more."""

    method: str
    target: str
    body: bytes | None
    fields: dict[str, str]
    until: float
    gone: Callable[[], bool]
    max_bytes: int
    name: str


class _TimedReader(RawIOBase):
    """Reads from a socket while time is left and somebody waits, of which a byte now and then is no matter."""

    def __init__(self, file: Any, connection: socket.socket, check: Callable[[], None]) -> None:  # noqa: ANN401
        self._file = file
        self._connection = connection
        self._check = check

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 - any buffer; typing has no narrower name before Python 3.12
        while True:
            self._check()
            with suppress(TimeoutError):
                return self._connection.recv_into(buffer)

    def close(self) -> None:
        self._file.close()  # the socket counts those that read it
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(self, check: Callable[[], None], sock: socket.socket, **others: Any) -> None:  # noqa: ANN401
        super().__init__(sock, **others)
        self.fp: BufferedReader = BufferedReader(_TimedReader(self.fp.detach(), sock, check), _BLOCK_BYTES)


class Exchange:
    """The server of an engine: one scheme, host and port. Calls may come from many threads."""

    def __init__(
        self, url: str, credentials: Credentials | None = None, *, called: str | None = None, timeout_s: float = 600
    ) -> None:
        """Name the server by any of its addresses; nothing is sent yet.

        `credentials` are for this server alone, if it asks for them. Errors name it as `called`, else by the address
        that was asked. A request has `timeout_s` if it has no time of its own.

        Raises:
            SettingsError: `url` is no http or https address, or names a user.
        """
        parts = checked_address(url)
        self._origin = _origin(parts)
        self._host = parts.netloc
        self._called = called
        self._timeout_s = timeout_s
        self._authorization = Authorization(credentials) if credentials else None
        self._lock = threading.Lock()
        self._idle: list[socket.socket] = []
        self._is_closed = False

    def locate(self, address: str) -> str:
        """Return `address` if it is on this server.

        Raises:
            SettingsError: it is elsewhere, where no password goes, or is no address at all.
        """
        if _origin(checked_address(address)) != self._origin:
            raise SettingsError(
                f"{address[:_SHOWN]} is on another server than the engine; name one server (scheme, host and port), "
                "for its credentials are sent to no other."
            )
        return address

    @contextmanager
    def send(
        self,
        method: str,
        address: str,
        body: bytes | None = None,
        fields: Mapping[str, str] = {},
        *,
        until: float | None = None,
        gone: Callable[[], bool] = _stays,
        max_bytes: int = _BLOCK_BYTES,
        is_safe: bool = False,
    ) -> Iterator[HttpReply]:
        """Give the whole answer to a request, which comes before the instant `until`, whatever its status.

        A password is sent where the server asks for one. What changes nothing there `is_safe`: it may be sent once
        more, and so on a connection that the server may have closed meanwhile.

        Raises:
            UpstreamError: the server cannot be reached, is none of HTTP, cut its answer, leads elsewhere, or wants
                another password.
            UpstreamSilent: the answer is not there before `until`.
            AnswerTooLarge: it has more than `max_bytes`.
            ClientGone: nobody waits for it any more.
        """
        if until is None:
            until = time.monotonic() + self._timeout_s
        target, name = _target(address), self._called or address[:_SHOWN]
        with SpooledTemporaryFile(_IN_MEMORY_BYTES) as file:
            for _ in range(3):  # a challenge may have become stale meanwhile
                sent = self._authorized(method, target)
                request = _Request(method, target, body, {**_FIELDS, **fields, **sent}, until, gone, max_bytes, name)
                reply = self._exchange(request, file, is_safe=is_safe)
                file.seek(0)
                if reply.status != 401 or not self._learns(reply, sent.get("Authorization")):
                    break
                file.truncate()
            self._check_place(reply, name)
            yield reply

    def told(self, reply: HttpReply) -> str:
        """Return the first line of what an error says, without addresses and paths, and without a password."""
        said = reply.file.read(_MOST_READ)
        shows = self._authorization is not None and self._authorization.shows(said.decode("utf-8", "replace"))
        return told_by(b"" if shows else said)

    def close(self) -> None:
        """Close all connections; what is awaited on one fails."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _check_place(self, reply: HttpReply, name: str) -> None:
        """Check that it is the server itself that answers, and not to a stranger.

        Raises:
            UpstreamError: it is not.
        """
        how = "" if self._called else f"; {HOW}"
        if reply.status == 401 and self._authorization is None:
            raise UpstreamError(f"{name} asks for a user and a password{how or '.'}")
        if reply.status == 401:
            raise UpstreamError(f"{name} does not accept the user and the password that it was sent.")
        if 300 <= reply.status < 400:
            raise UpstreamError(f"{name} redirects ({reply.status}), which is not followed.")

    def _authorized(self, method: str, target: str) -> dict[str, str]:
        """Return the header field with the password, once the server has asked for it."""
        if self._authorization is None:
            return {}
        with self._lock:
            field = self._authorization.field(method, target)
        return {"Authorization": field} if field else {}

    def _learns(self, reply: HttpReply, sent: str | None) -> bool:
        """Tell whether another try with the password makes sense."""
        if self._authorization is None:
            return False
        with self._lock:
            return self._authorization.learn(reply.headers.get_all("WWW-Authenticate") or [], sent)

    def _exchange(self, request: _Request, file: IO[bytes], *, is_safe: bool) -> HttpReply:
        if is_safe and (connection := self._reused()) is not None:
            with suppress(_ClosedMeanwhile):
                return self._on(connection, request, file, is_reused=True)
        return self._on(self._connected(request), request, file)

    def _on(
        self, connection: socket.socket, request: _Request, file: IO[bytes], *, is_reused: bool = False
    ) -> HttpReply:
        has_begun = is_kept = False
        try:
            connection.settimeout(max(0.001, request.until - time.monotonic()))  # for all that is sent
            with suppress(BrokenPipeError, ConnectionResetError):  # who refuses may not read to the end
                connection.sendall(self._written(request))
            connection.settimeout(_LOOK_S)
            with closing(_TimedResponse(self._checker(request), connection, method=request.method)) as response:
                response.begin()
                has_begun = True
                size_bytes = _read(response, file, request)
                is_kept = not response.will_close and response.isclosed()
            return HttpReply(response.status, response.headers, file, size_bytes)
        except TimeoutError as error:
            raise _late(request) from error
        except (OSError, HTTPException, ValueError) as error:
            if is_reused and not has_begun:
                raise _ClosedMeanwhile from error
            if has_begun:
                raise UpstreamError(f"{request.name} cut its answer off; try again.") from error
            raise UpstreamError(
                f"{request.name} closed the connection, or does not speak HTTP; try again later."
            ) from error
        finally:
            self._put_back(connection, is_kept=is_kept)

    def _written(self, request: _Request) -> bytes:
        """Return the request as one piece: a server that was sent its head alone would wake up to wait for the rest."""
        fields = {"Host": self._host, **request.fields}
        if request.body is not None:
            fields["Content-Length"] = str(len(request.body))
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"{request.method} {request.target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + (request.body or b"")

    def _put_back(self, connection: socket.socket, *, is_kept: bool) -> None:
        with self._lock:
            if is_kept and not self._is_closed:
                self._idle.append(connection)
                return
        connection.close()

    def _checker(self, request: _Request) -> Callable[[], None]:
        """Return the check that is made before each block is read, and at least every `_LOOK_S` seconds."""
        looked = time.monotonic()

        def check() -> None:
            nonlocal looked
            now = time.monotonic()
            if now >= request.until or self._is_closed:
                raise _late(request)
            if now >= looked + _LOOK_S:
                looked = now
                if request.gone():
                    raise ClientGone

        return check

    def _reused(self) -> socket.socket | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _connected(self, request: _Request) -> socket.socket:
        left_s = request.until - time.monotonic()
        if left_s <= 0:
            raise _late(request)
        scheme, host, port = self._origin
        connection = _KINDS[scheme](host, port, timeout=min(_CONNECT_S, left_s))
        try:
            connection.connect()
        except (OSError, HTTPException) as error:
            connection.close()
            kind = UpstreamSilent if isinstance(error, TimeoutError) else UpstreamError
            reason = getattr(error, "strerror", None) or type(error).__name__
            advice = "try again later" if self._called else "check the address and whether the engine is running"
            raise kind(f"{request.name} does not answer ({reason}); {advice}.") from error
        made: socket.socket = connection.sock
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made


class _ClosedMeanwhile(Exception):
    """The server had closed a connection that nobody used, so nothing of the query was answered."""


def _late(request: _Request) -> UpstreamSilent:
    return UpstreamSilent(f"{request.name} did not answer in time.")


def _read(response: HTTPResponse, file: IO[bytes], request: _Request) -> int:
    """Write the body to `file`, and return how many bytes it has; of an error the beginning will do.

    Raises:
        UpstreamError: it does not say how long it is, or is not as long as it says, or is packed.
        AnswerTooLarge: it is longer than wanted.
    """
    is_error = response.status >= 300
    if not response.chunked and response.length is None and not is_error:
        raise UpstreamError(f"{request.name} does not say where its answer ends.")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UpstreamError(f"{request.name} packed its answer, which it was told not to.")
    size_bytes = 0
    while block := response.read1(_BLOCK_BYTES):
        size_bytes += len(block)
        if is_error and size_bytes > _MOST_OF_ERROR:
            return size_bytes
        if size_bytes > request.max_bytes and not is_error:
            raise AnswerTooLarge(request.max_bytes)
        file.write(block)
    if response.length:
        raise UpstreamError(f"{request.name} cut its answer off; try again.")
    return size_bytes


def told_by(content: bytes) -> str:
    """Return the first line of what an engine says in an error, without addresses and paths."""
    text = content.decode("utf-8", "replace")
    if b"<html" in content.lower():
        text = re.sub(r"<[^<>]*>", " ", text)
    first = next((line for line in map(one_line, text.splitlines()) if line), "nothing")
    return _ADDRESS.sub("…", first)[:_LONGEST_TEXT]


def checked_address(url: str) -> SplitResult:
    """Return the parts of the address of an engine.

    Raises:
        SettingsError: it is no http or https address, has a fragment, or names a user; no password is shown.
    """
    if "@" in url:
        raise SettingsError(
            "The address has an @, as where a user and a password stand before it, which others could read; leave them "
            f"out, and give them by --credentials FILE or the environment variable {VARIABLE}."
        )
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, has_host = None, False
    if parts is None or not has_host or parts.scheme not in _PORTS or parts.fragment or not _is_plain(url):
        mended = mended_url(url[:_SHOWN])
        advice = f"did you mean {mended}?" if mended else "use one such as http://127.0.0.1:3030/data/query."
        raise SettingsError(f"{url[:_SHOWN]!r} is not the address of an engine; {advice}")
    return parts


def _is_plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and not any(char in url for char in ' \\"<>^`{|}')


def _target(address: str) -> str:
    parts = urlsplit(address)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS[parts.scheme]
