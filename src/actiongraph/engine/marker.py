"""The marker: the last triples of a move, which say that an engine elsewhere has a whole release, and which."""

from __future__ import annotations

from dataclasses import dataclass

from rdflib import Literal

from actiongraph.engine.base import Dataset, Engine, Solutions
from actiongraph.formats import RESULTS_JSON
from actiongraph.sparql.query import CheckedQuery, QueryForm
from actiongraph.sparql.values import serialised
from actiongraph.vocabulary import AG, IRI

MARKER = "marker"
"""The key of the marker's graph, and the end of the marker's own name; no file of data may claim it."""
_VERSION, _HASH, _MOVE = AG["releaseVersion"], AG["contentHash"], AG["moveIdentifier"]
_QUERY = CheckedQuery("SELECT ?s ?p ?o WHERE { ?s ?p ?o }", QueryForm.SELECT)


@dataclass(frozen=True, slots=True)
class Marker:
    """A release that stands in an engine as a whole, and the move that brought it, which no other move is called."""

    version: str
    content_sha256: str
    move: str = ""


def marker_graph(base: str) -> IRI:
    """Return the graph that the marker of the data under `base` stands in, and nothing else."""
    return IRI(f"{base}graph/{MARKER}")


def claim_lines(base: str, move: str) -> list[bytes]:
    """Return the N-Triples that claim an engine for `move`: a marker without release, so that none stands."""
    return [_line(base, _MOVE, move)]


def marker_lines(base: str, marker: Marker) -> list[bytes]:
    """Return the N-Triples that make a claim a marker."""
    return [_line(base, _VERSION, marker.version), _line(base, _HASH, marker.content_sha256)]


def _line(base: str, predicate: IRI, text: str) -> bytes:
    return f"<{base}{MARKER}> <{predicate}> {serialised(Literal(text))} .\n".encode()


def read_marker(engine: Engine, base: str) -> tuple[Marker | None, str]:
    """Return the marker that stands in `engine`, or None, and the move that has claimed it, or nothing.

    Raises:
        EngineError: the engine failed.
    """
    content = engine.answer(_QUERY, RESULTS_JSON, Dataset((marker_graph(base),)))
    said: dict[str, list[str]] = {}
    for row in Solutions.read_json(content):
        if str(row["s"]) == base + MARKER:
            said.setdefault(str(row["p"]), []).append(str(row["o"]))
    version, sha256, move = (said.get(str(name), []) for name in (_VERSION, _HASH, _MOVE))
    is_one = len(version) == len(sha256) == 1 and len(move) <= 1
    return Marker(version[0], sha256[0], *move) if is_one else None, ",".join(sorted(move))
