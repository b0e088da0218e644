"""`/releases`: every release known here, with what changed from one to the next and where its files are."""

from __future__ import annotations

import logging

from flask import Flask, Response

from actiongraph import formats
from actiongraph.errors import GoneResource, RequestError, StoreError, UnknownResource
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseRecord, ReleaseStore
from actiongraph.web import responses
from actiongraph.web.http.addresses import locate
from actiongraph.web.release_documents import release_document
from actiongraph.web.site import Site

_log = logging.getLogger(__name__)
_OFFERS = (formats.HTML, formats.JSON)
_A_PAGE = 50


def add_routes(app: Flask, site: Site) -> None:
    """Add the route to the list of releases."""

    @app.get("/releases", endpoint="releases")
    def releases() -> Response:
        return _releases(site)


def _releases(site: Site) -> Response:
    if not isinstance(site.snapshots, ReleaseSnapshots):
        raise UnknownResource("This endpoint serves files as they stand, which have no releases.")
    releases, current = site.snapshots.releases, site.snapshots.current()
    before = site.parameters().get("before")
    listed = [version for version in _versions(releases) if before is None or version < before]
    if before is not None and not before.isascii():
        raise RequestError(f"{before[:40]!r} is no version of a release.")
    told_of = (_told(site, releases, version, current.version) for version in listed[:_A_PAGE])
    documents = [document for document in told_of if document is not None]
    following = f"releases?before={listed[_A_PAGE - 1]}" if len(listed) > _A_PAGE else None
    told = {"releases": documents, "next": following and locate(following, site.settings)}
    if responses.choose(_OFFERS, site.settings) is formats.JSON:
        response = responses.json_document(told)
    else:
        response = responses.html("releases.html", listed=documents, following=following)
    response.last_modified = current.modified_at
    return response


def _versions(releases: ReleaseStore) -> list[str]:
    """Return all versions known here, the newest first."""
    return sorted({*releases.versions(), *releases.past_versions()}, reverse=True)


def _told(site: Site, releases: ReleaseStore, version: str, newest: str | None) -> dict[str, object] | None:
    """Return what a release says of itself, or None of an old one that is damaged, which the log tells.

    One that is taken away just now says so.
    """
    try:
        record, kept = _record_of(releases, version)
    except StoreError as error:
        if version == newest:
            raise
        _log.warning("%s", error)
        return None
    return release_document(record, site.url, kept=kept, current=version == newest)


def _record_of(releases: ReleaseStore, version: str) -> tuple[ReleaseRecord, bool]:
    """Return what a release says of itself, and whether it is kept."""
    try:
        return releases.kept_record(version), True
    except GoneResource:
        return releases.past_record(version), False
