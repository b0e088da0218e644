"""Routes for harvesters who follow: the event stream.

What they say depends on the release and on where this deployment is; pages of a release that is done never change.
"""

from __future__ import annotations

from dataclasses import replace

from flask import Flask, Response

from actiongraph.engine.base import Allowance
from actiongraph.errors import UnknownResource
from actiongraph.feeds import stream as streams
from actiongraph.feeds.stream import Stream
from actiongraph.release.history import things_at
from actiongraph.release.things import things_of
from actiongraph.web import answers
from actiongraph.web.desk import page_key
from actiongraph.web.representation import Representation, represent
from actiongraph.web.site import Site


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to the event stream."""

    @app.get("/feeds/ldes")
    def event_stream() -> Response:
        return _root(site)

    @app.get("/feeds/ldes/<version>")
    @app.get("/feeds/ldes/<version>/<int:page>")
    def event_page(version: str, page: int = 1) -> Response:
        return _page(site, version, page)


def _root(site: Site) -> Response:
    edition, chosen = site.library.current(), answers.choose(streams.OFFERS, site.settings)
    key = page_key(edition, "feeds/ldes", chosen)

    def run(_: Allowance) -> Representation:
        with things_of(edition) as things:
            return represent(streams.write_root(things, _stream(site), chosen), chosen.content_type, edition)

    return site.desk.send(edition, site.desk.ask(run, key), key)


def _page(site: Site, version: str, page: int) -> Response:
    """Return a page of what happened with the release `version`, which may no longer be kept; it never changes.

    Raises:
        UnknownResource: there is no such release, or no such page of it.
    """
    edition, chosen = site.library.current(), answers.choose(streams.OFFERS, site.settings)
    key = page_key(edition, f"feeds/ldes/{version}/{page}", chosen)

    def run(_: Allowance) -> Representation:
        with things_at(edition, version) as things:
            written = streams.write_page(things, _stream(site), page, chosen)
            if written is None:
                raise UnknownResource(f"The release {version} has no page {page} of changes; begin at feeds/ldes.")
            made = represent(written, chosen.content_type)
            return replace(made, modified_at=things.stamp.at, immutable=True)

    return site.desk.send(edition, site.desk.ask(run, key), key)


def _stream(site: Site) -> Stream:
    return Stream(site.settings.base, site.url)
