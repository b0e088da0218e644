"""`/sparql`: the result of a query, the service description, or a page to ask from; `/sparql/check` runs nothing.

The check tells whether a query can be asked, and why it may find nothing. The query is read by the guard, and then by
the engine's parser, which also knows the scopes of variables; it is not planned and not evaluated (see `Parser`). What
it names is looked up in the term index.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Flask, Response, g, request, url_for

from actiongraph import formats
from actiongraph.engine.base import Parser
from actiongraph.errors import (
    Edit,
    Fault,
    LimitError,
    QueryError,
    RequestError,
    StoreError,
)
from actiongraph.examples import first_examples
from actiongraph.formats import Result
from actiongraph.hints import UNBOUND, Hint, hints_for
from actiongraph.iris import is_iri
from actiongraph.release.snapshots import Snapshot
from actiongraph.serialization import write_graph
from actiongraph.settings import Settings
from actiongraph.sparql.advice import excerpt, listing
from actiongraph.sparql.query import CheckedQuery, order_of_all
from actiongraph.sparql.values import with_values
from actiongraph.things.explanation import is_explained
from actiongraph.vocabulary import CANONICAL_BASE, IRI
from actiongraph.web import problems, responses, workbench
from actiongraph.web.code_samples import code_samples
from actiongraph.web.http.access_log import record_of
from actiongraph.web.http.addresses import link_of
from actiongraph.web.http.protocol import Operation, read_operation
from actiongraph.web.query_pages import (
    SentQuery,
    duration,
    first_edits,
    look_up_names,
    read_view,
    unfit_format,
)
from actiongraph.web.result_chains import has_chains, result_chains
from actiongraph.web.result_tables import Names, ResultTable, TableWriter, begin, read_boolean
from actiongraph.web.site import Site

_DESCRIPTION = "DESCRIBE ?thing WHERE { VALUES ?thing { } }"
_VERDICTS = (formats.JSON, formats.PLAIN_TEXT, formats.HTML)
_NO_INDEX = "Hints are not available: they need the term index of a release, and there is none here."
_HINT_MEMBERS = ("code", "sentence", "line", "column", "suggestion", "start", "end")
_MATCH_FEWER = "it groups, counts or sorts all solutions, so that a LIMIT would not help: make its patterns match fewer"
_SELECT_LESS = "make its patterns more selective"
_NOTEWORTHY_S = 0.05


def add_routes(app: Flask, site: Site) -> None:
    """Add the endpoint and the check of queries."""
    app.add_url_rule("/sparql", "sparql", partial(_answer, site), methods=["GET", "POST"])
    app.add_url_rule("/sparql/check", "sparql_check", partial(_check, site), methods=["GET", "POST"])


def _answer(site: Site) -> Response:
    """Return the answer to the current request, which is for a person unless the middleware has not seen it.

    Raises:
        ActiongraphError: whatever keeps it from being answered.
    """
    outcome = site.endpoint.outcome(request.environ)
    g.operation = outcome.operation
    if outcome.error is not None:
        raise outcome.error
    if outcome.answer is not None:
        return responses.made_of(*outcome.answer)
    if outcome.operation is None or outcome.snapshot is None or outcome.query is None:
        return _describe(site, site.snapshots.current())
    return _show(site, outcome.snapshot, outcome.operation, outcome.query)


def _describe(site: Site, snapshot: Snapshot) -> Response:
    chosen = responses.choose((*formats.offers(Result.GRAPH), formats.HTML), site.settings)
    if chosen is formats.HTML:
        examples = first_examples(site.settings.base, site.settings.programme) if snapshot.version else ()
        tree = workbench.tree(site, snapshot)
        return responses.html("sparql.html", endpoint=site.settings.endpoint, examples=examples, tree=tree)
    return responses.answer(write_graph(site.service_description(snapshot), chosen), chosen)


def _show(site: Site, snapshot: Snapshot, operation: Operation, query: CheckedQuery) -> Response:
    """Return a page with the form and a part of the answer, or with the reasons why it may be empty."""
    sent = SentQuery(operation, read_view(operation))
    is_graph = query.form.result is Result.GRAPH
    chosen = formats.TURTLE if is_graph else formats.RESULTS_JSON
    plain, _ = site.endpoint.ask_query(request.environ, snapshot, operation, query, chosen)
    written = plain.body
    took = duration(record_of(request.environ).query_s)
    shown = _shown(site, snapshot, sent, query, written)
    response = responses.html(
        "sparql.html",
        endpoint=site.settings.endpoint,
        sent=sent,
        took=took,
        version=snapshot.version,
        offers=formats.offers(query.form.result),
        code=code_samples(site.settings.endpoint, operation.pairs(), query.form.result),
        unfit=unfit_format(operation, query),
        is_explained=is_explained(query),
        hints=(hints := _reasons(site, snapshot, operation, query, shown)),
        together=first_edits(hints),
        **_shape(site, snapshot, sent, shown.get("table")),
        **shown,
    )
    if not query.repeatable:
        response.headers["Cache-Control"] = "no-store"
    return response


def _shown(site: Site, snapshot: Snapshot, sent: SentQuery, query: CheckedQuery, written: bytes) -> dict[str, Any]:
    """Return the part of an answer that its page shows, by the name that the template has for it."""
    if query.form.result is Result.GRAPH:
        document = begin(written)
        return {"document": document, "says_nothing": not document.text.strip()}
    if (found := read_boolean(written)) is not None:
        return {"found": found, "says_nothing": not found}
    unnamed: list[LimitError] = []

    def names(iris: Iterable[str]) -> Names:
        try:
            return look_up_names(site, snapshot, iris, sent.operation.timeout_s)
        except LimitError as error:  # the rows are there, and can be shown with IRIs
            unnamed.append(error)
            return {}

    writer = TableWriter(query.prefixes, partial(_link_to, site.settings, snapshot), names)
    table = writer.read(written, sent.view, order_of_all(query.text))
    return {"table": table, "unnamed": next(iter(unnamed), None), "says_nothing": table.says_nothing}


def _shape(site: Site, snapshot: Snapshot, sent: SentQuery, table: ResultTable | None) -> dict[str, Any]:
    """Return what rows are shown as, and the chains in them, by the name that the template has for it.

    `chains` is None where no action of the rows is in a chain, and empty where they are not what is shown.
    """
    shape, chains = sent.view.shape, None
    try:
        if table is not None and has_chains(table.iris, snapshot, site.settings):
            chains = result_chains(table.iris, snapshot, site.settings) if shape == "chain" else ()
    except StoreError as error:  # the rows can be shown
        problems.log_fault(error)
    is_shown = {"table": True, "bars": table is not None and table.has_bars, "chain": chains is not None}[shape]
    return {"shape": shape if is_shown else "table", "chains": chains}


def _reasons(
    site: Site, snapshot: Snapshot, operation: Operation, query: CheckedQuery, shown: dict[str, Any]
) -> tuple[Hint, ...]:
    """Return the hints on a result that says nothing, or on a column that does."""
    if shown.pop("says_nothing"):
        return _hints(site, snapshot, operation, query)
    if "table" in shown and shown["table"].has_empty_column:
        return tuple(hint for hint in _hints(site, snapshot, operation, query) if hint.code == UNBOUND)
    return ()


def _hints(site: Site, snapshot: Snapshot, operation: Operation, query: CheckedQuery) -> tuple[Hint, ...]:
    """Return the reasons why `query` may find nothing, as far as they can be looked up."""
    try:
        return _hints_on(site, snapshot, operation, query) or ()
    except StoreError as error:  # the answer stands without them
        problems.log_fault(error)
        return ()


def _hints_on(site: Site, snapshot: Snapshot, operation: Operation, query: CheckedQuery) -> tuple[Hint, ...] | None:
    """Return the hints on `query`; None where there is no term index."""
    return hints_for(snapshot.terms, query, operation.dataset, search=snapshot.search, settings=site.settings)


def _link_to(settings: Settings, snapshot: Snapshot, iri: str) -> str:
    """Return the address that a page links an IRI to; see `link_of`.

    Where files are served there are no pages; an IRI of ours then leads to what they say about it.
    """
    if not is_iri(iri):
        return ""
    if snapshot.version is None and iri.startswith((settings.base, CANONICAL_BASE)):
        return url_for("sparql", query=with_values(_DESCRIPTION, {"thing": [IRI(iri)]}))
    return link_of(IRI(iri), settings, snapshot.version if snapshot.pinned else None, root=request.script_root)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The query form if the query can be asked, else the error about it, which knows all its faults.

    `hints` is None without an index.
    """

    query: str
    form: str | None = None
    error: QueryError | None = None
    hints: tuple[Hint, ...] | None = ()

    @property
    def note(self) -> str | None:
        """A note on what was not looked at, if anything."""
        return _NO_INDEX if self.hints is None else None

    def document(self) -> dict[str, object]:
        """Return the verdict as it is written in JSON."""
        faults = self.error.faults if self.error else ()
        document: dict[str, object] = {
            "ok": self.error is None,
            "form": self.form,
            "error": _with_excerpt(self.error.fault, self.query) if self.error else None,
            "errors": [_fault_members(fault) for fault in faults],
            "hints": [_hint_members(hint) for hint in self.hints or ()],
        }
        return document | ({"note": self.note} if self.note else {})

    def text(self) -> str:
        """Return the verdict as people read it in a terminal."""
        if self.error is not None:
            return listing(self.query, self.error.faults) + "\n"
        lines = [f"Valid {self.form} query (not run)."]
        return "\n".join([*lines, *map(str, self.hints or ()), *([self.note] if self.note else [])]) + "\n"


