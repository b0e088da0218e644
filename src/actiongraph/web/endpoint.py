"""The endpoint for programs: from a query operation to the bytes of its answer, before Flask and without it.

Most requests are queries of programs, so `EndpointMiddleware` answers them where they arrive. All else about `/sparql`
is for its route: pages, problems, the service description, other methods. The route is handed what came of the request
so far, so that nothing is decided, read or run twice, and there is one place that decides.
"""

from __future__ import annotations

import hashlib
import re
import time
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from actiongraph import formats
from actiongraph.engine.base import QueryBudget, Reader
from actiongraph.engine.results import finds_nothing
from actiongraph.errors import LimitError, NotAcceptable, QueryError, QueryTimeout
from actiongraph.formats import Format, Result
from actiongraph.release.snapshots import Snapshot, Snapshots
from actiongraph.release.upstream_snapshots import UpstreamSnapshots
from actiongraph.settings import Settings
from actiongraph.sparql.guard import LONGEST_SHAPE, Guard, check_query
from actiongraph.sparql.query import CheckedQuery, QueryForm, first_comment
from actiongraph.web.cache import AnswerCache, Key, Pointer, key_of, request_key
from actiongraph.web.http.access_log import record_of
from actiongraph.web.http.addresses import LONGEST_LINK
from actiongraph.web.http.conditions import ASK_BY_ADDRESS, NONE
from actiongraph.web.http.protocol import Operation, Request, accept_of, read_operation
from actiongraph.web.http.representation import Representation, represent, respond_to, select
from actiongraph.web.responses import send

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ADDRESS = "/sparql"
_METHODS = ASK_BY_ADDRESS | {"POST"}
_OUTCOME = "actiongraph.outcome"
_NOTEWORTHY_S = 0.05
_MATCH_FEWER = "it groups, counts or sorts all solutions, so that a LIMIT would not help: make its patterns match fewer"
_SELECT_LESS = "make its patterns more selective"
_LONGEST_NAME = 60
_UNSAFE = re.compile(r"[^a-z0-9]+")


@dataclass(slots=True)
class QueryOutcome:
    """The outcome of a request: `answer` if it is for a program, as status, header fields and bytes.

    Otherwise the rest says how far it got: `error` is for the route to raise. Without both, a browser is to be shown
    the result of `query`, or the service description is wanted if there is no `operation`.
    """

    operation: Operation | None = None
    snapshot: Snapshot | None = None
    query: CheckedQuery | None = None
    answer: tuple[int, dict[str, str], bytes] | None = None
    error: Exception | None = None


