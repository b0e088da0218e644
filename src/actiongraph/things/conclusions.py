"""Which facts are conclusions, in a word or two, such as `inferred 0.95`; their evidence is on the pages of things."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rdflib.term import Node

from actiongraph.engine.base import Engine, Solution
from actiongraph.settings import Settings
from actiongraph.things.thing import QUERIES
from actiongraph.vocabulary import CANONICAL_BASE, IRI

_BASIS = f"{CANONICAL_BASE}concept/basis/"
_STATED = IRI(f"{_BASIS}stated")


class Conclusions:
    """The facts about some things that were concluded: they have a source statement whose basis is not `stated`."""

    def __init__(self, engine: Engine, things: Iterable[IRI], settings: Settings) -> None:
        """Ask for them, in one query for every 200 things or so.

        Raises:
            EngineError: the engine failed.
        """
        self._marks: dict[tuple[Node, Node, str], set[str]] = defaultdict(set)
        for row in QUERIES.ask(engine, "conclusions", things, settings):
            if row.get("basis") != _STATED:
                self._marks[row["thing"], row["predicate"], str(row["object"])].add(_mark(row))

    def mark(self, thing: IRI | None, predicate: IRI, value: str | None) -> str | None:
        """Return the basis and the confidence of a fact, its object as a text; None where it is no conclusion."""
        marks = self._marks.get((thing, predicate, str(value))) if thing is not None else None
        return "; ".join(sorted(marks)) if marks else None


def _mark(row: Solution) -> str:
    basis, confidence = str(row.get("basis", "")), row.get("confidence")
    named = basis.removeprefix(_BASIS) if basis.startswith(_BASIS) else "concluded"
    return named if confidence is None else f"{named} {confidence}"
