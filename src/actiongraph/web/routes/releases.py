"""`/releases`, every release known here with what changed, and the files of releases: dumps, checksums, changes.

A file in gzip is sent as a file in gzip, with the media type application/gzip and no Content-Encoding: what is
copied is the file, its checksum is that of the file, and a range is a range of the file. What programs load and do not
copy is at the same address without `.gz`: plain RDF under its own media type, unpacked while it is sent.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Any

from flask import Flask, Response

from actiongraph import formats
from actiongraph.catalogue.identifiers import Identifiers
from actiongraph.errors import GoneResource, NoRelease, RequestError, StoreError, UnknownResource
from actiongraph.publication import ADDED, CSV, DUMP, REMOVED, TRIG, TURTLE, UNPACKED, ReleaseRecord
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.web import responses
from actiongraph.web.http.addresses import locate
from actiongraph.web.site import Site
from actiongraph.web.stored_files import send_file, send_unpacked

_log = logging.getLogger(__name__)
_OFFERS = (formats.HTML, formats.JSON)
_LISTING = (formats.JSON, formats.HTML)
_A_PAGE = 50
_CHECKSUMS = "SHA256SUMS"
_PLAIN = MappingProxyType({packed: plain for plain, packed in UNPACKED.items()})
_SAYS = MappingProxyType(
    {
        DUMP: "Every quad, one per line, sorted: N-Quads",
        TRIG: "The same in named graphs: TriG",
        TURTLE: "The same without graphs: Turtle",
        CSV: "Tables for spreadsheets, with metadata that describes them: CSV on the Web",
    }
)


def add_routes(app: Flask, site: Site) -> None:
    """Add the route to the list of releases."""
    responses.add_document(app, "releases", partial(_releases, site))


def add_routes_to_files(app: Flask, site: Site) -> None:
    """Add the routes to the files of releases."""
    app.add_url_rule("/dumps/", "dumps", partial(_dumps, site))
    app.add_url_rule("/dumps/<version>/", "dumps_of_release", partial(_dumps, site))
    app.add_url_rule("/dumps/<name>", "newest_dump", partial(_newest_dump, site))
    app.add_url_rule("/dumps/<version>/<name>", "dump", partial(_dump, site))
    app.add_url_rule("/dumps/<version>/changes/<name>", "changes", partial(_change, site))


def _releases(site: Site) -> Response:
    if not isinstance(site.snapshots, ReleaseSnapshots):
        raise NoRelease(", which have no releases.")
    store, current = site.snapshots.releases, site.snapshots.current()
    before = site.parameters().get("before")
    newest_first = sorted({*store.versions(), *store.past_versions()}, reverse=True)
    listed = [version for version in newest_first if before is None or version < before]
    if before is not None and not before.isascii():
        raise RequestError(f"{before[:40]!r} is not the version of a release.")
    found = (_document_of(site, store, version, current.version) for version in listed[:_A_PAGE])
    documents = [document for document in found if document is not None]
    following = f"releases?before={listed[_A_PAGE - 1]}" if len(listed) > _A_PAGE else None
    if responses.choose(_OFFERS, site.settings) is formats.JSON:
        address = following and locate(following, site.settings)
        response = responses.json_document({"releases": documents, "next": address})
    else:
        response = responses.html("releases.html", listed=documents, following=following)
    response.last_modified = current.modified_at
    return response


def _document_of(site: Site, store: ReleaseStore, version: str, newest: str | None) -> dict[str, Any] | None:
    """Return the document of a release, or None for an old one that is damaged, which is logged.

    One that is taken away just now says so.
    """
    try:
        try:
            record, kept = store.retained_record(version), True
        except GoneResource:
            record, kept = store.record(version), False
    except StoreError as error:
        if version == newest:
            raise
        _log.warning("%s", error)
        return None
    return _document(record, site.url, kept=kept, current=version == newest)


def _document(record: ReleaseRecord, url: str, *, kept: bool, current: bool) -> dict[str, Any]:
    """Return the document of the release of `record`, with the addresses of its files under `url` (with a slash).

    A release that is not `kept` has no dumps any more, and `changes` is None where its program noted none. The
    `catalogue_triples` describe the release itself, and are neither in the dumps nor counted as added or removed.
    """
    files = f"{url}dumps/{record.version}/"
    dumps = [
        {
            "name": name,
            "address": files + name,
            "sha256": sha256,
            "size_bytes": record.sizes.get(name),
            "media_type": _format_of(name).media_type,
        }
        for name, sha256 in sorted(record.dumps.items())
        if kept
    ]
    changes = {
        key: {
            "address": f"{files}changes/{name}",
            "sha256": record.changes[name],
            "size_bytes": record.change_sizes.get(name),
        }
        for key, name in (("added", ADDED), ("removed", REMOVED))
        if record.changes
    }
    return {
        "version": record.version,
        "created_at": record.created_at,
        "current": current,
        "kept": kept,
        "base": record.base,
        "triples": record.triples,
        "catalogue_triples": sum(record.graphs.get(str(name), 0) for name in Identifiers(record.base).beside),
        "content_sha256": record.content_sha256,
        "previous": record.previous,
        "added": record.added,
        "removed": record.removed,
        "findings": dict(record.findings),
        "dumps": dumps,
        "changes": changes or None,
    }


def _names(record: ReleaseRecord) -> Iterable[str]:
    """Return the names of all files that can be copied or loaded."""
    return (*record.dumps, *(plain for plain, packed in UNPACKED.items() if packed in record.dumps), _CHECKSUMS)


def _format_of(name: str) -> formats.Format:
    """Return the format that the file `name` is packed in."""
    return next(packed for packed in formats.PACKED if PurePath(name).suffix == f".{packed.suffix}")


def _dumps(site: Site, version: str | None = None) -> Response:
    """Return the files of the release `version`, else of the one that `?version=` names, else of the newest."""
    chosen = responses.choose(_LISTING, site.settings)
    record = _record(site, version or site.version())
    newest = _newest(site)
    document = _document(record, site.url, kept=True, current=record.version == newest.version)
    if chosen is formats.HTML:
        quads = record.triples - document["catalogue_triples"]
        response = responses.html(
            "dumps.html", release=document, quads=quads, checksums=_CHECKSUMS, says=_SAYS, plain=_PLAIN
        )
    else:
        response = responses.json_document(document | {"checksums": f"{site.url}dumps/{record.version}/{_CHECKSUMS}"})
    # Whether a release is the newest changes with the next one.
    response.last_modified = datetime.fromisoformat(newest.created_at)
    return response


def _newest_dump(site: Site, name: str) -> Response:
    if name in _store(site).versions():
        location = f"{site.url}dumps/{name}/"
    else:
        record = _record(site, site.version())
        _check(name, _names(record))
        location = f"{site.url}dumps/{record.version}/{name}"
    return responses.redirect(location, 302)


def _dump(site: Site, version: str, name: str) -> Response:
    releases = _store(site)
    record = releases.retained_record(version)
    _check(name, _names(record))
    if name == _CHECKSUMS:
        # As `sha256sum --check` reads it.
        return responses.text("".join(f"{sha256}  {file}\n" for file, sha256 in sorted(record.dumps.items())))
    try:
        folder, packed = releases.path(version) / "dumps", UNPACKED.get(name)
        if packed:
            return _send_unpacked(record, folder / packed, formats.RDF_SUFFIXES[PurePath(name).suffix])
        return _send(record, folder / name, record.dumps[name])
    except StoreError:
        releases.retained_record(version)  # it may have been taken away just then, which this tells
        raise


def _change(site: Site, version: str, name: str) -> Response:
    releases = _store(site)
    try:
        return _send_change(releases.retained_record(version), releases.path(version), name)
    except (StoreError, UnknownResource):
        if version not in releases.past_versions():
            raise
    # It is no longer kept, perhaps since a moment ago; what changed with it is.
    return _send_change(releases.record(version), releases.past / version, name)


def _send_change(record: ReleaseRecord, folder: Path, name: str) -> Response:
    _check(name, record.changes)
    return _send(record, folder / "changes" / name, record.changes[name])


def _store(site: Site) -> ReleaseStore:
    folder = site.snapshots.current().folder
    if folder is None:
        raise NoRelease(", and has no releases to copy; ask for graphs at /graph-store.")
    return ReleaseStore.holding(folder)


def _record(site: Site, version: str | None) -> ReleaseRecord:
    return _store(site).retained_record(version) if version else _newest(site)


def _newest(site: Site) -> ReleaseRecord:
    releases = _store(site)
    version = releases.newest() or ""
    try:
        return releases.record(version)
    except StoreError:
        if releases.newest() == version:
            raise
    return _newest(site)  # another took its place just then


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
        return send_file(path, _format_of(path.name), sha256, datetime.fromisoformat(record.created_at))
    except OSError as error:
        raise _unreadable(record, path, error) from error


def _send_unpacked(record: ReleaseRecord, path: Path, packed: formats.Format) -> Response:
    """Return a response with the unpacked dump at `path`, whose syntax is `packed`.

    Raises:
        StoreError: it is not there, or cannot be read.
    """
    try:
        return send_unpacked(path, packed, record.dumps[path.name], datetime.fromisoformat(record.created_at))
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(record, path, error) from error


def _unreadable(record: ReleaseRecord, path: Path, error: Exception) -> StoreError:
    reason = getattr(error, "strerror", None) or error
    return StoreError(
        f"{path}, a file of the release {record.version}, cannot be read ({reason}); "
        "restore the folder of the release, or build a new one."
    )
