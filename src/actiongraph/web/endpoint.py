"""What `/sparql` answers: a query's result, the service description, or a page to ask from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Response, g, request, url_for

from actiongraph import formats
from actiongraph.describe.service import endpoint_of, service_description
from actiongraph.describe.writing import write_graph
from actiongraph.engine.base import Edition, Library
from actiongraph.formats import Format, Result
from actiongraph.settings import Settings
from actiongraph.sparql.guard import read_question
from actiongraph.sparql.question import Question
from actiongraph.sparql.values import with_values
from actiongraph.vocabulary import CANONICAL_BASE, IRI
from actiongraph.web import answers, tables
from actiongraph.web.iris import is_iri
from actiongraph.web.pages import first_examples
from actiongraph.web.protocol import Operation, Request, read_operation

_CHUNK_BYTES = 65_536
_DESCRIPTION = "DESCRIBE ?thing WHERE { VALUES ?thing { } }"
_LONGEST_LINK = 4_000
"""Addresses that are longer are cut by some mail programs and refused by some proxies."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link to the whole answer in one format."""

    label: str
    address: str


def answer_request(settings: Settings, library: Library) -> Response:
    """Return what the current request asks of the endpoint.

    Raises:
        ActiongraphError: whatever keeps it from being answered.
    """
    operation = read_operation(_protocol_request(), settings)
    edition = library.current()
    if operation is None:
        return _describe(settings, edition)
    g.query = operation.query
    question = read_question(operation.query, settings)
    chosen = answers.choose_named(operation.formats, (*formats.offers(question.form.result), formats.HTML))
    if chosen is formats.HTML:
        return _show(settings, edition, operation, question)
    return answers.answer(edition.engine.answer(question, chosen, operation.dataset), chosen)


def _protocol_request() -> Request:
    parameters = request.query_string.decode("latin-1")
    return Request(request.method, parameters, request.headers.get("Content-Type", ""), _read_body)


def _read_body(limit: int) -> bytes | None:
    """Return the body of the request, or None if it is longer than `limit`; one that says so is not read at all."""
    declared = request.content_length or 0
    body = bytearray()
    while declared <= limit and len(body) <= limit:
        chunk = request.stream.read(_CHUNK_BYTES)
        if not chunk:
            return bytes(body)
        body += chunk
    return None


def _describe(settings: Settings, edition: Edition) -> Response:
    chosen = answers.choose((*formats.offers(Result.GRAPH), formats.HTML), settings)
    if chosen is formats.HTML:
        return answers.html("sparql.html", endpoint=endpoint_of(settings), examples=first_examples(settings, edition))
    return answers.answer(write_graph(service_description(settings, edition), chosen), chosen)


def _show(settings: Settings, edition: Edition, operation: Operation, question: Question) -> Response:
    """Return a page with the form and the beginning of the answer."""
    values: dict[str, Any] = {
        "endpoint": endpoint_of(settings),
        "query": operation.query,
        "links": _links(operation, question),
    }
    if question.form.result is Result.GRAPH:
        written = edition.engine.answer(question, formats.TURTLE, operation.dataset)
        return answers.html("sparql.html", document=tables.begin(written), **values)
    written = edition.engine.answer(question, formats.RESULTS_JSON, operation.dataset)
    table = tables.read_table(written, question.prefixes, partial(_leads_to, settings))
    return answers.html("sparql.html", **({"found": table} if isinstance(table, bool) else {"table": table}), **values)


def _leads_to(settings: Settings, iri: str) -> str:
    """Return where a page links an IRI: one of ours to what the graph says about it, another of the web to itself."""
    if iri.startswith((settings.base, CANONICAL_BASE)) and is_iri(iri):
        return url_for("sparql", query=with_values(_DESCRIPTION, {"thing": [IRI(iri)]}))
    return iri if iri.startswith(("http://", "https://")) else ""


def _links(operation: Operation, question: Question) -> list[Link]:
    links = [Link(offer.label, _address(operation, offer)) for offer in formats.offers(question.form.result)]
    return links if all(len(link.address) <= _LONGEST_LINK for link in links) else []


def _address(operation: Operation, offer: Format) -> str:
    """Return the address of the whole answer in one format, for a link."""
    pairs = [("query", operation.query)]
    pairs += [("default-graph-uri", str(graph)) for graph in operation.dataset.default_graphs]
    pairs += [("named-graph-uri", str(graph)) for graph in operation.dataset.named_graphs]
    return f"{url_for('sparql')}?{urlencode([*pairs, ('format', offer.name)])}"
