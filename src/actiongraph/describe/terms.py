"""What a release knows of each term, as hints ask for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

XSD = "http://www.w3.org/2001/XMLSchema#"
STRING = XSD + "string"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"


class Term(NamedTuple):
    """An IRI, or a literal with its datatype; a language tag is in lower case, as the store keeps it."""

    text: str
    language: str = ""
    datatype: str = ""

    @property
    def is_literal(self) -> bool:
        """Whether it is a literal, for every literal has a datatype (RDF 1.1 Concepts, section 3.3)."""
        return bool(self.datatype)


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


def namespace_of(iri: str) -> str:
    """Return `iri` up to and with its last # or slash; all of it where it has neither."""
    return iri[: max(iri.rfind("#"), iri.rfind("/")) + 1] or iri


def name_of(iri: str) -> str:
    """Return what comes after the namespace of `iri`."""
    return iri[len(namespace_of(iri)) :]
