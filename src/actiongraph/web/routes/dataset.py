"""Pages about the dataset as a whole: `/schema`, its classes and properties, and `/data`, the ways to take it away."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Lock

from cachetools import LRUCache, cached
from flask import Flask, Response

from actiongraph import formats
from actiongraph.catalogue.schema import Schema
from actiongraph.engine.base import Engine
from actiongraph.errors import NoRelease
from actiongraph.release.page_data import schema_of
from actiongraph.release.snapshots import Snapshot
from actiongraph.web import responses
from actiongraph.web.catalogue_page import check_catalogue, read_document
from actiongraph.web.data_page import data_document, render_data
from actiongraph.web.schema_page import render_schema, schema_document
from actiongraph.web.site import Site

_OFFERS = (formats.HTML, formats.JSON)
_SCHEMAS = 4
"""Releases whose schema is cached: it takes about 100 kB."""


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to the pages about the dataset."""

    @cached(LRUCache(_SCHEMAS), key=lambda snapshot, _: snapshot.version, lock=Lock())
    def schema(snapshot: Snapshot, engine: Engine) -> Schema:
        return schema_of(engine, snapshot, site.settings)

    responses.add_document(app, "schema", partial(_schema, site, schema))
    responses.add_document(app, "data", partial(_data, site), "data_page")


def _schema(site: Site, schema_of: Callable[[Snapshot, Engine], Schema]) -> Response:
    snapshot, settings = site.snapshot(), site.settings
    if snapshot.version is None:
        raise NoRelease(" and counts no classes; ask what they hold at /sparql.")
    check_catalogue(snapshot, settings)
    chosen = responses.choose(_OFFERS, settings)

    def write(engine: Engine) -> bytes:
        schema = schema_of(snapshot, engine)
        if chosen is formats.JSON:
            return responses.json_bytes(schema_document(schema, snapshot, settings))
        return render_schema(schema, snapshot, settings)

    return site.respond(snapshot, "schema", chosen, write, rendered=True)


def _data(site: Site) -> Response:
    """Return the ways to take the data away: those of the release that `?version=` names, else of the newest."""
    snapshot, settings = site.snapshot(), site.settings
    folder = snapshot.folder
    if folder is None:
        raise NoRelease(", which have no releases to take away; ask for graphs at /graph-store.")
    chosen = responses.choose(_OFFERS, settings)

    def write(engine: Engine) -> bytes:
        contents = read_document(engine, snapshot, settings, in_brief=True)
        document = data_document(contents, snapshot, folder, settings)
        return responses.json_bytes(document) if chosen is formats.JSON else render_data(document, snapshot)

    return site.respond(snapshot, "data", chosen, write, rendered=True)
