"""Files that never change, sent as they lie on disk: whole or in part, and never read into memory.

Their entity tag is their SHA-256. A file that is taken away while it is sent is sent to its end, for it is open.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path
from typing import IO, cast

from flask import Response, request
from werkzeug.wsgi import wrap_file

from actiongraph.formats import Format
from actiongraph.web.http.conditions import FileRange, choose_range
from actiongraph.web.http.representation import FOR_EVER

_BLOCK_BYTES = 1 << 18
_SMALL_BYTES = 1 << 18
"""A shorter part is sent from memory, as any answer is: an open file for each of many requests costs more."""


def send_file(path: Path, format: Format, sha256: str, modified_at: datetime) -> Response:
    """Return the file at `path`, or the part of it that the request wants; its address never has another file.

    `sha256` is that of its bytes, in hexadecimal.

    Raises:
        FileNotFoundError: it has just been taken away.
        PreconditionFailed: it is not the file that the client means.
        RangeNotSatisfiable: it has no such bytes.

    Source: RFC 9110, sections 8.8.3 (a hash of the bytes is a strong tag), 14 and 15.3.7; RFC 9530, section 3, for the
    digest; RFC 6266 for the name.
    """
    tag, size_bytes = f'"{sha256}"', path.stat().st_size
    part = choose_range(dict(request.headers), request.method, tag, modified_at, size_bytes)
    response = Response(_body(path, part), part.status)
    response.direct_passthrough = True
    response.headers["ETag"] = tag
    response.headers["Last-Modified"] = format_datetime(modified_at, usegmt=True)
    response.headers["Cache-Control"] = FOR_EVER
    response.headers["Accept-Ranges"] = "bytes"
    if part.status is HTTPStatus.NOT_MODIFIED:
        del response.headers["Content-Type"]
        return response
    response.headers["Content-Type"] = format.content_type
    response.headers["Content-Length"] = str(part.stop - part.start)
    response.headers["Content-Disposition"] = f'attachment; filename="{path.name}"'
    response.headers["Repr-Digest"] = f"sha-256=:{b64encode(bytes.fromhex(sha256)).decode()}:"
    if part.status is HTTPStatus.PARTIAL_CONTENT:
        response.headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size_bytes}"
    return response


def _body(path: Path, part: FileRange) -> bytes | Iterable[bytes]:
    """Return the bytes of `part`, where there are many as the server's own wrapper around the open file."""
    if request.method == "HEAD" or part.start == part.stop:
        return b""
    opened = FilePart(path, part.start, part.stop)
    if len(opened) > _SMALL_BYTES:
        return wrap_file(request.environ, cast(IO[bytes], opened), _BLOCK_BYTES)
    with closing(opened):
        return opened.read()


class FilePart:
    """The bytes of a file from `start` to before `stop`, as a file that can be read, and open until it is closed.

    It shows no file descriptor: a server that sends by one would not know where to stop.
    """

    def __init__(self, path: Path, start: int, stop: int) -> None:
        """Open the file at `path`.

        Raises:
            FileNotFoundError: there is none.
        """
        self._file = path.open("rb", buffering=0)
        self._start = start
        self._length = stop - start
        self._file.seek(start)
        self.close = self._file.close

    def __len__(self) -> int:
        return self._length

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place in the part, counted from its start, from here or from its end."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self._length}[whence]
        return self._file.seek(self._start + origin + offset) - self._start

    def tell(self) -> int:
        """Return the place in the part, counted from its start."""
        return self._file.tell() - self._start

    def read(self, size: int = -1, /) -> bytes:
        """Return the next `size` bytes, or fewer at the end of the part."""
        left = max(0, self._length - self.tell())
        return self._file.read(left if size < 0 else min(size, left)) or b""
