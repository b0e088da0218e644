"""The shipped release moved into Virtuoso 7 and Fuseki 5, as bench/peers.sh installs them, and proved there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import peer_engines
import pytest
from graph_store import BASE
from peer_engines import PeerEngine

from actiongraph.engine.credentials import Credentials
from actiongraph.engine.marker import MarkerState
from actiongraph.errors import EndpointError
from actiongraph.examples import load_examples
from actiongraph.move.loading import QUERIES, Move
from actiongraph.move.proof import ProofVerdict, compare_chains, compare_counts, compare_examples
from actiongraph.vocabulary import IRI

THEIRS = IRI("http://example.org/theirs")
KNOWN = peer_engines.differences("example")


@pytest.fixture(scope="module")
def peer(request, peer_of: Callable[[str, str], PeerEngine]) -> PeerEngine:
    return peer_of(request.param, "moves")


@pytest.fixture
def open_move() -> Iterator[Callable[..., Move]]:
    """Gives a move of a release to an engine, whose connections end with the test."""
    with ExitStack() as stack:

        def opened(peer: PeerEngine, release, name: str, **how: object) -> Move:
            move = peer.place.move(release, name, **how)
            stack.enter_context(closing(move.engine))
            return move

        yield opened


def proved(move: Move) -> list[tuple[str, str]]:
    """Return what is different, by its kind and name."""
    compare = (
        compare_counts(move),
        compare_examples(move, load_examples(move.base, move.settings.programme)),
        compare_chains(move),
    )
    found = [each for comparisons in compare for each in comparisons]
    kinds = Counter(each.kind for each in found)
    assert kinds == {"graph": len(move.record.graphs), "example": len(load_examples()), "chains": 1}
    return [(each.kind, each.name) for each in found if each.verdict not in {ProofVerdict.SAME, ProofVerdict.SLOWER}]


def known(peer: PeerEngine) -> list[tuple[str, str]]:
    """A proof does not look at the order of rows."""
    there = {name: each for (engine, name), each in KNOWN.items() if engine == peer.name}
    return [("example", name) for name, each in there.items() if each.shows != "another order"]


@pytest.mark.long("peers")
@pytest.mark.parametrize(("peer", "update"), [("Virtuoso", False), ("Fuseki", True)], indirect=["peer"])
def test_the_release_is_moved_and_answers_are_the_same(open_move, peer: PeerEngine, release, update: bool):
    first = open_move(peer, release, "first")
    first.writer.add(THEIRS, [f'<{BASE}s> <{BASE}p> "theirs" .\n'.encode()])
    first.writer.add(IRI(f"{BASE}graph/gone"), [f'<{BASE}s> <{BASE}p> "old" .\n'.encode()])
    first.load()
    assert proved(first) == known(peer)
    first.finish()
    second = open_move(peer, release, "second", update=update)
    second.load()
    assert second.standing() == MarkerState(None, ("second",))
    assert {each.verdict for each in compare_counts(second)} == {ProofVerdict.SAME}
    second.finish()
    assert second.standing() == MarkerState(second.marker, ("second",))
    rows = second.engine.select(QUERIES.query_once("graphs", release.settings))
    found = {IRI(str(row["graph"])) for row in rows}
    ours = {*map(IRI, release.record.graphs), IRI(f"{BASE}graph/marker")}
    assert {graph for graph in found if graph.startswith(BASE)} == ours
    assert THEIRS in found


@pytest.mark.long("peers")
@pytest.mark.parametrize("peer", ["Virtuoso"], indirect=True)
def test_a_wrong_password_changes_nothing(open_move, peer: PeerEngine, release):
    move = open_move(peer, release, "other", credentials=Credentials("me", "wrong"))
    before = open_move(peer, release, "look").standing()
    with pytest.raises(EndpointError, match="does not accept the user and the password"):
        move.load()
    assert open_move(peer, release, "look").standing() == before
