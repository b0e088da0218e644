"""The releases in a store, open for queries: the newest, and any that is still kept by its version."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from actiongraph.engine.base import Engine, Snapshot
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.errors import StoreError
from actiongraph.release.store import ReleaseStore


def _in_process(store: Path) -> Engine:
    return OxigraphEngine.open(store, union_default=True)


class ReleaseSnapshots:
    """Gives the newest release in a store; a new one is picked up with the next answer, without a restart."""

    def __init__(self, releases: ReleaseStore, open_engine: Callable[[Path], Engine] = _in_process) -> None:
        """Name the store and what opens a store on it; nothing is opened yet."""
        self.releases = releases
        self._open_engine = open_engine
        self._open: Snapshot | None = None
        self._pinned: dict[str, Snapshot] = {}
        self._lock = threading.Lock()
        # Settings decide of answers too, and they do not change while the program runs.
        self._opened_at = datetime.now(UTC).replace(microsecond=0)

    def current(self) -> Snapshot:
        """Return the newest release; see `Snapshots.current`."""
        version = self.releases.newest()
        snapshot = self._open
        if snapshot is not None and snapshot.version == version:
            return snapshot
        if version is None:
            raise StoreError(f"Nothing has been published in {self.releases.folder}; run actiongraph build.")
        with self._lock:
            if self._open is None or self._open.version != version:
                opened, published_at = (
                    self.releases.open(version, self._open_engine),
                    self.releases.published_at(),
                )
                # Until it was published, whoever asked was answered from the one before.
                since = max(filter(None, (opened.created_at, published_at, self._opened_at)))
                self._open = replace(opened, modified_at=since)
            return self._open

    def at(self, version: str) -> Snapshot:
        """Return the release `version`, if it is still kept; see `Snapshots.at`."""
        return self.releases.if_kept(version, self._pin)

    def _pin(self, version: str) -> Snapshot:
        with self._lock:
            for gone in self._pinned.keys() - set(self.releases.versions()):
                del self._pinned[gone]  # queries that still run on it hold it open
            if version not in self._pinned:
                opened = self.releases.open(version, self._open_engine)
                since = max(filter(None, (opened.created_at, self._opened_at)))
                self._pinned[version] = replace(opened, pinned=True, modified_at=since)
            return self._pinned[version]
