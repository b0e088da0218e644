"""The hash vocabularies: `/ontology` with its terms and `/shapes` with its rules, each one document, also by suffix."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial

from flask import Flask, Response, render_template

from actiongraph import formats
from actiongraph.engine.base import Engine
from actiongraph.errors import NoRelease
from actiongraph.formats import Result
from actiongraph.release.snapshots import Snapshot
from actiongraph.serialization import write_graph
from actiongraph.things.thing import QUERIES, read_vocabulary
from actiongraph.validate.shapes import read_rules
from actiongraph.vocabulary import CANONICAL_BASE, IRI, PREFIXES
from actiongraph.web import responses
from actiongraph.web.http.addresses import locate
from actiongraph.web.http.representation import Representation, represent
from actiongraph.web.site import Site
from actiongraph.web.thing_page import LINKED, ThingTarget, described_by

_ONTOLOGY = IRI(CANONICAL_BASE + "ontology")
_OFFERS = (*formats.offers(Result.GRAPH), formats.HTML)
_rules = cache(read_rules)


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to the vocabulary's terms and the rules."""
    responses.add_document(app, "ontology", partial(_ontology, site))
    responses.add_document(app, "shapes", partial(_shapes, site))


def _ontology(site: Site) -> Response:
    chosen = responses.choose(_OFFERS, site.settings)
    snapshot = site.snapshot()
    if snapshot.version is None:
        raise NoRelease(", without the vocabulary of a release.")

    def write(engine: Engine) -> bytes:
        if chosen is formats.HTML:
            whole, terms = read_vocabulary(engine, _ONTOLOGY, site.settings)
            return _page(site, snapshot, "ontology", vocabulary=whole, terms=terms)
        query = QUERIES.query("vocabulary-document", {"vocabulary": [_ONTOLOGY]}, site.settings)
        return engine.answer(replace(query, prefixes=PREFIXES), chosen)

    is_page = chosen is formats.HTML
    return site.respond(snapshot, "ontology", chosen, write, link=_links(site, "ontology"), rendered=is_page)


def _shapes(site: Site) -> Response:
    """Return the rules that this version of the program validates data by; they are the same for every release.

    Raises:
        NoRelease: files are served, which no rule has judged.
    """
    chosen, snapshot = responses.choose(_OFFERS, site.settings), site.snapshot()
    if snapshot.version is None:
        raise NoRelease(", without the rules of a release.")

    def write(_: Engine) -> Representation:
        is_page, rules = chosen is formats.HTML, _rules()
        written = _page(site, snapshot, "shapes", rules=rules) if is_page else write_graph(rules.graph, chosen)
        return represent(written, chosen.content_type, link=_links(site, "shapes"))

    return site.respond(snapshot, "shapes", chosen, write)


def _page(site: Site, snapshot: Snapshot, name: str, **values: object) -> bytes:
    target = ThingTarget(name, IRI(CANONICAL_BASE + name), snapshot, site.settings)
    data = [(syntax, locate(f"{name}.{syntax.suffix}", site.settings)) for syntax in LINKED]
    return render_template(f"{name}.html", data=data, iri=target.iri, link=target.link_to, **values).encode()


def _links(site: Site, name: str) -> str:
    data = described_by(lambda suffix: locate(f"{name}.{suffix}", site.settings))
    return ", ".join([f'<{CANONICAL_BASE}{name}>; rel="cite-as"', *data])
