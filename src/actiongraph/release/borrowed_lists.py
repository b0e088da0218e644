"""Code lists that were taken over from elsewhere: they are shipped whole, and a release has what it uses of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain

import pyoxigraph as ox
from rdflib import DCTERMS, SKOS

_Node = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
_IN_SCHEME, _BROADER, _TOP, _SOURCE = (
    ox.NamedNode(str(term)) for term in (SKOS.inScheme, SKOS.broader, SKOS.hasTopConcept, DCTERMS.source)
)


def without_unused_codes(vocabulary: Sequence[ox.Quad], data: Iterable[ox.Quad]) -> list[ox.Quad]:
    """Return `vocabulary` without the borrowed concepts that neither the rest of it nor `data` points at.

    A scheme is borrowed if it has a source (`dcterms:source`). What is broader than a concept that is used stays too.
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
    unused = codes - used
    return [
        quad
        for quad in vocabulary
        if quad.subject not in unused and not (quad.predicate == _TOP and quad.object in unused)
    ]
