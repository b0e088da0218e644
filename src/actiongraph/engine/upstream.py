"""A bigger engine behind the endpoint: any server of SPARQL 1.1, queried within bounds and trusted with nothing.

An answer is sent on only if it is whole by all signs, and is what its type says: it is read by the library of our own
engine, which then writes it in the format that was asked for, in the same bytes whichever engine found the rows.
"""

from __future__ import annotations

import re
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import lru_cache
from io import BytesIO
from typing import IO
from urllib.parse import urlencode

import pyoxigraph as ox

from actiongraph import formats
from actiongraph.engine.base import Dataset, Engine, QueryBudget, Solutions
from actiongraph.engine.credentials import Credentials
from actiongraph.engine.exchange import BEHIND, Exchange, HttpReply
from actiongraph.engine.oxigraph import mended, write_results
from actiongraph.engine.pool.queue import ClientBudget, WorkerQueue
from actiongraph.engine.profiles import Profile, profile_of
from actiongraph.errors import (
    ActiongraphError,
    AnswerTooLarge,
    QueryError,
    QueryTimeout,
    UpstreamError,
    UpstreamSilent,
)
from actiongraph.formats import Format, Result
from actiongraph.settings import Settings
from actiongraph.sparql.lexer import closings, tokens
from actiongraph.sparql.portability import Construct, constructs_of, without_dataset
from actiongraph.sparql.query import CheckedQuery, QueryForm
from actiongraph.text import one_line

_FORM = "application/x-www-form-urlencoded"
_PROBE = "ASK {}"
_WORDIER = 4
"""Times as many bytes as ours that the answer of an engine may have, for its white space, and types in full."""
_RELATIVE = re.compile(r"""<(?![A-Za-z][A-Za-z0-9+.-]*:)[^\s<>"{}|^`]*>""")
_TABLE_TYPES = frozenset({formats.RESULTS_JSON.media_type, formats.JSON.media_type})
_WHOLE_RESULT = "?ag_solution"
_BOOLEANS = {value: f'{{"head":{{}},"boolean":{str(value).lower()}}}'.encode() for value in (True, False)}


