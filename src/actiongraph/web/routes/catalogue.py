"""`/catalog`: the description of the dataset for harvesters and for people, also at `/.well-known/void`.

Source: DCAT-AP 3.0.1; Describing Linked Datasets with the VoID Vocabulary, section 7.2.
"""

from __future__ import annotations

from functools import partial

from flask import Flask, Response, request

from actiongraph import formats
from actiongraph.catalogue.identifiers import Identifiers
from actiongraph.engine.base import Engine
from actiongraph.formats import Result
from actiongraph.release.page_data import contents_of
from actiongraph.web import responses
from actiongraph.web.catalogue_page import (
    check_catalogue,
    read_catalogue,
    read_document,
    render_catalogue,
    write_catalogue,
)
from actiongraph.web.http.addresses import locate
from actiongraph.web.site import Site

_OFFERS = (*formats.offers(Result.GRAPH), formats.JSON, formats.HTML)


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to the catalogue."""
    responses.add_document(app, "catalog", partial(_catalog, site))
    app.add_url_rule("/.well-known/void", "well_known", partial(_catalog, site))

    @app.get("/dataset", endpoint="dataset")
    def dataset() -> Response:
        query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
        return responses.redirect(locate("catalog", site.settings) + query)


def _catalog(site: Site) -> Response:
    settings = site.settings
    chosen, snapshot = responses.choose(_OFFERS, settings), site.snapshot()
    link = f'<{Identifiers(settings.base).catalog}>; rel="cite-as"'

    is_rendered = chosen in {formats.HTML, formats.JSON}

    def write(engine: Engine) -> bytes:
        if not is_rendered:
            return write_catalogue(read_catalogue(engine, snapshot, settings), chosen)
        if chosen is formats.JSON:
            return responses.json_bytes(read_document(engine, snapshot, settings))
        check_catalogue(snapshot, settings)
        return render_catalogue(contents_of(engine, snapshot, settings), snapshot, settings)

    return site.respond(snapshot, "catalog", chosen, write, link=link, rendered=is_rendered)
