"""A move that is killed leaves the release of before, the new one, or no marker; never a marker over a mixture."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import peer_engines
import pytest
from graph_store import GraphStore, Mover
from killed_moves import KILLS, killer, moments
from peer_engines import PeerEngine, Place, place_of
from relay import relaying

from actiongraph.engine.base import Solutions
from actiongraph.engine.oxigraph import to_rdflib
from actiongraph.engine.upstream import UpstreamEngine
from actiongraph.move.proof import in_one_form
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.upstream_snapshots import UpstreamSnapshots
from actiongraph.web.app import create_app

JSON = "application/sparql-results+json"
ALL = "SELECT ?s ?p ?o ?g { GRAPH ?g { ?s ?p ?o } }"


@pytest.mark.long("kills")
def test_a_move_that_is_killed_at_twenty_moments_leaves_no_mixture(mover: Mover, store: GraphStore):
    first = mover.to(store, "first", release=0)
    first.load()
    first.finish()
    old = list(store.quads)
    store.requests.clear()
    found = []
    with killer(mover, store.place) as moves:
        assert moves.run("second") == 0
        many, new = len(store.requests), set(store.quads)
        for request, is_done in moments(many):
            store.quads.clear()
            store.quads.extend(old)
            store.before = store.after = lambda *_: False
            setattr(store, "after" if is_done else "before", lambda *_: moves.is_due())
            assert moves.run("second", request) == -signal.SIGKILL
            found.append(store.marker().get("moveIdentifier") if "releaseVersion" in store.marker() else None)
            if found[-1]:
                assert set(store.quads) == (set(old) if found[-1] == "first" else new)
    assert (found[0], found[-1]) == ("first", "second")
    assert found == sorted(found, key=("first", None, "second").index)
    assert found.count(None) > KILLS / 2


@pytest.mark.long("peers")
@pytest.mark.parametrize("name", peer_engines.NAMES)
def test_so_does_one_to_a_real_engine_and_the_endpoint_answers_from_no_mixture(
    mover: Mover, peer_of: Callable[[str, str], PeerEngine], name: str
):
    """And the next move mends it."""
    peer = peer_of(name, "moves")
    place, found = peer.place, []
    move_whole(mover, place, "first")
    with relaying(peer.server.address.port) as relay, killer(mover, place_of(name, relay.port)) as moves:
        assert moves.run("second") == 0
        assert answered(mover, place) == 1
        for number, (request, is_done) in enumerate(moments(len(relay.requests))):
            move_whole(mover, place, f"mending-{number}")
            assert answered(mover, place) == 0
            relay.before = relay.after = lambda: False
            setattr(relay, "after" if is_done else "before", moves.is_due)
            assert moves.run(f"killed-{number}", request) == -signal.SIGKILL
            found.append(answered(mover, place))
    assert (found[0], found[-1]) == (0, 1)
    assert found == sorted(found, key=(0, None, 1).index)
    assert found.count(None) > KILLS / 2


def move_whole(mover: Mover, place: Place, name: str) -> None:
    move = mover.to(place, name, release=0)
    with closing(move.engine):
        move.load()
        move.finish()


def answered(mover: Mover, place: Place) -> int | None:
    """Return which release the endpoint answers from, all of which is there; None if it says that there is none."""
    settings = replace(mover.settings, url="http://localhost/")
    snapshots = ReleaseSnapshots(mover.releases)
    with closing(UpstreamEngine(place.url, settings)) as engine:
        upstream = UpstreamSnapshots(snapshots, engine, settings)
        client = create_app(settings, snapshots, upstream=upstream).test_client()
        response = client.get("/sparql", query_string={"query": ALL}, headers={"Accept": JSON})
        if response.status_code == 503:
            assert response.json["code"] == "release-not-marked"
            return None
        assert response.status_code == 200, response.text
        release = mover.versions.index(upstream.current().version)
    rows = Solutions.read_json(response.data)
    there = sorted(tuple(in_one_form(row[name]) for name in "spog") for row in rows)
    assert there == sorted(
        tuple(in_one_form(to_rdflib(term)) for term in (quad.subject, quad.predicate, quad.object, quad.graph_name))
        for quad in mover.quads(release)
    )
    return release
