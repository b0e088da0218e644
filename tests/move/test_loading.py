"""A release comes to an engine whole, nothing else there is touched, and what is broken off leaves no mixture."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from graph_store import AG, BASE, MARKER_GRAPH, GraphStore, Mover, contents, quads

from actiongraph.engine.marker import GRACE_S
from actiongraph.errors import EndpointError, StoreError
from actiongraph.move.dump_parts import DumpPart, in_parts

OLD, NEW = 0, 1
STRANGERS = ("http://example.org/theirs", f"{BASE}other", f"{BASE}graph/not/ours", "https://w3id.org/actiongraph")


def moved(mover: Mover, store: GraphStore, **how: object) -> None:
    move = mover.to(store, **how)
    move.load()
    move.finish()


@pytest.mark.parametrize("update", [False, True])
def test_a_release_replaces_the_one_before_and_touches_nothing_else(mover: Mover, store: GraphStore, update: bool):
    theirs = {store.put(stranger) for stranger in STRANGERS}
    moved(mover, store, release=OLD, update=update)
    assert store.all_but_marker() == mover.quads(OLD) | theirs
    moved(mover, store, name="second", release=NEW, update=update)
    assert store.all_but_marker() == mover.quads(NEW) | theirs
    assert ox.NamedNode(f"{BASE}graph/catalog") in {quad.graph_name for quad in store.quads}
    assert store.marker() == {
        "releaseVersion": mover.versions[NEW],
        "contentHash": hashlib.sha256(b"".join(sorted(contents()[NEW]))).hexdigest(),
        "moveIdentifier": "second",
    }


def test_only_graphs_under_the_base_are_written_and_nothing_is_dropped_at_once(mover: Mover, store: GraphStore):
    moved(mover, store)
    moved(mover, store, update=True)
    written = [each for each in store.requests if each.writes]
    assert all(each.graph.startswith(BASE) for each in written if each.path == "/data")
    updates = [each.body.decode() for each in written if each.path == "/update"]
    starts = (f"DROP SILENT GRAPH <{BASE}", f"INSERT DATA {{ GRAPH <{BASE}")
    assert updates
    assert all(text.startswith(starts) and ";" not in text.partition("{")[0] for text in updates)


@pytest.mark.parametrize("update", [False, True])
def test_the_marker_goes_first_and_comes_last(mover: Mover, store: GraphStore, update: bool):
    moved(mover, store)
    store.requests.clear()
    moved(mover, store, update=update)
    written = [each for each in store.requests if each.writes]
    about_marker = [MARKER_GRAPH.encode() in each.body + each.graph.encode() for each in written]
    assert about_marker[:2] == [True, True]
    assert about_marker[-1]
    assert about_marker.count(True) == 3
    assert b"releaseVersion" in written[-1].body
    assert not any(b"releaseVersion" in each.body for each in written[:-1])


def test_nothing_is_changed_as_long_as_somebody_may_count_on_the_marker(
    mover: Mover, store: GraphStore, monkeypatch: pytest.MonkeyPatch
):
    """Whoever asks trusts a look at the marker for one second; see `engine.marker`."""
    moved(mover, store, release=OLD)
    waited = []

    def sleep(seconds: float) -> None:
        assert store.all_but_marker() == mover.quads(OLD)
        assert set(store.marker()) == {"moveIdentifier"}
        waited.append(seconds)

    monkeypatch.setattr("actiongraph.move.loading.sleep", sleep)
    replace(mover.to(store), grace_s=GRACE_S).load()
    assert waited == [3.0]


@pytest.mark.long("kills")
def test_whatever_request_the_engine_dies_at_there_is_the_whole_release_or_no_marker(mover: Mover, store: GraphStore):
    moved(mover, store, name="first", release=OLD)
    old = list(store.quads)
    store.requests.clear()
    moved(mover, store, name="second", release=NEW)
    new, many = list(store.quads), len(store.requests)
    [written_at] = [at for at, each in enumerate(store.requests) if b"releaseVersion" in each.body and each.writes]
    seen = []
    for dies_at in range(2 * many):
        store.quads.clear()
        store.quads.extend(old)
        store.requests.clear()
        store.before = store.after = lambda *_: False
        setattr(store, ("before", "after")[dies_at % 2], lambda *_, at=dies_at // 2: len(store.requests) > at)
        with pytest.raises(EndpointError, match="closed the connection"):
            moved(mover, store, name="second", release=NEW)
        seen.append(store.marker()["moveIdentifier"] if "releaseVersion" in store.marker() else None)
        if seen[-1]:
            assert set(store.quads) == set(old if seen[-1] == "first" else new)
    # The old one stands until the first request is done, and the new one since the last that writes.
    assert seen == ["first", *[None] * 2 * written_at, *["second"] * (2 * (many - written_at) - 1)]


def test_what_was_broken_off_is_made_good_by_the_next_move(mover: Mover, store: GraphStore):
    store.before = lambda _, asked: asked.graph.endswith("graph/two") and asked.method == "POST"
    with pytest.raises(EndpointError):
        moved(mover, store)
    assert store.marker() == {"moveIdentifier": "this"}
    store.before = lambda *_: False
    moved(mover, store, name="again")
    assert store.all_but_marker() == mover.quads(NEW)


@pytest.mark.parametrize("ends", ["first", "last"])
def test_of_two_moves_at_once_only_the_later_may_stand(mover: Mover, store: GraphStore, ends: str):
    first, second = mover.to(store, "first", OLD), mover.to(store, "second", NEW)
    first.load()
    second.load()
    if ends == "last":
        second.finish()
    with pytest.raises(EndpointError, match="Another move to this engine has begun"):
        first.finish()
    if ends == "first":
        second.finish()
    assert store.marker()["moveIdentifier"] == "second"
    assert store.all_but_marker() == mover.quads(NEW)


def test_a_move_that_another_has_overtaken_sends_no_more(mover: Mover, store: GraphStore):
    claim = f'INSERT DATA {{ GRAPH <{MARKER_GRAPH}> {{ <{BASE}marker> <{AG}moveIdentifier> "second" }} }}'

    def overtake(_: object, asked) -> bool:
        if asked.graph.endswith("graph/one") and asked.method == "POST":
            store.quads.remove_graph(ox.NamedNode(MARKER_GRAPH))
            store.quads.update(claim)
        return False

    store.after = overtake
    with pytest.raises(EndpointError, match="Another move to this engine has begun"):
        mover.to(store, "first").load()
    assert [each.graph for each in store.requests if each.method == "POST" and each.writes][-1].endswith("/one")
    assert store.marker() == {"moveIdentifier": "second"}


def test_a_marker_that_stays_or_does_not_appear_is_told_before_anything_is_sent(mover: Mover, store: GraphStore, start):
    moved(mover, store)
    other = start()
    wrong = replace(mover.to(store), writer=mover.to(other).writer)
    with pytest.raises(EndpointError, match="still there after it was removed"):
        wrong.load()
    store.quads.remove_graph(ox.NamedNode(MARKER_GRAPH))
    with pytest.raises(EndpointError, match="does not appear where it is asked for"):
        wrong.load()
    assert {each.graph for each in other.requests} == {MARKER_GRAPH}


def test_a_damaged_dump_is_told_and_no_marker_stands(mover: Mover, store: GraphStore, tmp_path: Path):
    move = mover.to(store)
    folder = tmp_path / mover.versions[NEW]
    shutil.copytree(move.snapshot.folder / "dumps", folder / "dumps")
    dump = folder / "dumps" / "actiongraph.nq.gz"
    content = dump.read_bytes()
    damaged = replace(move, snapshot=replace(move.snapshot, folder=folder))
    for changed in (content[:-10], content[:40] + b"x" + content[41:]):
        dump.write_bytes(changed)
        with pytest.raises(StoreError, match="actiongraph build"):
            damaged.load()
        assert store.marker() == {"moveIdentifier": "this"}
    with pytest.raises(StoreError, match="its hash is not that of the release"):
        replace(move, record=replace(move.record, content_sha256="0" * 64)).load()


def test_parts_are_of_one_graph_and_bounded_and_nothing_is_lost():
    lines = sorted(quads(1, many=40))
    parts = list(in_parts(lines, part_bytes=1_000, held_bytes=1_200))
    assert max(sum(map(len, part.lines)) for part in parts) <= 1_000
    again = [line[: line.rindex(b".")] + f"<{graph}> .\n".encode() for graph, own in parts for line in own]
    assert sorted(again) == lines
    assert [len(part.lines) for part in in_parts(lines, part_bytes=1, held_bytes=1)] == [1] * len(lines)
    assert list(in_parts([])) == []
    assert list(in_parts([b"<a> <b> <c> <g> .\n"])) == [DumpPart("g", [b"<a> <b> <c> .\n"])]


def test_what_is_held_does_not_grow_with_the_number_of_graphs():
    lines = [b'<s> <p> "%s" <g%d> .\n' % (b"x" * 90, number) for number in range(1_000)]
    held = most = 0

    def counted():
        nonlocal held, most
        for line in lines:
            held += len(line[: line.rindex(b" <")]) + 3
            most = max(most, held)
            yield line

    for part in in_parts(counted(), part_bytes=1_000, held_bytes=5_000):
        held -= sum(map(len, part.lines))
    assert 4_900 < most < 5_200


def test_a_graph_outside_of_the_base_is_never_sent(mover: Mover, store: GraphStore):
    move = mover.to(store)
    graphs = {**move.record.graphs, "http://example.org/theirs": 1}
    with pytest.raises(StoreError, match="is not under"):
        replace(move, record=replace(move.record, graphs=graphs)).load()
    fewer = {name: number for name, number in move.record.graphs.items() if not name.endswith("/two")}
    with pytest.raises(StoreError, match="the record of the release has not"):
        replace(move, record=replace(move.record, graphs=fewer)).load()
    assert not any(each.graph.endswith("/two") and each.method == "POST" for each in store.requests)


def test_progress_says_what_is_sent_of_how_much(mover: Mover, store: GraphStore):
    move, said = mover.to(store), []
    replace(move, progress=lambda *told: said.append(told)).load()
    assert said[-1] == ("sent", move.record.triples, move.record.triples, "triple")
    assert [told[1] for told in said] == sorted(told[1] for told in said)
