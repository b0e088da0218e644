"""A request of OAI-PMH: its verb and arguments, its dates, and the resumption token by which a list goes on.

Source: https://www.openarchives.org/OAI/openarchivesprotocol.html, sections 2.7, 3.1, 3.3, 3.5, 3.6 and 4.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, structs

from actiongraph.errors import RequestError

_LIST = ("metadataPrefix",), ("from", "until", "set")
VERBS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "GetRecord": (("identifier", "metadataPrefix"), ()),
    "Identify": ((), ()),
    "ListIdentifiers": _LIST,
    "ListMetadataFormats": ((), ("identifier",)),
    "ListRecords": _LIST,
    "ListSets": ((), ()),
}
"""The verbs, each with the arguments that it needs and those that it takes besides."""
_RESUMED = ("ListIdentifiers", "ListRecords", "ListSets")
_DAY = "%Y-%m-%d"
_SECOND = "%Y-%m-%dT%H:%M:%SZ"
_FORMS = {
    re.compile(r"\d{4}-\d\d-\d\d", re.ASCII): _DAY,
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII): _SECOND,
}
_LONGEST_TOKEN = 1_000


class OaiError(RequestError):
    """An error of the protocol, sent in an answer of the protocol by the name in `condition` (section 3.6)."""

    code = "oai"

    def __init__(self, condition: str, message: str) -> None:
        super().__init__(message)
        self.condition = condition


@dataclass(frozen=True, slots=True)
class OaiRequest:
    """A verb with its arguments, each given once and known to the verb."""

    verb: str
    arguments: Mapping[str, str]


def read_request(pairs: Sequence[tuple[str, str]]) -> OaiRequest:
    """Return the request whose parameters are `pairs`.

    Raises:
        OaiError: badVerb or badArgument.
    """
    verbs = [value for name, value in pairs if name == "verb"]
    if len(verbs) != 1 or verbs[0] not in VERBS:
        raise OaiError("badVerb", f"Use exactly one verb; the verbs are {', '.join(VERBS)}.")
    arguments = [(name, value) for name, value in pairs if name != "verb"]
    for name, count in Counter(name for name, _ in arguments).items():
        if count > 1:
            raise OaiError("badArgument", f"The argument {name!r} is given more than once.")
    _check_names(verbs[0], dict(arguments))
    return OaiRequest(verbs[0], dict(arguments))


def _check_names(verb: str, arguments: Mapping[str, str]) -> None:
    if "resumptionToken" in arguments and verb in _RESUMED:
        if len(arguments) > 1:
            raise OaiError("badArgument", "resumptionToken must be the only argument; it holds the other ones.")
        return
    required, optional = VERBS[verb]
    for name in required:
        if not arguments.get(name):
            raise OaiError("badArgument", f"{verb} requires the argument {name!r}.")
    for name in arguments:
        if name not in required and name not in optional:
            raise OaiError("badArgument", f"{verb} has no argument {name[:60]!r}.")


def read_span(arguments: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """Return the first and the last instant whose records are requested; None leaves that end open.

    Raises:
        OaiError: badArgument.
    """
    dates = [_read_date(arguments[name]) if name in arguments else (None, None) for name in ("from", "until")]
    (from_, from_form), (until, until_form) = dates
    if from_form and until_form and from_form != until_form:
        raise OaiError("badArgument", "Use the same precision for 'from' and 'until', both days or both to the second.")
    if until and until_form == _DAY:
        until += timedelta(days=1, seconds=-1)
    if from_ and until and from_ > until:
        raise OaiError("badArgument", "'from' is later than 'until'.")
    return from_, until


def _read_date(text: str) -> tuple[datetime, str]:
    """Return the instant that `text` names, and the form it is written in."""
    for form, pattern in _FORMS.items():
        if form.fullmatch(text):
            try:
                return datetime.strptime(text, pattern).replace(tzinfo=UTC), pattern
            except ValueError:
                break
    raise OaiError("badArgument", f"{text[:40]!r} is not a date; use one such as 2026-11-26 or 2026-11-26T12:00:00Z.")


def write_date(instant: datetime) -> str:
    """Return `instant` to the second, in UTC."""
    return instant.astimezone(UTC).strftime(_SECOND)


_Count = Annotated[int, Meta(ge=0, lt=2**62)]
"""SQLite takes integers of 64 bits."""


class ResumptionToken(Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """The point at which a list goes on: its request, the release it was begun in, and the last record listed.

    `cursor` counts the records listed so far, and `size` all of the list. The token holds everything, so nothing is
    stored between two requests, and it does not expire before the release does.
    """

    verb: str
    version: str
    prefix: str
    kind: str | None
    from_: str | None
    until: str | None
    changed: _Count
    number: _Count
    cursor: _Count
    size: _Count

    def after(self, last: tuple[int, int], listed: int) -> ResumptionToken:
        """Return the token after `listed` more records; `last` is the release and the number of the last of them."""
        return structs.replace(self, changed=last[0], number=last[1], cursor=self.cursor + listed)

    def span(self) -> dict[str, str]:
        """Return from and until as arguments."""
        return {name: value for name, value in (("from", self.from_), ("until", self.until)) if value}

    def write(self) -> str:
        """Return it as it is sent."""
        return base64.urlsafe_b64encode(json.dumps(structs.astuple(self)).encode()).decode().rstrip("=")


def read_token(text: str, verb: str) -> ResumptionToken:
    """Return the token that `text` is.

    Raises:
        OaiError: badResumptionToken.
    """
    bad = OaiError("badResumptionToken", "This resumptionToken is not valid for this verb; start the list again.")
    if len(text) > _LONGEST_TOKEN or not re.fullmatch(r"[A-Za-z0-9_-]+", text):
        raise bad
    try:
        token = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=ResumptionToken)
    except (binascii.Error, msgspec.DecodeError) as error:
        raise bad from error
    if token.verb != verb or not all(str(value).isprintable() for value in structs.astuple(token)):
        raise bad
    return token
