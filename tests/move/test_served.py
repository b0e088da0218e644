"""What was moved to an engine is what the application over it answers from, and nothing else."""

from __future__ import annotations

import pytest
from graph_store import GraphStore, Mover
from served import served

from actiongraph.engine.upstream import UpstreamEngine
from actiongraph.examples import load_examples
from actiongraph.move.loading import Move
from actiongraph.move.writers import GraphStoreWriter
from actiongraph.release import upstream_snapshots
from actiongraph.release.snapshots import ReleaseSnapshots

OLD, NEW = 0, 1
ALL = "SELECT * { ?s <https://w3id.org/actiongraph/p> ?o }"


def asked(store: GraphStore) -> int:
    return sum(b"actiongraph%2Fp%3E" in each.body for each in store.requests)


@pytest.fixture(autouse=True)
def _looks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream_snapshots, "_HOLDS_S", 0.0)


def test_a_release_is_served_from_its_marker_to_the_next_move(mover: Mover, store: GraphStore):
    with served(store.url, ReleaseSnapshots(mover.releases), mover.settings) as face:
        assert face.ask(ALL).status_code == 503
        new = mover.to(store, "first", NEW)
        new.load()
        assert face.ask(ALL).status_code == 503
        new.finish()
        assert face.same(ALL)
        old = mover.to(store, "second", OLD)
        old.load()
        response = face.ask(ALL)
        assert (response.status_code, response.json["code"]) == (503, "release-not-marked")
        old.finish()
        # The newest release is another, so what is asked of it alone is not the same.
        assert {row["o"]["value"][0] for row in face.ask(ALL).json["results"]["bindings"]} == {"1", "x"}


def test_the_same_release_moved_again_is_asked_again(mover: Mover, store: GraphStore):
    with served(store.url, ReleaseSnapshots(mover.releases), mover.settings) as face:
        for number, name in enumerate(("first", "second"), start=1):
            move = mover.to(store, name, NEW)
            move.load()
            move.finish()
            assert face.same(ALL)
            assert face.ask(ALL).status_code == 200  # from what was kept
            assert asked(store) == number


def test_strangers_in_the_engine_are_in_no_answer(mover: Mover, store: GraphStore):
    theirs = store.put("http://example.org/theirs")
    move = mover.to(store, "first", NEW)
    move.load()
    move.finish()
    with served(store.url, ReleaseSnapshots(mover.releases), mover.settings) as face:
        assert face.same(ALL)
        assert face.same("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
        assert face.same("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }")
    assert theirs in store.quads


@pytest.mark.long("kills")
def test_the_shipped_release_is_the_same_over_an_engine_in_all_examples_and_chains(store: GraphStore, release):
    engine = UpstreamEngine(store.url, release.settings, called=None)
    writer = GraphStoreWriter(engine.exchange, store.at("/data"))
    snapshots = release.snapshots
    move = Move(snapshots.current(), release.record, engine, writer, release.settings, "m", lambda *_: None, grace_s=0)
    move.load()
    move.finish()
    with served(store.url, snapshots, release.settings) as face:
        assert [each.name for each in load_examples() if not face.same(each.text)] == []
        theirs, ours = face.chains()
        assert theirs == ours
        assert len(ours) > 2
