"""Routes to the files of releases: the dumps, their checksums, and what changed from one release to the next.

A file in gzip is sent as a file in gzip, with the media type application/gzip and no Content-Encoding: what is
copied is the file, its checksum is that of the file, and a range is a range of the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from flask import Flask, Response

from actiongraph import formats
from actiongraph.errors import NoRelease, StoreError, UnknownResource
from actiongraph.formats import Format
from actiongraph.publication import CSV, DUMP, TRIG, TURTLE
from actiongraph.release.store import ReleaseRecord, ReleaseStore
from actiongraph.web import responses
from actiongraph.web.release_documents import CHECKSUMS, catalogue_triples, checksums, format_of, release_document
from actiongraph.web.site import Site
from actiongraph.web.stored_files import StoredFile, send_file

_LISTING = (formats.JSON, formats.HTML)
_SAYS = MappingProxyType(
    {
        DUMP: "Every quad, a line each, sorted: N-Quads",
        TRIG: "The same in named graphs: TriG",
        TURTLE: "The same without graphs: Turtle",
        CSV: "Tables for spreadsheets, with metadata that says what stands in them: CSV on the Web",
    }
)


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to the files of releases."""

    @app.get("/dumps/", endpoint="dumps")
    def newest_dumps() -> Response:
        chosen = responses.choose(_LISTING, site.settings)
        return _listing(site, _named_release(site), chosen)

    @app.get("/dumps/<version>/", endpoint="dumps_of_release")
    def dumps_of(version: str) -> Response:
        chosen = responses.choose(_LISTING, site.settings)
        return _listing(site, _releases(site).retained_record(version), chosen)

    @app.get("/dumps/<name>", endpoint="newest_dump")
    def newest_dump(name: str) -> Response:
        if name in _releases(site).versions():
            return _to(f"{site.url}dumps/{name}/")
        record = _named_release(site)
        _check(name, (*record.dumps, CHECKSUMS))
        return _to(f"{site.url}dumps/{record.version}/{name}")

    @app.get("/dumps/<version>/<name>")
    def dump(version: str, name: str) -> Response:
        return _dump(_releases(site), version, name)

    @app.get("/dumps/<version>/changes/<name>")
    def changes(version: str, name: str) -> Response:
        return _change(_releases(site), version, name)


def _dump(releases: ReleaseStore, version: str, name: str) -> Response:
    record = releases.retained_record(version)
    _check(name, (*record.dumps, CHECKSUMS))
    if name == CHECKSUMS:
        return responses.text(checksums(record))
    try:
        return _send(record, releases.path(version) / "dumps" / name, record.dumps[name])
    except StoreError:
        releases.retained_record(version)  # it may have been taken away just then, which this tells
        raise


def _change(releases: ReleaseStore, version: str, name: str) -> Response:
    try:
        return _send_change(releases.retained_record(version), releases.path(version), name)
    except (StoreError, UnknownResource):
        if version not in releases.past_versions():
            raise
    # It is no longer kept, perhaps since a moment ago; what changed with it is.
    return _send_change(releases.past_record(version), releases.past / version, name)


def _send_change(record: ReleaseRecord, folder: Path, name: str) -> Response:
    _check(name, record.changes)
    return _send(record, folder / "changes" / name, record.changes[name])


def _to(address: str) -> Response:
    return Response(status=302, headers={"Location": address, "Cache-Control": "no-cache"})


def _releases(site: Site) -> ReleaseStore:
    folder = site.snapshots.current().folder
    if folder is None:
        raise NoRelease(", and has no releases to copy; ask for graphs at /graph-store.")
    return ReleaseStore.holding(folder)


def _named_release(site: Site) -> ReleaseRecord:
    """Return the release that `?version=` names, else the newest."""
    version = site.version()
    return _releases(site).retained_record(version) if version else _newest(site)


def _newest(site: Site) -> ReleaseRecord:
    releases = _releases(site)
    version = releases.newest() or ""
    try:
        return releases.record(version)
    except StoreError:
        if releases.newest() == version:
            raise
    return _newest(site)  # another took its place just then


def _listing(site: Site, record: ReleaseRecord, chosen: Format) -> Response:
    newest = _newest(site)
    document = release_document(record, site.url, kept=True, current=record.version == newest.version)
    if chosen is formats.HTML:
        response = responses.html(
            "dumps.html",
            release=document,
            quads=record.triples - catalogue_triples(record),
            checksums=CHECKSUMS,
            says=_SAYS,
        )
    else:
        response = responses.json_document(document | {"checksums": f"{site.url}dumps/{record.version}/{CHECKSUMS}"})
    # Whether a release is the newest changes with the next one.
    response.last_modified = datetime.fromisoformat(newest.created_at)
    return response


def _check(name: str, names: Iterable[str]) -> None:
    known = tuple(sorted(names))
    if name not in known:
        listed = f"there are {', '.join(known)}" if known else "this release has none"
        raise UnknownResource(f"There is no file {name[:60]!r} here; {listed}.", near=known)


def _send(record: ReleaseRecord, path: Path, sha256: str) -> Response:
    """Return the file at `path`, which `record` names.

    Raises:
        StoreError: it is not there, or cannot be read.
    """
    try:
        return send_file(StoredFile(path, format_of(path.name), sha256, datetime.fromisoformat(record.created_at)))
    except OSError as error:
        raise StoreError(
            f"{path}, a file of the release {record.version}, cannot be read ({error.strerror}); "
            "restore the folder of the release, or build a new one."
        ) from error
