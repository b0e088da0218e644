"""A release comes to an engine whole, nothing else there is touched, and what is broken off leaves no mixture."""

from __future__ import annotations

import hashlib

import pytest
from graph_store import AG, BASE, MARKER_GRAPH, GraphStore, Mover, quads

from actiongraph.errors import EndpointError, StoreError
from actiongraph.move import loading
from actiongraph.move.parts import Part, in_parts

STRANGERS = ("http://example.org/theirs", f"{BASE}other", f"{BASE}graph/not/ours", "https://w3id.org/actiongraph")


def moved(mover: Mover, store: GraphStore, **how: object) -> dict[str, set[str]]:
    move = mover.to(store, **how)
    move.load()
    move.finish()
    return store.graphs()


@pytest.mark.parametrize("update", [False, True])
def test_a_release_replaces_the_one_before_and_touches_nothing_else(mover: Mover, store: GraphStore, update: bool):
    for stranger in STRANGERS:
        store.put(stranger, "theirs")
    mover.publish([*quads(1), f'<{BASE}id/facility/f> <{BASE}p> "x" <{BASE}graph/gone> .\n'.encode()])
    moved(mover, store, update=update)
    version = mover.publish(quads(2))
    found = moved(mover, store, name="second", update=update)
    theirs = {name: found.pop(name) for name in STRANGERS}
    assert all(triples == {f'<{BASE}s> <{BASE}p> "theirs"'} for triples in theirs.values())
    found.pop(MARKER_GRAPH)
    assert found == mover.expected()
    assert f"{BASE}graph/catalog" in found
    content = b"".join(sorted(quads(2)))
    assert store.marker() == {
        "releaseVersion": version,
        "contentHash": hashlib.sha256(content).hexdigest(),
        "moveIdentifier": "second",
    }


def test_only_graphs_under_the_base_are_written_and_nothing_is_dropped_at_once(mover: Mover, store: GraphStore):
    mover.publish(quads(1))
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
    mover.publish(quads(1))
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


