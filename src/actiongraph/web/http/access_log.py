"""One line for each request.

The lines are JSON: every value is quoted by one rule that every tool reads, and all but printable ASCII is
escaped. So nothing that a request sends can end a line or pass for a field. A query is never written, only the
beginning of its SHA-256: people ask about people.
"""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from typing import TextIO

from actiongraph.web.http.access_records import AccessRecord

_LONGEST = 1_000


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
    """Return what the log says of a request. Times are UTC; `ms` ends when the answer is whole, not when it is read."""
    told = {
        "time": record.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "client": record.client[:_LONGEST],
        "method": record.method[:_LONGEST],
        "path": record.path[:_LONGEST],
        "status": record.status,
        "bytes": record.size_bytes,
        "ms": round(record.seconds * 1000, 1),
        "outcome": record.outcome,
        "kept": record.kept,
        "query": record.asked,
    }
    return json.dumps(told, ensure_ascii=True).replace("\x7f", "\\u007f")
