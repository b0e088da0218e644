"""The engines that what every engine must answer is asked of, each on data that a test hands over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import peer_engines
import pyoxigraph as ox
import pytest
from peer_endpoint import endpoint_over, served
from peer_engines import PeerEngine

from actiongraph.engine.base import Dataset, Engine, QueryBudget
from actiongraph.engine.open import open_engine
from actiongraph.engine.pool.worker_pool import Pool
from actiongraph.formats import Format
from actiongraph.release.snapshots import FileSnapshots, Snapshot, store_files
from actiongraph.settings import Settings
from actiongraph.sparql.query import CheckedQuery

DIFFERENT = peer_engines.differences("contract")


@dataclass(frozen=True)
class Opener:
    """Opens an engine of one kind on quads."""

    kind: str
    folder: Path
    pool: Pool
    peer: PeerEngine | None = None

    @property
    def is_remote(self) -> bool:
        """Whether an endpoint stands before the engine."""
        return self.peer is not None or self.kind == "remote"

    @contextmanager
    def __call__(self, quads: Iterable[ox.Quad], *, union_default: bool) -> Iterator[Engine]:
        if self.peer is not None:
            with behind_endpoint(self.peer, quads, union_default=union_default) as engine:
                yield engine
            return
        store = self.folder / f"store-{len(list(self.folder.iterdir()))}"
        if self.kind == "files":
            file = store.with_suffix(".nq")
            ox.serialize(quads, str(file), format=ox.RdfFormat.N_QUADS)
            store_files([file], store)
        else:
            made = ox.Store(str(store))
            made.bulk_extend(quads)
            made.flush()
            del made
        pool = self.pool if self.kind == "pooled" else None
        with closing(open_engine(store, pool=pool, union_default=union_default)) as engine:
            if self.kind != "remote":
                yield engine
                return
            with served(FileSnapshots(Snapshot(engine, None, {}, union_default=union_default))) as url:
                yield open_engine(url)


class InDataset(Engine):
    """An engine that is told the dataset of each query that names none."""

    def __init__(self, inner: Engine, dataset: Dataset) -> None:
        self._inner, self._dataset = inner, dataset

    def answer(
        self, query: CheckedQuery, format: Format, dataset: Dataset = Dataset(), budget: QueryBudget = QueryBudget()
    ) -> bytes:
        named = dataset if dataset or "FROM" in query.text else self._dataset
        return self._inner.answer(query, format, named, budget)


@contextmanager
def behind_endpoint(peer: PeerEngine, quads: Iterable[ox.Quad], *, union_default: bool) -> Iterator[Engine]:
    """Give what our endpoint answers from `peer`, which is filled with `quads` as with a release."""
    with endpoint_over(peer, quads) as (url, graphs):
        # The default graph of a release is the union of its graphs, so where it is to be another, requests name it.
        yield InDataset(open_engine(url), Dataset() if union_default else Dataset(graphs[:1], graphs[1:]))


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    with closing(Pool(Settings(workers=2))) as made:
        yield made


@pytest.fixture
def opener_of(
    tmp_path: Path, pool: Pool, peer_of: Callable[[str, str], PeerEngine], request: pytest.FixtureRequest
) -> Callable[[str], Opener]:
    """Gives what opens engines of a kind."""
    (tmp_path / "stores").mkdir()

    def opener(kind: str) -> Opener:
        if kind not in peer_engines.NAMES:
            return Opener(kind, tmp_path / "stores", pool)
        if known := DIFFERENT.get((kind, request.node.name)):
            request.applymarker(pytest.mark.xfail(strict=True, reason=known.cause, raises=known.raised))
        return Opener(kind, tmp_path / "stores", pool, peer_of(kind, "quads of a test"))

    return opener


PEERS = [pytest.param(name, marks=pytest.mark.long("peers")) for name in peer_engines.NAMES]


@pytest.fixture(params=["files", "release", "pooled", "remote", *PEERS])
def opener(request: pytest.FixtureRequest, opener_of: Callable[[str], Opener]) -> Opener:
    """What opens engines, of each kind that the program has."""
    return opener_of(request.param)
