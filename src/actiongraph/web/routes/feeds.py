"""Routes for harvesters who follow: the event stream and OAI-PMH.

What they say depends on the release and on where this deployment is; what happened with a release never changes.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime

from flask import Flask, Response

from actiongraph import formats
from actiongraph.catalogue.identifiers import license_of
from actiongraph.engine.base import QueryBudget
from actiongraph.errors import UnknownResource
from actiongraph.feeds import ldes as streams
from actiongraph.feeds import oai
from actiongraph.feeds.ldes import Stream
from actiongraph.feeds.oai import Repository
from actiongraph.index.resource_history import ResourceHistory
from actiongraph.release.previous import with_last_metadata
from actiongraph.release.snapshots import Snapshot, history_at, history_of
from actiongraph.release.store import ReleaseStore
from actiongraph.web import responses
from actiongraph.web.desk import page_key
from actiongraph.web.http.protocol import read_form
from actiongraph.web.http.representation import WEAK, Representation, compress, represent
from actiongraph.web.reading import protocol_request
from actiongraph.web.site import Site

_MAIL = re.compile(r"mailto:(\S+@\S+)")


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to the event stream and to OAI-PMH."""

    @app.get("/feeds/ldes")
    def event_stream() -> Response:
        return _root(site)

    @app.route("/feeds/oai", methods=["GET", "POST"])
    def oai_pmh() -> Response:
        return _harvest(site)

    @app.get("/feeds/ldes/<version>")
    @app.get("/feeds/ldes/<version>/<int(min=2, max=999_999_999):page>")
    def event_page(version: str, page: int = 1) -> Response:
        return _page(site, version, page)


def _root(site: Site) -> Response:
    snapshot, chosen = site.snapshots.current(), responses.choose(streams.OFFERS, site.settings)
    key = page_key(snapshot, "feeds/ldes", chosen)

    def is_known(version: str) -> bool:
        """Tell whether its changes are still there: an operator may have deleted what stays of old releases."""
        return snapshot.folder is not None and ReleaseStore.holding(snapshot.folder).history(version) is not None

    def run(_: QueryBudget) -> Representation:
        with history_of(snapshot) as things:
            written = streams.write_root(things, _stream(site), is_known, chosen)
            return represent(written, chosen.content_type, snapshot)

    return site.desk.send(snapshot, site.desk.ask(run, key), key)


def _page(site: Site, version: str, page: int) -> Response:
    """Return a page of what happened with the release `version`, which may no longer be kept; it never changes.

    Raises:
        UnknownResource: there is no such release, or no such page of it.
    """
    snapshot, chosen = site.snapshots.current(), responses.choose(streams.OFFERS, site.settings)
    key = page_key(snapshot, f"feeds/ldes/{version}/{page}", chosen)

    def run(_: QueryBudget) -> Representation:
        with history_at(snapshot, version) as things:
            written = streams.write_page(things, _stream(site), page, chosen)
            if written is None:
                raise UnknownResource(f"The release {version} has no page {page} of changes; begin at feeds/ldes.")
            made = represent(written, chosen.content_type)
            return replace(made, modified_at=things.stamp.at, immutable=True)

    return site.desk.send(snapshot, site.desk.ask(run, key), key)


def _stream(site: Site) -> Stream:
    return Stream(site.settings.base, site.url)


def _harvest(site: Site) -> Response:
    """Return the answer to a request of OAI-PMH. It says when it was sent, so its tag is a weak one."""
    newest, chosen = site.snapshots.current(), responses.choose((formats.XML,), site.settings)

    def open_release(version: str | None) -> AbstractContextManager[ResourceHistory]:
        return history_of(newest if version in (None, newest.version) else site.snapshots.at(version))

    pairs = read_form(protocol_request(), site.settings)
    written = oai.answer(pairs, _repository(site, newest), open_release, datetime.now(UTC))
    undated = represent(oai.without_date(written), chosen.content_type)
    plain = replace(represent(written, chosen.content_type, newest), tag=WEAK + undated.tag)
    return responses.represented(plain, compress)


def _repository(site: Site, newest: Snapshot) -> Repository:
    """Return the repository with what was told about it when the release was made, or is told now."""
    releases = ReleaseStore.holding(newest.folder) if newest.folder else None
    settings = with_last_metadata(site.settings, releases) if releases else site.settings
    contact = _MAIL.fullmatch((settings.contact.address if settings.contact else None) or "")
    return Repository(site.url, contact[1] if contact else None, license_of(settings))
