"""Routes for crawlers: the sitemap and robots.txt."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response

from actiongraph import formats
from actiongraph.engine.base import Allowance
from actiongraph.errors import UnknownResource
from actiongraph.feeds import sitemap
from actiongraph.release.history import things_of
from actiongraph.release.things import Things
from actiongraph.web import answers, pages
from actiongraph.web.desk import page_key
from actiongraph.web.representation import Representation, represent
from actiongraph.web.site import Site

_SITE = ("", "about", "chains", "examples", "ontology", "schema", "shapes", "validation", "releases", "limits")
"""Paths of the pages about the dataset as a whole, as far as there are such routes."""


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to the sitemap, its pages, and robots.txt."""

    @app.get("/sitemap.xml")
    def sitemap_index() -> Response:
        return _send(site, "sitemap.xml", lambda things: sitemap.write_index(things, site.url))

    @app.get("/sitemap-site.xml")
    def sitemap_site() -> Response:
        rules = {rule.rule for rule in app.url_map.iter_rules()}
        paths = [path for path in _SITE if f"/{path}" in rules]
        return _send(site, "sitemap-site.xml", lambda things: sitemap.write_site(things, site.url, paths))

    @app.get("/sitemap-<int(max=999_999_999):page>.xml")
    def sitemap_page(page: int) -> Response:
        return _send(site, f"sitemap-{page}.xml", lambda things: sitemap.write_things(things, site.url, page))

    @app.get("/robots.txt")
    def robots() -> Response:
        chosen = answers.choose((formats.PLAIN_TEXT,), site.settings)
        return answers.answer(sitemap.write_robots(site.url, has_sitemap=pages.has_release(site.library)), chosen)


def _send(site: Site, name: str, write: Callable[[Things], bytes | None]) -> Response:
    """Return a page of the sitemap of the newest release.

    Raises:
        UnknownResource: there is no such page, or no release.
    """
    edition, chosen = site.library.current(), answers.choose((formats.XML,), site.settings)
    key = page_key(edition, name, chosen)

    def run(_: Allowance) -> Representation:
        with things_of(edition) as things:
            written = write(things)
            if written is None:
                raise UnknownResource(f"The sitemap has no page {name}; its pages are listed in sitemap.xml.")
            return represent(written, chosen.content_type, edition)

    return site.desk.send(edition, site.desk.ask(run, key), key)
