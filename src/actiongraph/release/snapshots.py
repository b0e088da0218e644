"""Snapshots to answer from: the releases in a store, the newest or one by its version, or files as they stand."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pyoxigraph as ox

from actiongraph.engine.base import Engine
from actiongraph.engine.files import read_file
from actiongraph.engine.open import open_engine
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.engine.stored_forms import Rewritten, StoredForms
from actiongraph.errors import GoneResource, NoRelease, StoreError, UnknownResource
from actiongraph.index.chain_index import CHAINS
from actiongraph.index.list_index import LISTS
from actiongraph.index.page_documents import PAGES
from actiongraph.index.resource_history import HISTORY, ResourceHistory, open_history
from actiongraph.index.search_index import SEARCH
from actiongraph.index.source_lines import SOURCE_LINES
from actiongraph.index.term_index import TERMS
from actiongraph.release.store import ReleaseStore
from actiongraph.vocabulary import IRI


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of the data, open for queries: a release, or the files that were named on the command line.

    `version` is None for files. `graphs` maps each named graph to its number of triples. `union_default` says whether
    the default graph is the union of the named ones. `terms` is the path of its term index, or None without one.
    `created_at` is when the release was made (UTC); `modified_at` is the earliest instant from which answers can have
    been as they are now. `folder` is that of the release, and `pinned` says that it was requested by its version.
    `files` are those that are served where no release is. `upstream` is the engine that answers the queries of clients
    if `engine` does not, and `move` the one that loaded it, if it is known.
    """

    engine: Engine
    version: str | None
    graphs: Mapping[IRI, int]
    union_default: bool
    terms: Path | None = None
    created_at: datetime | None = None
    modified_at: datetime | None = None
    folder: Path | None = None
    pinned: bool = False
    files: ServedFiles | None = None
    upstream: Engine | None = None
    move: str = ""

    @property
    def identity(self) -> str | None:
        """Its name among all whose answers are kept: the version, and the move where another engine has it."""
        return f"{self.version} {self.move}" if self.move else self.version

    @property
    def queried_engine(self) -> Engine:
        """The engine that the queries of clients are for; pages are always written from `engine`."""
        return self.upstream or self.engine

    @property
    def chains(self) -> Path | None:
        """The path of the index of its chains, which older releases do not have; None for files."""
        return self.folder / CHAINS if self.folder else None

    @property
    def lists(self) -> Path | None:
        """The path of the index of its lists; None for files, and for older releases, which have none."""
        path = self.folder / LISTS if self.folder else None
        return path if path and path.is_file() else None

    @property
    def pages(self) -> Path | None:
        """The path of the documents of its pages, which older releases do not have; None for files."""
        return self.folder / PAGES if self.folder else None

    @property
    def source_lines(self) -> Path | None:
        """The path of its index of lines, which older releases do not have; None for files."""
        return self.folder / SOURCE_LINES if self.folder else None

    @property
    def search(self) -> Path | None:
        """The path of its search index; None for files, and for a release that an older program made."""
        path = self.folder / SEARCH if self.folder else None
        return path if path and path.is_file() else None


class Snapshots(Protocol):
    """The source of the snapshot to answer from."""

    def current(self) -> Snapshot:
        """Return the newest snapshot. Ask once for each answer, so that no answer mixes two.

        Raises:
            StoreError: there is none that can be read.
        """

    def at(self, version: str) -> Snapshot:
        """Return the snapshot `version`, which is `pinned`: its answers never change.

        Raises:
            UnknownResource: there never was such a version here.
            GoneResource: it is no longer retained; the message names the nearest that is.
            StoreError: it cannot be read.
        """


class ReleaseSnapshots:
    """The releases in a store; a new one is picked up with the next answer, without a restart."""

    def __init__(self, releases: ReleaseStore, open_engine: Callable[[Path], Engine] = open_engine) -> None:
        """Take the store, and a function that opens an engine on a release; nothing is opened yet."""
        self.releases = releases
        self._open_engine = open_engine
        self._open: Snapshot | None = None
        self._pinned: dict[str, Snapshot] = {}
        self._lock = threading.Lock()
        # Answers depend on settings too, and these do not change while the program runs.
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
                self._open = self._open_release(version)
            return self._open

    def at(self, version: str) -> Snapshot:
        """Return the release `version`, if it is still retained; see `Snapshots.at`."""
        return self.releases.if_retained(version, self._pin)

    def _pin(self, version: str) -> Snapshot:
        with self._lock:
            for gone in self._pinned.keys() - set(self.releases.versions()):
                del self._pinned[gone]  # queries that still run on it hold it open
            if version not in self._pinned:
                self._pinned[version] = self._open_release(version, pinned=True)
            return self._pinned[version]

    def _open_release(self, version: str, *, pinned: bool = False) -> Snapshot:
        record, folder = self.releases.record(version), self.releases.path(version)
        engine, terms = self._open_engine(folder / "store"), folder / TERMS
        created_at = datetime.fromisoformat(record.created_at)
        # Until the newest was published, answers came from the previous release. The time of the link is read before
        # its target, so that the time of a release that takes its place meanwhile is not mistaken for its own.
        published_at = self.releases.published_at()
        if self.releases.newest() != version:
            published_at = None
        return Snapshot(
            engine,
            version,
            {IRI(name): count for name, count in record.graphs.items()},
            union_default=True,
            terms=terms if terms.is_file() else None,
            created_at=created_at,
            modified_at=max(filter(None, (created_at, published_at, self._opened_at))),
            folder=folder,
            pinned=pinned,
        )


