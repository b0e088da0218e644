"""The marker: two triples that say which release an engine holds whole, in a graph of their own.

Whoever loads an engine takes the marker away first and writes it last, so that where it stands, all of its release is
there. It is written and read as text, for the engine may be any that speaks SPARQL 1.1.

After taking it away, whoever loads waits for `GRACE_S` seconds before anything else is changed; whoever asks trusts a
look at it for `HOLDS_S`. So an answer that ends within `HOLDS_S` of such a look is whole, without another look.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rdflib import Literal

from actiongraph.engine.base import Solutions
from actiongraph.publication import VERSION
from actiongraph.vocabulary import AG, IRI

HOLDS_S, GRACE_S = 1.0, 3.0
_SHA256 = "[0-9a-f]{64}"
_HAS_VERSION, _HAS_HASH = AG.releaseVersion, AG.contentHash


@dataclass(frozen=True, slots=True)
class Marker:
    """The release that an engine holds: its version, and the SHA-256 of its sorted N-Quads in hexadecimal digits."""

    version: str
    content_sha256: str

    def __post_init__(self) -> None:
        """Check both, for they are written into updates.

        Raises:
            ValueError: one is not what it should be.
        """
        if not re.fullmatch(VERSION, self.version) or not re.fullmatch(_SHA256, self.content_sha256):
            raise ValueError(f"{self.version[:60]!r} with {self.content_sha256[:80]!r} marks no release.")

    def triples(self, base: str) -> str:
        """Return the marker as N-Triples, a line each."""
        subject = f"<{base}marker>"
        return f'{subject} <{_HAS_VERSION}> "{self.version}" .\n{subject} <{_HAS_HASH}> "{self.content_sha256}" .\n'

    def insertion(self, base: str) -> str:
        """Return the update that writes the marker."""
        return f"INSERT DATA {{ GRAPH <{marker_graph(base)}> {{\n{self.triples(base)}}} }}"


def marker_graph(base: str) -> IRI:
    """Return the name of the graph that holds the marker alone, and is no part of any release."""
    return IRI(f"{base}graph/marker")


def marker_removal(base: str) -> str:
    """Return the update that takes the marker away, whether or not there is one."""
    return f"DROP SILENT GRAPH <{marker_graph(base)}>"


def marker_query(base: str) -> str:
    """Return the query for the marker; `read_marker` reads its solutions."""
    return (
        f"SELECT ?version ?hash WHERE {{ GRAPH <{marker_graph(base)}> "
        f"{{ <{base}marker> <{_HAS_VERSION}> ?version ; <{_HAS_HASH}> ?hash }} }} LIMIT 2"
    )


def read_marker(solutions: Solutions) -> Marker | None:
    """Return the marker in the solutions of `marker_query`; None if there is none, or not one that can be trusted."""
    if len(solutions) != 1:
        return None
    version, content_hash = solutions[0].get("version"), solutions[0].get("hash")
    if not isinstance(version, Literal) or not isinstance(content_hash, Literal):
        return None
    try:
        return Marker(str(version), str(content_hash))
    except ValueError:
        return None
