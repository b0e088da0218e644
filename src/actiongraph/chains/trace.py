"""Tracing: from one action to its whole chain, by plain SELECT queries with VALUES.

No property path, no derived fact and no graph name is needed, so that any engine will do and any RDF
with `ag:followUpOf`. The links are followed breadth first, one query for each hop and batch; what is
known of the actions comes in two further queries at the end.
"""

from __future__ import annotations

from rdflib.term import Node

from actiongraph.chains.asked import find_action
from actiongraph.chains.asking import ask
from actiongraph.chains.chain import Chain, Link, LinkKind, key_of
from actiongraph.chains.dates import gap_between
from actiongraph.chains.details import evidence_of, steps_of
from actiongraph.chains.order import ordered, shape_of
from actiongraph.engine.base import Engine, Solution
from actiongraph.errors import ChainTooLong, DataError
from actiongraph.settings import Settings
from actiongraph.vocabulary import AG, IRI

_PREDICATES = {LinkKind.STATED: AG.followUpOf, LinkKind.PROBABLE: AG.probableFollowUpOf}
_Found = tuple[IRI, IRI, LinkKind]
"""Later, earlier, and who says so."""


def trace_chain(engine: Engine, action: str, *, settings: Settings, probable: bool = True) -> Chain:
    """Return every action linked to `action` by follow-ups, either way, with the evidence for each link.

    `action` is a key, a number or an IRI. Without `probable` only stated links are followed. An action
    without links comes back as a chain of one step, which is `alone`. A loop is reported, not followed.

    Raises:
        UnknownResource: the dataset has no such action, or several of that number; `near` lists names.
        ChainTooLong: a member is more than `settings.max_hops` links away from `action`.
        DataError: a follow-up leads to a literal or a blank node, which cannot be asked for.
        EngineError: the engine failed.

    Source: SPARQL 1.1 Query, section 10.2 (VALUES).
    """
    asked = find_action(engine, action, settings)
    kinds = set(LinkKind) if probable else {LinkKind.STATED}
    found = _links_around(engine, asked, kinds, settings)
    pairs = [(later, earlier) for later, earlier, _ in found]
    members = sorted({asked}.union(*pairs))
    shape = shape_of(members, pairs)
    cited = evidence_of(engine, members, settings)
    steps = steps_of(engine, shape.depth, {later for later, earlier in pairs if later != earlier}, cited, settings)
    order = ordered(members, pairs, {member: steps[member].start for member in members}, key_of)
    place = {member: number for number, member in enumerate(order)}
    return Chain(
        key=min(key_of(member) for member in members),
        steps=tuple(steps[member] for member in order),
        links=tuple(
            Link(
                later,
                earlier,
                kind,
                cited.get((later, _PREDICATES[kind], earlier), ()),
                gap_between(steps[earlier].start, steps[earlier].end, steps[later].start),
            )
            for later, earlier, kind in sorted(found, key=lambda link: (place[link[0]], place[link[1]], link[2]))
        ),
        loops=shape.loops,
        probable=probable,
    )


def _links_around(engine: Engine, asked: IRI, kinds: set[LinkKind], settings: Settings) -> set[_Found]:
    """Return all links of the chain of `asked`, each once, however many graphs have it."""
    members, frontier, hops = {asked}, [asked], 0
    found: set[_Found] = set()
    while frontier:
        near = {link for row in ask(engine, "links", frontier, settings) if (link := _link(row))[2] in kinds}
        frontier = sorted({action for later, earlier, _ in near for action in (later, earlier)} - members)
        if frontier and hops == settings.max_hops:
            raise _too_long(asked, settings)
        hops += 1
        members.update(frontier)
        found |= near
    return found


def _link(row: Solution) -> _Found:
    action = row["action"]
    if "follows" in row:
        return _checked(action, row["follows"], LinkKind.STATED)
    if "probablyFollows" in row:
        return _checked(action, row["probablyFollows"], LinkKind.PROBABLE)
    if "followedBy" in row:
        return _checked(row["followedBy"], action, LinkKind.STATED)
    return _checked(row["probablyFollowedBy"], action, LinkKind.PROBABLE)


def _checked(later: Node, earlier: Node, kind: LinkKind) -> _Found:
    if isinstance(later, IRI) and isinstance(earlier, IRI):
        return later, earlier, kind
    named, other = (later, earlier) if isinstance(later, IRI) else (earlier, later)
    raise DataError(
        f"A follow-up joins {named} to {other.n3()}, which is no IRI and cannot be traced; "
        "give that action an IRI in the data."
    )


def _too_long(asked: IRI, settings: Settings) -> ChainTooLong:
    return ChainTooLong(
        f"The chain of {key_of(asked)} reaches more than {settings.max_hops} links away from it (max_hops); "
        "ask for an action nearer its middle, follow stated links only, or set max_hops higher.",
        limit="max_hops",
        value=settings.max_hops,
    )