class Endpoint:
    """Queries from the requests of one deployment, read by the guard, run within a budget, and cached."""

    def __init__(
        self,
        settings: Settings,
        snapshots: Snapshots,
        cache: AnswerCache,
        upstream: UpstreamSnapshots | None = None,
    ) -> None:
        """Answer from `upstream` if there is one, else from `snapshots`; keep in `cache` what may come again."""
        self._settings = settings
        self._upstream = upstream
        self._snapshots = snapshots
        self._cache = cache
        self._guard = Guard(settings)
        self._address = settings.endpoint

    def outcome(self, environ: WSGIEnvironment) -> QueryOutcome:
        """Return the outcome of a request to the endpoint, which is found out once."""
        outcome: QueryOutcome | None = environ.get(_OUTCOME)
        if outcome is None:
            outcome = environ[_OUTCOME] = QueryOutcome()
            try:
                self._find_out(environ, outcome)
            except Exception as error:  # noqa: BLE001 - not hidden: the route raises it
                outcome.error = error
        return outcome

    def at(self, version: str | None) -> Snapshot:
        """Return the release `version`, or the newest if that is None.

        Raises:
            UnknownResource: there never was such a release.
            GoneResource: it is no longer kept.
        """
        return self._snapshots.at(version) if version else self._snapshots.current()

    @property
    def has_upstream(self) -> bool:
        """Whether another engine answers the queries."""
        return self._upstream is not None

    @property
    def queried(self) -> Snapshots:
        """The snapshots that queries are answered from; those that `at` gives are what pages are written from."""
        return self._upstream or self._snapshots

    def budget(self, environ: WSGIEnvironment, timeout_s: float | None = None) -> QueryBudget:
        """Return the budget of a query of the request, of at most `timeout_s` seconds."""
        gone = environ.get("actiongraph.client_gone")
        budget = QueryBudget(
            timeout_s, client=record_of(environ).client, is_background="actiongraph.is_background" in environ
        )
        return replace(budget, gone=gone) if callable(gone) else budget

    def read_query(
        self, environ: WSGIEnvironment, text: str, snapshot: Snapshot, timeout_s: float | None = None
    ) -> CheckedQuery:
        """Return `text` as a query that has passed the guard.

        The longest texts take a second, and reading many of them here would delay every other request, so a worker
        reads them, which has a deadline and a processor of its own. So do those with a fault: to look for others takes
        longer than to read what has none.

        Raises:
            ActiongraphError: the guard refuses it, or no worker could read it in time.
        """
        query = self._guarded(environ, text, snapshot, timeout_s)
        if self._upstream is not None:
            self._upstream.check(query, snapshot)
        return query

    def _guarded(
        self, environ: WSGIEnvironment, text: str, snapshot: Snapshot, timeout_s: float | None
    ) -> CheckedQuery:
        first: QueryError | None = None
        if len(text) <= LONGEST_SHAPE:
            try:
                return self._guard.check(text, self._address)
            except QueryError as error:
                first = error
        try:
            if not isinstance(snapshot.engine, Reader):
                return replace(check_query(text, self._settings), base=self._address)
            return replace(snapshot.engine.read(text, self.budget(environ, timeout_s)), base=self._address)
        except LimitError:
            if first is None:
                raise
            raise first from None  # no worker is free to look for others, and the first is known

    def ask(
        self,
        environ: WSGIEnvironment,
        run: Callable[[QueryBudget], Representation],
        key: Key | None,
        timeout_s: float | None = None,
    ) -> Representation:
        """Return the answer that is cached by `key`, or what `run` gives; without a key it is not cached.

        Raises:
            ActiongraphError: whatever keeps the engine from answering.
        """
        record = record_of(environ)

        def timed(budget: QueryBudget) -> Representation:
            started = time.perf_counter()
            try:
                return run(budget)
            finally:
                record.query_s = time.perf_counter() - started

        budget = self.budget(environ, timeout_s)
        if key is None:
            return timed(budget)
        answer = self._cache.ask(key, timed, budget)
        record.kept = record.query_s is None
        return answer

    def ask_query(
        self,
        environ: WSGIEnvironment,
        snapshot: Snapshot,
        operation: Operation,
        query: CheckedQuery,
        chosen: Format,
    ) -> tuple[Representation, Key | None]:
        """Return the answer to `query` in a format, and the key it is cached by if it would be the same again.

        Raises:
            ActiongraphError: whatever keeps the engine from answering.
        """

        def run(budget: QueryBudget) -> Representation:
            written = snapshot.queried_engine.answer(query, chosen, operation.dataset, budget)
            link = None
            if finds_nothing(written, chosen, query.form.result):
                # The check of the query (RFC 8288; the relation `help` is registered by HTML), unless it were too long.
                address = f"{self._address}/check?{urlencode(operation.pairs())}"
                link = f'<{address}>; rel="help"' if len(address) <= LONGEST_LINK else None
            return represent(written, chosen.content_type, snapshot, link=link)

        key = _answer_key(snapshot, operation, chosen) if query.repeatable else None
        try:
            return self.ask(environ, run, key, operation.timeout_s), key
        except QueryTimeout as error:
            if query.reads_all:
                raise QueryTimeout(error.value, _MATCH_FEWER) from error
            if query.form is QueryForm.ASK:
                raise QueryTimeout(error.value, _SELECT_LESS) from error
            raise

    def _find_out(self, environ: WSGIEnvironment, outcome: QueryOutcome) -> None:
        operation = read_operation(Request.of(environ), self._settings)
        if operation is None:
            return
        version = operation.version
        outcome.snapshot = snapshot = self.queried.at(version) if version else self.queried.current()
        outcome.operation = operation
        record = record_of(environ)
        record.query_digest = hashlib.sha256(operation.query.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        if known := self._recall(environ, snapshot, operation):
            record.kept = True
            outcome.answer = respond_to(environ, known, self._cache.compressed)
            return
        outcome.operation, outcome.query = operation, query = self._read(environ, snapshot, operation)
        chosen, is_saved = _choose(accept_of(environ), operation, query)
        if chosen is not formats.HTML:
            filename = file_name(operation.query, chosen) if is_saved else None
            outcome.answer = self._answer(environ, snapshot, operation, query, chosen, filename)

    def _recall(self, environ: WSGIEnvironment, snapshot: Snapshot, operation: Operation) -> Representation | None:
        """Return the cached answer if the same request came before, so that its query need not be read again."""
        if environ["REQUEST_METHOD"].upper() in ASK_BY_ADDRESS and not snapshot.pinned:
            return None  # The cache's middleware has looked already.
        found = self._cache.find(_request_key(environ, snapshot, operation))
        return found[1] if found else None

    def _read(
        self, environ: WSGIEnvironment, snapshot: Snapshot, operation: Operation
    ) -> tuple[Operation, CheckedQuery]:
        """Return the query of `operation`, and the operation with the time that is left to answer it."""
        started = time.monotonic()
        query = self.read_query(environ, operation.query, snapshot, operation.timeout_s)
        took_s = time.monotonic() - started
        if took_s < _NOTEWORTHY_S:
            return operation, query
        whole_s = QueryBudget(operation.timeout_s).within(self._settings.timeout_s)
        return replace(operation, timeout_s=max(0.001, round(whole_s - took_s, 2))), query

    def _answer(
        self,
        environ: WSGIEnvironment,
        snapshot: Snapshot,
        operation: Operation,
        query: CheckedQuery,
        chosen: Format,
        filename: str | None,
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, header fields and bytes of the answer in a format, which a browser saves as `filename`."""
        plain, key = self.ask_query(environ, snapshot, operation, query, chosen)
        if key is None:  # the same request would not get it again
            passing = replace(plain, filename=filename, modified_at=None)
            status, fields, body = select(passing, environ.get("HTTP_ACCEPT_ENCODING"), NONE)
            del fields["ETag"]
            return status, fields | {"Cache-Control": "no-store"}, body
        if filename:  # programs are sent the same without a name, so this is not what leads there again
            return respond_to(environ, replace(plain, filename=filename), self._cache.compressed)
        pointer = Pointer(key, ADDRESS, record_of(environ).query_digest)
        self._cache.point(_request_key(environ, snapshot, operation), pointer)
        return respond_to(environ, plain, self._cache.compressed)


class EndpointMiddleware:
    """A WSGI application that answers the queries of programs, and leaves all else to the one behind it."""

    def __init__(self, inner: WSGIApplication, endpoint: Endpoint) -> None:
        """Stand before `inner`, whose route asks the same endpoint."""
        self._inner = inner
        self._endpoint = endpoint

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Send the answer to a query, or what `inner` makes of the request."""
        is_query = environ.get("PATH_INFO") == ADDRESS and environ["REQUEST_METHOD"] in _METHODS
        if is_query and "HTTP_UPGRADE" not in environ:  # Flask has an opinion on upgrades
            answer = self._endpoint.outcome(environ).answer
            if answer is not None:
                record_of(environ).route = ADDRESS
                return send(environ, start_response, *answer)
        return self._inner(environ, start_response)


def release_parts(snapshot: Snapshot) -> tuple[str | None, str | None]:
    """Return the parts of a key that tell two snapshots apart; a release that is named by its version is immutable."""
    return snapshot.identity, "pinned" if snapshot.pinned else None


def file_name(query: str, chosen: Format) -> str:
    """Return the name under which a browser saves the result of `query`: what its first comment says, in ASCII."""
    ascii_only = unicodedata.normalize("NFKD", first_comment(query)).encode("ascii", "ignore").decode().lower()
    return f"{_UNSAFE.sub('-', ascii_only).strip('-')[:_LONGEST_NAME].rstrip('-') or 'result'}.{chosen.name}"


def gives(form: QueryForm) -> str:
    """Return the beginning of a sentence that says what a query of this form gives."""
    result = {Result.BINDINGS: "rows, and no graph", Result.BOOLEAN: "true or false"}.get(form.result, "a graph")
    return f"{'An' if form is QueryForm.ASK else 'A'} {form.value} query gives {result}"


def _answer_key(snapshot: Snapshot, operation: Operation, chosen: Format) -> Key:
    return key_of("answer", *release_parts(snapshot), chosen.media_type, *operation.parts())


def _request_key(environ: WSGIEnvironment, snapshot: Snapshot, operation: Operation) -> Key:
    """Return the key of a request: the one that the cache's middleware makes, unless version or body add to it."""
    pinned = ["pinned"] if snapshot.pinned else []
    if environ["REQUEST_METHOD"].upper() in ASK_BY_ADDRESS:
        return request_key(environ, snapshot.identity, *pinned)
    # The formats are counted, so that a hint at a format cannot pass for the name of a graph.
    body = [str(len(operation.formats)), *operation.formats, *operation.parts()]
    return request_key(environ, snapshot.identity, *pinned, *body)


def _choose(accept: str | None, operation: Operation, query: CheckedQuery) -> tuple[Format, bool]:
    """Return the format to answer in, or HTML for a page; and whether a browser will save it.

    It does if it asked for a format that it can only save, for it would rather have had a page.

    Raises:
        NotAcceptable: none that the client accepts can hold the result.
    """
    try:
        if operation.formats:
            chosen = formats.choose(operation.formats, accept, _offered(query.form.result))
        else:
            chosen = _negotiated(accept, query.form.result)
    except NotAcceptable as error:
        available = ", ".join(error.available)
        sentence = f"{gives(query.form)}, and no format in the Accept header can hold that; available: {available}."
        raise NotAcceptable(sentence, available=error.available) from error
    return chosen, _prefers_page(accept, chosen)


@lru_cache(maxsize=256)
def _negotiated(accept: str | None, result: Result) -> Format:
    return formats.negotiate(accept, _offered(result))


@lru_cache(maxsize=256)
def _prefers_page(accept: str | None, chosen: Format) -> bool:
    try:
        return formats.negotiate(accept, (chosen, formats.HTML)) is formats.HTML
    except NotAcceptable:
        return False


def _offered(result: Result) -> tuple[Format, ...]:
    return (*formats.offers(result), formats.HTML)
