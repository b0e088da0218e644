"""A server that is written to and asked: one scheme, host and port, a deadline for each request, no redirects.

No proxy is used, whatever the environment says: it would be another host, and see the password.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from actiongraph import __version__
from actiongraph.engine.credentials import VARIABLE, Authorization, Credentials
from actiongraph.errors import EndpointError, SettingsError
from actiongraph.iris import mended_url
from actiongraph.text import complaint

_CONNECT_S = 15.0
_BLOCK_BYTES = 65_536
_SHOWN = 200
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer; `media_type` is without parameters."""

    status: int
    fields: HTTPMessage
    content: bytes

    @property
    def media_type(self) -> str:
        """The media type that the server says it is of, in lower case."""
        return self.fields.get_content_type()


class Origin:
    """The server of an engine. Requests may come from several threads at once only where it has no credentials."""

    def __init__(self, url: str, credentials: Credentials | None = None, *, timeout_s: float = 600) -> None:
        """Name the server by any of its addresses; nothing is sent yet. Each request may take `timeout_s`.

        Raises:
            SettingsError: `url` is no http or https address, or names a user.
        """
        parts = checked_address(url)
        self._origin = _origin(parts)
        self._timeout_s = timeout_s
        self._authorization = Authorization(credentials) if credentials else None

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

    def send(
        self,
        method: str,
        address: str,
        body: bytes | None = None,
        fields: Mapping[str, str] = {},
        *,
        max_bytes: int = _BLOCK_BYTES,
        timeout_s: float | None = None,
    ) -> Response:
        """Return the answer of the server, whatever its status, whole; a password is sent where it asks for one.

        Raises:
            EndpointError: no answer before the deadline, one that is cut off or longer than `max_bytes`, one that leads
                elsewhere, or no such user.
        """
        until = time.monotonic() + min(self._timeout_s, timeout_s or self._timeout_s)
        for _ in range(3):  # a digest may have become stale meanwhile
            said = self._authorization.field(method, _target(address)) if self._authorization else None
            sent = {**fields, "Authorization": said} if said else fields
            reply = self._send(method, address, body, sent, max_bytes, until)
            if reply.status != 401:
                break
            challenges = reply.fields.get_all("WWW-Authenticate") or []
            if self._authorization is None:
                raise EndpointError(
                    f"{address[:_SHOWN]} asks for a user and a password; write user:password into a file for "
                    f"--credentials, or into the environment variable {VARIABLE}."
                )
            if not self._authorization.learn(challenges, said):
                break
        if reply.status == 401:
            raise EndpointError(f"{address[:_SHOWN]} does not accept the user and the password that it was sent.")
        if 300 <= reply.status < 400:
            raise EndpointError(
                f"{address[:_SHOWN]} leads elsewhere ({reply.status}), which is not followed; give the address itself."
            )
        return reply

    def refused(self, address: str, reply: Response) -> EndpointError:
        """Return the error for an answer of another status than was wanted; the first line of its text is shown."""
        is_page = reply.media_type == "text/html"
        said = complaint(reply.content if is_page else reply.content.partition(b"\n")[0])
        if self._authorization and self._authorization.shows(reply.content.decode("utf-8", "replace")):
            said = ""  # it repeats what it was sent
        return EndpointError(f"{address[:_SHOWN]} answered with {reply.status}: {said or 'it gives no reason.'}")

    def _send(
        self, method: str, address: str, body: bytes | None, fields: Mapping[str, str], max_bytes: int, until: float
    ) -> Response:
        sent = {"User-Agent": f"actiongraph/{__version__}", "Accept-Encoding": "identity", "Connection": "close"}
        sent |= fields
        with _clear_errors(address, until) as deadline, closing(self._connect(until)) as connection:
            with deadline.keep(connection.sock):
                with suppress(BrokenPipeError, ConnectionResetError):  # who refuses may not read to the end
                    connection.request(method, _target(address), body, sent)
                with closing(connection.getresponse()) as response:
                    content = _read(response, address, max_bytes, deadline)
            return Response(response.status, response.headers, content)

    def _connect(self, until: float) -> HTTPConnection:
        scheme, host, port = self._origin
        kind = HTTPSConnection if scheme == "https" else HTTPConnection
        connection = kind(host, port, timeout=max(0.001, min(_CONNECT_S, until - time.monotonic())))
        connection.connect()
        connection.sock.settimeout(max(0.001, until - time.monotonic()))
        return connection


class _Deadline:
    """Cuts a connection at a deadline: a byte now and then keeps a reader waiting, whatever its timeout."""

    def __init__(self, until: float) -> None:
        self._until = until
        self.is_cut = False

    @contextmanager
    def keep(self, connection: socket.socket) -> Iterator[None]:
        is_over = threading.Event()
        thread = threading.Thread(target=self._wait, args=(connection, is_over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def check(self) -> None:
        if self.is_cut:
            raise TimeoutError

    def _wait(self, connection: socket.socket, is_over: threading.Event) -> None:
        if not is_over.wait(max(0.0, self._until - time.monotonic())):
            self.is_cut = True
            with suppress(OSError):
                # As for any socket: that of TLS would forget its keys, which the reader uses at this moment.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


@contextmanager
def _clear_errors(address: str, until: float) -> Iterator[_Deadline]:
    deadline, begun = _Deadline(until), time.monotonic()
    try:
        yield deadline
    except (OSError, HTTPException, ValueError) as error:
        if deadline.is_cut or isinstance(error, TimeoutError):
            raise EndpointError(
                f"{address[:_SHOWN]} did not answer within {time.monotonic() - begun:,.0f} s; see whether the engine "
                "is still at work, and raise --timeout."
            ) from error
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise EndpointError(
            f"{address[:_SHOWN]} does not answer ({reason}); check the address and whether the engine is running."
        ) from error


def _read(response: HTTPResponse, address: str, max_bytes: int, deadline: _Deadline) -> bytes:
    content = bytearray()
    while block := response.read1(_BLOCK_BYTES):
        content += block
        if len(content) > max_bytes:
            if response.status >= 300:  # of an error the beginning will do
                return bytes(content)
            raise EndpointError(f"{address[:_SHOWN]} answered with more than {max_bytes:,} bytes.")
    deadline.check()
    if response.length:
        raise EndpointError(f"The answer of {address[:_SHOWN]} was cut off after {len(content):,} bytes.")
    return bytes(content)


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
    return url.isascii() and url.isprintable() and not any(char in url for char in ' \\"<>')


def _target(address: str) -> str:
    parts = urlsplit(address)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS[parts.scheme]
