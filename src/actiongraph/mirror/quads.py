"""Sorted N-Quads in gzip, read and written line by line: unpacked within bounds, checked, changed and hashed.

Source: RDF 1.1 N-Quads, section 4 (grammar); RFC 1952 for gzip.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from actiongraph.errors import DataError, EndpointError
from actiongraph.publication import GZIP_WINDOW

_BLOCK_BYTES = 1 << 18
_LONGEST_LINE = 1 << 24
_LEVEL = 6
_ESCAPE = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_IRI = rf"<(?:[^\x00-\x20<>\"{{}}|^`\\]|{_ESCAPE})*+>"
_NODE = r"_:[\w:](?:[\w:.·-]*[\w:·-])?"
_LITERAL = rf"\"(?:[^\"\\\n\r]|\\[tbnrf\"'\\]|{_ESCAPE})*+\"(?:\^\^{_IRI}|@[A-Za-z]+(?:-[A-Za-z0-9]+)*)?"
_QUAD = re.compile(rf"(?:{_IRI}|{_NODE}) {_IRI} (?:{_IRI}|{_NODE}|{_LITERAL})(?: (?:{_IRI}|{_NODE}))? \.\n")


class TooMuch(EndpointError):
    """A run would take more bytes than are allowed to it."""


class ByteBudget:
    """The bytes that may still be fetched, unpacked and written; `max_bytes` is what there was to begin with."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.left_bytes = max_bytes

    def take(self, size_bytes: int) -> None:
        """Count `size_bytes`, which have not been written anywhere yet.

        Raises:
            TooMuch: so many are not left.
        """
        self.left_bytes -= size_bytes
        if self.left_bytes < 0:
            raise TooMuch(
                f"This run would fetch, unpack and write more than {self.max_bytes:,} bytes; "
                "if that is expected, raise --max-bytes."
            )


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a file: the number of its quads, and the SHA-256 of their lines."""

    quads: int
    sha256: str


def unpack(path: Path, allowed: ByteBudget) -> Iterator[bytes]:
    """Yield the content of the gzip file at `path` in blocks, of which none is large.

    Raises:
        DataError: it is no gzip file, is cut off or goes on after its end.
        TooMuch: it holds more than is `allowed`.
    """
    unpacker = zlib.decompressobj(GZIP_WINDOW)
    with path.open("rb") as file:
        while packed := unpacker.unconsumed_tail or file.read(_BLOCK_BYTES):
            if unpacker.eof:
                raise DataError("there is data after its end")
            try:
                block = unpacker.decompress(packed, _BLOCK_BYTES)
            except zlib.error as error:
                raise DataError(f"it cannot be unpacked ({error})") from error
            allowed.take(len(block))
            yield block
    if not unpacker.eof or unpacker.unused_data:
        raise DataError("it is truncated" if not unpacker.eof else "there is data after its end")


def read_lines(path: Path, allowed: ByteBudget) -> Iterator[bytes]:
    """Yield the lines of the gzip file at `path`, which are N-Quads in ascending order.

    Raises:
        DataError: they are not, or `unpack` fails.
        TooMuch: likewise.
    """
    before = b""
    for number, line in enumerate(_split(unpack(path, allowed)), start=1):
        if line <= before:
            raise DataError(f"line {number:,} is not in order")
        try:
            is_quad = _QUAD.fullmatch(line.decode())
        except UnicodeDecodeError as error:
            raise DataError(f"line {number:,} is not UTF-8") from error
        if not is_quad:
            raise DataError(f"line {number:,} is not N-Quads")
        yield line
        before = line


def _split(blocks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            yield line + b"\n"
        if len(rest) > _LONGEST_LINE:
            raise DataError(f"a line is longer than {_LONGEST_LINE:,} bytes")
    if rest:
        raise DataError("the last line is incomplete")


def changed(lines: Iterable[bytes], removed: Iterable[bytes], added: Iterable[bytes]) -> Iterator[bytes]:
    """Yield sorted `lines` without those `removed` and with those `added`, sorted.

    Raises:
        DataError: what is removed is not there, or what is added is there already.
    """
    going, coming = iter(removed), iter(added)
    gone, new = next(going, None), next(coming, None)
    for line in lines:
        while new is not None and new < line:
            yield new
            new = next(coming, None)
        if new == line:
            raise DataError("an added quad is there already")
        if gone is not None and gone < line:
            break
        if gone == line:
            gone = next(going, None)
        else:
            yield line
    if gone is not None:
        raise DataError("a removed quad is not there")
    while new is not None:
        yield new
        new = next(coming, None)


def content_of(lines: Iterable[bytes]) -> Content:
    """Return the number of `lines` and their SHA-256, which is the same however they are cut into blocks."""
    digest, number = hashlib.sha256(), 0
    for line in lines:
        digest.update(line)
        number += 1
    return Content(number, digest.hexdigest())


def write_lines(path: Path, lines: Iterable[bytes], allowed: ByteBudget) -> Content:
    """Write `lines` to the new gzip file at `path` and return what they are.

    Raises:
        TooMuch: `lines` and the file have more bytes than are `allowed`; the file has no more.
    """
    packer, waiting = zlib.compressobj(_LEVEL, wbits=GZIP_WINDOW), bytearray()
    digest, number = hashlib.sha256(), 0
    with path.open("xb") as file:
        for line in lines:
            number += 1
            allowed.take(len(line))
            digest.update(line)
            waiting += line
            if len(waiting) >= _BLOCK_BYTES:
                packed = packer.compress(waiting)
                allowed.take(len(packed))
                file.write(packed)
                waiting.clear()
        packed = packer.compress(waiting) + packer.flush()
        allowed.take(len(packed))
        file.write(packed)
    return Content(number, digest.hexdigest())
