"""A chain made of its members, its links and what is known of them, wherever that was read."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from actiongraph.chains.chain import Chain, Evidence, Link, LinkKind, Step, chain_iri, key_of
from actiongraph.chains.dates import gap_between
from actiongraph.chains.links import Found
from actiongraph.chains.order import ordered, shape_of
from actiongraph.vocabulary import IRI


class Facts(Protocol):
    """What is known of the actions of a chain and of the links between them."""

    def step(self, action: IRI, depth: int, *, follows: bool) -> Step:
        """Return the step of an action; `follows` tells whether it follows another in the chain."""

    def evidence(self, later: IRI, kind: LinkKind, earlier: IRI) -> tuple[Evidence, ...]:
        """Return the evidence for a link."""


def assembled(members: Collection[IRI], found: Collection[Found], facts: Facts, base: str, *, probable: bool) -> Chain:
    """Return the chain of `members`, which the links `found` join.

    `probable` tells whether probable links were followed. `base` begins the name of the chain where
    its first action has none to take it from.
    """
    pairs = [(later, earlier) for later, earlier, _ in found]
    shape = shape_of(members, pairs)
    following = {later for later, earlier in pairs if later != earlier}
    steps = {member: facts.step(member, shape.depth[member], follows=member in following) for member in members}
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
                facts.evidence(later, kind, earlier),
                gap_between(steps[earlier].start, steps[earlier].end, steps[later].start),
            )
            for later, earlier, kind in sorted(found, key=lambda link: (place[link[0]], place[link[1]], link[2]))
        ),
        loops=shape.loops,
        probable=probable,
        iri=chain_iri(members, base) if probable and len(members) > 1 else None,
    )
