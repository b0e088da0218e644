"""The shipped release moved into Virtuoso 7 and Fuseki 5, as bench/peers.sh installs them, and proved there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import peer_engines
import pytest
from graph_store import BASE
from peer_engines import PeerEngine
from served import served

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


def proved(move: Move) -> list[str]:
    """Check that nothing is different, and return which examples are left out, as they are refused."""
    compare = (
        compare_counts(move),
        compare_examples(move, load_examples(move.base, move.settings.programme)),
        compare_chains(move),
    )
    found = [each for comparisons in compare for each in comparisons]
    kinds = Counter(each.kind for each in found)
    assert kinds == {"graph": len(move.record.graphs), "example": len(load_examples()), "chains": 1}
    assert [(each.name, each.why) for each in found if each.verdict is ProofVerdict.DIFFERENT] == []
    return [each.name for each in found if each.verdict is ProofVerdict.LEFT_OUT]


def refused(peer: PeerEngine) -> list[str]:
    """Return the examples that are known to be refused; a proof leaves them out, and does not look at the order."""
    return [name for (engine, name), each in KNOWN.items() if engine == peer.name and each.shows == "400"]


ACTIONS = "?a a ag:Action . "
PATHS = (
    "ag:followUpOf{}",
    "ag:theme/skos:broader{}",
    "(ag:followUpOf|^ag:followUpOf){}",
    "^ag:followUpOf{}",
)
QUERIES_OF_PATHS = [
    f"SELECT {distinct}* {{ {ACTIONS} {pattern.replace('PATH', f'?a {path.format(sign)} ?b')} }}"
    for path in PATHS
    for sign in "*+?"
    for distinct in ("", "DISTINCT ")
    for pattern in (
        "PATH",
        "OPTIONAL { PATH }",
        "FILTER NOT EXISTS { PATH }",
        "PATH . ?a dcterms:title ?t FILTER (LANG(?t) = 'en')",
        *([] if distinct else ["MINUS { PATH }"]),
        "GRAPH ?g { PATH }",
        *([] if distinct else ["{ SELECT ?a (COUNT(*) AS ?n) { PATH } GROUP BY ?a }"]),
    )
]
OTHERS = [
    *(f"SELECT ?v {{ ?a ag:actionNumber ?v FILTER({text}) }}" for text in (
        "?v > '2014-3'", "?v < '2014-3'", "'2015' <= ?v", "STR(?v) > '2014-3'", "?v = '2014-12'", "?v != '2014-12'"
    )),
    "SELECT (?n / 2 AS ?half) (1 + ?n / 4 / 2 AS ?part) { VALUES ?n { 1 3 } }",
    "SELECT ?n { VALUES ?n { 1 3 } FILTER(?n / 2 > 1.2) }",
]  # fmt: skip
PREFIXES = """
    PREFIX ag: <https://w3id.org/actiongraph/ontology#>
    PREFIX dcterms: <http://purl.org/dc/terms/>
    PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""


@pytest.mark.long("peers")
@pytest.mark.parametrize(("peer", "update"), [("Virtuoso", False), ("Fuseki", True)], indirect=["peer"])
def test_the_release_is_moved_and_answers_are_the_same(open_move, peer: PeerEngine, release, update: bool):
    first = open_move(peer, release, "first")
    first.writer.add(THEIRS, [f'<{BASE}s> <{BASE}p> "theirs" .\n'.encode()])
    first.writer.add(IRI(f"{BASE}graph/gone"), [f'<{BASE}s> <{BASE}p> "old" .\n'.encode()])
    first.load()
    assert proved(first) == refused(peer)
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
    # The examples are asked of the application in tests/web/test_upstream_peers.py.
    with served(peer.place.url, release.snapshots, release.settings) as face:
        theirs, ours = face.chains()
        assert theirs == ours


@pytest.mark.long("peers")
@pytest.mark.parametrize("name", peer_engines.NAMES)
def test_no_path_and_no_comparison_has_another_answer(moved_to: Callable[[str], PeerEngine], release, name: str):
    """Whatever an engine answers otherwise is refused."""
    statuses: Counter[int] = Counter()
    with served(moved_to(name).place.url, release.snapshots, release.settings) as face:
        # Fuseki takes seconds for what leads through the whole graph, and long for others, so it is asked fewer.
        few = [query for query in QUERIES_OF_PATHS[::4] if "!" not in query]
        for query in (*(QUERIES_OF_PATHS if name == "Virtuoso" else few), *OTHERS):
            response = face.ask(PREFIXES + query)
            statuses[response.status_code] += 1
            assert response.status_code in {200, 400}, response.text
            assert response.status_code == 400 or face.same(PREFIXES + query), query
    assert statuses[200] >= (8 if name == "Virtuoso" else 25)


@pytest.mark.long("peers")
@pytest.mark.parametrize("peer", ["Virtuoso"], indirect=True)
def test_a_wrong_password_changes_nothing(open_move, peer: PeerEngine, release):
    move = open_move(peer, release, "other", credentials=Credentials("me", "wrong"))
    before = open_move(peer, release, "look").standing()
    with pytest.raises(EndpointError, match="does not accept the user and the password"):
        move.load()
    assert open_move(peer, release, "look").standing() == before
