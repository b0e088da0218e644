"""`/sparql/why`: the triples that make one row of a result, each with its provenance, as page, JSON or plain text."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

from flask import Flask, Response, g, render_template, request, url_for

from actiongraph import formats
from actiongraph.engine.base import BoundedEngine, Parser, QueryBudget
from actiongraph.errors import RequestError
from actiongraph.formats import Format
from actiongraph.release.snapshots import Snapshot
from actiongraph.sparql.query import CheckedQuery
from actiongraph.things.explanation import Explanation, check_explained, explain
from actiongraph.things.explanation_documents import PLAIN, as_document, as_text
from actiongraph.things.result_row import Row, read_row
from actiongraph.web import responses
from actiongraph.web.cache import key_of
from actiongraph.web.endpoint import release_parts
from actiongraph.web.http.addresses import link_of
from actiongraph.web.http.protocol import Operation, read_operation
from actiongraph.web.http.representation import Representation, represent
from actiongraph.web.query_pages import SentQuery
from actiongraph.web.site import Site

_OFFERS = (formats.JSON, formats.PLAIN_TEXT, formats.HTML)


def add_routes(app: Flask, site: Site) -> None:
    """Add the address that tells why a row is in a result."""
    app.add_url_rule("/sparql/why", "sparql_why", partial(_answer, site), methods=["GET", "POST"])


def _answer(site: Site) -> Response:
    """Return why the row that the current request names is in the result of its query.

    Raises:
        ActiongraphError: whatever keeps it from being told.
    """
    operation = read_operation(site.request(), site.settings)
    if operation is None:
        raise RequestError("Give the query in the parameter 'query', and one of its rows in the parameter 'row'.")
    chosen = responses.choose_named(operation.formats, _OFFERS)
    snapshot = site.at(operation.version)
    g.operation = operation
    query = site.read_query(operation.query, snapshot, operation.timeout_s)
    written = _row(operation)
    row = None if written is None else read_row(written)
    check_explained(query, row)

    def run(budget: QueryBudget) -> Representation:
        engine = BoundedEngine(snapshot.engine, budget, site.settings.timeout_s)
        found = _explained(site, snapshot, operation, query, row, engine)
        body = _write(site, snapshot, operation, found, written, chosen)
        return represent(body, chosen.content_type, snapshot, rendered=True)

    key = key_of("why", *release_parts(snapshot), chosen.media_type, *operation.parts(), written)
    return site.send(snapshot, site.ask(run, key, operation.timeout_s), key)


def _row(operation: Operation) -> str | None:
    rows = [value for name, value in operation.others if name == "row" and value]
    if len(rows) > 1:
        raise RequestError("A request is about one row; give the parameter 'row' once.")
    return next(iter(rows), None)


def _explained(
    site: Site, snapshot: Snapshot, operation: Operation, query: CheckedQuery, row: Row | None, engine: BoundedEngine
) -> Explanation:
    if isinstance(snapshot.engine, Parser):
        # The engine finds faults that the guard does not, and finds them here in the query as it was sent.
        snapshot.engine.parse(query, engine.budget_left())
    return explain(
        engine,
        query,
        row,
        check=lambda text: site.read_query(text, snapshot, engine.budget_left().timeout_s),
        settings=site.settings,
        dataset=operation.dataset,
        has_provenance=snapshot.version is not None,
    )


def _write(
    site: Site, snapshot: Snapshot, operation: Operation, found: Explanation, row: str | None, chosen: Format
) -> bytes:
    if chosen is formats.PLAIN_TEXT:
        return as_text(found).encode()
    if chosen is formats.JSON:
        return responses.json_bytes(as_document(found, snapshot.version))
    pinned = snapshot.version if snapshot.pinned else None

    def link(term: object) -> str:
        """Return the address that a term leads to; files that are served as they are have no pages."""
        return link_of(term, site.settings, pinned, root=request.script_root) if snapshot.version else ""

    def address(format_name: str) -> str:
        given = [*operation.pairs(), *([("row", row)] if row else []), ("format", format_name)]
        return f"{url_for('sparql_why')}?{urlencode(given)}"

    sent = SentQuery(operation)
    return render_template(
        "why.html", found=found, sent=sent, row=row, link=link, address=address, plain=PLAIN
    ).encode()
