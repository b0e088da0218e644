"""Routes for crawlers: the sitemap and robots.txt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from flask import Flask, Response
from rdflib import SKOS

from actiongraph import formats
from actiongraph.engine.base import Engine, QueryBudget
from actiongraph.errors import UnknownResource
from actiongraph.feeds import sitemap
from actiongraph.index.resource_history import ResourceHistory
from actiongraph.release.snapshots import Snapshot, history_of
from actiongraph.release.store import ReleaseStore
from actiongraph.things.thing import QUERIES
from actiongraph.vocabulary import IRI
from actiongraph.web import responses
from actiongraph.web.desk import page_key
from actiongraph.web.http.addresses import page_of
from actiongraph.web.http.representation import Representation, represent
from actiongraph.web.routes import home
from actiongraph.web.site import Site

_SITE = (
    "", "about", "catalog", "chains", "dumps/", "examples", "limits", "ontology", "releases", "shapes", "validation"
)  # fmt: skip
"""Paths of the pages about the dataset as a whole."""


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to the sitemap, its pages, and robots.txt."""

    @app.get("/sitemap.xml")
    def sitemap_index() -> Response:
        return _send(site, "sitemap.xml", lambda things: sitemap.write_index(things, site.url))

    @app.get("/sitemap-site.xml")
    def sitemap_site() -> Response:
        return _sitemap_site(site)

    @app.get("/sitemap-<int(max=999_999_999):page>.xml")
    def sitemap_page(page: int) -> Response:
        return _send(site, f"sitemap-{page}.xml", lambda things: sitemap.write_things(things, site.url, page))

    @app.get("/robots.txt")
    def robots() -> Response:
        chosen = responses.choose((formats.PLAIN_TEXT,), site.settings)
        return responses.answer(sitemap.write_robots(site.url, has_sitemap=home.has_release(site.snapshots)), chosen)


def _sitemap_site(site: Site) -> Response:
    """Return the page of the sitemap with what is no numbered thing; see `sitemap.write_site`."""
    snapshot, chosen = site.snapshots.current(), responses.choose((formats.XML,), site.settings)
    key = page_key(snapshot, "sitemap-site.xml", chosen)

    def run(budget: QueryBudget) -> Representation:
        with history_of(snapshot) as things:
            newest = things.stamp.at
        pages = [*_SITE, *_concepts(site.engine(snapshot, budget), site)]
        listed = [*((path, newest) for path in pages), *_releases(snapshot)]
        return represent(sitemap.write_site(site.url, listed), chosen.content_type, snapshot)

    return site.desk.send(snapshot, site.desk.ask(run, key), key)


def _concepts(engine: Engine, site: Site) -> list[str]:
    """Return the paths of the pages about concepts and schemes of them, which no list of things has."""
    rows = QUERIES.ask(engine, "concepts", (SKOS.Concept, SKOS.ConceptScheme), site.settings)
    paths = {page_of(iri, site.settings) or "" for row in rows if isinstance(iri := row["concept"], IRI)}
    return sorted(path for path in paths if path.startswith("doc/concept/"))


def _releases(snapshot: Snapshot) -> Iterator[tuple[str, datetime]]:
    """Yield the path of the page about each release that is kept, and when it was made."""
    releases = ReleaseStore.holding(snapshot.folder) if snapshot.folder else None
    for version in releases.versions() if releases else ():
        yield f"doc/release/{version}", datetime.strptime(version[:16], "%Y%m%dT%H%M%S%z")


def _send(site: Site, name: str, write: Callable[[ResourceHistory], bytes | None]) -> Response:
    """Return a page of the sitemap of the newest release.

    Raises:
        UnknownResource: there is no such page, or no release.
    """
    snapshot, chosen = site.snapshots.current(), responses.choose((formats.XML,), site.settings)
    key = page_key(snapshot, name, chosen)

    def run(_: QueryBudget) -> Representation:
        with history_of(snapshot) as things:
            written = write(things)
            if written is None:
                raise UnknownResource(f"The sitemap has no page {name}; its pages are listed in sitemap.xml.")
            return represent(written, chosen.content_type, snapshot)

    return site.desk.send(snapshot, site.desk.ask(run, key), key)
