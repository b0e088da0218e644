"""A dataset as its sorted N-Quads lines, which are hashed, compared and dumped; sorted, they serve as an index too."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby, islice
from operator import attrgetter
from typing import TypeVar, cast

import pyoxigraph as ox
from rdflib import XSD

Term = ox.NamedNode | ox.Literal
Values = Mapping[str, Sequence[Term]]
"""The objects of each predicate of one subject, in the order of their N-Quads."""
_T = TypeVar("_T")
_STRING = ox.NamedNode(XSD.string)
_BATCH = 10_000
"""Lines that are parsed, or quads that are written, at once; more is no faster."""


class Lines:
    """The quads of a dataset, each a line of N-Quads with its line feed, sorted by their bytes.

    Literals are as the store writes them, so that dump, hash and endpoint agree to the letter: it turns
    xsd:nonNegativeInteger into xsd:integer, for instance, and 0.90 into 0.9.
    """

    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        """Take `quads` without blank nodes; a quad that comes twice is one line."""
        lines: set[bytes] = set()
        for batch in _batches(quads):
            lines.update(_written(batch))
        self.sorted: Sequence[bytes] = sorted(lines)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.sorted)

    def __len__(self) -> int:
        return len(self.sorted)

    def sha256(self) -> str:
        """Return the SHA-256 of all lines, in hexadecimal."""
        digest = hashlib.sha256()
        for batch in _batches(self.sorted):
            digest.update(b"".join(batch))
        return digest.hexdigest()

    def quads(self) -> Iterator[ox.Quad]:
        """Yield the quads, in order."""
        return read_quads(self.sorted)

    def graphs(self) -> dict[str, int]:
        """Return the number of quads in each graph."""
        return dict(Counter(map(_graph, self.sorted)))

    def by_graph(self) -> dict[str, list[bytes]]:
        """Return the lines of each graph, in order; the graphs are sorted too."""
        graphs: dict[str, list[bytes]] = {}
        for line in self.sorted:
            graphs.setdefault(_graph(line), []).append(line)
        return dict(sorted(graphs.items()))

    def has(self, triple: ox.Triple) -> bool:
        """Tell whether `triple` is in any graph."""
        beginning = f"{triple} ".encode()
        index = bisect_left(self.sorted, beginning)
        return index < len(self.sorted) and self.sorted[index].startswith(beginning)

    def things(
        self, prefix: str, only: Collection[str] = (), having: Iterable[tuple[str, str]] = ()
    ) -> Iterator[tuple[str, Values]]:
        """Yield each subject whose IRI begins with `prefix`, in order, with its values.

        If `only` names predicates, there are only theirs, and no subject without any. If there are pairs of a
        predicate and an IRI that subjects may be `having`, there are only those that have one; no others are parsed.
        """
        wanted = {f"<{predicate}>".encode() for predicate in only}
        had = tuple(f" <{predicate}> <{iri}> ".encode() for predicate, iri in having)
        for lines in self._under(prefix):
            chosen = [line for line in lines if line.split(b" ", 2)[1] in wanted] if wanted else lines
            if had:
                subjects = {_subject(line) for line in chosen if line.startswith(had, line.index(b" "))}
                chosen = [line for line in chosen if _subject(line) in subjects]
            for subject, own in groupby(_parse(chosen), key=attrgetter("subject")):
                yield subject.value, _values(own)

    def languages(self, prefix: str, predicate: str) -> set[str]:
        """Return the languages of the texts that `predicate` gives to things under `prefix`; empty for none."""
        text = f' <{predicate}> "'.encode()
        ends = {
            line[line.rindex(b'"') + 1 : line.rindex(b" <")]
            for lines in self._under(prefix)
            for line in lines
            if text in line  # and not inside a literal, where a quotation mark is escaped
        }
        return {end[1:].decode() for end in ends if not end.startswith(b"^^")}

    def _under(self, prefix: str) -> Iterator[Sequence[bytes]]:
        """Yield the lines of subjects that begin with `prefix`, in batches that keep each subject whole."""
        start = bisect_left(self.sorted, f"<{prefix}".encode())
        stop = bisect_left(self.sorted, f"<{prefix}".encode() + b"\xff", start)
        while start < stop:
            last = self.sorted[min(start + _BATCH, stop) - 1]
            end = bisect_left(self.sorted, last[: last.index(b" ")] + b"!", start, stop)
            yield self.sorted[start:end]
            start = end

    def about(self, *iris: str) -> Values:
        """Return the values of the subjects `iris`, those of the first one first; none of one that there is not."""
        own: list[bytes] = []
        for iri in iris:
            start = bisect_left(self.sorted, f"<{iri}> ".encode())
            own += self.sorted[start : bisect_left(self.sorted, f"<{iri}>!".encode(), start)]
        return _values(_parse(own))


def read_quads(lines: Iterable[bytes]) -> Iterator[ox.Quad]:
    """Return the quad of each of `lines`, with one batch in memory at a time."""
    return chain.from_iterable(map(_parse, _batches(lines)))


def differences(old: Iterable[bytes], new: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield, in order, each line that only one of two sorted sequences has, and whether that is `new`."""
    olds, news = iter(old), iter(new)
    before, after = next(olds, None), next(news, None)
    while before is not None or after is not None:
        if before == after:
            before, after = next(olds, None), next(news, None)
        elif after is None or (before is not None and before < after):
            assert before is not None  # noqa: S101 - they are not equal, so not both are None
            yield before, False
            before = next(olds, None)
        else:
            yield after, True
            after = next(news, None)


def _written(quads: Iterable[ox.Quad]) -> list[bytes]:
    plain: list[ox.Quad] = []
    others: list[ox.Quad] = []
    for quad in quads:
        term = quad.object
        is_plain = isinstance(term, ox.NamedNode) or (isinstance(term, ox.Literal) and term.datatype == _STRING)
        (plain if is_plain else others).append(quad)
    # Only a store knows how it writes other literals. A single one for all quads takes twice the time, and several
    # hundred bytes of memory for each quad.
    store = ox.Store()
    store.bulk_extend(others)
    texts = (ox.serialize(plain, format=ox.RdfFormat.N_QUADS), store.dump(format=ox.RdfFormat.N_QUADS))
    return b"".join(text or b"" for text in texts).splitlines(keepends=True)


def _subject(line: bytes) -> bytes:
    return line[: line.index(b" ")]


def _graph(line: bytes) -> str:
    return line[line.rindex(b" <") + 2 : -4].decode()  # the last term, as in <graph> .


def _values(quads: Iterable[ox.Quad]) -> Values:
    values: dict[str, list[Term]] = {}
    for quad in quads:
        values.setdefault(quad.predicate.value, []).append(cast(Term, quad.object))  # there are no blank nodes
    return values


def _parse(lines: Sequence[bytes]) -> Iterator[ox.Quad]:
    # A store wrote them, so they are valid; to check that again takes more than half of the time.
    return ox.parse(b"".join(lines), format=ox.RdfFormat.N_QUADS, lenient=True)


def _batches(items: Iterable[_T]) -> Iterator[list[_T]]:
    left = iter(items)
    while batch := list(islice(left, _BATCH)):
        yield batch
