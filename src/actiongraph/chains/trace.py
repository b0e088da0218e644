"""Tracing: from one action to its whole chain, by plain SELECT queries with VALUES.

No property path, no derived fact and no graph name is needed, so that any engine will do and any RDF
with `ag:followUpOf`. The links are followed breadth first; what is known of the actions comes in three
further queries at the end.
"""

from __future__ import annotations

from actiongraph.chains.asked import find_action
from actiongraph.chains.chain import Chain, Link, LinkKind, chain_iri, key_of
from actiongraph.chains.dates import gap_between
from actiongraph.chains.details import Details
from actiongraph.chains.links import links_around
from actiongraph.chains.order import ordered, shape_of
from actiongraph.engine.base import Engine
from actiongraph.settings import Settings
from actiongraph.vocabulary import AG

_PREDICATES = {LinkKind.STATED: AG.followUpOf, LinkKind.PROBABLE: AG.probableFollowUpOf}


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
    found = links_around(engine, asked, kinds, settings)
    pairs = [(later, earlier) for later, earlier, _ in found]
    members = sorted({asked}.union(*pairs))
    shape = shape_of(members, pairs)
    details = Details(engine, members, settings)
    following = {later for later, earlier in pairs if later != earlier}
    steps = {member: details.step(member, shape.depth[member], follows=member in following) for member in members}
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
                details.evidence(later, _PREDICATES[kind], earlier),
                gap_between(steps[earlier].start, steps[earlier].end, steps[later].start),
            )
            for later, earlier, kind in sorted(found, key=lambda link: (place[link[0]], place[link[1]], link[2]))
        ),
        loops=shape.loops,
        probable=probable,
        iri=chain_iri(members, settings.base) if probable and len(members) > 1 else None,
    )