def _check(site: Site) -> Response:
    """Return the verdict on the query of the current request: 200 for any query, whatever is wrong with it.

    Raises:
        RequestError: there is no query, or more than one.
        LimitError: the engine had no time to read the query.
        StoreError: the release cannot be read.
    """
    operation = read_operation(site.request(), site.settings)
    if operation is None:
        raise RequestError("Give the query to check in the parameter 'query', or POST it as application/sparql-query.")
    chosen = responses.choose_named(operation.formats, _VERDICTS)
    verdict = _verdict_on(site, operation)
    if chosen is formats.HTML:
        together = first_edits(verdict.error.faults if verdict.error else verdict.hints or ())
        return responses.html("check.html", verdict=verdict, sent=SentQuery(operation), together=together)
    if chosen is formats.PLAIN_TEXT:
        return responses.text(verdict.text())
    return responses.json_document(verdict.document())


def _verdict_on(site: Site, operation: Operation) -> Verdict:
    snapshot = site.at(operation.version)
    try:
        query = site.read_query(operation.query, snapshot, operation.timeout_s)
        if isinstance(snapshot.engine, Parser):
            snapshot.engine.parse(query, site.budget(operation.timeout_s))
    except QueryError as error:
        return Verdict(operation.query, error=error)
    return Verdict(operation.query, query.form.value, hints=_hints_on(site, snapshot, operation, query))


def _fault_members(fault: Fault) -> dict[str, object]:
    """Return a fault for programs; our messages say what is wrong, then `; ` and a suggestion."""
    members = fault._asdict() | {"edits": _edit_members(fault.edits)}
    return members | {"suggestion": fault.message.partition("; ")[2] or None}


def _with_excerpt(fault: Fault, query: str) -> dict[str, object]:
    shown = {} if fault.start is None else {"excerpt": excerpt(query, fault.start)}
    return _fault_members(fault) | shown


def _hint_members(hint: Hint) -> dict[str, object]:
    return {name: getattr(hint, name) for name in _HINT_MEMBERS} | {"edits": _edit_members(hint.edits)}


def _edit_members(edits: Iterable[Edit]) -> list[dict[str, object]]:
    """Return edits for programs: the code points from `from` up to `to` give way to `insert`."""
    return [{"from": edit.start, "to": edit.end, "insert": edit.insert, "title": edit.title} for edit in edits]
