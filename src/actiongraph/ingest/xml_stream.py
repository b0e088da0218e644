"""XML files from anyone, read piece by piece: bounded memory, exact lines, no DOCTYPE, nothing fetched.

The parser is libxml2 without `huge_tree`: texts and attributes of more than 10 MB, more than 256 levels and entities
that grow are errors. It counts the lines of elements up to 65,535 only; so the file is fed to it from one record to
the next, and lines are counted here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from actiongraph.errors import DataError, DataSyntaxError, SettingsError
from actiongraph.text import one_line

if TYPE_CHECKING:
    from lxml import etree

Progress = Callable[[int, int | None], None]
"""Is called with the bytes read so far, and with those of the whole file where that is known."""

_BLOCK_BYTES = 1 << 16
_LONGEST_PROLOG = 2 * _BLOCK_BYTES
"""Bytes before the first element: a declaration and comments need few, and of a hidden DTD no more are read."""
_LONGEST_REASON = 200
_MOST_INNER = 1_000
"""Elements that are kept below one child of a record until that is complete."""
_PACKED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}
_DOCTYPE = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?(?>(?:\s|<\?(?>.*?\?>)|<!--(?>.*?-->))*)<!DOCTYPE", re.DOTALL
)


class XMLStep(NamedTuple):
    """An element that begins or ends; `path` is its name and before it those of the elements around it, from the root.

    `line` is where the record begins that it belongs to. An element that begins has its attributes and no content.
    """

    is_end: bool
    element: etree._Element
    path: list[str]
    line: int


def read_xml(path: Path, *, record: str, whole: Collection[str], progress: Progress) -> Iterator[XMLStep]:
    """Yield the root and the records of a file as they begin, and all elements down to the fourth level as they end.

    Records are the children of the root that are named `record`. `whole` names children of records that have all
    their content when they end. Everything else may be empty by then, so that memory does not grow with the file.

    Raises:
        DataError: the file cannot be read, is compressed or has a DOCTYPE.
        DataSyntaxError: it is not well-formed XML.
        SettingsError: lxml is not installed.
    """
    try:
        from lxml import etree  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise SettingsError("Reading XML needs lxml; run: pip install 'actiongraph[ingest]'") from error
    try:
        with path.open("rb") as file:
            yield from _XMLPass(path, record, whole).steps(etree, file, progress)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", file=str(path)) from error


def _parser(etree: Any) -> etree.XMLPullParser:  # noqa: ANN401 - a module
    return etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


class _XMLPass:
    """One pass over a file."""

    def __init__(self, path: Path, record: str, whole: Collection[str]) -> None:
        self._path = path
        self._whole = whole
        self._opening = re.compile(b"<" + re.escape(record.encode()) + rb"(?=[\s/>])")
        self._open: list[str] = []
        self._has_begun = False
        self._opened_on: int | None = None
        """The line on which the piece begins that was fed last, if a record seems to begin there."""
        self._line = 1
        self._inner = 0

    def steps(self, etree: Any, file: BinaryIO, progress: Progress) -> Iterator[XMLStep]:  # noqa: ANN401 - a module
        """Yield what `read_xml` does."""
        parser = _parser(etree)
        events = parser.read_events()
        try:
            for piece in self._pieces(file, progress):
                parser.feed(piece)
                # An entity that is not declared ends a document without an exception: what is fed next begins another.
                if fatal := parser.feed_error_log.filter_from_fatals():
                    raise self._not_well_formed(fatal[0].line, fatal[0].message)
                yield from self._taken(events)
            parser.close()
            yield from self._taken(events)
        except etree.XMLSyntaxError as error:
            # The first mistake; the last, which is raised, may follow from it.
            first = next(iter(parser.feed_error_log), None)
            line, message = (first.line, first.message) if first else (error.lineno or 1, error.msg or "")
            raise self._not_well_formed(line, message) from error

    def _not_well_formed(self, line: int, message: str) -> DataSyntaxError:
        reason = re.sub(r",? (use|try) XML_PARSE_HUGE.*", "", one_line(message))[:_LONGEST_REASON]
        text = f"{self._path}, line {line}, is not well-formed XML: {reason}."
        return DataSyntaxError(text, file=str(self._path), line=line)

    def _taken(self, events: Iterator[tuple[str, etree._Element]]) -> Iterator[XMLStep]:
        for event, element in events:
            if event == "start":
                self._begin(element)
                if len(self._open) <= 2:
                    yield XMLStep(False, element, self._open, self._line)
                continue
            depth = len(self._open)
            if depth <= 4:
                yield XMLStep(True, element, self._open, self._line)
            if depth <= 3:
                self._inner = 0
                _empty(element)
            else:
                self._inner += 1
                if self._inner > _MOST_INNER:
                    self._empty_inner(element)
            self._open.pop()

    def _empty_inner(self, element: etree._Element) -> None:
        if self._open[2] in self._whole:
            raise self._refused(f"has more than {_MOST_INNER:,} elements in one {self._open[2]}", self._line)
        _empty(element)

    def _begin(self, element: etree._Element) -> None:
        if not self._has_begun and element.getroottree().docinfo.internalDTD is not None:
            raise self._doctype()
        self._has_begun = True
        self._open.append(element.tag)
        if len(self._open) == 2:
            # In UTF-16, say, no opening is seen; libxml2's lines are right as far as it counts.
            self._line = self._opened_on or element.sourceline
            self._opened_on = None

    def _pieces(self, file: BinaryIO, progress: Progress) -> Iterator[bytes]:
        """Yield the file in pieces, a new one wherever a record seems to begin, be it in a comment."""
        total = os.fstat(file.fileno()).st_size or None
        line, read, held = 1, 0, b""
        while block := file.read(_BLOCK_BYTES):
            if not read:
                self._check_start(block)
            elif not self._has_begun and read > _LONGEST_PROLOG:
                raise self._refused("has no element in its first 128 kB, so it is no file of records")
            read += len(block)
            data = held + block
            end = data.rfind(b"<", -self._longest_opening)
            data, held = (data[:end], data[end:]) if end >= 0 else (data, b"")
            start = 0
            for found in self._opening.finditer(data):
                yield data[start : found.start()]
                line += data.count(b"\n", start, found.start())
                start, self._opened_on = found.start(), line
            yield data[start:]
            line += data.count(b"\n", start)
            progress(read, total)
        yield held

    @property
    def _longest_opening(self) -> int:
        return len(self._opening.pattern)

    def _check_start(self, block: bytes) -> None:
        for start, name in _PACKED.items():
            if block.startswith(start):
                raise self._refused(f"is compressed with {name}; unpack it first")
        if _DOCTYPE.match(block.replace(b"\0", b"")):
            raise self._doctype()

    def _doctype(self) -> DataError:
        return self._refused("has a DOCTYPE, which can make a parser fetch or grow things; remove it from the file")

    def _refused(self, why: str, line: int = 1) -> DataError:
        return DataError(f"{self._path}, line {line}, {why}.", file=str(self._path), line=line)


def _empty(element: etree._Element) -> None:
    """Drop what is in an element, and all before it; not itself, for the parser may still write behind it."""
    element.clear(keep_tail=True)
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
