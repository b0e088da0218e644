"""Literals that the store of the engine writes otherwise than the file they were read from: `"05"` becomes `"5"`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox
from rdflib import XSD

_MOST_WATCHED = 100_000
"""Different literals that are kept in mind; there are more of them only in data that is all numbers."""
_MOST_SHOWN = 5
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_UNCHANGED = {f"{XSD}{name}" for name in ("string", "anyURI", "hexBinary", "base64Binary", "gYear", "gYearMonth")}


@dataclass(frozen=True, slots=True)
class Rewritten:
    """How many literals were rewritten, and examples, as N-Triples has them: as read, and as stored."""

    count: int = 0
    examples: tuple[tuple[str, str], ...] = ()

    def sentence(self) -> str:
        """Return one sentence for readers of the data, empty if no literal was rewritten."""
        if not self.count:
            return ""
        shown = "; ".join(f"{read} as {stored}" for read, stored in self.examples)
        noun = "literal is" if self.count == 1 else "literals are"
        return f"{self.count:,} {noun} stored in another form of the same value: {shown}."


class StoredForms:
    """Watches quads on their way into a store, and tells what of them comes out of it otherwise."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._seen: Counter[ox.Literal] = Counter()

    def watch(self, quads: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
        """Yield `quads` as they come."""
        for quad in quads:
            literal = quad.object
            has_room = len(self._seen) < _MOST_WATCHED
            if isinstance(literal, ox.Literal) and _may_change(literal) and (has_room or literal in self._seen):
                self._seen[literal] += 1
            yield quad

    def rewritten(self) -> Rewritten:
        """Return the literals that were rewritten among those seen, with an example for each datatype."""
        store, predicate = ox.Store(), ox.NamedNode("x:value")
        watched = list(self._seen)
        store.bulk_extend(
            ox.Quad(ox.NamedNode(f"x:{number}"), predicate, literal) for number, literal in enumerate(watched)
        )
        changed = [
            (literal, quad.object)
            for quad in store.quads_for_pattern(None, None, None)
            if isinstance(quad.subject, ox.NamedNode)
            and (literal := watched[int(quad.subject.value.removeprefix("x:"))]) != quad.object
        ]
        first = {literal.datatype.value: (str(literal), str(stored)) for literal, stored in reversed(changed)}
        return Rewritten(sum(self._seen[literal] for literal, _ in changed), tuple(first.values())[:_MOST_SHOWN])


def _may_change(literal: ox.Literal) -> bool:
    datatype = literal.datatype.value
    if not datatype.startswith(str(XSD)) or datatype in _UNCHANGED:
        return False
    return datatype != str(XSD.integer) or _INTEGER.fullmatch(literal.value) is None
