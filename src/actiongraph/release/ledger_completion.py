"""The ledger of a release: what no file says of it. Sources that were typed by hand have one record for each action.

A source that was read by `ingest` has a file of records beside its actions, and nothing is added to these. The records
of each state are counted here, and the rules compare them with the count of the input.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import pyoxigraph as ox
from rdflib import DCTERMS, RDF, XSD

from actiongraph.iris import key_of
from actiongraph.vocabulary import AG, CONCEPT, IRI

_Triple = tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]


def _node(term: IRI | str) -> ox.NamedNode:
    return ox.NamedNode(str(term))


_TYPE, _SOURCE, _STATE = _node(RDF.type), _node(DCTERMS.source), _node(AG.recordState)
_LEDGER_OF, _RECORD_OF = _node(AG.ledgerOf), _node(AG.recordOf)
_COUNTS = {
    _node(CONCEPT[f"record-state/{state}"]): _node(AG[f"{state}Count"]) for state in ("published", "merged", "refused")
}
_PUBLISHED = next(iter(_COUNTS))

READ_FOR_LEDGER = (
    *(f" {_TYPE} {_node(class_)} ".encode() for class_ in (AG.Source, AG.Action)),
    *(f" {predicate} ".encode() for predicate in (_SOURCE, _STATE, _LEDGER_OF, _RECORD_OF)),
)
"""How the N-Quads that `complete_ledger` reads go on after their subject."""


def complete_ledger(quads: Sequence[ox.Quad], base: str, graph: ox.NamedNode) -> list[ox.Quad]:
    """Return the quads that the ledger of `quads` lacks: records of actions whose source has none, counts by state.

    Things are named under `base`, and what is returned is in `graph`.
    """
    typed = [ox.Quad(*triple, graph) for triple in _typed_by_hand(quads, base)]
    counted = [ox.Quad(*triple, graph) for triple in _counts([*quads, *typed])]
    return [*typed, *counted]


def _typed_by_hand(quads: Sequence[ox.Quad], base: str) -> Iterator[_Triple]:
    of_class: defaultdict[object, set[object]] = defaultdict(set)
    for quad in quads:
        if quad.predicate == _TYPE:
            of_class[quad.object].add(quad.subject)
    sources = of_class[_node(AG.Source)] - {quad.object for quad in quads if quad.predicate in (_LEDGER_OF, _RECORD_OF)}
    actions = of_class[_node(AG.Action)]
    by_source: defaultdict[ox.NamedNode, set[ox.NamedNode]] = defaultdict(set)
    for quad in quads:
        source, action = quad.object, quad.subject
        is_of_it = quad.predicate == _SOURCE and source in sources and action in actions
        if is_of_it and isinstance(source, ox.NamedNode) and isinstance(action, ox.NamedNode):
            by_source[source].add(action)
    for source, described in by_source.items():
        ledger = f"{base}ledger/{key_of(source.value)}"
        yield _node(ledger), _TYPE, _node(AG.Ledger)
        yield _node(ledger), _LEDGER_OF, source
        yield _node(ledger), _node(AG.inputCount), _number(len(described))
        for action in described:
            record = _node(f"{ledger}#{key_of(action.value)}")
            yield record, _TYPE, _node(AG.SourceRecord)
            yield record, _RECORD_OF, source
            yield record, _node(AG.recordKey), ox.Literal(key_of(action.value))
            yield record, _STATE, _PUBLISHED
            yield record, _node(AG.publishedAs), action


def _counts(quads: Sequence[ox.Quad]) -> Iterator[_Triple]:
    source_of = {quad.subject: quad.object for quad in quads if quad.predicate == _RECORD_OF}
    found = Counter((source_of.get(quad.subject), quad.object) for quad in quads if quad.predicate == _STATE)
    for quad in quads:
        if quad.predicate == _LEDGER_OF and isinstance(quad.subject, ox.NamedNode):
            for state, count in _COUNTS.items():
                yield quad.subject, count, _number(found[quad.object, state])


def _number(value: int) -> ox.Literal:
    return ox.Literal(str(value), datatype=_node(XSD.integer))
