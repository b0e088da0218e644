"""Code lists: those of a programme, which are named under its base, and what its data use of those shipped.

A concept or a scheme of them belongs to the programme if a file of its data says of what kind it is. In the files it is
written as everything else is, under the canonical base, or with the programme's own address in full.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain

import pyoxigraph as ox
from rdflib import DCTERMS, RDF, SKOS

from actiongraph.vocabulary import CONCEPT

_TYPE, _IN_SCHEME = ox.NamedNode(str(RDF.type)), ox.NamedNode(str(SKOS.inScheme))
_SCHEME = ox.NamedNode(str(SKOS.ConceptScheme))
TYPED = f" {_TYPE} ".encode()
"""How the N-Quads that `own_concepts` reads go on after their subject."""
_Node = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
_BROADER, _TOP, _SOURCE = (ox.NamedNode(str(term)) for term in (SKOS.broader, SKOS.hasTopConcept, DCTERMS.source))


def own_concepts(quads: Iterable[ox.Quad]) -> frozenset[str]:
    """Return the concepts and schemes under the canonical base that `quads`, which are of data files, define."""
    return frozenset(
        quad.subject.value
        for quad in quads
        if quad.predicate == _TYPE and isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(CONCEPT)
    )


class CodeUses:
    """Watches the lines of data for what decides on the code lists that a release has."""

    def __init__(self, vocabulary: Iterable[ox.Quad]) -> None:
        """Take the quads of the vocabulary; nothing is known to be used yet."""
        self._terms = {str(quad.subject).encode() for quad in vocabulary if isinstance(quad.subject, ox.NamedNode)}
        self._used: set[bytes] = set()
        self._own: set[bytes] = set()

    def note(self, lines: Sequence[bytes]) -> None:
        """Take some N-Quads of data, each in a named graph."""
        self._used.update(self._terms.intersection([line.rsplit(b" ", 3)[1] for line in lines]))
        if self._terms.intersection([line[: line.index(b" ")] for line in lines]):
            typed = (line[: line.index(b" ")] for line in lines if line.startswith(TYPED, line.index(b" ")))
            self._own.update(self._terms.intersection(typed))

    def quads(self) -> list[ox.Quad]:
        """Return one quad with each term of the vocabulary that is an object, and one that each has a type."""
        some = ox.NamedNode("urn:x-actiongraph:some")
        used = [ox.Quad(some, some, ox.NamedNode(term[1:-1].decode())) for term in sorted(self._used)]
        return [*used, *(ox.Quad(ox.NamedNode(term[1:-1].decode()), _TYPE, some) for term in sorted(self._own))]


def used_lists(vocabulary: Sequence[ox.Quad], data: Iterable[ox.Quad]) -> list[ox.Quad]:
    """Return `vocabulary` without the code lists of which `data` use no concept; a list is there as a whole or not.

    A list that `data` define at the same address takes its place. Borrowed lists stay: see `without_unused_codes`.
    """
    scheme_of = {quad.subject: quad.object for quad in vocabulary if quad.predicate == _IN_SCHEME}
    schemes = {quad.subject for quad in vocabulary if quad.predicate == _TYPE and quad.object == _SCHEME}
    scheme_of |= {scheme: scheme for scheme in schemes}
    used: set[object] = {quad.subject for quad in vocabulary if quad.predicate == _SOURCE and quad.subject in schemes}
    own: set[object] = set()
    for quad in data:
        if isinstance(quad.object, ox.NamedNode) and quad.object in scheme_of:
            used.add(scheme_of[quad.object])
        if quad.predicate == _TYPE and quad.subject in schemes:
            own.add(quad.subject)
    return [quad for quad in vocabulary if scheme_of.get(quad.subject) in {None, *(used - own)}]


def without_unused_codes(vocabulary: Sequence[ox.Quad], data: Iterable[ox.Quad]) -> list[ox.Quad]:
    """Return `vocabulary` without the borrowed concepts that neither the rest of it nor `data` points at.

    A scheme is borrowed if it has a source (`dcterms:source`), and goes with its last concept. What is broader than a
    concept that is used stays too.
    """
    scheme_of: dict[_Node, _Node] = {quad.subject: quad.object for quad in vocabulary if quad.predicate == _IN_SCHEME}
    schemes = set(scheme_of.values())
    borrowed = {quad.subject for quad in vocabulary if quad.predicate == _SOURCE and quad.subject in schemes}
    codes = {concept for concept, scheme in scheme_of.items() if scheme in borrowed}
    broader: defaultdict[_Node, list[_Node]] = defaultdict(list)
    for quad in vocabulary:
        if quad.predicate == _BROADER and quad.subject in codes:
            broader[quad.subject].append(quad.object)
    own = (quad for quad in vocabulary if quad.subject not in codes and quad.subject not in borrowed)
    used: set[_Node] = set()
    waiting: list[_Node] = [quad.object for quad in chain(own, data) if quad.object in codes]
    while waiting:
        if (concept := waiting.pop()) not in used:
            used.add(concept)
            waiting += broader[concept]
    unused = (codes - used) | (borrowed - {scheme_of[concept] for concept in used})
    return [
        quad
        for quad in vocabulary
        if quad.subject not in unused and not (quad.predicate == _TOP and quad.object in unused)
    ]
