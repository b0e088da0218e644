"""Every name under the base opens: it leads (303) to a page or to data about what it names.

Source: Cool URIs for the Semantic Web, section 4.2.
"""

from __future__ import annotations

from dataclasses import replace

from flask import Flask, Response

from actiongraph import formats
from actiongraph.engine.base import QueryBudget
from actiongraph.errors import UnknownResource
from actiongraph.formats import Format, Result
from actiongraph.web import responses
from actiongraph.web.desk import page_key
from actiongraph.web.http.addresses import iri_of, name_of
from actiongraph.web.http.representation import Representation, represent
from actiongraph.web.reading import query_budget
from actiongraph.web.resources import check_known, number_leads_to
from actiongraph.web.routes.catalogue import write_release
from actiongraph.web.site import Site
from actiongraph.web.thing_data import Asked, data_links, write_document, write_references
from actiongraph.web.thing_page import render_page

_OFFERS = formats.offers(Result.GRAPH)


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to things, concepts and releases."""

    @app.get("/id/<path:name>")
    def thing(name: str) -> Response:
        return _see_other(site, name)

    @app.get("/concept/<path:name>")
    def concept(name: str) -> Response:
        return _see_other(site, f"concept/{name}")

    @app.get("/release/<path:name>")
    def release(name: str) -> Response:
        return _see_other(site, f"release/{name}")

    @app.get("/doc/<path:name>")
    def page(name: str) -> Response:
        return _page(site, name)

    @app.get("/data/<path:name>")
    def data(name: str) -> Response:
        return _data(site, name)


def _asked(site: Site, name: str) -> Asked:
    """Return what is asked under `name`: a release of itself, all else of the snapshot that is asked."""
    iri = iri_of(name, site.settings)
    if iri is None:
        raise UnknownResource(f"Nothing can be called {name[:200]!r}; write a kind and a key, such as action/2014-12.")
    if name.startswith("release/"):
        return Asked(name, iri, site.snapshots.at(name.removeprefix("release/")), site.settings)
    snapshot = site.snapshot()
    if snapshot.version is None:
        raise UnknownResource("This endpoint serves files as they stand and opens no names; ask for them at /sparql.")
    return Asked(name, iri, snapshot, site.settings)


def _see_other(site: Site, name: str) -> Response:
    """Return where the thing called `name` is described: a page for people, data for programs."""
    asked = _asked(site, name)
    engine = site.engine(asked.snapshot, query_budget(site.settings))
    if action := number_leads_to(engine, asked.iri, site.settings):
        asked = replace(asked, iri=action, name=name_of(action, site.settings) or name)
    check_known(engine, asked.snapshot, asked.iri, site.settings)
    chosen = responses.choose((formats.HTML, *_OFFERS), site.settings)
    location = asked.page() if chosen is formats.HTML else asked.data(chosen.suffix)
    response = responses.text(f"See {location}\n", status=303)
    response.headers["Location"] = location
    return response


def _page(site: Site, name: str) -> Response:
    asked, page = _asked(site, name), site.page_number()
    key = page_key(asked.snapshot, f"doc/{name}?{page}", formats.HTML)

    def run(budget: QueryBudget) -> Representation:
        written, links = render_page(site.engine(asked.snapshot, budget), asked, page)
        # A page may look different in another version of the program, so it is not for ever.
        return represent(written, formats.HTML.content_type, replace(asked.snapshot, pinned=False), link=links)

    return site.desk.send(asked.snapshot, site.desk.ask(run, key), key)


def _data(site: Site, name: str) -> Response:
    """Return RDF about a thing: its own triples, or with `?references` what points at it, a page at a time."""
    bare, named = _split(name)
    asked, parameters = _asked(site, bare), site.parameters()
    chosen = named or responses.choose(_OFFERS, site.settings)
    page = site.page_number() if "references" in parameters else None
    key = page_key(asked.snapshot, f"data/{bare}?{page}", chosen)

    def run(budget: QueryBudget) -> Representation:
        engine = site.engine(asked.snapshot, budget)
        check_known(engine, asked.snapshot, asked.iri, site.settings)
        if page is not None:
            written = write_references(engine, asked, page, chosen)
        elif name.startswith("release/"):
            written = write_release(engine, asked, chosen)
        else:
            written = write_document(engine, asked, chosen)
        return represent(written, chosen.content_type, asked.snapshot, link=data_links(asked))

    return site.desk.send(asked.snapshot, site.desk.ask(run, key), key)


def _split(name: str) -> tuple[str, Format | None]:
    """Return a name without the suffix of a syntax, and that syntax, if it ends in one."""
    bare, _, suffix = name.rpartition(".")
    found = next((offer for offer in _OFFERS if offer.suffix == suffix), None)
    return (bare, found) if found else (name, None)