class UpstreamEngine(Engine):
    """The server at one address as an engine, where `workers` queries run at once. Calls may come from many threads."""

    def __init__(
        self, url: str, settings: Settings, credentials: Credentials | None = None, *, called: str | None = BEHIND
    ) -> None:
        """Name its endpoint; nothing is sent yet. See `Exchange`.

        Raises:
            SettingsError: `url` is not an http or https address, or has a password in it.
        """
        self._settings = settings
        self._url = url
        self.exchange = Exchange(url, credentials, called=called, timeout_s=settings.timeout_s)
        self._known: Profile | None = None
        self._lock = threading.RLock()
        self._queue: WorkerQueue[int] = WorkerQueue(settings, self._lock)
        self._queue.idle += range(settings.workers)
        self._client_budgets = ClientBudget(settings.budget_s)

    def answer(
        self, query: CheckedQuery, format: Format, dataset: Dataset = Dataset(), budget: QueryBudget = QueryBudget()
    ) -> bytes:
        """Return the whole answer in `format`; see `Engine.answer`.

        Raises:
            BudgetSpent: the client has used up its seconds.
            Busy: too many queries run there already.
            QueryTimeout: the deadline came first.
            QueryError: the engine cannot answer this query; the message has what it says, without addresses.
            UpstreamError: the engine failed, or its answer is not whole.
            ClientGone: nobody waits for the answer any more.
        """
        self._client_budgets.check(budget.client)
        until = time.monotonic() + budget.within(self._settings.timeout_s)
        with self._place(until, budget):
            try:
                return self._answer(query, format, dataset, budget, until)
            except UpstreamSilent as error:
                if time.monotonic() >= until:
                    raise QueryTimeout(budget.within(self._settings.timeout_s)) from error
                raise

    def look(self, text: str, timeout_s: float) -> Solutions:
        """Return the solutions of a small SELECT query of our own, which waits for no place.

        Raises:
            UpstreamError: the engine failed, or did not answer within `timeout_s` seconds.
        """
        query = CheckedQuery(text, QueryForm.SELECT)
        budget = QueryBudget(timeout_s=timeout_s)
        try:
            written = self._answer(query, formats.RESULTS_JSON, Dataset(), budget, time.monotonic() + timeout_s)
        except QueryError as error:
            raise UpstreamError(str(error)) from error
        return Solutions.read_json(written)

    def profile(self, until: float) -> Profile:
        """Return the profile of the engine, which is asked a tiny query if it is not known.

        Raises:
            UpstreamError: it does not answer, or is no endpoint.
        """
        known = self._known
        if known is None:
            with self._post(_form([("query", _PROBE)]), until) as reply:
                known = profile_of({name.lower(): value for name, value in reply.headers.items()})
                self._check(reply, known, _TABLE_TYPES)
                _read_table(reply, known, Result.BOOLEAN)
            self._known = known = self._with_cap(known, until)
        return known

    def _with_cap(self, profile: Profile, until: float) -> Profile:
        """Return `profile` with the number of rows that the engine is set to write at most, if it tells."""
        if not profile.cap_query:
            return profile
        form = _form([("query", profile.cap_query)])
        with self._post(form, until) as reply:
            if reply.status != 200:
                return profile  # it may keep that to itself
            found = Solutions.read_json(reply.file.read())
        rows = str(found[0].get("rows", "")) if found else ""
        return replace(profile, max_rows=int(rows)) if rows.isdecimal() else profile

    def within(self, budget: QueryBudget) -> float:
        """Return the seconds that a query with `budget` may take."""
        return budget.within(self._settings.timeout_s)

    def close(self) -> None:
        """Close the connections, and refuse those who wait; see `Engine.close`."""
        with self._lock:
            self._queue.close()
        self.exchange.close()

    def _post(
        self,
        form: bytes,
        until: float,
        accept: str = formats.RESULTS_JSON.media_type,
        gone: Callable[[], bool] = lambda: False,
    ) -> AbstractContextManager[HttpReply]:
        fields = {"Accept": accept, "Content-Type": _FORM}
        most = _WORDIER * self._settings.max_answer_bytes
        return self.exchange.send("POST", self._url, form, fields, until=until, gone=gone, max_bytes=most, is_safe=True)

    @contextmanager
    def _place(self, until: float, budget: QueryBudget) -> Iterator[None]:
        """Wait for one of the places that queries may run in at once, and hold it."""
        place = self._queue.acquire(until, budget)
        started = time.monotonic()
        try:
            yield
        finally:
            took_s = time.monotonic() - started
            self._client_budgets.spend(budget.client, took_s)
            with self._lock:
                self._queue.note_done(budget.client, took_s)
                self._queue.idle.append(place)
                self._queue.hand_out()

    def _answer(
        self, query: CheckedQuery, format: Format, dataset: Dataset, budget: QueryBudget, until: float
    ) -> bytes:
        if dataset and query.names_dataset:
            query = without_dataset(query)  # Virtuoso would answer from the graphs of both
        try:
            profile = self.profile(until)
            is_graph = query.form.result is Result.GRAPH
            types = frozenset({formats.N_TRIPLES.media_type, *profile.graph_types}) if is_graph else _TABLE_TYPES
            accept = (formats.N_TRIPLES if is_graph else formats.RESULTS_JSON).media_type
            form = _form([("query", _sent(query, profile)), *_timeout(profile, until)], dataset)
            with self._post(form, until, accept, budget.gone) as reply:
                self._check(reply, profile, types)
                with _let_go():
                    written = _rewritten(reply, profile, query, format)
        except UpstreamError:
            self._known = None  # another may have taken its place
            raise
        except AnswerTooLarge as error:
            raise AnswerTooLarge(self._settings.max_answer_bytes) from error
        if is_graph and profile.cuts_graphs:
            self._check_count(query, dataset, budget, until, profile)
        if len(written) > self._settings.max_answer_bytes:
            raise AnswerTooLarge(self._settings.max_answer_bytes)
        return written

    def _check(self, reply: HttpReply, profile: Profile, types: frozenset[str]) -> None:
        """Check that an answer has the status, the type and the header fields of a whole one.

        Raises:
            QueryError: the engine cannot answer this query.
            UpstreamError: anything else is amiss.
        """
        if reply.status != 200:
            raise _fault(reply.status, self.exchange.told(reply), profile)
        if any(name in reply.headers for name in profile.partial_headers):
            raise UpstreamError(
                "The engine behind this endpoint gave only a part of the answer; make the query more selective."
            )
        if profile.cap_header and profile.cap_header in reply.headers:
            raise _cut()
        if (media_type := reply.media_type) not in types:
            raise UpstreamError(
                f"The engine behind this endpoint answered as {one_line(media_type)[:60]}, not as asked."
            )

    def _check_count(
        self, query: CheckedQuery, dataset: Dataset, budget: QueryBudget, until: float, profile: Profile
    ) -> None:
        """Check that a graph has not been cut, where the engine does so without a sign.

        Raises:
            UpstreamError: it has as many solutions as the engine gives at most, or more.
        """
        count = counting(query)
        if count is None or profile.max_rows is None:
            return
        found = Solutions.read_json(self._answer(count, formats.RESULTS_JSON, dataset, budget, until))
        number = str(found[0].get("n", "")) if len(found) == 1 else ""
        if not number.isdecimal():
            raise UpstreamError("The engine behind this endpoint cannot tell whether its answer is whole.")
        if int(number) >= profile.max_rows:
            raise _cut()


