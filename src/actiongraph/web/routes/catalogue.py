"""`/catalog`: the description of the dataset for harvesters and for people, also at `/.well-known/void`.

Source: DCAT-AP 3.0.1; Describing Linked Datasets with the VoID Vocabulary, section 7.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Flask, Response, render_template, request
from rdflib import Graph

from actiongraph import formats
from actiongraph.catalogue.contents import dataset_in_schema, read_contents, services_of
from actiongraph.catalogue.identifiers import Identifiers, Service, fragment_of
from actiongraph.catalogue.locations import read_stored, served
from actiongraph.engine.base import Engine, QueryBudget
from actiongraph.errors import UnknownResource
from actiongraph.formats import Format, Result
from actiongraph.release.snapshots import Snapshot
from actiongraph.serialization import write_graph
from actiongraph.settings import Settings
from actiongraph.things.schema_org import in_script
from actiongraph.vocabulary import PREFIXES
from actiongraph.web import responses
from actiongraph.web.desk import page_key
from actiongraph.web.http.addresses import locate
from actiongraph.web.http.representation import Representation, represent
from actiongraph.web.site import Site
from actiongraph.web.thing_data import LINKED, Asked
from actiongraph.web.thing_page import link_to

_OFFERS = (*formats.offers(Result.GRAPH), formats.JSON, formats.HTML)


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to the catalogue."""

    @app.get("/catalog", endpoint="catalog")
    def catalog() -> Response:
        return _catalog(site, responses.choose(_OFFERS, site.settings))

    @app.get("/catalog.<suffix>")
    def catalog_as(suffix: str) -> Response:
        return _catalog(site, _by_suffix(suffix))

    @app.get("/.well-known/void", endpoint="well_known")
    def well_known() -> Response:
        return _catalog(site, responses.choose(_OFFERS, site.settings))

    @app.get("/dataset", endpoint="dataset")
    def dataset() -> Response:
        query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
        location = locate("catalog", site.settings) + query
        response = responses.text(f"See {location}\n", status=303)
        response.headers["Location"] = location
        return response


def read_catalogue(engine: Engine, snapshot: Snapshot, settings: Settings) -> Graph:
    """Return the catalogue of `snapshot` as it is served: what is stored, and where things are found.

    Raises:
        UnknownResource: there is none, for files are served, or an older program built the release.
        EngineError: the engine failed.
    """
    name = Identifiers(settings.base).catalog_graph
    if name not in snapshot.graphs:
        what = f"release {snapshot.version}" if snapshot.version else "a server of files"
        raise UnknownResource(f"There is no catalogue of {what}; what there is, is described at /sparql.")
    return served(settings, read_stored(engine, settings))


def write_release(engine: Engine, asked: Asked, chosen: Format) -> bytes:
    """Return what the catalogue says of a release and its files, and where these are found.

    Raises:
        UnknownResource: there is no catalogue.
        EngineError: the engine failed.
    """
    catalogue, release = read_catalogue(engine, asked.snapshot, asked.settings), Graph(bind_namespaces="none")
    for triple in catalogue:
        if triple[0] == asked.iri or str(triple[0]).startswith(f"{asked.iri}#"):
            release.add(triple)
    return _written(release, chosen)


def schema_of(site: Site, snapshot: Snapshot, budget: QueryBudget) -> str:
    """Return the dataset of `snapshot` in schema.org's terms, as JSON-LD that can stand in a script element.

    Raises:
        UnknownResource: there is no catalogue.
        EngineError: the engine failed.
    """
    engine = site.engine(snapshot, budget)
    return _schema(site, read_contents(engine, read_catalogue(engine, snapshot, site.settings), site.settings))


def _schema(site: Site, contents: Mapping[str, Any]) -> str:
    return in_script(dataset_in_schema(contents, locate("catalog", site.settings)))


def _catalog(site: Site, chosen: Format) -> Response:
    snapshot = site.snapshot()
    key = page_key(snapshot, "catalog", chosen)

    def run(budget: QueryBudget) -> Representation:
        engine = site.engine(snapshot, budget)
        graph = read_catalogue(engine, snapshot, site.settings)
        link = f'<{Identifiers(site.settings.base).catalog}>; rel="cite-as"'
        if chosen not in {formats.HTML, formats.JSON}:
            return represent(_written(graph, chosen), chosen.content_type, snapshot, link=link)
        contents = read_contents(engine, graph, site.settings)
        if chosen is formats.HTML:
            written = _page(site, snapshot, contents, services_of(graph, Identifiers(site.settings.base)))
        else:
            written = responses.json_bytes(contents)
        # A page may look different in another version of the program, so it is not for ever.
        return represent(written, chosen.content_type, replace(snapshot, pinned=False), link=link)

    return site.desk.send(snapshot, site.desk.ask(run, key), key)


def _written(graph: Graph, chosen: Format) -> bytes:
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    return write_graph(graph, chosen)


def _page(site: Site, snapshot: Snapshot, contents: Mapping[str, Any], services: Sequence[Service]) -> bytes:
    asked = Asked("", contents["dataset"], snapshot, site.settings)
    version = f"?version={asked.version}" if asked.version else ""
    data = [(syntax, locate(f"catalog.{syntax.suffix}{version}", site.settings)) for syntax in (*LINKED, formats.JSON)]
    return render_template(
        "catalog.html",
        contents=contents,
        data=data,
        services=[(service, locate(service.described_by, site.settings)) for service in services],
        release=Identifiers(site.settings.base).release(contents["version"]),
        fragment=fragment_of,
        link=partial(link_to, asked),
        schema=_schema(site, contents),
    ).encode()


def _by_suffix(suffix: str) -> Format:
    found = next((offer for offer in _OFFERS if offer.suffix == suffix), None)
    if found is None:
        known = ", ".join(f"catalog.{offer.suffix}" for offer in _OFFERS)
        raise UnknownResource(f"There is no /catalog.{suffix[:20]} here; there are {known}.")
    return found
