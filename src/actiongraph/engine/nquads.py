"""N-Quads as lines of bytes, and quads made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import TypeVar

import pyoxigraph as ox

_T = TypeVar("_T")
_BATCH = 10_000
"""Lines that are parsed, or quads that are written, at once; more is no faster."""


def read_quads(lines: Iterable[bytes]) -> Iterator[ox.Quad]:
    """Return the quad of each of `lines`, with one batch in memory at a time."""
    return chain.from_iterable(parse_lines(b"".join(batch)) for batch in batches(lines))


def parse_lines(lines: bytes) -> Iterator[ox.Quad]:
    """Return the quad of each of `lines`, which the engine wrote."""
    # So they are valid; to check that again takes more than half of the time.
    return ox.parse(lines, format=ox.RdfFormat.N_QUADS, lenient=True)


def as_lines(quads: Iterable[ox.Quad]) -> Iterator[bytes]:
    """Yield `quads` as lines with their literals as they are, some thousands in a text."""
    for batch in batches(quads):
        yield ox.serialize(batch, format=ox.RdfFormat.N_QUADS) or b""


def as_single_lines(quads: Iterable[ox.Quad]) -> Iterator[bytes]:
    """Yield the line of each of `quads`."""
    return chain.from_iterable(text.splitlines(keepends=True) for text in as_lines(quads))


def triples_of(lines: bytes) -> bytes:
    """Return the N-Quads `lines`, each of which has a named graph, as N-Triples."""
    return b"".join([line[: line.rindex(b" <")] + b" .\n" for line in lines.splitlines()])


def in_graph(quads: Iterable[ox.Quad], graph: ox.NamedNode) -> Iterator[ox.Quad]:
    """Yield the triples of `quads` as quads in one graph."""
    return (ox.Quad(quad.subject, quad.predicate, quad.object, graph) for quad in quads)


def batches(items: Iterable[_T]) -> Iterator[list[_T]]:
    """Yield `items` in lists of some thousands."""
    left = iter(items)
    while batch := list(islice(left, _BATCH)):
        yield batch
