"""One record for each request, filled as the request goes its way, and one line for it in the log.

Whoever answers notes what it knows; each observer, such as the log, is handed the record when the answer is whole.

The lines are JSON: every value is quoted by one rule that every tool reads, and all but printable ASCII is
escaped. So nothing that a request sends can end a line or pass for a field. A query is never written, only the
beginning of its SHA-256: people ask about people.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import quote

from actiongraph.web.http.clients import Network, client_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LENGTH = "content-length"
_LONGEST = 1_000
_RECORD = "actiongraph.record"
OK = "ok"


@dataclass(slots=True)
class AccessRecord:
    """A request and its answer.

    `path` is as it was sent, without the query component. `route` is the rule of the address, `outcome` the code
    of the error or `ok`, `kept` whether a cached answer was sent, `query_digest` the beginning of the SHA-256 of the
    query, and `query_s` how long the engine took; None where it was not needed.
    """

    at: datetime
    client: str
    method: str
    path: str
    route: str = "none"
    status: int = 500
    size_bytes: int = 0
    seconds: float = 0.0
    outcome: str = OK
    query_digest: str = ""
    kept: bool = False
    query_s: float | None = None


Observer = Callable[[AccessRecord], None]


def record_of(environ: WSGIEnvironment) -> AccessRecord:
    """Return the record of the request; one that nobody reads where the request is not observed."""
    record: AccessRecord | None = environ.get(_RECORD)
    if record is None:
        record = environ[_RECORD] = AccessRecord(datetime.now(UTC), "", "", "")
    return record


class RecordingMiddleware:
    """A WSGI application whose requests are recorded; its answers are whole before they are returned."""

    def __init__(self, inner: WSGIApplication, observers: Sequence[Observer], trusted: Sequence[Network]) -> None:
        """Observe `inner`; each of `observers` is handed each record, on the thread of the request."""
        self._inner = inner
        self._observers = observers
        self._trusted = trusted

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the application does. A request that comes with a record is for whoever brought that."""
        if _RECORD in environ:
            return self._inner(environ, start_response)
        record = AccessRecord(
            datetime.now(UTC), client_of(environ, self._trusted), environ["REQUEST_METHOD"], _path(environ)
        )
        environ[_RECORD] = record
        started = time.perf_counter()

        def begin(status: str, headers: list[tuple[str, str]], *rest: Any) -> Callable[[bytes], object]:  # noqa: ANN401 - exc_info
            record.status = int(status[:3])
            if record.method != "HEAD" and record.status not in {204, 304}:
                record.size_bytes = next((int(value) for name, value in headers if name.lower() == _LENGTH), 0)
            return start_response(status, headers, *rest)

        try:
            return self._inner(environ, begin)
        finally:
            record.seconds = time.perf_counter() - started
            for observer in self._observers:
                observer(record)


def _path(environ: WSGIEnvironment) -> str:
    """Return the path as it was sent, where the server tells, else encoded again."""
    sent = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if isinstance(sent, str):
        return sent.partition("?")[0].partition("#")[0]
    return quote((environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1", "replace"))


class RequestLog:
    """Writes a line about each request. Calls may come from many threads."""

    def __init__(self, stream: TextIO) -> None:
        """Write to `stream`."""
        self._stream = stream
        self._lock = threading.Lock()

    def __call__(self, record: AccessRecord) -> None:
        """Write the line of `record`; where nobody reads any more, nothing happens."""
        written = line(record) + "\n"
        with self._lock, suppress(OSError):
            self._stream.write(written)
            self._stream.flush()


def line(record: AccessRecord) -> str:
    """Return the log line of a request. Times are UTC; `ms` ends when the answer is whole, not when it is read."""
    fields = {
        "time": record.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "client": record.client[:_LONGEST],
        "method": record.method[:_LONGEST],
        "path": record.path[:_LONGEST],
        "status": record.status,
        "bytes": record.size_bytes,
        "ms": round(record.seconds * 1000, 1),
        "outcome": record.outcome,
        "kept": record.kept,
        "query": record.query_digest,
    }
    return json.dumps(fields, ensure_ascii=True).replace("\x7f", "\\u007f")
