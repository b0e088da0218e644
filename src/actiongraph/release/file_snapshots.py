"""RDF files served as they stand: no shapes, no release, just a store for as long as the server runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyoxigraph as ox

from actiongraph.engine.base import Snapshot
from actiongraph.engine.files import read_file
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.errors import StoreError, UnknownResource
from actiongraph.vocabulary import IRI


def store_files(files: Sequence[Path], folder: Path) -> Mapping[IRI, int]:
    """Write the quads of `files` to a store in `folder`; return each named graph with its number of triples.

    Named graphs stay named, and triples without a graph go to the default graph.

    Raises:
        DataError: a file cannot be read.
        DataSyntaxError: a file is not what its suffix says.
        StoreError: the disk is full or cannot be written.
    """
    try:
        store = ox.Store(str(folder))
        for path in files:
            store.bulk_extend(read_file(path))
        store.flush()
    except OSError as error:
        raise StoreError(f"The files cannot be stored in {folder}: {error}.") from error
    return OxigraphEngine(store, union_default=False).graphs()


class FileSnapshots:
    """Gives the one snapshot that the files make."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Take the snapshot on the store that `store_files` wrote."""
        self._snapshot = snapshot

    def current(self) -> Snapshot:
        """Return the snapshot; see `Snapshots.current`."""
        return self._snapshot

    def at(self, version: str) -> Snapshot:
        """Refuse: files have no versions; see `Snapshots.at`."""
        raise UnknownResource(
            f"This endpoint serves files as they stand, so there is no release {version[:60]!r}; ask without version."
        )
