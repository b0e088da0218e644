"""What a catalogue does not say, why, and what to do about it: nothing is made up to fill a field."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from rdflib import DCTERMS, Graph
from rdflib.term import Node

from actiongraph.catalogue.identifiers import Names
from actiongraph.vocabulary import DCAT

_SHIPPED = "shipped"
"""The data are those shipped, whose licence is known."""


@dataclass(frozen=True, slots=True)
class Absent:
    """Something that is not said; `option` is what says it to `actiongraph build` and `serve`, if anything does."""

    what: str
    why: str
    option: str | None = None


_TELLABLE = {
    "publisher": Absent("Publisher", "Nobody has said who publishes this.", "--publisher 'NAME <ADDRESS>'"),
    "contact": Absent("Contact", "Nobody has said whom to ask.", "--contact 'NAME <mailto:ADDRESS>'"),
    "license": Absent("Licence", "Nobody has said under which licence these data are.", "--license IRI"),
}
_FOUND: tuple[tuple[Node, Absent], ...] = (
    (DCTERMS.spatial, Absent("Places", "No action has a country that the EU's list of countries has.")),
    (DCTERMS.temporal, Absent("Period", "No action has a date.")),
    (DCAT.theme, Absent("Theme", "No action has a theme.")),
    (DCTERMS.issued, Absent("First issue", "Nothing is left of the first release.")),
)
_PROMISES = (
    Absent("How often it is updated", "That would be a promise, and the program cannot make it."),
    Absent("How long the files stay available", "Likewise; old releases are cleared away."),
    Absent("Who has access", "The program cannot tell who reaches this server."),
)


def untold(told: Collection[str]) -> tuple[Absent, ...]:
    """Return what nobody has told, given the names of what was told; see `Settings.told`."""
    known = {*told, "license"} if _SHIPPED in told else set(told)
    return tuple(absent for name, absent in _TELLABLE.items() if name not in known)


def absent(catalogue: Graph, names: Names) -> tuple[Absent, ...]:
    """Return what `catalogue` does not say of the dataset."""
    predicates = {"publisher": DCTERMS.publisher, "contact": DCAT.contactPoint, "license": DCTERMS.license}
    told = [name for name, predicate in predicates.items() if (names.dataset, predicate, None) in catalogue]
    unfound = (missing for predicate, missing in _FOUND if (names.dataset, predicate, None) not in catalogue)
    return (*untold(told), *unfound, *_PROMISES)
