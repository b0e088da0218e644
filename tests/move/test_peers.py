"""The shipped release moved into Virtuoso 7 and Fuseki 5, as bench/peers.sh installs them, and proved there."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

import pytest
from graph_store import BASE

from actiongraph.engine.credentials import Credentials
from actiongraph.engine.marker import MarkerState
from actiongraph.engine.upstream import UpstreamEngine
from actiongraph.errors import EndpointError
from actiongraph.examples import load_examples
from actiongraph.move.loading import QUERIES, Move
from actiongraph.move.proof import ProofVerdict, compare_chains, compare_counts, compare_examples
from actiongraph.move.writers import GraphStoreWriter, UpdateWriter
from actiongraph.vocabulary import IRI
from bench.peers import empty_fuseki, empty_virtuoso
from bench.systems import Data, System, running

THEIRS = IRI("http://example.org/theirs")
KNOWN = {
    # A path beside a pattern whose literal is filtered by its language or its text gives one row where graphs are named
    # by FROM or default-graph-uri; without these, or with the path in a subquery, all nine.
    "Virtuoso": [
        (
            "example",
            "themes-which-actions-are-about-social-protection-or-a-narrower-theme",
            "9 rows here, 1 there",
        )
    ],
    "Fuseki": [],
}
"""What the engines are known to answer otherwise."""


@dataclass(frozen=True)
class Peer:
    """An empty engine that runs: its addresses, by what they are for, and who may write.

    Virtuoso 7 takes no update that is sent as it is, and Fuseki asks for no password here.
    """

    name: str
    url: str
    graph_store: str
    update: str | None
    credentials: Credentials | None

    def move(self, release, name: str, *, update: bool = False, credentials: Credentials | None = None) -> Move:
        settings = replace(release.settings, timeout_s=120)
        engine = UpstreamEngine(self.url, settings, credentials or self.credentials, called=None)
        snapshot, exchange = release.snapshots.current(), engine.exchange
        writer = UpdateWriter(exchange, self.update) if update else GraphStoreWriter(exchange, self.graph_store)
        return Move(snapshot, release.record, engine, writer, release.settings, name, lambda *_: None)


@pytest.fixture(scope="module")
def peer(request, tmp_path_factory: pytest.TempPathFactory, missing: Callable[[str, str], NoReturn]) -> Iterator[Peer]:
    jars = os.environ.get("ACTIONGRAPH_FUSEKI")
    if request.param == "Fuseki" and not jars:
        missing("Fuseki", "bench/peers.sh FOLDER, and FOLDER in ACTIONGRAPH_FUSEKI")
    folder = tmp_path_factory.mktemp("peer")
    system: System = empty_virtuoso() if request.param == "Virtuoso" else empty_fuseki(Path(jars or ""))
    if not system.is_installed:
        missing(request.param, "bench/peers.sh FOLDER")
    with running(system, Data(folder / "data", folder / "store", folder / "all.nt")) as server:
        at = f"http://127.0.0.1:{server.address.port}"
        if request.param == "Virtuoso":
            yield Peer(request.param, f"{at}/sparql", f"{at}/sparql-graph-crud-auth", None, Credentials("dba", "dba"))
        else:
            yield Peer(request.param, f"{at}/all/query", f"{at}/all/data", f"{at}/all/update", None)


def proved(move: Move) -> list[tuple[str, str, str]]:
    """Return what is different, with its kind and the reason."""
    compare = (
        compare_counts(move),
        compare_examples(move, load_examples(move.base, move.settings.programme)),
        compare_chains(move),
    )
    found = [each for comparisons in compare for each in comparisons]
    kinds = Counter(each.kind for each in found)
    assert kinds == {"graph": len(move.record.graphs), "example": len(load_examples()), "chains": 1}
    return [
        (each.kind, each.name, each.why)
        for each in found
        if each.verdict not in {ProofVerdict.SAME, ProofVerdict.SLOWER}
    ]


@pytest.mark.long("peers")
@pytest.mark.parametrize(
    ("peer", "update"), [("Virtuoso", False), ("Fuseki", False), ("Fuseki", True)], indirect=["peer"]
)
def test_the_release_is_moved_and_answers_are_the_same(peer: Peer, release, update: bool):
    first = peer.move(release, "first")
    first.writer.add(THEIRS, [f'<{BASE}s> <{BASE}p> "theirs" .\n'.encode()])
    first.writer.add(IRI(f"{BASE}graph/gone"), [f'<{BASE}s> <{BASE}p> "old" .\n'.encode()])
    first.load()
    assert proved(first) == KNOWN[peer.name]
    first.finish()
    second = peer.move(release, "second", update=update)
    second.load()
    assert second.standing() == MarkerState(None, ("second",))
    assert proved(second) == KNOWN[peer.name]
    second.finish()
    assert second.standing() == MarkerState(second.marker, ("second",))
    rows = second.engine.select(QUERIES.query_once("graphs", release.settings))
    found = {IRI(str(row["graph"])) for row in rows}
    ours = {*map(IRI, release.record.graphs), IRI(f"{BASE}graph/marker")}
    assert {graph for graph in found if graph.startswith(BASE)} == ours
    assert THEIRS in found


@pytest.mark.long("peers")
@pytest.mark.parametrize("peer", ["Virtuoso"], indirect=True)
def test_a_wrong_password_changes_nothing(peer: Peer, release):
    move = peer.move(release, "other", credentials=Credentials("me", "wrong"))
    before = peer.move(release, "look").standing()
    with pytest.raises(EndpointError, match="does not accept the user and the password"):
        move.load()
    assert peer.move(release, "look").standing() == before
