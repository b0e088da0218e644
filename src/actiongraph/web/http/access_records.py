"""What is noted of each request, for the log and for the figures: one record, filled as the request goes its way.

Whoever answers notes what it knows; whoever listens is handed the record when the answer is whole.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from actiongraph.web.http.clients import Network, client_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_RECORD = "actiongraph.record"
OK = "ok"


@dataclass(slots=True)
class AccessRecord:
    """A request and its answer.

    `path` is as it was sent, without the query component. `route` is the rule of the address, `outcome` the code
    of the error or `ok`, `kept` whether a kept answer was sent, `asked` the beginning of the SHA-256 of the query,
    and `query_s` how long the engine took; None where nothing was asked of it.
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
    asked: str = ""
    kept: bool = False
    query_s: float | None = None


Listener = Callable[[AccessRecord], None]


def record_of(environ: WSGIEnvironment) -> AccessRecord:
    """Return the record of the request; one that nobody reads where the request is not observed."""
    record: AccessRecord = environ.setdefault(_RECORD, AccessRecord(datetime.now(UTC), "", "", ""))
    return record


class Observed:
    """A WSGI application whose requests are recorded; its answers are whole before they are returned."""

    def __init__(self, inner: WSGIApplication, listeners: Sequence[Listener], trusted: Sequence[Network]) -> None:
        """Observe `inner`; each of `listeners` is handed each record, on the thread of the request."""
        self._inner = inner
        self._listeners = listeners
        self._trusted = trusted

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the application does."""
        record = AccessRecord(
            datetime.now(UTC), client_of(environ, self._trusted), environ["REQUEST_METHOD"], _path(environ)
        )
        environ[_RECORD] = record
        started = time.perf_counter()

        def begin(status: str, headers: list[tuple[str, str]], *rest: Any) -> Callable[[bytes], object]:  # noqa: ANN401 - exc_info
            record.status = int(status[:3])
            record.size_bytes = _size_bytes(record, headers)
            return start_response(status, headers, *rest)

        try:
            return self._inner(environ, begin)
        finally:
            record.seconds = time.perf_counter() - started
            for listener in self._listeners:
                listener(record)


def _size_bytes(record: AccessRecord, headers: Iterable[tuple[str, str]]) -> int:
    if record.method == "HEAD" or record.status in {204, 304}:
        return 0
    return next((int(value) for name, value in headers if name.lower() == "content-length"), 0)


def _path(environ: WSGIEnvironment) -> str:
    """Return the path as it was sent, where the server tells, else encoded again."""
    sent = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if isinstance(sent, str):
        return sent.partition("?")[0]
    return quote((environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1", "replace"))
