"""The releases before a new one: damage to the newest, and what the new one continues."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from actiongraph import __version__
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.errors import StoreError
from actiongraph.index.page_documents import PAGES
from actiongraph.index.resource_history import HISTORY
from actiongraph.index.search_index import SEARCH
from actiongraph.index.term_index import TERMS
from actiongraph.programme import of_record
from actiongraph.publication import DUMP, ReleaseRecord
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings, read_party

_UNLISTED = (TERMS, HISTORY, SEARCH, PAGES, "report.ttl", "report.json")
"""Files in every release of this version of the program that its record does not list."""


def damage_of(releases: ReleaseStore, version: str) -> str | None:
    """Return the damage of the release `version`, or None if it seems whole.

    It looks for the files and compares their sizes, and opens the store; it reads and hashes nothing.
    """
    folder = releases.path(version)
    try:
        record = releases.record(version)
        if wrong := _wrong(folder, _listed(record)):
            return wrong
        OxigraphEngine.open(folder / "store", union_default=True).close()
    except StoreError as error:
        return str(error.__cause__ or error)
    return None


def last_usable(releases: ReleaseStore) -> ReleaseRecord | None:
    """Return the record of the last release that a new one can be compared with, or None."""
    for version in reversed(releases.versions()):
        try:
            record = releases.record(version)
        except StoreError:
            continue
        compared = {name: size for name, size in _listed(record).items() if name in {f"dumps/{DUMP}", HISTORY}}
        if _wrong(releases.path(version), compared) is None:
            return record
    return None


def _listed(record: ReleaseRecord) -> Mapping[str, int | None]:
    """Return the files that a release must have, with their sizes where these are known."""
    listed: dict[str, int | None] = {f"dumps/{name}": record.sizes.get(name) for name in record.dumps}
    listed |= {f"changes/{name}": record.change_sizes.get(name) for name in record.changes}
    return listed | (dict.fromkeys(_UNLISTED) if record.program == __version__ else {})


def _wrong(folder: Path, listed: Mapping[str, int | None]) -> str | None:
    """Return the damage of one of the files `listed` with their sizes, or None if all are there."""
    for name, size in listed.items():
        path = folder / name
        if not path.is_file():
            return f"{name} is missing"
        if size not in {None, found := path.stat().st_size}:
            return f"{name} has {found:,} bytes instead of {size:,}"
    return None


def last_record(releases: ReleaseStore) -> ReleaseRecord | None:
    """Return the record of the newest release, or of the last before it that can be read; None if there is none.

    Raises:
        StoreError: the link to the newest release cannot be read.
    """
    for version in sorted((*releases.past_versions(), *releases.versions()), reverse=True):
        with suppress(StoreError):
            return releases.record(version)
    return None


def with_last_metadata(settings: Settings, releases: ReleaseStore) -> Settings:
    """Return `settings` with publisher, contact and licence of the last release that can be read, where none is given.

    So commands that give none, such as a query, do not make a release that has lost its publisher. An empty one takes
    away what was given before.

    Raises:
        StoreError: the link to the newest release cannot be read.
    """
    last = last_record(releases)
    metadata = last.told if last else {}
    publisher = read_party(metadata.get("publisher", "")) if settings.publisher is None else settings.publisher
    contact = read_party(metadata.get("contact", "")) if settings.contact is None else settings.contact
    license_ = metadata.get("license", "") if settings.license is None else settings.license
    return replace(settings, publisher=publisher or None, contact=contact or None, license=license_ or None)


def as_published(settings: Settings, releases: ReleaseStore) -> Settings:
    """Return `settings` with the programme of the last release, for a server that knows the store and no data folder.

    Raises:
        StoreError: the link to the newest release cannot be read.
    """
    last = last_record(releases)
    return replace(settings, stated=of_record(last.programme)) if last and last.programme else settings
