"""What to go on from when the newest release on a shelf is damaged."""

from __future__ import annotations

from collections.abc import Iterator

from actiongraph.errors import SettingsError, StoreError
from actiongraph.release.shelf import Record, Shelf
from actiongraph.settings import Settings


def last_record(shelf: Shelf) -> Record | None:
    """Return the record of the newest release, or of the last before it that can be read; None if there is none.

    Raises:
        StoreError: it cannot be told which release is the newest.
    """
    return next(_records(shelf), None)


def _records(shelf: Shelf) -> Iterator[Record]:
    """Yield every record that can be read, the newest first, of releases that are kept and of those that are not."""
    kept = dict.fromkeys(shelf.versions(), shelf.record)
    past = dict.fromkeys(shelf.past_versions(), shelf.past_record)
    for version, read in sorted((past | kept).items(), reverse=True):
        try:
            yield read(version)
        except StoreError:
            continue


def check_base(settings: Settings, shelf: Shelf) -> None:
    """Refuse to name things under another base than the releases on `shelf` do.

    Raises:
        SettingsError: the base is another.
        StoreError: it cannot be told which release is the newest.
    """
    last = last_record(shelf)
    if last is not None and last.base != settings.base:
        raise SettingsError(
            f"The store {shelf.folder} holds a graph named under {last.base}; give --base {last.base}, "
            "or another --store."
        )
