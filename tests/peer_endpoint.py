"""Our endpoint over an engine of others, which is filled with any quads as if they were a release."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager

import pyoxigraph as ox
from flask import Flask
from peer_engines import PeerEngine
from werkzeug.serving import make_server

from actiongraph.engine.marker import Marker, marker_graph
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.engine.upstream import UpstreamEngine
from actiongraph.release.snapshots import FileSnapshots, Snapshot
from actiongraph.release.upstream_snapshots import UpstreamSnapshots
from actiongraph.settings import Settings
from actiongraph.vocabulary import IRI
from actiongraph.web.app import create_app

DEFAULT = IRI("urn:x-test:default")
"""The graph that stands for the default graph in an engine where a release is behind the endpoint."""
MARKER = Marker("20260101T000000Z-0123456789ab", "0123456789ab" + "0" * 52)


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
def endpoint_over(
    peer: PeerEngine, quads: Iterable[ox.Quad], timeout_s: float = 60, empty: tuple[IRI, ...] = ()
) -> Iterator[tuple[str, tuple[IRI, ...]]]:
    """Give the address of our endpoint over `peer`, which is filled with `quads`, and the graphs that it knows."""
    graphs = (*fill(peer, quads), *empty)
    ours = OxigraphEngine.in_memory(quads, union_default=True)
    snapshots = MarkedFiles(Snapshot(ours, MARKER.version, dict.fromkeys(graphs, 1), union_default=True))
    settings = Settings(timeout_s=timeout_s)
    with (
        closing(UpstreamEngine(peer.place.url, settings)) as engine,
        served(snapshots, UpstreamSnapshots(snapshots, engine, settings)) as url,
    ):
        yield url, graphs
