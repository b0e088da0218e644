"""Connections, where waitress leaves them to us: bounded header fields, our shape of errors, threads shared fairly."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from http import HTTPStatus
from typing import Any, ClassVar

from waitress.buffers import ReadOnlyFileBasedBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask
from waitress.utilities import RequestHeaderFieldsTooLarge, build_http_date

from actiongraph import formats
from actiongraph.settings import Settings
from actiongraph.web import responses
from actiongraph.web.problems import Problem

_KEPT_THREADS = 8
_OF_THE_SERVER = frozenset({"Date", "Server"})
_SHORT_BYTES = 65_536
"""A longer answer is not copied so that its header may leave with it, and the loop sends it."""
_serving = threading.local()


def is_loop_needed() -> bool:
    """Tell whether this thread has changed something that the loop waits for; see `Channel.needs_loop`."""
    channel: Channel | None = getattr(_serving, "channel", None)
    return channel is None or channel.needs_loop()


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    """Refuses what no honest client sends: very many header fields, and a body with two ends."""

    settings: ClassVar[Settings]

    def received(self, data: bytes) -> int:
        """Take the next bytes and return how many were of use; a client that is refused is not told to continue."""
        used: int = super().received(data)
        if self.error:
            self.expect_continue = False
        return used

    def parse_header(self, header_plus: bytes) -> None:
        """Read the request line and the header fields.

        Raises:
            ParsingError: they are no header of HTTP. Source: RFC 9112, section 6.3, for the two ends.
        """
        _, _, fields = header_plus.partition(b"\r\n")
        most_bytes, most_fields = self.settings.max_header_bytes, self.settings.max_header_fields
        if len(fields) > most_bytes or fields.count(b"\n") > most_fields:
            super().parse_header(b"GET / HTTP/1.0\r\n")
            self.error = RequestHeaderFieldsTooLarge(f"more than {most_fields} fields or {most_bytes:,} bytes")
            return
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            raise ParsingError("the address or a length cannot be read") from error
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length and Transfer-Encoding exclude each other")


class _Refusal(ErrorTask):  # type: ignore[misc]
    """Tells what is wrong with a request that never reached the app, in the shape of every error."""

    def execute(self) -> None:
        """Write the answer; the connection is closed after it."""
        problem = _problem(self.request)
        if "json" in self.request.headers.get("ACCEPT", "").lower():
            response = responses.json_document(problem.document(), formats.PROBLEM_JSON, status=problem.status)
        else:
            response = responses.text(problem.text(), status=problem.status)
        response.headers.update(responses.COMMON)
        body = response.get_data()
        self.status = response.status
        self.response_headers.extend(response.headers.items())
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


def _problem(request: HTTPRequestParser) -> Problem:
    status = HTTPStatus(request.error.code)
    is_in_first_line = request.header_plus and b"\n" not in request.header_plus
    if status is HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE and is_in_first_line:
        status = HTTPStatus.REQUEST_URI_TOO_LONG
    unreadable = f"This request cannot be read as HTTP/1.1: {request.error.body}."
    code, advice = _ADVICE.get(status, (status.name.lower().replace("_", "-"), unreadable))
    return Problem(status, code, advice)


_ADVICE = {
    414: ("address-too-long", "The address is too long; send the query by POST."),
    413: ("body-too-large", "The body is longer than any query may be; send a shorter query."),
    431: ("header-too-large", "The header has too many fields or bytes; send fewer."),
    500: ("internal", "The server could not answer; your request is not at fault."),
    501: ("not-implemented", "The only transfer coding supported is chunked; send the body as it is."),
}
"""The code and the advice by status."""


class _Task(WSGITask):  # type: ignore[misc]
    """Keeps the connection after an answer without a body, whose end needs no length (RFC 9112, section 6.3)."""

    wrote_header: bool

    def write(self, data: bytes) -> None:
        """Write `data`, and with it the header if it is a whole short answer."""
        is_whole = data and self.has_body and not self.wrote_header and self.content_length == len(data)
        if not is_whole or len(data) > _SHORT_BYTES:
            super().write(data)
            return
        self.channel.write_soon(self.build_response_header() + data)
        self.wrote_header = True
        self.content_bytes_written = len(data)

    def build_response_header(self) -> bytes:
        """Return the header. The usual one, with a length and on a connection that stays, is the app's with a date."""
        names = {name for name, _ in self.response_headers}
        stays = self.version == "1.1" and not self.close_on_finish and not self._wants_close
        if not stays or self.content_length is None or "Content-Length" not in names or names & _OF_THE_SERVER:
            return bytes(super().build_response_header())
        fields = map(": ".join, self.response_headers)
        return "\r\n".join(
            [f"HTTP/1.1 {self.status}", *fields, f"Date: {build_http_date(self.start_time)}", "", ""]
        ).encode("latin-1")

    def set_close_on_finish(self) -> None:
        """Close the connection after this answer, unless the only reason is that it has no body."""
        if self.has_body or self._wants_close or self.version == "1.0":
            super().set_close_on_finish()

    @property
    def _wants_close(self) -> bool:
        return bool(self.request.headers.get("CONNECTION", "").lower() == "close")


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection, read within `settings`."""

    task_class = _Task
    error_task_class = _Refusal
    requests: list[HTTPRequestParser]

    @property
    def unsent_bytes(self) -> int:
        """The bytes that wait in memory for the client to read them; those of a file wait on disk."""
        return int(self.total_outbufs_len) - self._unsent_file_bytes()

    def write_soon(self, data: bytes) -> int:
        """Take `data` to be sent. Until now the client waited for the server; from now on it is the other way round.

        A short answer leaves from here: to have the loop send it costs more than most answers do.
        """
        self.last_activity = time.time()
        sent = 0
        if isinstance(data, bytes) and len(data) <= _SHORT_BYTES:
            with self.outbuf_lock:  # the loop closes no socket meanwhile
                if self.connected and not self.total_outbufs_len and not self.will_close:
                    sent = self._send_at_once(data)
        return sent + int(super().write_soon(data[sent:] if sent else data))

    def _send_at_once(self, data: bytes) -> int:
        """Return how many bytes of `data` the socket has taken; of a fault the loop learns when it sends the rest."""
        try:
            return int(self.send(data, do_close=False))
        except OSError:
            return 0

    def needs_loop(self) -> bool:
        """Tell whether the loop has to look at this connection before its client sends more.

        The loop waits for the next request while one is answered, so after a whole answer it need not be woken.
        """
        return bool(self.requests or self.total_outbufs_len or self.close_when_flushed or self.will_close)

    def service(self) -> None:
        """Answer the next request, but none while a file is on its way: a client that did not wait has to ask again.

        So a connection has one such file open at most, and no thread waits for its reader
        (RFC 9112, section 9.3.2).
        """
        try:
            if not self._unsent_file_bytes():
                _serving.channel = self
                super().service()
                return
            with self.requests_lock:
                self.close_when_flushed = True
                for request in self.requests:
                    request.close()
                self.requests = []
        finally:
            _serving.channel = None
            self.server.task_dispatcher.give_back(self)

    def _unsent_file_bytes(self) -> int:
        return sum(len(part) for part in tuple(self.outbufs) if isinstance(part, ReadOnlyFileBasedBuffer))

    @classmethod
    def within(cls, settings: Settings) -> type[Channel]:
        """Return the class of connections that are read within `settings`."""
        parser = type("Parser", (_Parser,), {"settings": settings})
        return type("Channel", (cls,), {"parser_class": parser})


class Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Gives threads to requests: first to the client that has fewest, and the last few only to those that have none.

    So one client with a thousand requests cannot keep another from being heard: the pool shares its workers among
    clients, but a request comes to the pool only once it has a thread here.
    """

    def __init__(self, threads: int) -> None:
        """Start the threads."""
        super().__init__()
        self.queue = _Line(threads)
        self.set_thread_count(threads)

    def give_back(self, channel: HTTPChannel) -> None:
        """Note that the thread of `channel` has answered; one that waits may have it."""
        with self.lock:
            self.queue.give_back(_client(channel))


class _Line:
    """The requests that wait for a thread, as the dispatcher's queue: its length counts those that may have one now.

    The dispatcher holds its lock whenever it uses this.
    """

    def __init__(self, threads: int) -> None:
        self._idle = threads
        self._waiting: dict[str, deque[HTTPChannel]] = {}
        self._running: Counter[str] = Counter()

    def append(self, channel: HTTPChannel) -> None:
        self._waiting.setdefault(_client(channel), deque()).append(channel)

    def __len__(self) -> int:
        if self._idle > _KEPT_THREADS:
            return sum(map(len, self._waiting.values()))
        return sum(1 for client in self._waiting if not self._running[client])

    def popleft(self) -> HTTPChannel:
        client = min(self._waiting, key=self._running.__getitem__)
        channel = self._waiting[client].popleft()
        if not self._waiting[client]:
            del self._waiting[client]
        self._running[client] += 1
        self._idle -= 1
        return channel

    def give_back(self, client: str) -> None:
        self._idle += 1
        self._running[client] -= 1
        if not self._running[client]:
            del self._running[client]


def _client(channel: Any) -> str:  # noqa: ANN401 - waitress has no types
    return str(channel.addr[0])
