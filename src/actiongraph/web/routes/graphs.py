"""Routes to whole graphs: `/graph-store`, and `/graph/{key}` for each graph under the base."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask, Response, request

from actiongraph import formats
from actiongraph.engine.base import Engine
from actiongraph.formats import Result
from actiongraph.vocabulary import IRI
from actiongraph.web import responses
from actiongraph.web.http import graph_store
from actiongraph.web.http.addresses import locate
from actiongraph.web.http.representation import Representation, represent
from actiongraph.web.site import Site


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to whole graphs."""

    @app.get("/graph-store")
    def named_graph() -> Response:
        return _whole_graph(site, graph_store.read_name(request.query_string.decode("latin-1"), site.settings))

    @app.get("/graph/<path:key>")
    def graph_at(key: str) -> Response:
        return _whole_graph(site, graph_store.name_at(key, site.settings))


def _whole_graph(site: Site, name: IRI | None) -> Response:
    snapshot = site.snapshot()
    dataset = graph_store.find_graph(snapshot, name)
    chosen = responses.choose(formats.offers(Result.GRAPH), site.settings)

    # A graph holds what stands in it; what it is, the catalogue says.
    described = f'<{locate("catalog", site.settings)}>; rel="describedby"' if snapshot.folder else None

    def run(engine: Engine) -> Representation:
        written = graph_store.read_graph(replace(snapshot, engine=engine), dataset, chosen, site.settings)
        return represent(written, chosen.content_type, snapshot, link=described)

    return site.respond(snapshot, f"graph-store?{name or 'default'}", chosen, run)