def _sent(query: CheckedQuery, profile: Profile) -> str:
    """Return the text of the query as it is sent: its lines are the same, for the engine may tell of one."""
    text = query.text
    if profile.divides_to_integers and "/" in text:
        for token in reversed(constructs_of(query).get(Construct.DIVISION, [])):
            text = f"{text[: token.start]}* 1.0 {text[token.start :]}"
    if query.base is None or not _RELATIVE.search(text):
        return text
    return f"BASE <{query.base}> {text}"


def _form(parameters: Sequence[tuple[str, str]], dataset: Dataset = Dataset()) -> bytes:
    """Return a form (SPARQL 1.1 Protocol, section 2.1.2)."""
    return (urlencode(parameters) + _encoded(dataset)).encode("ascii")


@lru_cache(maxsize=64)
def _encoded(dataset: Dataset) -> str:
    """Return the rest of a form that names `dataset`: that of a release has hundreds of graphs, in each query."""
    named = (("default-graph-uri", dataset.default_graphs), ("named-graph-uri", dataset.named_graphs))
    return "".join("&" + urlencode({name: str(graph)}) for name, graphs in named for graph in graphs)


def _timeout(profile: Profile, until: float) -> Iterator[tuple[str, str]]:
    """Yield the parameter that ends the query there when its time is up, in whole units, of which none is too few."""
    if profile.timeout_parameter:
        units = -int((time.monotonic() - until) * profile.timeout_units_per_s // 1)
        yield profile.timeout_parameter, str(max(1, units))


def _cut() -> UpstreamError:
    return UpstreamError(
        "The answer has as many rows as the engine behind this endpoint gives at most, so that some may be missing; "
        "ask for fewer with a LIMIT, and for the rest with an OFFSET."
    )


def _fault(status: int, said: str, profile: Profile) -> QueryError | UpstreamError:
    """Return our error for one of the engine that has this status, and whose first line is `said`."""
    if status in {403, 407}:
        return UpstreamError("The engine behind this endpoint asks for a user and a password, or for others.")
    fault = profile.fault(said)
    if fault is not None and fault.kind == "timeout":
        return UpstreamSilent(
            "The engine behind this endpoint ended the query, which took too long; make it more selective."
        )
    if status == 400 or (fault is not None and fault.kind == "query"):
        advice = f"; {fault.advice}" if fault is not None and fault.advice else ""
        return QueryError(f"The engine behind this endpoint cannot answer this query{advice}. It says: {said}")
    return UpstreamError(f"The engine behind this endpoint failed with status {status}. It says: {said}")


def _read_table(reply: HttpReply, profile: Profile, expected: Result) -> ox.QuerySolutions | ox.QueryBoolean:
    """Return the table or the boolean of an answer, which is read as it is written.

    Raises:
        UpstreamError: it is neither, or not the one that is `expected`.
    """
    with _reading():
        file: IO[bytes] = reply.file
        if profile.blank_prefix:
            # Inside of a string a quotation mark is escaped.
            mark = f'"bnode", "value": "{profile.blank_prefix}'.encode()
            content = file.read()
            file = BytesIO(content.replace(mark, b'"bnode", "value": "') if mark in content else content)
        found = ox.parse_query_results(file, format=ox.QueryResultsFormat.JSON)
        if expected is Result.BOOLEAN and isinstance(found, ox.QuerySolutions) and profile.ask_variable:
            rows = [row[profile.ask_variable] for row in found]
            # No row is false (Virtuoso 7.2.5), and what was cut short for time has another sign.
            values = [row.value for row in rows if isinstance(row, ox.Literal)]
            if values in ([], ["0"], ["1"]) and len(values) == len(rows):
                whole = _BOOLEANS[values == ["1"]]
                found = ox.parse_query_results(whole, format=ox.QueryResultsFormat.JSON)
    if isinstance(found, ox.QuerySolutions) is (expected is Result.BOOLEAN):
        raise UpstreamError("The engine behind this endpoint answered another kind of query than it was sent.")
    return found


def _read_graph(reply: HttpReply) -> Iterator[ox.Quad]:
    return ox.parse(reply.file, format=ox.RdfFormat.N_TRIPLES)


def _rewritten(reply: HttpReply, profile: Profile, query: CheckedQuery, chosen: Format) -> bytes:
    """Return the answer in the format that was `chosen`.

    Raises:
        NotAcceptable: it cannot be written so.
        UpstreamError: it is not whole, or of another kind.
    """
    result = query.form.result
    found = _read_graph(reply) if result is Result.GRAPH else _read_table(reply, profile, result)
    with _reading():
        written = write_results(found, query, chosen) or b""
    return mended(written, chosen)


@contextmanager
def _let_go() -> Iterator[None]:
    """Let go of the results behind a failure: the library has to drop them in this thread, and errors go to others."""
    try:
        yield
    except ActiongraphError as error:
        behind: BaseException | None = error
        while behind is not None:
            traceback.clear_frames(behind.__traceback__)
            behind = behind.__cause__
        raise


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except (SyntaxError, ValueError, KeyError) as error:
        raise UpstreamError("The engine behind this endpoint sent what is no whole answer of its type.") from error


def counting(query: CheckedQuery) -> CheckedQuery | None:
    """Return the query for the number of solutions that a query for a graph makes it of.

    None if there are none to count, as for DESCRIBE of an IRI.
    """
    text = query.text
    read = list(tokens(text))
    words = [token.text.upper() for token in read]
    form = words.index(query.form.value)
    inner = f"SELECT (1 AS {_WHOLE_RESULT})"
    bodies = closings(read)
    first = next((index for index, word in enumerate(words) if index > form and word == "{"), None)
    if first is None:
        return None
    opening, from_ = first, form + 1
    if query.form is QueryForm.CONSTRUCT and words[form + 1] == "{":  # its template
        from_ = bodies[first] + 1
        opening = words.index("{", from_)
    elif query.form is QueryForm.DESCRIBE:
        from_ = next((index for index in range(form + 1, first + 1) if words[index] in {"FROM", "WHERE", "{"}), first)
    start = words.index("WHERE", from_, opening) if "WHERE" in words[from_:opening] else opening
    sources = text[read[from_].start : read[start].start]
    body = text[read[opening].start :]
    counted = (
        f"{text[: read[form].start]}SELECT (COUNT({_WHOLE_RESULT}) AS ?n) {sources}WHERE {{ {inner} WHERE {body}\n}}"
    )
    return CheckedQuery(counted, QueryForm.SELECT, query.names_dataset, base=query.base)
