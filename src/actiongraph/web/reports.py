"""`/validation`: what the rules found in the data of a release, published with it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from flask import Flask, Response
from rdflib import Graph

from actiongraph import formats
from actiongraph.describe.writing import write_graph
from actiongraph.errors import StoreError, UnknownResource
from actiongraph.formats import Result
from actiongraph.vocabulary import CANONICAL_BASE, IRI, PREFIXES
from actiongraph.web import answers
from actiongraph.web.names import locate
from actiongraph.web.site import Site
from actiongraph.web.thing_data import Asked
from actiongraph.web.thing_page import link_to

_OFFERS = (formats.HTML, formats.JSON, *formats.offers(Result.GRAPH))


def add_routes(app: Flask, site: Site) -> None:
    """Add the route to the validation report."""

    @app.get("/validation", endpoint="validation")
    def validation() -> Response:
        return _report(site)


def _report(site: Site) -> Response:
    edition = site.edition()
    if edition.folder is None:
        raise UnknownResource("This endpoint serves files as they stand, which no rule has judged.")
    chosen = answers.choose(_OFFERS, site.settings)
    if chosen is formats.JSON:
        response = answers.answer(_read(edition.folder / "report.json"), chosen)
    elif chosen is formats.HTML:
        asked = Asked("", IRI(CANONICAL_BASE + "shapes"), edition, site.settings)
        report = json.loads(_read(edition.folder / "report.json"))
        link = partial(link_to, asked)
        response = answers.html("validation.html", report=report, edition=edition, link=link, iri=IRI)
    else:
        response = answers.answer(_as_rdf(edition.folder, site, chosen), chosen)
    response.last_modified = edition.created_at
    return response


def _as_rdf(folder: Path, site: Site, chosen: formats.Format) -> bytes:
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    graph.parse(_read(folder / "report.ttl"), format="turtle", publicID=locate("validation", site.settings))
    return write_graph(graph, chosen)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(f"The report {path} cannot be read: {error.strerror}.") from error
