"""What is wrong with a release in a store, and what to go on from when the newest is damaged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from actiongraph import __version__
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.errors import SettingsError, StoreError
from actiongraph.index.resource_history import HISTORY
from actiongraph.index.term_index import TERMS
from actiongraph.release.dumps import DUMP
from actiongraph.release.store import ReleaseRecord, ReleaseStore
from actiongraph.settings import Settings

_UNLISTED = (TERMS, HISTORY, "report.ttl", "report.json")
"""Files that are in every release of this program, and that its record does not list."""


def damage_of(releases: ReleaseStore, version: str) -> str | None:
    """Return what is wrong with the release `version`, or None if it seems whole.

    Its files are looked for and measured, not read; its store is opened.
    """
    folder = releases.path(version)
    try:
        record = releases.record(version)
        if wrong := next(_wrong(folder, _listed(record)), None):
            return wrong
        OxigraphEngine.open(folder / "store", union_default=True).close()
    except StoreError as error:
        return str(error.__cause__ or error)
    return None


def last_usable(releases: ReleaseStore) -> ReleaseRecord | None:
    """Return the record of the last release that is kept and that a new one can be compared with; None without one."""
    for version in reversed(releases.versions()):
        try:
            record = releases.record(version)
        except StoreError:
            continue
        compared = {name: size for name, size in _listed(record).items() if name in {f"dumps/{DUMP}", HISTORY}}
        if next(_wrong(releases.path(version), compared), None) is None:
            return record
    return None


def _listed(record: ReleaseRecord) -> Mapping[str, int | None]:
    """Return the files that a release must have, with their sizes as far as these are known."""
    listed: dict[str, int | None] = {f"dumps/{name}": record.sizes.get(name) for name in record.dumps}
    listed |= {f"changes/{name}": record.change_sizes.get(name) for name in record.changes}
    return listed | (dict.fromkeys(_UNLISTED) if record.program == __version__ else {})


def _wrong(folder: Path, listed: Mapping[str, int | None]) -> Iterator[str]:
    for name, size in listed.items():
        path = folder / name
        if not path.is_file():
            yield f"{name} is missing"
        elif size not in {None, found := path.stat().st_size}:
            yield f"{name} has {found:,} bytes and not {size:,}"


def last_record(releases: ReleaseStore) -> ReleaseRecord | None:
    """Return the record of the newest release, or of the last before it that can be read; None if there is none.

    Raises:
        StoreError: it cannot be told which release is the newest.
    """
    return next(_records(releases), None)


def _records(releases: ReleaseStore) -> Iterator[ReleaseRecord]:
    """Yield every record that can be read, the newest first, of releases that are kept and of those that are not."""
    kept = dict.fromkeys(releases.versions(), releases.record)
    past = dict.fromkeys(releases.past_versions(), releases.past_record)
    for version, read in sorted((past | kept).items(), reverse=True):
        try:
            yield read(version)
        except StoreError:
            continue


def check_base(settings: Settings, releases: ReleaseStore) -> None:
    """Refuse to name things under another base than the releases on `releases` do.

    Raises:
        SettingsError: the base is another.
        StoreError: it cannot be told which release is the newest.
    """
    last = last_record(releases)
    if last is not None and last.base != settings.base:
        raise SettingsError(
            f"The store {releases.folder} holds a graph named under {last.base}; give --base {last.base}, "
            "or another --store."
        )
