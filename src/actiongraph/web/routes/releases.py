"""`/releases`: every release known here, with what changed from one to the next and where its files are."""

from __future__ import annotations

import logging
from functools import partial

from flask import Flask, Response

from actiongraph import formats
from actiongraph.errors import GoneResource, NoRelease, RequestError, StoreError
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.web import responses
from actiongraph.web.http.addresses import locate
from actiongraph.web.release_documents import release_document
from actiongraph.web.site import Site

_log = logging.getLogger(__name__)
_OFFERS = (formats.HTML, formats.JSON)
_A_PAGE = 50


def add_routes(app: Flask, site: Site) -> None:
    """Add the route to the list of releases."""
    app.add_url_rule("/releases", "releases", partial(_releases, site))


def _releases(site: Site) -> Response:
    if not isinstance(site.snapshots, ReleaseSnapshots):
        raise NoRelease(", which have no releases.")
    releases, current = site.snapshots.releases, site.snapshots.current()
    before = site.parameters().get("before")
    newest_first = sorted({*releases.versions(), *releases.past_versions()}, reverse=True)
    listed = [version for version in newest_first if before is None or version < before]
    if before is not None and not before.isascii():
        raise RequestError(f"{before[:40]!r} is no version of a release.")
    found = (_document_of(site, releases, version, current.version) for version in listed[:_A_PAGE])
    documents = [document for document in found if document is not None]
    following = f"releases?before={listed[_A_PAGE - 1]}" if len(listed) > _A_PAGE else None
    if responses.choose(_OFFERS, site.settings) is formats.JSON:
        address = following and locate(following, site.settings)
        response = responses.json_document({"releases": documents, "next": address})
    else:
        response = responses.html("releases.html", listed=documents, following=following)
    response.last_modified = current.modified_at
    return response


def _document_of(site: Site, releases: ReleaseStore, version: str, newest: str | None) -> dict[str, object] | None:
    """Return what a release says of itself, or None of an old one that is damaged, which the log tells.

    One that is taken away just now says so.
    """
    try:
        try:
            record, kept = releases.kept_record(version), True
        except GoneResource:
            record, kept = releases.past_record(version), False
    except StoreError as error:
        if version == newest:
            raise
        _log.warning("%s", error)
        return None
    return release_document(record, site.url, kept=kept, current=version == newest)
