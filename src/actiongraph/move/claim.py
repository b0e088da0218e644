"""The claim: what stands in the graph of the marker while a move is under way, so that two at once come to nothing."""

from __future__ import annotations

from dataclasses import dataclass

from rdflib import Literal

from actiongraph.engine.base import Dataset, Engine, Solutions
from actiongraph.engine.marker import Marker, marker_graph, marker_query, read_marker
from actiongraph.move.reading import solutions
from actiongraph.sparql.query import CheckedQuery, QueryForm
from actiongraph.sparql.values import serialised
from actiongraph.vocabulary import AG

_MOVE = AG.moveIdentifier


@dataclass(frozen=True, slots=True)
class MarkerState:
    """What stands in the graph of the marker: the release, or None, and the moves that have claimed the engine."""

    marker: Marker | None
    moves: tuple[str, ...]

    def is_claimed_by(self, move: str) -> bool:
        """Tell whether `move` alone is under way."""
        return self.marker is None and self.moves == (move,)


def claim_lines(base: str, move: str) -> list[bytes]:
    """Return the N-Triples that claim an engine for `move`; with them alone, no marker stands.

    They stay beside the marker, which so differs from that of every other move, even of the same release.
    """
    return [f"<{base}marker> <{_MOVE}> {serialised(Literal(move))} .\n".encode()]


def read_standing(engine: Engine, base: str) -> MarkerState:
    """Return what stands in the graph of the marker.

    Raises:
        EngineError: the engine failed.
    """
    graph = marker_graph(base)

    def rows(text: str) -> Solutions:
        return solutions(engine, CheckedQuery(text, QueryForm.SELECT), Dataset((graph,), (graph,)))

    moves = sorted(str(row["move"]) for row in rows(f"SELECT ?move WHERE {{ <{base}marker> <{_MOVE}> ?move }}"))
    return MarkerState(read_marker(rows(marker_query(base))), tuple(moves))
