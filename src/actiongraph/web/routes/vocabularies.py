"""The hash vocabularies: `/ontology` with its terms and `/shapes` with its rules, each one document, also by suffix."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial

from flask import Flask, Response, render_template

from actiongraph import formats
from actiongraph.engine.base import QueryBudget
from actiongraph.errors import UnknownResource
from actiongraph.formats import Format, Result
from actiongraph.release.snapshots import Snapshot
from actiongraph.serialization import write_graph
from actiongraph.things.thing import QUERIES, read_vocabulary
from actiongraph.validate.rules import Rules, read_rules
from actiongraph.vocabulary import CANONICAL_BASE, IRI, PREFIXES
from actiongraph.web import responses
from actiongraph.web.desk import page_key
from actiongraph.web.http.addresses import locate
from actiongraph.web.http.representation import Representation, represent
from actiongraph.web.site import Site
from actiongraph.web.thing_data import LINKED, Asked
from actiongraph.web.thing_page import link_to

_ONTOLOGY = IRI(CANONICAL_BASE + "ontology")
_SHAPES = IRI(CANONICAL_BASE + "shapes")
_OFFERS = (*formats.offers(Result.GRAPH), formats.HTML)


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to the vocabulary's terms and the rules."""

    @app.get("/ontology", endpoint="ontology")
    def ontology() -> Response:
        return _ontology(site, responses.choose(_OFFERS, site.settings))

    @app.get("/ontology.<suffix>")
    def ontology_as(suffix: str) -> Response:
        return _ontology(site, _by_suffix(suffix, "ontology"))

    @app.get("/shapes", endpoint="shapes")
    def shapes() -> Response:
        return _shapes(site, responses.choose(_OFFERS, site.settings))

    @app.get("/shapes.<suffix>")
    def shapes_as(suffix: str) -> Response:
        return _shapes(site, _by_suffix(suffix, "shapes"))


def _by_suffix(suffix: str, name: str) -> Format:
    found = next((offer for offer in _OFFERS if offer.suffix == suffix), None)
    if found is None:
        known = ", ".join(f"{name}.{offer.suffix}" for offer in _OFFERS)
        raise UnknownResource(f"There is no /{name}.{suffix[:20]} here; there are {known}.")
    return found


def _ontology(site: Site, chosen: Format) -> Response:
    snapshot = site.snapshot()
    if snapshot.version is None:
        raise UnknownResource("This endpoint serves files as they stand, without the vocabulary of a release.")
    key = page_key(snapshot, "ontology", chosen)

    def run(budget: QueryBudget) -> Representation:
        engine = site.engine(snapshot, budget)
        links = _links(site, _ONTOLOGY, "ontology")
        if chosen is formats.HTML:
            whole, terms = read_vocabulary(engine, _ONTOLOGY, site.settings)
            written = _page(site, snapshot, "ontology.html", "ontology", vocabulary=whole, terms=terms)
            return represent(written, chosen.content_type, replace(snapshot, pinned=False), link=links)
        query = QUERIES.query("vocabulary-document", {"vocabulary": [_ONTOLOGY]}, site.settings)
        written = engine.answer(replace(query, prefixes=PREFIXES), chosen)
        return represent(written, chosen.content_type, snapshot, link=links)

    return site.desk.send(snapshot, site.desk.ask(run, key), key)


def _shapes(site: Site, chosen: Format) -> Response:
    """Return the rules that this version of the program judges data by; they are the same for every release."""
    snapshot = site.snapshot()
    key = page_key(snapshot, "shapes", chosen)

    def run(_: QueryBudget) -> Representation:
        rules, links = _rules(), _links(site, _SHAPES, "shapes")
        if chosen is formats.HTML:
            written = _page(site, snapshot, "shapes.html", "shapes", rules=rules)
        else:
            written = write_graph(rules.graph, chosen)
        return represent(written, chosen.content_type, link=links)

    return site.desk.send(snapshot, site.desk.ask(run, key), key)


@cache
def _rules() -> Rules:
    return read_rules()


def _page(site: Site, snapshot: Snapshot, template: str, name: str, **values: object) -> bytes:
    asked = Asked(name, IRI(CANONICAL_BASE + name), snapshot, site.settings)
    data = [(syntax, locate(f"{name}.{syntax.suffix}", site.settings)) for syntax in LINKED]
    return render_template(template, data=data, iri=asked.iri, link=partial(link_to, asked), **values).encode()


def _links(site: Site, iri: IRI, name: str) -> str:
    data = [
        f'<{locate(f"{name}.{syntax.suffix}", site.settings)}>; rel="describedby"; type="{syntax.media_type}"'
        for syntax in LINKED
    ]
    return ", ".join([f'<{iri}>; rel="cite-as"', *data])
