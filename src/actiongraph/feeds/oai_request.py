"""A request of OAI-PMH, read: verb and arguments, dates, and where a list goes on.

Source: https://www.openarchives.org/OAI/openarchivesprotocol.html, sections 2.7, 3.1, 3.3, 3.5, 3.6 and 4.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

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
_RESUMED = frozenset({"ListIdentifiers", "ListRecords", "ListSets"})
_DAY = "%Y-%m-%d"
_SECOND = "%Y-%m-%dT%H:%M:%SZ"
_FORMS = {
    re.compile(r"\d{4}-\d\d-\d\d", re.ASCII): _DAY,
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII): _SECOND,
}
_LONGEST_TOKEN = 1_000


class OaiError(RequestError):
    """An error of the protocol; it is told in an answer of the protocol, by the name in `condition` (section 3.6)."""

    code = "oai"

    def __init__(self, condition: str, message: str) -> None:
        super().__init__(message)
        self.condition = condition

    @property
    def forgets(self) -> bool:
        """Tell whether the answer must not repeat what was asked (section 3.2)."""
        return self.condition in {"badVerb", "badArgument"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A verb with its arguments, each given once and known to the verb."""

    verb: str
    arguments: Mapping[str, str]


def read_request(pairs: Sequence[tuple[str, str]]) -> Asked:
    """Return what `pairs`, the parameters of a request, ask.

    Raises:
        OaiError: badVerb or badArgument.
    """
    verbs = [value for name, value in pairs if name == "verb"]
    if len(verbs) != 1 or verbs[0] not in VERBS:
        raise OaiError("badVerb", f"Give one verb; the verbs are {', '.join(VERBS)}.")
    [verb], arguments = verbs, [(name, value) for name, value in pairs if name != "verb"]
    repeated = [name for name, count in Counter(name for name, _ in arguments).items() if count > 1]
    if repeated:
        raise OaiError("badArgument", f"The argument {repeated[0]!r} is given more than once.")
    _check_names(verb, dict(arguments))
    return Asked(verb, dict(arguments))


def _check_names(verb: str, arguments: Mapping[str, str]) -> None:
    if "resumptionToken" in arguments and verb in _RESUMED:
        if len(arguments) > 1:
            raise OaiError("badArgument", "A resumptionToken stands alone: it holds what was asked.")
        return
    needed, others = VERBS[verb]
    for name in needed:
        if not arguments.get(name):
            raise OaiError("badArgument", f"{verb} needs the argument {name!r}.")
    for name in arguments:
        if name not in needed and name not in others:
            raise OaiError("badArgument", f"{verb} has no argument {name[:60]!r}.")


def read_span(arguments: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """Return the instants from and until which records are asked, both included.

    Raises:
        OaiError: badArgument.
    """
    written = [arguments.get("from"), arguments.get("until")]
    read = [_read_date(text) if text is not None else None for text in written]
    (from_, first), (until, last) = (found or (None, None) for found in read)
    if first and last and first != last:
        raise OaiError("badArgument", "Give 'from' and 'until' alike, both as days or both to the second.")
    if until and last == _DAY:
        until += timedelta(days=1, seconds=-1)
    if from_ and until and from_ > until:
        raise OaiError("badArgument", "'from' is later than 'until'.")
    return from_, until


def _read_date(text: str) -> tuple[datetime, str]:
    for form, pattern in _FORMS.items():
        if form.fullmatch(text):
            try:
                return datetime.strptime(text, pattern).replace(tzinfo=UTC), pattern
            except ValueError:
                break
    raise OaiError("badArgument", f"The date {text[:40]!r} is none; write such as 2026-11-26 or 2026-11-26T12:00:00Z.")


def write_date(instant: datetime) -> str:
    """Return `instant` to the second, in UTC."""
    return instant.astimezone(UTC).strftime(_SECOND)


@dataclass(frozen=True, slots=True)
class Token:
    """Where a list goes on: in which release, what was asked of it, after which thing, and how far that is.

    It holds all there is to know, so nothing is kept between two requests, and it never expires before the release.
    """

    verb: str
    version: str
    prefix: str
    kind: str | None
    from_: str | None
    until: str | None
    changed: int
    number: int
    cursor: int
    size: int

    def after(self, place: tuple[int, int], listed: int) -> Token:
        """Return where the list goes on after `listed` more, the last of which is at `place`."""
        return replace(self, changed=place[0], number=place[1], cursor=self.cursor + listed)

    def span(self) -> dict[str, str]:
        """Return from and until as arguments."""
        return {name: value for name, value in (("from", self.from_), ("until", self.until)) if value}

    def write(self) -> str:
        """Return it as it is sent."""
        return base64.urlsafe_b64encode(json.dumps(list(asdict(self).values())).encode()).decode().rstrip("=")


_OPTIONAL = (str, type(None))
_TYPES: tuple[tuple[type, ...], ...] = ((str,), (str,), (str,), _OPTIONAL, _OPTIONAL, _OPTIONAL, *[(int,)] * 4)


def read_token(written: str, verb: str) -> Token:
    """Return the token that `written` is.

    Raises:
        OaiError: badResumptionToken.
    """
    bad = OaiError("badResumptionToken", "This resumptionToken is none of ours for this verb; begin the list again.")
    if len(written) > _LONGEST_TOKEN or not re.fullmatch(r"[A-Za-z0-9_-]+", written):
        raise bad
    try:
        values = json.loads(base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)))
    except (binascii.Error, ValueError) as error:
        raise bad from error
    if not isinstance(values, list) or len(values) != len(_TYPES):
        raise bad
    if not all(
        isinstance(value, types) and not isinstance(value, bool) for value, types in zip(values, _TYPES, strict=True)
    ):
        raise bad
    token = Token(*values)
    texts = [value for value in values if isinstance(value, str)]
    if (
        token.verb != verb
        or not all(0 <= value < 2**62 for value in values[6:])
        or not all(map(str.isprintable, texts))
    ):
        raise bad
    return token
