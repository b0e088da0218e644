"""`/validation`: what the rules found in the data of a release, published with it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from flask import Flask, Response, render_template
from rdflib import Graph

from actiongraph import formats
from actiongraph.engine.base import Engine
from actiongraph.errors import NoRelease, NotAcceptable, StoreError, UnknownResource
from actiongraph.formats import Format, Result
from actiongraph.iris import is_iri
from actiongraph.release.snapshots import Snapshot
from actiongraph.serialization import write_graph
from actiongraph.text import counted
from actiongraph.things.thing import names_of
from actiongraph.vocabulary import CANONICAL_BASE, IRI, PREFIXES
from actiongraph.web import responses
from actiongraph.web.http.addresses import locate
from actiongraph.web.site import Site
from actiongraph.web.thing_page import ThingTarget

_OFFERS = (formats.HTML, formats.JSON, *formats.offers(Result.GRAPH))
_A_PAGE = 200
_REWRITTEN_BYTES = 500_000
"""A report up to this size is written in other syntaxes here, in about a second; a larger one is Turtle and JSON."""


def add_routes(app: Flask, site: Site) -> None:
    """Add the route to the validation report."""
    responses.add_document(app, "validation", partial(_report, site))


def _report(site: Site) -> Response:
    snapshot, chosen, page = site.snapshot(), responses.choose(_OFFERS, site.settings), site.page_number()
    if snapshot.folder is None:
        raise NoRelease(", which no rule has judged.")
    folder = snapshot.folder

    def write(engine: Engine) -> bytes:
        if chosen is formats.HTML:
            return _page(engine, site, snapshot, folder, page)
        return _read(folder / "report.json") if chosen is formats.JSON else _as_rdf(folder, site, chosen)

    return site.respond(snapshot, f"validation?{page}", chosen, write, rendered=chosen is formats.HTML)


def _page(engine: Engine, site: Site, snapshot: Snapshot, folder: Path, page: int) -> bytes:
    report = json.loads(_read(folder / "report.json"))
    findings = report["findings"]
    pages = max(1, -(-len(findings) // _A_PAGE))
    if page > pages:
        raise UnknownResource(f"The findings fit on {counted(pages, 'page')}; there is no page {page}.")
    shown = findings[(page - 1) * _A_PAGE : page * _A_PAGE]
    target = ThingTarget("", IRI(CANONICAL_BASE + "shapes"), snapshot, site.settings)
    return render_template(
        "validation.html",
        counts=report["counts"],
        passages=report.get("passages"),
        findings=shown,
        names=names_of(engine, (IRI(finding["focus"]) for finding in shown if is_iri(finding["focus"])), site.settings),
        page=page,
        pages=pages,
        version=target.version,
        snapshot=snapshot,
        link=target.link_to,
        iri=IRI,
    ).encode()


def _as_rdf(folder: Path, site: Site, chosen: Format) -> bytes:
    """Return the report in an RDF syntax; in Turtle as it was published, with its address as base.

    Raises:
        NotAcceptable: it is too large to be written in another syntax while somebody waits.
    """
    turtle = _read(folder / "report.ttl")
    address = locate("validation", site.settings)
    if chosen is formats.TURTLE:
        return f"@base <{address}> .\n".encode() + turtle
    if len(turtle) > _REWRITTEN_BYTES:
        offered = (formats.TURTLE.media_type, formats.JSON.media_type)
        raise NotAcceptable(
            f"The report is too large for {chosen.label}; ask for {' or '.join(offered)}.", available=offered
        )
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    graph.parse(turtle, format="turtle", publicID=address)
    return write_graph(graph, chosen)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(f"The report {path} cannot be read: {error.strerror}.") from error
