"""The shipped release moved into Virtuoso 7 and Fuseki 5, as bench/peers.sh installs them, and proved there."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

import pytest
from graph_store import BASE
from served import served

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
REFUSED = {
    # Paths of any length give a row for each way there, and do not come back to where they began: see profiles.toml.
    "Virtuoso": [
        "chains-what-came-after-2014-12-by-path",
        "chains-what-came-before-the-ghana-action",
        "chains-what-came-of-the-informal-economy-action",
    ],
    "Fuseki": [],
}
"""The examples that are refused, as the engines are known to answer them otherwise; all others are the same."""


@dataclass(frozen=True)
class Peer:
    """An engine that runs, empty at first: its addresses, by what they are for, and who may write.

    Virtuoso 7 takes no update that is sent as it is, and Fuseki asks for no password here.
    """

    name: str
    url: str
    graph_store: str
    update: str | None
    credentials: Credentials | None
    opened: ExitStack

    def move(self, release, name: str, *, update: bool = False, credentials: Credentials | None = None) -> Move:
        settings = replace(release.settings, timeout_s=120)
        asked_by = credentials or self.credentials
        engine = self.opened.enter_context(closing(UpstreamEngine(self.url, settings, asked_by, called=None)))
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
    data = Data(folder / "data", folder / "store", folder / "all.nt")
    with running(system, data) as server, ExitStack() as opened:
        at = f"http://127.0.0.1:{server.address.port}"
        if request.param == "Virtuoso":
            yield Peer(
                request.param, f"{at}/sparql", f"{at}/sparql-graph-crud-auth", None, Credentials("dba", "dba"), opened
            )
        else:
            yield Peer(request.param, f"{at}/all/query", f"{at}/all/data", f"{at}/all/update", None, opened)


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
@pytest.mark.parametrize(
    ("peer", "update"), [("Virtuoso", False), ("Fuseki", False), ("Fuseki", True)], indirect=["peer"]
)
def test_the_release_is_moved_and_answers_are_the_same(peer: Peer, release, update: bool):
    first = peer.move(release, "first")
    first.writer.add(THEIRS, [f'<{BASE}s> <{BASE}p> "theirs" .\n'.encode()])
    first.writer.add(IRI(f"{BASE}graph/gone"), [f'<{BASE}s> <{BASE}p> "old" .\n'.encode()])
    first.load()
    assert proved(first) == REFUSED[peer.name]
    first.finish()
    second = peer.move(release, "second", update=update)
    second.load()
    assert second.standing() == MarkerState(None, ("second",))
    assert proved(second) == REFUSED[peer.name]
    second.finish()
    assert second.standing() == MarkerState(second.marker, ("second",))
    rows = second.engine.select(QUERIES.query_once("graphs", release.settings))
    found = {IRI(str(row["graph"])) for row in rows}
    ours = {*map(IRI, release.record.graphs), IRI(f"{BASE}graph/marker")}
    assert {graph for graph in found if graph.startswith(BASE)} == ours
    assert THEIRS in found
    with served(peer.url, release.snapshots, release.settings) as face:
        answered = [each for each in load_examples() if each.name not in REFUSED[peer.name]]
        assert [each.name for each in answered if not face.same(each.text)] == []
        for each in load_examples():
            if each.name in REFUSED[peer.name]:
                assert face.ask(each.text).json["code"] == "refused-feature"
        theirs, ours = face.chains()
        assert theirs == ours


@pytest.mark.long("peers")
@pytest.mark.parametrize("peer", ["Virtuoso", "Fuseki"], indirect=True)
def test_no_path_and_no_comparison_has_another_answer(peer: Peer, release):
    """Whatever an engine answers otherwise is refused."""
    move = peer.move(release, "paths")
    move.load()
    move.finish()
    statuses: Counter[int] = Counter()
    with served(peer.url, release.snapshots, release.settings) as face:
        for query in (*QUERIES_OF_PATHS, *OTHERS):
            response = face.ask(PREFIXES + query)
            statuses[response.status_code] += 1
            assert response.status_code in {200, 400}, response.text
            assert response.status_code == 400 or face.same(PREFIXES + query), query
    assert statuses[200] >= (8 if peer.name == "Virtuoso" else 100)


@pytest.mark.long("peers")
@pytest.mark.parametrize("peer", ["Virtuoso"], indirect=True)
def test_a_wrong_password_changes_nothing(peer: Peer, release):
    move = peer.move(release, "other", credentials=Credentials("me", "wrong"))
    before = peer.move(release, "look").standing()
    with pytest.raises(EndpointError, match="does not accept the user and the password"):
        move.load()
    assert peer.move(release, "look").standing() == before
