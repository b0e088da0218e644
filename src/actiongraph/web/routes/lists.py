"""The lists of a release, each in one route: `/actions`, `/partners`, `/countries` and `/themes`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from flask import Flask, Response

from actiongraph import formats
from actiongraph.engine.base import Engine
from actiongraph.index.list_kinds import LIST_KINDS, ListKind
from actiongraph.web import responses
from actiongraph.web.http.representation import Representation, represent
from actiongraph.web.list_pages import LISTED_AS, open_view, write_list
from actiongraph.web.list_request import read_list_request
from actiongraph.web.site import Site


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to lists."""
    for kind in LIST_KINDS:
        responses.add_document(app, kind.name, partial(_list, site, kind))


def _list(site: Site, kind: ListKind) -> Response:
    chosen = responses.choose(LISTED_AS, site.settings)
    parameters = responses.parameters(site.settings)
    wanted = read_list_request(kind, parameters, site.page_number(), site.snapshot(), site.settings)

    def run(_: Engine) -> Representation:
        with open_view(wanted) as view:
            written = write_list(wanted, view, chosen)
        plain = represent(written, chosen.content_type, wanted.snapshot, rendered=True)
        return replace(plain, filename=f"{kind.name}.csv") if chosen is formats.RESULTS_CSV else plain

    return site.respond(wanted.snapshot, wanted.address(page=wanted.page), chosen, run)
