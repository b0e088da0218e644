"""Files that never change, sent as they lie on disk or unpacked: whole or in part, and never read into memory.

Their entity tag is their SHA-256. A file that is taken away while it is sent is sent to its end, for it is open.
"""

from __future__ import annotations

import gzip
import os
from base64 import b64encode
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache, partial
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import IO, cast

from flask import Response, request
from werkzeug.wsgi import wrap_file

from actiongraph.formats import Format
from actiongraph.web.http.conditions import FileRange, choose_range
from actiongraph.web.http.representation import FOR_EVER, GZIP, coding_qualities

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
    response = _response(path.name, format, tag, modified_at, part)
    response.headers["Accept-Ranges"] = "bytes"
    if part.status is HTTPStatus.NOT_MODIFIED:
        return response
    if request.method != "HEAD" and part.start < part.stop:
        response.response = _content(FilePart(path, part.start, part.stop))
    response.headers["Repr-Digest"] = f"sha-256=:{b64encode(bytes.fromhex(sha256)).decode()}:"
    if part.status is HTTPStatus.PARTIAL_CONTENT:
        response.headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size_bytes}"
    return response


def _response(name: str, format: Format, tag: str, modified_at: datetime, part: FileRange) -> Response:
    """Return the response with `part` of the file `name`, still without a body."""
    response = Response(b"", part.status)
    response.direct_passthrough = True
    response.headers["ETag"] = tag
    response.headers["Last-Modified"] = format_datetime(modified_at, usegmt=True)
    response.headers["Cache-Control"] = FOR_EVER
    if part.status is HTTPStatus.NOT_MODIFIED:
        del response.headers["Content-Type"]
        return response
    response.headers["Content-Type"] = format.content_type
    response.headers["Content-Length"] = str(part.stop - part.start)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def send_unpacked(path: Path, format: Format, sha256: str, modified_at: datetime) -> Response:
    """Return a response with the gzip file at `path`, unpacked unless the client accepts gzip.

    `sha256` is that of the file, and `format` what is packed in it. There are no ranges: those are of the file itself,
    at its own address.

    Raises:
        OSError, EOFError, zlib.error: it has just been taken away, or is damaged.
        PreconditionFailed: it is not the file that the client means.

    Source: RFC 9110, sections 8.4, 8.8.3.3 (each coding has a tag of its own), 12.5.5 and 14.3.
    """
    gzip_quality, identity = coding_qualities(request.headers.get("Accept-Encoding", ""))
    is_packed = gzip_quality > 0 and gzip_quality >= identity
    size_bytes = path.stat().st_size if is_packed else _unpacked_bytes(path)
    tag = f'"{sha256}-{GZIP if is_packed else "plain"}"'
    fields = {name: value for name, value in request.headers.items() if name not in {"Range", "If-Range"}}
    part = choose_range(fields, request.method, tag, modified_at, size_bytes)
    response = _response(path.stem, format, tag, modified_at, part)
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Accept-Ranges"] = "none"
    if part.status is HTTPStatus.NOT_MODIFIED:
        return response
    if is_packed:
        response.headers["Content-Encoding"] = GZIP
    if request.method != "HEAD":
        response.response = _content(FilePart(path, 0, size_bytes) if is_packed else UnpackedFile(path, size_bytes))
    return response


_counting = Lock()
"""One file is counted at a time, so that many who ask for a new one cost no more than the first."""


def _unpacked_bytes(path: Path) -> int:
    with _counting:
        return _count_unpacked(path)


@lru_cache(maxsize=256)
def _count_unpacked(path: Path) -> int:
    """Return how long the file at `path` is when it is unpacked: gzip itself notes that only up to 4 GiB."""
    with gzip.open(path) as file:
        return sum(map(len, iter(partial(file.read, _BLOCK_BYTES), b"")))


def _content(opened: FilePart | UnpackedFile) -> Iterable[bytes]:
    """Return the bytes of `opened`, where there are many as the server's own wrapper around the open file."""
    if len(opened) > _SMALL_BYTES:
        return wrap_file(request.environ, cast(IO[bytes], opened), _BLOCK_BYTES)
    with closing(opened):
        return [opened.read()]


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


class UnpackedFile:
    """The unpacked content of a gzip file, read from its start and open until it is closed.

    It goes back only as far as where the last reading began: a server looks at the next bytes, and moves on by as many
    as it could send.
    """

    def __init__(self, path: Path, size_bytes: int) -> None:
        """Open the file at `path`, which unpacks to `size_bytes`.

        Raises:
            FileNotFoundError: there is none.
        """
        self._file = gzip.GzipFile(path)
        self._length = size_bytes
        self._at = self._kept_from = 0
        self._kept = b""
        self.close = self._file.close

    def __len__(self) -> int:
        return self._length

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place, counted from the start, from here or from the end.

        Raises:
            ValueError: when reading there, if it lies before where the last reading began.
        """
        self._at = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._length}[whence] + offset
        return self._at

    def tell(self) -> int:
        """Return the place, counted from the start."""
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """Return the next `size` bytes, or fewer at the end.

        Raises:
            ValueError: they lie before where the last reading began.
        """
        if self._at < self._kept_from:
            raise ValueError(f"byte {self._at} is no longer kept; read on from {self._kept_from}")
        while self._at > self._kept_from + len(self._kept):
            self._kept_from += len(self._kept)
            self._kept = self._file.read(min(_BLOCK_BYTES, self._at - self._kept_from))
        wanted = max(0, self._length - self._at)
        wanted = wanted if size < 0 else min(size, wanted)
        self._kept, self._kept_from = self._kept[self._at - self._kept_from :], self._at
        self._kept += self._file.read(max(0, wanted - len(self._kept)))
        found = self._kept[:wanted]
        self._at += len(found)
        return found
