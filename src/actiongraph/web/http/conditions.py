"""Conditional requests and ranges: does the client have the answer already, and which part of a file does it want.

Dates are read by Werkzeug. Tags, ranges and codings are not: it takes an unquoted word for a tag and `q=` for 1, and
what it calls unreadable would be ignored where RFC 9110 has a 206 or a 416 (see docs/decisions/server.md). Of
several ranges in one request the whole file is sent, as section 14.2 allows: nobody who copies files needs them.

Source: RFC 9110, sections 8.8.3, 13.1, 13.2.2, 14.1.2 and 14.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from werkzeug.http import parse_date

from actiongraph.errors import RequestError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

ASK_BY_ADDRESS = frozenset({"GET", "HEAD"})
"""The methods that ask for the representation at an address, so that tags and conditions apply."""
WEAK = "W/"
"""Begins the tag of what says the same in other bytes (RFC 9110, section 8.8.1)."""
_ENTITY_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_ONE_RANGE = re.compile(r"[Bb][Yy][Tt][Ee][Ss]=[ \t,]*(?:([0-9]+)-([0-9]*)|-([0-9]+))[ \t,]*")
_DIGITS = 18
"""A number of more digits lies beyond the end of any file."""


class PreconditionFailed(RequestError):
    """The file is not, or not any more, the one that the client means."""

    code = "precondition-failed"

    def __init__(self) -> None:
        super().__init__(
            "The file is not the one that If-Match or If-Unmodified-Since requires; request it without them."
        )


class RangeNotSatisfiable(RequestError):
    """The file, of `size_bytes`, has no bytes in the range."""

    code = "range-not-satisfiable"

    def __init__(self, size_bytes: int) -> None:
        super().__init__(f"The file has {size_bytes:,} bytes; none of them is in the requested range.")
        self.size_bytes = size_bytes


@dataclass(frozen=True, slots=True)
class FileRange:
    """The answer to a request for a file: a status, and the bytes from `start` to before `stop`."""

    status: HTTPStatus
    start: int = 0
    stop: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """The answer that a client says it has, by If-None-Match or else by If-Modified-Since.

    Source: RFC 9110, sections 13.1.2, 13.1.3 and 13.2.2, steps 3 and 4.
    """

    if_none_match: str | None = None
    if_modified_since: str | None = None

    @classmethod
    def of(cls, environ: WSGIEnvironment) -> Condition:
        """Return the condition of a request; a POST has none (RFC 9110, section 13.2.1)."""
        if environ["REQUEST_METHOD"].upper() not in ASK_BY_ADDRESS:
            return NONE
        return cls(environ.get("HTTP_IF_NONE_MATCH"), environ.get("HTTP_IF_MODIFIED_SINCE"))

    def is_met(self, tag: str, modified_at: datetime | None) -> bool:
        """Tell whether the client has what bears `tag` and was made at `modified_at`."""
        if self.if_none_match is not None:
            return names_tag(self.if_none_match, tag)
        since = read_date(self.if_modified_since)
        return since is not None and modified_at is not None and modified_at <= since


NONE = Condition()
"""The condition of a request that says nothing of what its client has."""


def choose_range(fields: Mapping[str, str], method: str, tag: str, modified_at: datetime, size_bytes: int) -> FileRange:
    """Return the part of a file of `size_bytes` to send to a request with these header fields, by section 13.2.2.

    200 or 206 with bytes, or 304 if the client has the file already. HEAD gets the fields of the whole
    file: ranges are defined for GET only.

    Raises:
        PreconditionFailed: the file is not the one that the client means.
        RangeNotSatisfiable: it has no such bytes.
    """
    if "If-Match" in fields:  # step 1
        is_meant = names_tag(fields["If-Match"], tag, strongly=True)
    else:  # step 2
        unmodified_since = read_date(fields.get("If-Unmodified-Since"))
        is_meant = unmodified_since is None or modified_at <= unmodified_since
    if not is_meant:
        raise PreconditionFailed
    if Condition(fields.get("If-None-Match"), fields.get("If-Modified-Since")).is_met(tag, modified_at):  # 3 and 4
        return FileRange(HTTPStatus.NOT_MODIFIED)
    whole = FileRange(HTTPStatus.OK, 0, size_bytes)
    if method != "GET" or "Range" not in fields:
        return whole
    if_range = fields.get("If-Range")  # step 5: a part only of this very file; a date has to be the same
    if if_range is not None and not (
        if_range.strip() == tag if '"' in if_range else read_date(if_range) == modified_at
    ):
        return whole
    return _read_range(fields["Range"], size_bytes) or whole


def names_tag(listed: str | None, tag: str, *, strongly: bool = False) -> bool:
    """Tell whether an If-None-Match field, or `strongly` an If-Match field, names `tag`; `*` names whatever there is.

    Source: RFC 9110, sections 8.8.3.2, 13.1.1 and 13.1.2.
    """
    if listed is None:
        return False
    if listed.strip() == "*":
        return True
    bare, is_weak = tag.removeprefix(WEAK), tag.startswith(WEAK)
    return any(opaque == bare and not (strongly and (weak or is_weak)) for weak, opaque in _ENTITY_TAG.findall(listed))


def read_date(written: str | None) -> datetime | None:
    """Return the instant that a date of HTTP names, or None if it is none (RFC 9110, section 5.6.7)."""
    try:
        return parse_date(written)
    except OverflowError:  # Werkzeug 3.1 lets this out for a day of twenty digits.
        return None


def _read_range(written: str, size_bytes: int) -> FileRange | None:
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
    return FileRange(HTTPStatus.PARTIAL_CONTENT, first, size_bytes if last is None else min(last + 1, size_bytes))


def _number(digits: str) -> int:
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) <= _DIGITS else 10**_DIGITS
