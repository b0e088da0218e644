"""The facts about actions and their teams that were concluded, each with its mark, such as `inferred 0.95`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from actiongraph.chains import QUERIES
from actiongraph.chains.model import Chain
from actiongraph.engine.base import Engine, Solution
from actiongraph.settings import Settings
from actiongraph.vocabulary import CONCEPT, IRI

_BASIS = f"{CONCEPT}basis/"
_STATED = IRI(f"{_BASIS}stated")
Marks = Mapping[str, Mapping[str, Mapping[str, str]]]
"""The mark of each conclusion, by its thing, its property and the text of its object."""


class Conclusions:
    """The facts about some things that have a source statement whose basis is not `stated`.

    Their evidence is on the pages of the things.
    """

    def __init__(self, marks: Marks) -> None:
        """Take the marks."""
        self.marks = marks

    def mark(self, thing: IRI | None, predicate: IRI, value: str | None) -> str | None:
        """Return the basis and the confidence of a fact, such as `inferred 0.95`; None where it is no conclusion.

        `value` is the text of its object.
        """
        return self.marks.get(str(thing), {}).get(str(predicate), {}).get(str(value))

    def about(self, chain: Chain) -> Conclusions:
        """Return those about the actions of a chain and their teams."""
        return Conclusions({str(thing): self.marks[str(thing)] for thing in _things(chain) if str(thing) in self.marks})


def read_conclusions(engine: Engine, chains: Iterable[Chain], settings: Settings) -> Conclusions:
    """Return the conclusions about the actions of `chains` and their teams, by a query for every 200 or so.

    Raises:
        EngineError: the engine failed.
    """
    found: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    things = (thing for chain in chains for thing in _things(chain))
    for row in QUERIES.ask(engine, "conclusions", things, settings):
        if row.get("basis") != _STATED:
            found[str(row["thing"]), str(row["predicate"]), str(row["object"])].add(_mark(row))
    marks: dict[str, dict[str, dict[str, str]]] = {}
    for (thing, predicate, value), said in found.items():
        marks.setdefault(thing, {}).setdefault(predicate, {})[value] = "; ".join(sorted(said))
    return Conclusions(marks)


def _things(chain: Chain) -> Iterator[IRI]:
    for step in chain.steps:
        yield from filter(None, (step.action, *(team.iri for team in step.teams)))


def _mark(row: Solution) -> str:
    basis, confidence = str(row.get("basis", "")), row.get("confidence")
    named = basis.removeprefix(_BASIS) if basis.startswith(_BASIS) else "concluded"
    return named if confidence is None else f"{named} {confidence}"
