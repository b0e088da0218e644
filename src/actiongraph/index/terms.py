"""What a release knows of each term, as hints ask for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from actiongraph.sparql.terms import Term


class Uses(NamedTuple):
    """How often a term stands in each place of a triple; `instances` counts the objects of rdf:type among `objects`."""

    subjects: int = 0
    predicates: int = 0
    objects: int = 0
    instances: int = 0

    @property
    def total(self) -> int:
        """How many places of triples the term stands in."""
        return self.subjects + self.predicates + self.objects


class Found(NamedTuple):
    """A term of the release with its uses in all graphs."""

    term: Term
    uses: Uses


class OutOfTime(Exception):
    """The time for look-ups is over; nothing follows from what was not found."""


class TermIndex(Protocol):
    """The terms of one release. Every look-up is bounded in the rows it reads, and raises `OutOfTime` in the end."""

    @property
    def longest_literal(self) -> int:
        """How many code points the longest literal has that the index knows."""

    def graphs(self) -> Mapping[str, int]:
        """Return each named graph with its number of triples."""

    def uses(self, term: Term) -> Mapping[str, Uses]:
        """Return the uses of a term in each graph that has it."""

    def spelled_alike(self, text: str) -> Sequence[Found]:
        """Return a few terms with this text, whatever their language, datatype and ASCII letter case."""

    def near(self, term: Term) -> Sequence[Found]:
        """Return IRIs whose names, or strings whose texts, share parts with those of `term`; not yet sorted."""

    def datatypes(self, predicate: str) -> Mapping[str, int]:
        """Return how many literal objects of each datatype a predicate has."""

    def has_namespace(self, namespace: str) -> bool:
        """Tell whether any IRI begins with `namespace`."""

    def namespaces(self) -> Sequence[str]:
        """Return what many IRIs begin with, up to their last # or slash, the most frequent first."""
