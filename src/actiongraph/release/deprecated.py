"""Terms that have given way, derived from their successors for one minor version, so that queries go on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import pyoxigraph as ox
from rdflib import SKOS

from actiongraph.vocabulary import AG, CONCEPT, IRI, SPDX

_Object = ox.NamedNode | ox.Literal
_Pairs = list[tuple[ox.NamedNode, _Object]]


def _node(term: IRI | str) -> ox.NamedNode:
    return ox.NamedNode(str(term))


_NOTATION, _DAC_CODE = _node(SKOS.notation), _node(AG.dacCode)
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
READ_FOR_DEPRECATED = {_NOTATION, *_MATCHES, *(step for path in _PATHS for step in path[:2])}
"""The predicates that `deprecated_facts` looks at."""


def deprecated_facts(quads: Iterable[ox.Quad]) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, _Object]]:
    """Yield the triples with deprecated properties that `quads` mean."""
    facts: defaultdict[ox.NamedNode, _Pairs] = defaultdict(list)
    for quad in quads:
        if (
            quad.predicate in READ_FOR_DEPRECATED
            and isinstance(quad.subject, ox.NamedNode)
            and isinstance(quad.object, ox.NamedNode | ox.Literal)
        ):
            facts[quad.predicate].append((quad.subject, quad.object))
    for country, code in facts[_NOTATION]:
        if isinstance(code, ox.Literal) and code.datatype in _CODES:
            yield country, _CODES[code.datatype], ox.Literal(code.value)
    for match in _MATCHES:
        for theme, sector, code in _joined(facts[match], facts[_NOTATION]):
            if sector.value.startswith(_SECTORS):
                yield theme, _DAC_CODE, ox.Literal(code.value)
    for first, second, old in _PATHS:
        for thing, _, end in _joined(facts[first], facts[second]):
            yield thing, old, end


def _joined(one: _Pairs, other: _Pairs) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, _Object]]:
    """Yield a thing, what it points at, and what that has: the path of two properties, whose pairs these are."""
    ends: defaultdict[ox.NamedNode, list[_Object]] = defaultdict(list)
    for thing, end in other:
        ends[thing].append(end)
    for thing, between in one:
        if isinstance(between, ox.NamedNode):
            yield from ((thing, between, end) for end in ends.get(between, ()))