@dataclass(frozen=True, slots=True)
class ServedFiles:
    """Files that are served as they are: the quads read from each, by its name, and what the store writes otherwise.

    `graphs` has each named graph with its number of triples, `default` that of the default graph.
    """

    quads: Mapping[str, int]
    graphs: Mapping[IRI, int]
    default: int
    rewritten: Rewritten


def store_files(files: Sequence[Path], folder: Path) -> ServedFiles:
    """Write the quads of `files` to a store in `folder`; return what they are.

    Named graphs stay named, and triples without a graph go to the default graph.

    Raises:
        DataError: a file cannot be read.
        DataSyntaxError: a file is not what its suffix says.
        StoreError: the disk is full or cannot be written.
    """
    counts: Counter[str] = Counter()
    forms = StoredForms()
    try:
        store = ox.Store(str(folder))
        for path in files:
            store.bulk_extend(_counted(forms.watch(read_file(path)), counts, path.name))
        store.flush()
    except OSError as error:
        raise StoreError(f"The files cannot be stored in {folder}: {error}.") from error
    graphs = OxigraphEngine(store, union_default=False).graphs()
    return ServedFiles(counts, graphs, len(store) - sum(graphs.values()), forms.rewritten())


def _counted(quads: Iterable[ox.Quad], counts: Counter[str], name: str) -> Iterator[ox.Quad]:
    counts[name] = 0
    for quad in quads:
        counts[name] += 1
        yield quad


class FileSnapshots:
    """The one snapshot that files make."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Take the snapshot of the store that `store_files` wrote."""
        self._snapshot = snapshot

    def current(self) -> Snapshot:
        """Return the snapshot; see `Snapshots.current`."""
        return self._snapshot

    def at(self, version: str) -> Snapshot:
        """Refuse: files have no versions; see `Snapshots.at`."""
        raise NoRelease(f", so there is no release {version[:60]!r}; leave out version.")


@contextmanager
def history_of(snapshot: Snapshot) -> Iterator[ResourceHistory]:
    """Give the history of the things of `snapshot`; see `open_history`.

    Raises:
        UnknownResource: files are served, or the release was made by an older program.
        StoreError: it cannot be read.
    """
    if snapshot.folder is None:
        raise NoRelease(", which have no history; query them at /sparql.")
    path = snapshot.folder / HISTORY
    if not path.is_file():
        raise UnknownResource(
            f"The release {snapshot.version} was made by an older program and has no list of its resources; "
            "the next release will."
        )
    with open_history(path, _published_at(ReleaseStore.holding(snapshot.folder), snapshot.folder.name)) as history:
        yield history


@contextmanager
def history_at(snapshot: Snapshot, version: str) -> Iterator[ResourceHistory]:
    """Give the history in the release `version`, which is `snapshot` or came before it; see `open_history`.

    Of a release that is no longer retained, it has only the things that came, changed or went with it.

    Raises:
        UnknownResource: `snapshot` has no history, or knows no such release.
        GoneResource: the release was there, and nothing is left of it.
        StoreError: the history cannot be read.
    """
    with history_of(snapshot) as newest:
        known = [stamp.version for stamp, _ in newest.releases()]
    if version not in known:
        raise UnknownResource(f"There has never been a release {version[:60]!r} here.", near=tuple(known[-1:]))
    assert snapshot.folder is not None  # noqa: S101 - it has a history
    with ExitStack() as stack:
        yield _open_history(ReleaseStore.holding(snapshot.folder), version, stack)


def _open_history(releases: ReleaseStore, version: str, stack: ExitStack) -> ResourceHistory:
    """Return the history in a release, open until `stack` ends, even if it is moved to `past/` at this moment."""
    for path in filter(None, (releases.history(version) for _ in range(2))):
        try:
            return stack.enter_context(open_history(path))
        except StoreError:
            if path.is_file():
                raise
    raise GoneResource(f"The changes of release {version} are no longer retained.", near=(releases.newest() or "",))


def _published_at(releases: ReleaseStore, version: str) -> datetime | None:
    """Return when the release `version` could first be read; if it is not the newest, the newest has that on record."""
    newest = releases.newest()
    if newest == version or newest is None:
        return releases.published_at()
    path = releases.history(newest)
    if path is None:
        return None
    with open_history(path) as history:
        return next((stamp.published_at for stamp, _ in history.releases() if stamp.version == version), None)
