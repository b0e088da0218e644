"""Terms that have given way, derived from their successors for one minor version, so that queries go on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import pyoxigraph as ox
from rdflib import SKOS

from actiongraph.vocabulary import AG, CONCEPT, IRI, SPDX

_Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


def _node(term: IRI | str) -> ox.NamedNode:
    return ox.NamedNode(str(term))


_NOTATION = _node(SKOS.notation)
_CODES = {
    _node(AG["iso3166-1-alpha-2"]): _node(AG.iso2),
    _node(AG["iso3166-1-alpha-3"]): _node(AG.iso3),
}
"""The old property of a code by the datatype of its notation."""
_SECTORS = f"{CONCEPT}dac-sector/"
_MATCHES = (_node(SKOS.exactMatch), _node(SKOS.broadMatch))
_PATHS = (
    (_node(AG.outcome), _node(AG.resultingOrganization), _node(AG.outcomeOrganization)),
    (_node(SPDX.checksum), _node(SPDX.checksumValue), _node(AG.sha256)),
)
"""An old property that stands for two others, the first and then the second."""
_READ = {_NOTATION, *_MATCHES, *(step for path in _PATHS for step in path[:2])}


def deprecated_facts(quads: Iterable[ox.Quad]) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]]:
    """Yield the triples with deprecated properties that `quads` mean."""
    facts: defaultdict[ox.NamedNode, list[ox.Quad]] = defaultdict(list)
    for quad in quads:
        if quad.predicate in _READ and isinstance(quad.subject, ox.NamedNode):
            facts[quad.predicate].append(quad)
    notations: defaultdict[_Term, list[ox.Literal]] = defaultdict(list)
    for quad in facts[_NOTATION]:
        if isinstance(quad.object, ox.Literal):
            notations[quad.subject].append(quad.object)
            if quad.object.datatype in _CODES:
                yield quad.subject, _CODES[quad.object.datatype], ox.Literal(quad.object.value)
    for quad in (quad for match in _MATCHES for quad in facts[match]):
        if isinstance(quad.object, ox.NamedNode) and quad.object.value.startswith(_SECTORS):
            for code in notations[quad.object]:
                yield quad.subject, _node(AG.dacCode), ox.Literal(code.value)
    for first, second, old in _PATHS:
        ends: defaultdict[_Term, list[ox.NamedNode | ox.Literal]] = defaultdict(list)
        for quad in facts[second]:
            if isinstance(quad.object, ox.NamedNode | ox.Literal):
                ends[quad.subject].append(quad.object)
        for quad in facts[first]:
            for end in ends[quad.object]:
                yield quad.subject, old, end
