"""The marker: triples that say which release an engine holds whole, and by which move, in a graph of their own.

Whoever loads an engine takes the marker away first and writes it last, so that where it stands, all of its release is
there. It is written and read as text, for the engine may be any that speaks SPARQL 1.1. While a move is under way, its
claim stands in place of the marker: the name of the move alone, so that two at once come to nothing.

After taking it away, whoever loads waits for `GRACE_S` seconds before anything else is changed; whoever asks trusts a
look at it for `HOLDS_S`. So an answer that ends within `HOLDS_S` of such a look is whole, without another look.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass

from rdflib import Literal

from actiongraph.engine.base import Solutions
from actiongraph.publication import VERSION
from actiongraph.vocabulary import AG, IRI

HOLDS_S, GRACE_S = 1.0, 3.0
_SHA256, _MOVE = "[0-9a-f]{64}", "[a-z0-9-]{0,64}"
_HAS_VERSION, _HAS_HASH, _HAS_MOVE = AG.releaseVersion, AG.contentHash, AG.moveIdentifier


@dataclass(frozen=True, slots=True)
class Marker:
    """The release that an engine holds: its version, and the SHA-256 of its sorted N-Quads in hexadecimal digits.

    `move` tells one move of the release from every other; it is empty where something else than `move` loaded it.
    """

    version: str
    content_sha256: str
    move: str = ""

    def __post_init__(self) -> None:
        """Check all, for they are written into updates.

        Raises:
            ValueError: one is not what it should be.
        """
        patterns = (VERSION, self.version), (_SHA256, self.content_sha256), (_MOVE, self.move)
        if not all(re.fullmatch(pattern, text) for pattern, text in patterns):
            raise ValueError(f"{self.version[:60]!r} with {self.content_sha256[:80]!r} marks no release.")

    def triples(self, base: str) -> str:
        """Return the marker as N-Triples, a line each."""
        said = ((_HAS_VERSION, self.version), (_HAS_HASH, self.content_sha256), (_HAS_MOVE, self.move))
        return "".join(f'<{base}marker> <{predicate}> "{text}" .\n' for predicate, text in said if text)


@dataclass(frozen=True, slots=True)
class MarkerState:
    """The content of the graph of the marker: the release, or None, and the moves that have claimed the engine."""

    marker: Marker | None
    moves: tuple[str, ...]

    def is_claimed_by(self, move: str) -> bool:
        """Tell whether `move` alone is under way."""
        return self.marker is None and self.moves == (move,)


def claim(base: str, move: str) -> str:
    """Return the N-Triples that claim an engine for `move`; with them alone, no marker stands."""
    return f'<{base}marker> <{_HAS_MOVE}> "{move}" .\n'


def marker_graph(base: str) -> IRI:
    """Return the name of the graph that holds the marker alone, and is no part of any release."""
    return IRI(f"{base}graph/marker")


def marker_query(base: str) -> str:
    """Return the query for what stands in the graph of the marker; `read_state` reads its solutions."""
    return f"SELECT ?p ?o WHERE {{ GRAPH <{marker_graph(base)}> {{ <{base}marker> ?p ?o }} }} LIMIT 20"


def read_state(solutions: Solutions) -> MarkerState:
    """Return the state that solutions of `marker_query` tell; a marker that cannot be trusted is none."""
    said: dict[str, list[str]] = {str(name): [] for name in (_HAS_VERSION, _HAS_HASH, _HAS_MOVE)}
    for row in solutions:
        if isinstance(row.get("o"), Literal) and str(row.get("p")) in said:
            said[str(row["p"])].append(str(row["o"]))
    versions, hashes, moves = said.values()
    marker = None
    if len(versions) == len(hashes) == 1 and len(moves) <= 1:
        with suppress(ValueError):
            marker = Marker(versions[0], hashes[0], "".join(moves))
    return MarkerState(marker, tuple(sorted(moves)))
