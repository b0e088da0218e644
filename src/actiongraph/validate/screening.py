"""Things that a rule in SPARQL finds nothing wrong with, as their lines show: the rule is asked of the others alone.

To look up what is said of every passage and every source statement takes most of the time of all rules in SPARQL; in
sorted lines it stands side by side. Nothing is found wrong here. A thing is doubtful unless the lines near it show that
the query of the rule has no solution for it, and a rule whose query is not the one that was read here is asked of all.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import product
from operator import itemgetter

import pyoxigraph as ox
from rdflib import RDF, SH

from actiongraph.sorted_lines import SortedLines
from actiongraph.validate.shapes import Shapes
from actiongraph.vocabulary import AGSH, IRI, OA

QUOTE_LENGTH, ORDER, IN_DATA = (
    IRI(AGSH[name]) for name in ("passage-quote-length", "position-order", "statement-in-data")
)
QUERIES = {
    QUOTE_LENGTH: "497e154355636490e7b5a288b727f79e63a7149fd9934dd62fb10e56a21bf89c",
    ORDER: "59156ab0bc2ff3a73aa125f75d178af421d9fb8f5d0875f75cff858acfd452a8",
    IN_DATA: "38f18351cbc096b306669db6d7ab257a9e38e5359168825f92e20fd7c894e3c2",
}
"""The rules that are known here, each with the SHA-256 of its query, its words parted by single blanks."""


def _n3(term: str) -> bytes:
    return f"<{term}>".encode()


_SUBJECT, _PREDICATE, _OBJECT = map(_n3, (RDF.subject, RDF.predicate, RDF.object))
_SELECTOR, _EXACT, _START, _END = map(_n3, (OA.hasSelector, OA.exact, OA.start, OA.end))
_ONCE = (_SUBJECT, _PREDICATE, _OBJECT, _EXACT, _START, _END)
_FRAGMENT = b" ".join((b"", *map(_n3, (RDF.type, OA.FragmentSelector)), b""))
_ESCAPE = re.compile(rb"\\(?:u.{4}|U.{8}|.)")
_MOST_DIGITS = 18


def doubtful(lines: SortedLines, shapes: Shapes, more: Iterable[ox.Quad] = ()) -> Mapping[IRI, Collection[bytes]]:
    """Return, for the rules that are known here, the things that each may find something wrong with, as in N-Triples.

    `lines` are N-Quads each in a named graph; `more` quads are beside them.
    """
    known = [rule for rule, digest in QUERIES.items() if [*digests(shapes, rule)] == [digest]]
    if not known or any(str(quad.predicate).encode() in (*_ONCE, _SELECTOR) for quad in more):
        return {}
    found = _Doubtful()
    before = _Near(b"")
    for text in lines.whole_texts():
        near = _Near(text)
        found.take(near, before)
        before = near
    return {rule: things for rule, things in found.all(lines).items() if rule in known}


def digests(shapes: Shapes, rule: IRI) -> Iterator[str]:
    """Yield the SHA-256 of each query of `rule`."""
    for constraint in shapes.graph.objects(rule, SH.sparql):
        query = " ".join(str(shapes.graph.value(constraint, SH.select)).split())
        yield sha256(query.encode()).hexdigest()


class _Near:
    """What lines that are near each other say: all lines of each of their subjects are among them."""

    def __init__(self, text: bytes) -> None:
        self.lines = text.splitlines()
        self.passages: defaultdict[bytes, list[bytes]] = defaultdict(list)
        self.said: dict[bytes, dict[bytes, bytes]] = {predicate: {} for predicate in _ONCE}
        self.twice: set[bytes] = set()
        for line in self.lines:
            subject, predicate, rest = line.split(b" ", 2)
            if predicate in self.said:
                said = self.said[predicate]
                if subject in said:
                    self.twice.add(subject)
                said[subject] = rest
            elif predicate == _SELECTOR:
                self.passages[subject].append(_term(rest))

    def has(self, beginning: bytes) -> bool:
        """Tell whether a line has this `beginning`."""
        index = bisect_left(self.lines, beginning)
        return index < len(self.lines) and self.lines[index].startswith(beginning)

    def range(self, node: bytes) -> tuple[int | None, int | None]:
        """Return from where to where a selector goes, as far as that is clear."""
        return _number(self.said[_START].get(node, b"")), _number(self.said[_END].get(node, b""))

    def statements(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield each source statement with the beginning of the line that it is about."""
        subjects, predicates, objects = (self.said[each] for each in (_SUBJECT, _PREDICATE, _OBJECT))
        for node, subject in subjects.items():
            if node in predicates and node in objects:
                yield node, b" ".join((*map(_term, (subject, predicates[node], objects[node])), b""))


class _Doubtful:
    """The things that a rule may find something wrong with, as far as lines were read."""

    def __init__(self) -> None:
        self._found: dict[IRI, set[bytes]] = {rule: set() for rule in QUERIES}
        self._statements: dict[bytes, bytes] = {}
        self._passages: dict[bytes, list[bytes]] = {}

    def take(self, near: _Near, before: _Near) -> None:
        """Take lines, and those before them, which were taken already."""
        for node in near.said[_START].keys() & near.said[_END].keys():
            start, end = near.range(node)
            if node in near.twice or start is None or end is None or start >= end:
                self._found[ORDER].add(node)
        for node, about in near.statements():
            if node in near.twice:
                self._found[IN_DATA].add(node)
            elif not near.has(about) and not before.has(about):
                self._statements[node] = about
        self._found[QUOTE_LENGTH].update(
            passage for passage, selectors in self._passages.items() if not _is_as_long(selectors, before, near)
        )
        self._passages = {
            passage: selectors
            for passage, selectors in near.passages.items()
            if not _is_as_long(selectors, near, before)
        }

    def all(self, lines: SortedLines) -> dict[IRI, set[bytes]]:
        """Return what was found, with all `lines` to look up what stands far apart."""
        self._found[QUOTE_LENGTH].update(self._passages)
        for node, about in sorted(self._statements.items(), key=itemgetter(1)):
            if not lines.beginning_with(about):
                self._found[IN_DATA].add(node)
        return self._found


def _is_as_long(selectors: Sequence[bytes], *near: _Near) -> bool:
    """Tell whether what is `near` shows that each quote is as long as each position says."""
    lengths, ranges = [], []
    for node in selectors:
        of = next((each for each in near if any(node in each.said[what] for what in (_EXACT, _START, _END))), None)
        if of is None:
            if not any(each.has(node + _FRAGMENT) for each in near):
                return False
            continue
        if node in of.twice:
            return False
        if node in of.said[_EXACT]:
            lengths.append(_length(_term(of.said[_EXACT][node])))
        if node in of.said[_START] or node in of.said[_END]:
            ranges.append(of.range(node))
    return all(
        length is not None and start is not None and end is not None and length == end - start
        for length, (start, end) in product(lengths, ranges)
    )


def _term(rest: bytes) -> bytes:
    """Return the object of a line without subject and predicate."""
    return rest.rsplit(b" ", 2)[0]


def _number(rest: bytes) -> int | None:
    digits = rest[1:].partition(b'"')[0] if rest.startswith(b'"') else b""
    return int(digits) if digits.isdigit() and len(digits) <= _MOST_DIGITS else None


def _length(literal: bytes) -> int | None:
    """Return the number of code points of the text of a literal."""
    if not literal.startswith(b'"'):
        return None
    text = literal[1 : literal.rindex(b'"')]
    return len((_ESCAPE.sub(b"x", text) if b"\\" in text else text).decode())
