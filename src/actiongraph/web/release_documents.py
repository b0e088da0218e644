"""A release as a document for programs: what it is, and where its files are."""

from __future__ import annotations

from pathlib import PurePath

from actiongraph import formats
from actiongraph.catalogue.identifiers import Identifiers
from actiongraph.formats import Format
from actiongraph.publication import ADDED, REMOVED
from actiongraph.release.store import ReleaseRecord

CHECKSUMS = "SHA256SUMS"


def release_document(record: ReleaseRecord, url: str, *, kept: bool, current: bool) -> dict[str, object]:
    """Return what `record` tells of a release, its files with their addresses under `url`, which ends in a slash.

    A release that is not `kept` has no dumps any more, and `changes` is None where its program noted none. The
    `catalogue_triples` describe the release itself, and are neither in the dumps nor counted as added or removed.
    """
    return {
        "version": record.version,
        "created_at": record.created_at,
        "current": current,
        "kept": kept,
        "base": record.base,
        "triples": record.triples,
        "catalogue_triples": catalogue_triples(record),
        "content_sha256": record.content_sha256,
        "previous": record.previous,
        "added": record.added,
        "removed": record.removed,
        "findings": dict(record.findings),
        "dumps": [dump_document(record, name, url) for name in sorted(record.dumps)] if kept else [],
        "changes": _changes(record, url),
    }


def catalogue_triples(record: ReleaseRecord) -> int:
    """Return how many of the triples of a release describe the release itself."""
    return record.graphs.get(str(Identifiers(record.base).catalog_graph), 0)


def dump_document(record: ReleaseRecord, name: str, url: str) -> dict[str, object]:
    """Return name, address, hash, size and media type of one dump of a release."""
    return {
        "name": name,
        "address": f"{url}dumps/{record.version}/{name}",
        "sha256": record.dumps[name],
        "size_bytes": record.sizes.get(name),
        "media_type": format_of(name).media_type,
    }


def checksums(record: ReleaseRecord) -> str:
    """Return the SHA-256 of each dump, as `sha256sum --check` reads it."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(record.dumps.items()))


def format_of(name: str) -> Format:
    """Return the format that the file `name` is packed in."""
    return next(packed for packed in formats.PACKED if PurePath(name).suffix == f".{packed.suffix}")


def _changes(record: ReleaseRecord, url: str) -> dict[str, object] | None:
    if not record.changes:
        return None
    return {
        key: {
            "address": f"{url}dumps/{record.version}/changes/{name}",
            "sha256": record.changes[name],
            "size_bytes": record.change_sizes.get(name),
        }
        for key, name in (("added", ADDED), ("removed", REMOVED))
    }
