"""Every way actiongraph can fail, grouped by who can act.

    ActiongraphError
    ├── QueryError              the asker
    │   ├── QuerySyntaxError      mend the query at `line` and `column`
    │   ├── RefusedFeature        ask without SERVICE, updates and the like
    │   └── TooComplex            ask something smaller
    ├── RequestError            the asker's program
    │   ├── NotAcceptable         ask for one of `available`
    │   └── UnsupportedMediaType  send one of `available`
    ├── LimitError              the asker, or the operator who set the limit
    │   ├── ChainTooLong
    │   ├── AnswerTooLarge
    │   ├── OutOfMemory
    │   ├── QueryTimeout
    │   ├── BudgetSpent           ask again after `retry_after_s`
    │   └── Busy                  likewise
    ├── UnknownResource         the asker: nothing has this name; see `near`
    │   └── GoneResource          it was there once, and is not any more
    ├── DataError               the curator
    │   ├── DataSyntaxError       mend `file` at `line`
    │   ├── InvalidData           mend what `report` lists
    │   └── LostData              put `files` back, or say that `things` are to go
    ├── EngineError             the operator
    │   ├── StoreError            disk, permissions, a store that is in use
    │   └── EndpointError         a remote endpoint that does not answer as it should
    │       └── UpstreamError       the engine behind this endpoint, told in words that clients may read
    │           ├── UpstreamSilent    it does not answer in time
    │           └── ReleaseNotMarked  it holds no whole release; ask again after `retry_after_s`
    └── SettingsError           whoever started the program

The text of an error says what, where, and what next. `code` is stable: programs may rely on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, NamedTuple


class Edit(NamedTuple):
    """A change that mends one fault of a query: the code points from `start` up to `end` give way to `insert`.

    `title` says so in words, as the imperative of a sentence without its full stop.
    """

    start: int
    end: int
    insert: str
    title: str

    def apply(self, text: str) -> str:
        """Return the query `text`, which the change was made for, with it."""
        return text[: self.start] + self.insert + text[self.end :]


class ActiongraphError(Exception):
    """The base of every error that actiongraph raises on purpose."""

    code: ClassVar[str] = "error"


class Fault(NamedTuple):
    """One fault of a query, as the error about it alone says it; each of `edits` may mend it, the likeliest first.

    `line` and `column` count from 1, the offsets `start` and `end` from 0, all in code points. A fault that has no
    place, such as too long a query, has None.
    """

    code: str
    message: str
    line: int | None
    column: int | None
    start: int | None
    end: int | None
    edits: tuple[Edit, ...]


class QueryError(ActiongraphError):
    """The query cannot be answered as it is; the fields are those of `Fault`.

    `others` are further faults of the same query, in the order of their places.
    """

    code = "query"

    def __init__(
        self,
        message: str,
        *,
        line: int | None = None,
        column: int | None = None,
        span: tuple[int, int] | None = None,
        edits: tuple[Edit, ...] = (),
    ) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.start: int | None = span[0] if span else None
        self.end: int | None = span[1] if span else None
        self.edits = edits
        self.others: tuple[Fault, ...] = ()

    @property
    def fault(self) -> Fault:
        """The fault that it was raised for."""
        return Fault(self.code, str(self), self.line, self.column, self.start, self.end, self.edits)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All faults of the query that are known, in the order of their places."""
        return tuple(sorted((self.fault, *self.others), key=lambda fault: fault.start or 0))


class QuerySyntaxError(QueryError):
    """The query is not SPARQL 1.1; `line` and `column` count from 1, in code points."""

    code = "syntax"


class RefusedFeature(QueryError):
    """The query uses a part of SPARQL that this program never runs."""

    code = "refused-feature"


