"""The engines that what every engine must answer is asked of, each on data that a test hands over."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import peer_engines
import pyoxigraph as ox
import pytest
from flask import Flask
from peer_engines import PeerEngine
from werkzeug.serving import make_server

from actiongraph.engine.base import Dataset, Engine, QueryBudget
from actiongraph.engine.marker import Marker, marker_graph
from actiongraph.engine.open import open_engine
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.engine.pool.worker_pool import Pool
from actiongraph.engine.upstream import UpstreamEngine
from actiongraph.formats import Format
from actiongraph.release.snapshots import FileSnapshots, Snapshot, store_files
from actiongraph.release.upstream_snapshots import UpstreamSnapshots
from actiongraph.settings import Settings
from actiongraph.sparql.query import CheckedQuery
from actiongraph.vocabulary import IRI
from actiongraph.web.app import create_app

DEFAULT = IRI("urn:x-test:default")
"""The graph that stands for the default graph in an engine where a release is behind the endpoint."""
MARKER = Marker("20260101T000000Z-0123456789ab", "0123456789ab" + "0" * 52)
DIFFERENT = peer_engines.differences("contract")


@contextmanager
def served(snapshots: FileSnapshots, upstream: UpstreamSnapshots | None = None) -> Iterator[str]:
    """Serve `snapshots` on loopback, as `actiongraph serve` does; give the address of the endpoint."""
    server = make_server("127.0.0.1", 0, Flask("none yet"), threaded=True)
    url = f"http://127.0.0.1:{server.server_port}/"
    server.app = create_app(Settings(url=url), snapshots, upstream=upstream)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"{url}sparql"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


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


class MarkedFiles(FileSnapshots):
    """A snapshot as if it were of a release in a store."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(snapshot)
        self.releases = self

    def retained_record(self, version: str) -> Marker:
        assert version == MARKER.version
        return MARKER

    def at(self, version: str) -> Snapshot:
        assert version == MARKER.version
        return self.current()


class InDataset(Engine):
    """An engine that is told the dataset of each query that names none."""

    def __init__(self, inner: Engine, dataset: Dataset) -> None:
        self._inner, self._dataset = inner, dataset

    def answer(
        self, query: CheckedQuery, format: Format, dataset: Dataset = Dataset(), budget: QueryBudget = QueryBudget()
    ) -> bytes:
        named = dataset if dataset or "FROM" in query.text else self._dataset
        return self._inner.answer(query, format, named, budget)


def fill(peer: PeerEngine, quads: Iterable[ox.Quad]) -> tuple[IRI, ...]:
    """Have `peer` hold `quads` and the marker, and nothing else of ours; return its graphs, `DEFAULT` first."""
    if peer.holds is not quads:
        writer, base = peer.place.writer(), Settings().base
        for graph in (*peer.graphs, marker_graph(base)):
            writer.remove(graph)
        lines: defaultdict[IRI, list[bytes]] = defaultdict(list)
        for subject, predicate, value, graph in quads:
            name = DEFAULT if isinstance(graph, ox.DefaultGraph) else IRI(graph.value)
            lines[name].append(f"{subject} {predicate} {value} .\n".encode())
        peer.holds, peer.graphs = quads, (DEFAULT, *sorted(lines.keys() - {DEFAULT}))
        for graph, triples in lines.items():
            writer.add(graph, triples)
        writer.add(marker_graph(base), [MARKER.triples(base).encode()])
    return peer.graphs


@contextmanager
def behind_endpoint(peer: PeerEngine, quads: Iterable[ox.Quad], *, union_default: bool) -> Iterator[Engine]:
    """Give what our endpoint answers from `peer`, which is filled with `quads` as with a release."""
    graphs = fill(peer, quads)
    ours = OxigraphEngine.in_memory(quads, union_default=union_default)
    snapshots = MarkedFiles(Snapshot(ours, MARKER.version, dict.fromkeys(graphs, 1), union_default=True))
    settings = Settings()
    with closing(UpstreamEngine(peer.place.url, settings)) as engine:
        # The default graph of a release is the union of its graphs, so where it is to be another, requests name it.
        dataset = Dataset() if union_default else Dataset(graphs[:1], graphs[1:])
        with served(snapshots, UpstreamSnapshots(snapshots, engine, settings)) as url:
            yield InDataset(open_engine(url), dataset)


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
