"""The marker as text, and what is taken for one."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from actiongraph.engine.base import Solutions
from actiongraph.engine.marker import Marker, marker_graph, marker_query, read_state

BASE = "https://actions.example.org/"
VERSION, HASH = "20260101T000000Z-0123456789ab", "0123456789ab" + 52 * "0"


def looked_up(store: ox.Store) -> Marker | None:
    found = store.query(marker_query(BASE))
    return read_state(Solutions.read_json(found.serialize(format=ox.QueryResultsFormat.JSON))).marker


def test_what_is_written_is_read_and_can_be_taken_away() -> None:
    store = ox.Store()
    assert looked_up(store) is None
    store.update(f"INSERT DATA {{ GRAPH <{marker_graph(BASE)}> {{ {Marker(VERSION, HASH).triples(BASE)} }} }}")
    assert looked_up(store) == Marker(VERSION, HASH)
    assert [graph.value for graph in store.named_graphs()] == ["https://actions.example.org/graph/marker"]
    store.update(f"DROP GRAPH <{marker_graph(BASE)}>")
    assert looked_up(store) is None


@pytest.mark.parametrize(
    "triples",
    [
        f'<{BASE}marker> <ag:releaseVersion> "{VERSION}" .',
        Marker(VERSION, HASH).triples(BASE).replace(HASH, "0"),
        Marker(VERSION, HASH).triples(BASE).replace(f'"{VERSION}"', "<x:y>"),
        Marker(VERSION, HASH).triples(BASE) + Marker(VERSION, HASH.replace("b", "c")).triples(BASE),
        Marker(VERSION, HASH).triples(BASE).replace(f"{BASE}marker", f"{BASE}other"),
    ],
    ids=["half", "no hash", "no literal", "two", "of something else"],
)
def test_anything_less_is_no_marker(triples: str) -> None:
    store = ox.Store()
    store.update(f"INSERT DATA {{ GRAPH <{marker_graph(BASE)}> {{ {triples} }} }}")
    assert looked_up(store) is None


@pytest.mark.parametrize(("version", "content_hash"), [("1", HASH), (VERSION, 'x" . } }')])
def test_nothing_else_can_be_written_as_one(version: str, content_hash: str) -> None:
    with pytest.raises(ValueError, match="marks no release"):
        Marker(version, content_hash)