class TooComplex(QueryError):
    """The query is longer, deeper or has more patterns than an engine can be trusted with."""

    code = "too-complex"

    def __init__(
        self,
        message: str,
        *,
        limit: str,
        value: int,
        line: int | None = None,
        column: int | None = None,
        span: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(message, line=line, column=column, span=span)
        self.limit = limit
        self.value = value


class RequestError(ActiongraphError):
    """A request that is not one the protocol knows; `available` lists what can be asked for or sent instead."""

    code = "bad-request"

    def __init__(self, message: str, *, available: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.available = available


class NotAcceptable(RequestError):
    """Nothing that is available fits the request; `available` lists media types."""

    code = "not-acceptable"


class UnsupportedMediaType(RequestError):
    """The body came in a media type that is not read here; `available` lists those that are."""

    code = "unsupported-media-type"


class LimitError(ActiongraphError):
    """A limit was reached; `limit` names the setting and `value` is what it is set to."""

    code = "limit"

    def __init__(self, message: str, *, limit: str, value: float) -> None:
        super().__init__(message)
        self.limit = limit
        self.value = value


class ChainTooLong(LimitError):
    """A chain reaches further than `max_hops` links from the action it was requested for."""

    code = "chain-too-long"


class AnswerTooLarge(LimitError):
    """The answer is longer than `max_answer_bytes`."""

    code = "answer-too-large"

    def __init__(self, value: float) -> None:
        super().__init__(
            f"The answer is longer than max_answer_bytes ({value:.0f} bytes); add a LIMIT, or select fewer variables.",
            limit="max_answer_bytes",
            value=value,
        )


class OutOfMemory(LimitError):
    """The query took more memory than `max_memory_bytes`."""

    code = "out-of-memory"

    def __init__(self, value: float) -> None:
        super().__init__(
            f"The query needed more than max_memory_bytes ({value:.0f} bytes); sort, group or join fewer solutions.",
            limit="max_memory_bytes",
            value=value,
        )


class QueryTimeout(LimitError):
    """The query was still running at its deadline of `timeout_s`; `advice` says what may help."""

    code = "timeout"

    def __init__(self, value: float, advice: str = "make it more selective, or add a LIMIT") -> None:
        super().__init__(
            f"The query did not finish within timeout_s ({value:g} s); {advice}.", limit="timeout_s", value=value
        )


class Busy(LimitError):
    """Nothing is free to run the query now; send it again after `retry_after_s`."""

    code = "busy"

    def __init__(self, message: str, *, limit: str, value: float, retry_after_s: int) -> None:
        super().__init__(message, limit=limit, value=value)
        self.retry_after_s = retry_after_s


class BudgetSpent(LimitError):
    """The client has used up its seconds of queries; ask again after `retry_after_s`."""

    code = "budget-spent"

    def __init__(self, value: float, *, retry_after_s: int) -> None:
        super().__init__(
            f"Your queries have used up budget_s ({value:g} s per minute); try again in {retry_after_s} s.",
            limit="budget_s",
            value=value,
        )
        self.retry_after_s = retry_after_s


class ClientGone(LimitError):
    """The client has gone, so the query was ended; nobody reads this."""

    code = "client-gone"

    def __init__(self) -> None:
        super().__init__("The client has gone.", limit="client", value=0)


class UnknownResource(ActiongraphError):
    """The dataset has nothing of this name; `near` lists names that are close to it.

    `titles` has what people call those of `near` that are addresses, as far as it is known.
    """

    code = "unknown-resource"

    def __init__(
        self, message: str, *, near: tuple[str, ...] = (), titles: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        super().__init__(message)
        self.near, self.titles = near, titles


class NoRelease(UnknownResource):
    """Files are served as they are, and what was requested comes with a release only."""

    def __init__(self, consequence: str) -> None:
        super().__init__(f"This endpoint serves files as they are{consequence}")


class GoneResource(UnknownResource):
    """The name was given once, and what it named is no longer here; `near` lists what to ask for instead."""

    code = "gone"


class DataError(ActiongraphError):
    """Data that cannot be used as they are."""

    code = "data"

    def __init__(self, message: str, *, file: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.file = file
        self.line = line


class DataSyntaxError(DataError):
    """A file that is not what its name says it is."""

    code = "data-syntax"


class InvalidData(DataError):
    """Data that breaks rules with severity Violation; `report` is the `validate.report.Report` that lists them."""

    code = "invalid-data"

    def __init__(self, message: str, *, report: object) -> None:
        super().__init__(message)
        self.report = report


class LostData(DataError):
    """A release that would lose `things`, as `kind/key`, because `files` of the previous one have gone."""

    code = "lost-data"

    def __init__(
        self, files: tuple[str, ...], things: tuple[str, ...], unread: tuple[str, ...], published: str
    ) -> None:
        most = 10
        named = ", ".join(things[:most]) + (f" and {len(things) - most:,} more" if len(things) > most else "")
        beside = f" {', '.join(unread)} is there, but only .ttl files are read." if unread else ""
        super().__init__(
            f"{', '.join(files)} has gone, and with it {named}.{beside} So release {published} stays published; "
            "put the file back, or let its things go with actiongraph build --allow-removals."
        )
        self.files = files
        self.things = things


class EngineError(ActiongraphError):
    """The machine or the engine failed; the asker did nothing wrong."""

    code = "engine"


class StoreError(EngineError):
    """The store cannot be read or written."""

    code = "store"


class EndpointError(EngineError):
    """A remote endpoint did not answer, or not as the protocol says."""

    code = "endpoint"


class UpstreamError(EndpointError):
    """The engine behind this endpoint failed, or what it sent cannot be trusted to be a whole answer.

    The message names no address: clients read it.
    """

    code = "upstream"


class UpstreamSilent(UpstreamError):
    """The engine behind this endpoint does not answer in time, whatever it is asked."""

    code = "upstream-silent"


class ReleaseNotMarked(UpstreamError):
    """The engine behind this endpoint holds no whole release that is known here; ask again after `retry_after_s`."""

    code = "release-not-marked"

    def __init__(self, message: str, *, retry_after_s: int = 5) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class SettingsError(ActiongraphError):
    """A setting that makes no sense; the message names it."""

    code = "settings"
