"""Which part of a file a request wants, and whether it wants it at all. Knows nothing of Flask.

Of several ranges in one request the whole file is sent, as section 14.2 allows: nobody who copies files needs them.

Source: RFC 9110, sections 13.1, 13.2.2, 14.1.2 and 14.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from actiongraph.errors import RequestError
from actiongraph.web.http.representation import Condition, names_tag, read_date

_ONE_RANGE = re.compile(r"[Bb][Yy][Tt][Ee][Ss]=[ \t,]*(?:([0-9]+)-([0-9]*)|-([0-9]+))[ \t,]*")
_DIGITS = 18
"""A number of more digits lies beyond the end of any file."""


class PreconditionFailed(RequestError):
    """The file is not, or not any more, the one that the client means."""

    code = "precondition-failed"

    def __init__(self) -> None:
        super().__init__("The file is another than If-Match or If-Unmodified-Since asks for; ask without them.")


class RangeNotSatisfiable(RequestError):
    """The file, of `size_bytes`, has no bytes in the range."""

    code = "range-not-satisfiable"

    def __init__(self, size_bytes: int) -> None:
        super().__init__(f"The file has {size_bytes:,} bytes, and none of them is in the range that Range asks for.")
        self.size_bytes = size_bytes


@dataclass(frozen=True, slots=True)
class Part:
    """What to send of a file: a status, and the bytes from `start` to before `stop`."""

    status: HTTPStatus
    start: int = 0
    stop: int = 0


def choose_part(fields: Mapping[str, str], method: str, tag: str, modified_at: datetime, size_bytes: int) -> Part:
    """Return what a request with these header fields is sent of a file of `size_bytes`, in the order of section 13.2.2.

    200 or 206 with bytes, or 304 if the client has the file already. HEAD is told of the whole file: ranges are
    defined for GET only.

    Raises:
        PreconditionFailed: the file is not the one that the client means.
        RangeNotSatisfiable: it has no such bytes.
    """
    if not _is_meant(fields, tag, modified_at):
        raise PreconditionFailed
    if Condition(fields.get("If-None-Match"), fields.get("If-Modified-Since")).is_met(tag, modified_at):
        return Part(HTTPStatus.NOT_MODIFIED)
    whole = Part(HTTPStatus.OK, 0, size_bytes)
    if method != "GET" or "Range" not in fields or not _is_same(fields.get("If-Range"), tag, modified_at):
        return whole
    return _part(fields["Range"], size_bytes) or whole


def _is_meant(fields: Mapping[str, str], tag: str, modified_at: datetime) -> bool:
    """Tell whether If-Match, or else If-Unmodified-Since, holds."""
    if "If-Match" in fields:
        return names_tag(fields["If-Match"], tag, strongly=True)
    since = read_date(fields.get("If-Unmodified-Since"))
    return since is None or modified_at <= since


def _is_same(if_range: str | None, tag: str, modified_at: datetime) -> bool:
    """Tell whether the client has a part of this very file; a date has to be the same (section 13.1.5)."""
    if if_range is None:
        return True
    return if_range.strip() == tag if '"' in if_range else read_date(if_range) == modified_at


def _part(written: str, size_bytes: int) -> Part | None:
    """Return the part that the Range field names, or None where it is to be ignored: another unit, several ranges."""
    found = _ONE_RANGE.fullmatch(written.strip())
    if not found:
        return None
    first, last, suffix = (_number(digits) if digits else None for digits in found.groups())
    if suffix is not None:
        first, last = max(0, size_bytes - suffix), None if suffix else -1
    assert first is not None  # noqa: S101 - the pattern has a first position or a suffix
    if last is not None and 0 <= last < first:
        return None
    if first >= size_bytes or last == -1:
        raise RangeNotSatisfiable(size_bytes)
    return Part(HTTPStatus.PARTIAL_CONTENT, first, size_bytes if last is None else min(last + 1, size_bytes))


def _number(digits: str) -> int:
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) <= _DIGITS else 10**_DIGITS
