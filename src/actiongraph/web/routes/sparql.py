"""What `/sparql` answers: a query's result, the service description, or a page to ask from."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, g, request, url_for

from actiongraph import formats
from actiongraph.catalogue.service_description import endpoint_of, service_description
from actiongraph.engine.base import QueryBudget
from actiongraph.engine.results import finds_nothing
from actiongraph.formats import Format, Result
from actiongraph.iris import is_iri
from actiongraph.release.snapshots import Snapshot, Snapshots
from actiongraph.serialization import write_graph
from actiongraph.settings import Settings
from actiongraph.sparql.query import CheckedQuery
from actiongraph.sparql.values import with_values
from actiongraph.vocabulary import CANONICAL_BASE, IRI
from actiongraph.web import responses, result_tables
from actiongraph.web.desk import Desk, answer_key
from actiongraph.web.http.addresses import page_of
from actiongraph.web.http.protocol import Operation, read_operation
from actiongraph.web.http.representation import Representation, represent
from actiongraph.web.reading import protocol_request, read_text
from actiongraph.web.routes import check
from actiongraph.web.routes.home import first_examples
from actiongraph.web.site import Site

_DESCRIPTION = "DESCRIBE ?thing WHERE { VALUES ?thing { } }"
_NOTEWORTHY_S = 0.05
_LONGEST_LINK = 4_000
"""Addresses that are longer are cut by some mail programs and refused by some proxies."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link to the whole answer in one format."""

    label: str
    address: str


def add_routes(app: Flask, site: Site) -> None:
    """Add the endpoint."""

    @app.route("/sparql", methods=["GET", "POST"])
    def sparql() -> Response:
        return _answer(site.settings, site.snapshots, site.desk)


def _answer(settings: Settings, snapshots: Snapshots, desk: Desk) -> Response:
    """Return what the current request asks of the endpoint.

    Raises:
        ActiongraphError: whatever keeps it from being answered.
    """
    operation = read_operation(protocol_request(), settings)
    if operation is None:
        return _describe(settings, snapshots.current())
    snapshot = snapshots.at(operation.version) if operation.version else snapshots.current()
    g.query = operation.query
    if known := desk.recall(snapshot, operation):
        return known
    operation, query = _read(operation, settings, snapshot)
    chosen = responses.choose_named(operation.formats, (*formats.offers(query.form.result), formats.HTML))
    if chosen is formats.HTML:
        return _show(desk, snapshot, operation, query)
    plain = _ask(desk, snapshot, operation, query, chosen)
    if not query.repeatable:
        return responses.answer(plain.body, chosen, passing=True, link=plain.link)
    return desk.send(snapshot, plain, answer_key(snapshot, operation.query, operation.dataset, chosen), operation)


def _read(operation: Operation, settings: Settings, snapshot: Snapshot) -> tuple[Operation, CheckedQuery]:
    """Return what is asked, and the operation with the time that is left to answer it."""
    started = time.monotonic()
    query = read_text(operation.query, settings, snapshot, operation.timeout_s)
    took_s = time.monotonic() - started
    if took_s < _NOTEWORTHY_S:
        return operation, query
    whole_s = min(operation.timeout_s or settings.timeout_s, settings.timeout_s)
    return replace(operation, timeout_s=max(0.001, round(whole_s - took_s, 2))), query


def _ask(desk: Desk, snapshot: Snapshot, operation: Operation, query: CheckedQuery, chosen: Format) -> Representation:
    """Return the answer to `query`, kept if the same query has the same answer again."""

    def run(budget: QueryBudget) -> Representation:
        written = snapshot.engine.answer(query, chosen, operation.dataset, budget)
        is_empty = finds_nothing(written, chosen, query.form.result)
        link = check.help_link(desk.settings, operation) if is_empty else None
        return represent(written, chosen.content_type, snapshot, link=link)

    key = answer_key(snapshot, operation.query, operation.dataset, chosen) if query.repeatable else None
    return desk.ask(run, key, operation.timeout_s)


def _describe(settings: Settings, snapshot: Snapshot) -> Response:
    chosen = responses.choose((*formats.offers(Result.GRAPH), formats.HTML), settings)
    if chosen is formats.HTML:
        return responses.html(
            "sparql.html", endpoint=endpoint_of(settings), examples=first_examples(settings, snapshot)
        )
    graphs, is_union = snapshot.graphs, snapshot.union_default
    described = service_description(settings, graphs, version=snapshot.version, union_default=is_union)
    return responses.answer(write_graph(described, chosen), chosen)


def _show(desk: Desk, snapshot: Snapshot, operation: Operation, query: CheckedQuery) -> Response:
    """Return a page with the form and the beginning of the answer."""
    is_graph = query.form.result is Result.GRAPH
    written = _ask(desk, snapshot, operation, query, formats.TURTLE if is_graph else formats.RESULTS_JSON).body
    response = responses.html(
        "sparql.html",
        endpoint=endpoint_of(desk.settings),
        query=operation.query,
        links=_links(operation, query),
        **(_beginning(written) if is_graph else _table(written, partial(_leads_to, desk.settings, snapshot), query)),
    )
    if not query.repeatable:
        response.headers["Cache-Control"] = "no-store"
    return response


def _beginning(written: bytes) -> dict[str, Any]:
    return {"document": result_tables.begin(written)}


def _table(written: bytes, link: Callable[[str], str], query: CheckedQuery) -> dict[str, Any]:
    table = result_tables.read_table(written, query.prefixes, link)
    return {"found": table} if isinstance(table, bool) else {"table": table}


def _leads_to(settings: Settings, snapshot: Snapshot, iri: str) -> str:
    """Return where a page links an IRI: a thing of ours to its page, another of the web to itself.

    Where files are served there are no pages; an IRI of ours then leads to what they say about it.
    """
    if not is_iri(iri):
        return ""
    if snapshot.version is None and iri.startswith((settings.base, CANONICAL_BASE)):
        return url_for("sparql", query=with_values(_DESCRIPTION, {"thing": [IRI(iri)]}))
    path = page_of(iri, settings, snapshot.version if snapshot.pinned else None)
    if path is not None:
        return f"{request.script_root}/{path}"
    return iri if iri.startswith(("http://", "https://")) else ""


def _links(operation: Operation, query: CheckedQuery) -> list[Link]:
    links = [Link(offer.label, _address(operation, offer)) for offer in formats.offers(query.form.result)]
    return links if all(len(link.address) <= _LONGEST_LINK for link in links) else []


def _address(operation: Operation, offer: Format) -> str:
    """Return the address of the whole answer in one format, for a link."""
    return f"{url_for('sparql')}?{urlencode([*operation.pairs(), ('format', offer.name)])}"
