"""Facts that are computed, never entered: inverses, closure, chains, comparable dates, deprecated terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain

import pyoxigraph as ox
from rdflib import RDF, XSD

from actiongraph.chains.dates import date_span
from actiongraph.chains.model import LinkKind, chain_iri
from actiongraph.chains.order import closure, components, earliest, shape_of
from actiongraph.iris import key_of
from actiongraph.release.deprecated import READ_FOR_DEPRECATED, deprecated_facts
from actiongraph.release.inputs import graph_name
from actiongraph.settings import Settings
from actiongraph.vocabulary import AG, IRI

Triple = tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]


def _node(term: IRI | str) -> ox.NamedNode:
    return ox.NamedNode(str(term))


_TYPE = _node(RDF.type)
_LINKS = {
    _node(LinkKind.STATED.predicate): _node(AG.followedBy),
    _node(LinkKind.PROBABLE.predicate): _node(AG.probablyFollowedBy),
}
_START, _ACTIVITY = _node(AG.startDate), _node(AG.Activity)


READ_TO_DERIVE = (
    f" {_TYPE} {_ACTIVITY} ".encode(),
    *(f" {predicate} ".encode() for predicate in (*_LINKS, _START, *READ_FOR_DEPRECATED)),
)
"""How the N-Quads that `derived_quads` reads go on after their subject."""


def derive(quads: Sequence[ox.Quad], settings: Settings) -> list[ox.Quad]:
    """Return the derived quads of `quads`, each once, without those that `quads` has already."""
    derived = dict.fromkeys(derived_quads(quads, settings))
    predicates = {quad.predicate for quad in derived}
    graph = graph_name(settings, "derived")
    for quad in quads:
        if quad.predicate in predicates:
            derived.pop(ox.Quad(quad.subject, quad.predicate, quad.object, graph), None)
    return list(derived)


def derived_quads(quads: Sequence[ox.Quad], settings: Settings) -> Iterator[ox.Quad]:
    """Yield the derived quads of `quads`, in `graph/derived`; some come twice, and some are in `quads` already.

    Linear in the follow-up links, apart from the closure of chains up to `chain_closure_max` members.
    """
    links = [
        (quad.subject, quad.predicate, quad.object)
        for quad in quads
        if quad.predicate in _LINKS and isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode)
    ]
    inverses = ((earlier, _LINKS[predicate], later) for later, predicate, earlier in links)
    pairs = {(later.value, earlier.value) for later, _, earlier in links}
    activities = {quad.subject for quad in quads if quad.predicate == _TYPE and quad.object == _ACTIVITY}
    starts = [
        (quad.subject, quad.object.value)
        for quad in quads
        if quad.predicate == _START and isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.Literal)
        if quad.subject not in activities  # comparable dates are of actions, and so say what has them
    ]
    chains = _chains(pairs, {action.value: start for action, start in starts}, settings)
    graph = graph_name(settings, "derived")
    for triple in chain(inverses, chains, _dates(starts), deprecated_facts(quads)):
        yield ox.Quad(*triple, graph)


def _chains(links: set[tuple[str, str]], starts: Mapping[str, str], settings: Settings) -> Iterator[Triple]:
    found = components(links)
    chain_of = {member: number for number, members in enumerate(found) for member in members}
    grouped: list[list[tuple[str, str]]] = [[] for _ in found]
    for link in links:
        grouped[chain_of[link[0]]].append(link)
    for members, own in zip(found, grouped, strict=True):
        if len(members) > 1:
            yield from _chain(members, own, starts, settings)


def _chain(
    members: frozenset[str], links: list[tuple[str, str]], starts: Mapping[str, str], settings: Settings
) -> Iterator[Triple]:
    shape = shape_of(members, links)
    iri = _node(chain_iri(earliest(shape.roots, starts, key_of), settings.base))
    yield iri, _TYPE, _node(AG.Chain)
    yield iri, _node(AG.chainLength), _number(shape.length)
    yield iri, _node(AG.chainSize), _number(len(members))
    for root in shape.roots:
        yield iri, _node(AG.chainRoot), _node(root)
    for member in members:
        yield _node(member), _node(AG.inChain), iri
        yield _node(member), _node(AG.chainDepth), _number(shape.depth[member])
    for later, earlier in closure(members, links) if len(members) <= settings.chain_closure_max else ():
        yield _node(later), _node(AG.comesAfter), _node(earlier)
        yield _node(earlier), _node(AG.comesBefore), _node(later)


def _dates(starts: Iterable[tuple[ox.NamedNode, str]]) -> Iterator[Triple]:
    for action, start in starts:
        span = date_span(start)
        if span:
            yield action, _node(AG.earliestStart), _day(span[0])
            yield action, _node(AG.latestStart), _day(span[1])
            yield action, _node(AG.startYear), _number(span[0].year)


def _day(day: date) -> ox.Literal:
    return ox.Literal(day.isoformat(), datatype=_node(XSD.date))


def _number(value: int) -> ox.Literal:
    return ox.Literal(str(value), datatype=_node(XSD.integer))
