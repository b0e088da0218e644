"""N-Quads as lines of bytes, their terms as they are written, and quads made of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import TypeVar

import pyoxigraph as ox

_T = TypeVar("_T")
_BATCH = 10_000
"""Lines that are parsed, or quads that are written, at once; more is no faster."""
_QUAD = re.compile(rb'([^ ]+) ([^ ]+) ("[^\n]*"[^ ]*|<<[^\n]*>>|[^ ]+) (?:([^ ]+) )?\.\n')
"""The last quotation mark of a line ends its literal: IRIs have none."""


class WrittenTerm(bytes):
    """An IRI or a literal as the engine writes it in N-Quads."""

    __slots__ = ()

    @property
    def is_literal(self) -> bool:
        """Whether this is a literal."""
        return self[0] != _LESS_THAN

    @property
    def value(self) -> str:
        """The IRI, or the lexical form of the literal."""
        if self[0] == _LESS_THAN:
            return self[1:-1].decode()
        if self.find(b"\\") < 0:
            return self[1 : self.rindex(b'"')].decode()
        [quad] = parse_lines(b"<x:s> <x:p> %b .\n" % self)
        return str(getattr(quad.object, "value"))  # noqa: B009 - it began with a quotation mark

    @property
    def language(self) -> str | None:
        """The language tag of a literal that has one."""
        end = self[self.rfind(b'"') + 1 :]
        return end[1:].decode() if end[:1] == b"@" else None


_LESS_THAN = ord("<")


def split_quads(lines: bytes) -> list[tuple[bytes, bytes, bytes, bytes]]:
    """Return subject, predicate, object and graph of each of `lines`, as they are written; no graph is empty."""
    return _QUAD.findall(lines)


def read_quads(lines: Iterable[bytes]) -> Iterator[ox.Quad]:
    """Return the quad of each of `lines`, with one batch in memory at a time."""
    return chain.from_iterable(parse_lines(b"".join(batch)) for batch in batches(lines))


def parse_lines(lines: bytes) -> Iterator[ox.Quad]:
    """Return the quad of each of `lines`, which the engine wrote."""
    # So they are valid; to check that again takes more than half of the time.
    return ox.parse(lines, format=ox.RdfFormat.N_QUADS, lenient=True)


def as_lines(quads: Iterable[ox.Quad]) -> Iterator[bytes]:
    """Yield `quads` as lines with their literals as they are, some thousands in a text."""
    left = iter(quads)
    while text := ox.serialize(islice(left, _BATCH), format=ox.RdfFormat.N_QUADS):
        yield text


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