def test_whatever_request_the_engine_dies_at_there_is_the_whole_release_or_no_marker(mover: Mover, store: GraphStore):
    mover.publish(quads(1))
    moved(mover, store, name="first")
    old = list(store.quads)
    mover.publish(quads(2))
    store.requests.clear()
    moved(mover, store, name="second")
    new, many = list(store.quads), len(store.requests)
    seen = []
    for dies_at in range(2 * many):
        store.quads.clear()
        store.quads.extend(old)
        store.requests.clear()
        store.before = store.after = lambda *_: False
        setattr(store, ("before", "after")[dies_at % 2], lambda *_, at=dies_at // 2: len(store.requests) > at)
        with pytest.raises(EndpointError, match="does not answer"):
            moved(mover, store, name="second")
        seen.append(store.marker().get("moveIdentifier") if "releaseVersion" in store.marker() else None)
        if seen[-1]:
            assert set(store.quads) == set(old if seen[-1] == "first" else new)
    assert seen[0] == "first"
    assert seen[-1] == "second"
    assert seen[1:-3] == [None] * (2 * many - 4)


def test_what_was_broken_off_is_made_good_by_the_next_move(mover: Mover, store: GraphStore):
    mover.publish(quads(1))
    store.before = lambda _, asked: asked.graph.endswith("graph/two") and asked.method == "POST"
    with pytest.raises(EndpointError):
        moved(mover, store)
    assert store.marker() == {"moveIdentifier": "this"}
    store.before = lambda *_: False
    found = moved(mover, store, name="again")
    del found[MARKER_GRAPH]
    assert found == mover.expected()


@pytest.mark.parametrize("stops", ["first", "last"])
def test_of_two_moves_at_once_only_the_later_may_stand(mover: Mover, store: GraphStore, stops: str):
    mover.publish(quads(1, many=200))
    first, second = mover.to(store, name="first"), mover.to(store, name="second")
    first.load()
    second.load()
    if stops == "first":
        with pytest.raises(EndpointError, match="Another move to this engine has begun"):
            first.finish()
        second.finish()
        assert store.marker()["moveIdentifier"] == "second"
    else:
        second.finish()
        with pytest.raises(EndpointError, match="Another move"):
            first.finish()
        assert store.marker()["moveIdentifier"] == "second"
    found = store.graphs()
    del found[MARKER_GRAPH]
    assert found == mover.expected()


def test_a_move_that_another_has_overtaken_sends_no_more(mover: Mover, store: GraphStore):
    mover.publish(quads(1))
    first, second = mover.to(store, name="first"), mover.to(store, name="second")

    def overtake(_: object, asked: object) -> bool:
        if asked.graph.endswith("graph/one") and asked.method == "POST":  # the second claims it meanwhile
            store.after = lambda *_: False
            store.quads.remove_graph(_node(MARKER_GRAPH))
            store.quads.update(
                f'INSERT DATA {{ GRAPH <{MARKER_GRAPH}> {{ <{BASE}marker> <{AG}moveIdentifier> "second" }} }}'
            )
        return False

    store.after = overtake
    with pytest.raises(EndpointError, match="Another move to this engine has begun"):
        first.load()
    assert not [each for each in store.requests if each.graph.endswith("graph/two") and each.method == "POST"]
    second.load()
    second.finish()


def _node(iri: str):
    import pyoxigraph as ox

    return ox.NamedNode(iri)


def test_a_marker_that_stays_or_does_not_appear_is_told_before_anything_is_sent(mover: Mover, store: GraphStore, start):
    mover.publish(quads(1))
    moved(mover, store)
    other = start()
    wrong = mover.to(store)
    object.__setattr__(wrong, "writer", mover.to(other).writer)
    with pytest.raises(EndpointError, match="still there after it was removed"):
        wrong.load()
    store.quads.remove_graph(_node(MARKER_GRAPH))
    with pytest.raises(EndpointError, match="does not appear where it is asked for"):
        wrong.load()
    assert {each.graph for each in other.requests} == {MARKER_GRAPH}


def test_a_damaged_dump_is_told_and_no_marker_stands(mover: Mover, store: GraphStore):
    version = mover.publish(quads(1))
    dump = mover.releases.path(version) / "dumps" / "actiongraph.nq.gz"
    content = dump.read_bytes()
    for damaged in (content[:-10], content[:40] + b"x" + content[41:]):
        dump.write_bytes(damaged)
        with pytest.raises(StoreError, match="actiongraph build"):
            moved(mover, store)
        assert store.marker() == {"moveIdentifier": "this"}
    other = mover.to(store)
    object.__setattr__(
        other,
        "record",
        mover.releases.record(version).__class__(
            **{
                **{name: getattr(other.record, name) for name in other.record.__dataclass_fields__},
                "content_sha256": "0" * 64,
            }
        ),
    )
    dump.write_bytes(content)
    with pytest.raises(StoreError, match="its hash is not that of the release"):
        other.load()


def test_parts_are_of_one_graph_and_bounded_and_nothing_is_lost():
    lines = sorted(quads(1, many=40))
    parts = list(in_parts(lines, part_bytes=1_000, held_bytes=1_200))
    assert max(sum(map(len, part.lines)) for part in parts) <= 1_000
    again = [line[: line.rindex(b".")] + f"<{graph}> .\n".encode() for graph, own in parts for line in own]
    assert sorted(again) == lines
    assert [len(part.lines) for part in in_parts(lines, part_bytes=1, held_bytes=1)] == [1] * len(lines)
    assert list(in_parts([])) == []
    assert list(in_parts([b"<a> <b> <c> <g> .\n"])) == [Part("g", [b"<a> <b> <c> .\n"])]


def test_what_is_held_does_not_grow_with_the_number_of_graphs():
    lines = [b'<s> <p> "%s" <g%d> .\n' % (b"x" * 90, number) for number in range(1_000)]
    held, most = 0, 0

    def counted():
        nonlocal held, most
        for line in lines:
            held += len(line)
            most = max(most, held)
            yield line

    for part in in_parts(counted(), part_bytes=1_000, held_bytes=5_000):
        held -= sum(map(len, part.lines))
    # The graph stands in the line that was read, and not in the one that is held.
    assert most < 5_000 * 1.1 + 8 * len(lines)


def test_a_graph_outside_of_the_base_is_never_sent(mover: Mover, store: GraphStore):
    mover.publish(quads(1))
    move = mover.to(store)
    move.record.graphs["http://example.org/theirs"] = 1
    with pytest.raises(StoreError, match="is not under"):
        move.load()
    assert store.requests == []


def test_progress_says_what_is_sent_of_how_much(mover: Mover, store: GraphStore):
    mover.publish(quads(1))
    move, said = mover.to(store), []
    object.__setattr__(move, "progress", lambda *told: said.append(told))
    move.load()
    assert said[-1] == ("sent", move.record.triples, move.record.triples, "triple")
    assert loading.beside(move.record)
