"""Tracing: from one action to its whole chain, by plain SELECT queries with VALUES, and all chains of a dataset.

No property path, no derived fact and no graph name is needed, so that any engine will do and any RDF with
`ag:followUpOf`. The links are followed breadth first; what is known of the actions comes in three further queries
at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from actiongraph.chains.actions import find_action
from actiongraph.chains.dates import gap_between
from actiongraph.chains.facts import Facts
from actiongraph.chains.links import Component, FollowUp, check_reach, components_of, follow_ups_around
from actiongraph.chains.model import Chain, Evidence, Link, LinkKind, Step, chain_iri
from actiongraph.chains.order import components, ordered, shape_of
from actiongraph.engine.base import Engine
from actiongraph.settings import Settings
from actiongraph.vocabulary import IRI

_TOGETHER = 2_000
"""Members whose facts are in memory at once."""
_StepOf = Callable[[IRI, int, bool], Step]
"""Gives the step of a member, from its depth and whether it follows another."""


def trace_chain(engine: Engine, action: str, *, settings: Settings, probable: bool = True) -> Chain:
    """Return every action linked to `action` by follow-ups, either way, with the evidence for each link.

    `action` is a key, a number or an IRI. Without `probable` only stated links are followed. An action
    without links comes back as a chain of one step, which is `alone`. A loop is reported, not followed.

    Raises:
        UnknownResource: the dataset has no such action, or several of that number; `near` lists names.
        ChainTooLong: a member is more than `settings.max_hops` links away from `action`.
        DataError: a follow-up leads to a literal or a blank node, which cannot be queried.
        EngineError: the engine failed.

    Source: SPARQL 1.1 Query, section 10.2 (VALUES).
    """
    return trace_from(engine, find_action(engine, action, settings), settings=settings, probable=probable)


def trace_from(engine: Engine, action: IRI, *, settings: Settings, probable: bool = True) -> Chain:
    """Return the chain of `action`, which is known to be there; see `trace_chain`.

    Raises:
        ChainTooLong: a member is more than `settings.max_hops` links away from `action`.
        DataError: a follow-up leads to a literal or a blank node, which cannot be queried.
        EngineError: the engine failed.
    """
    kinds = set(LinkKind) if probable else {LinkKind.STATED}
    follow_ups = follow_ups_around(engine, action, kinds, settings)
    members = sorted({action}.union(*((later, earlier) for later, earlier, _ in follow_ups)))
    return assembled(members, follow_ups, Facts(engine, members, settings), settings, probable=probable)


@dataclass(frozen=True, slots=True)
class WholeChain:
    """A chain with probable links followed, and what it takes to leave them out again.

    `called` has the evidence of the members that a source calls a follow-up and that only probable links give
    something to follow: without these links they are open ends.
    """

    chain: Chain
    called: Mapping[IRI, tuple[Evidence, ...]] = field(default_factory=dict)

    def around(self, start: IRI, settings: Settings, *, probable: bool) -> Chain:
        """Return the chain that `trace_chain` returns for `start`, one of the members.

        Raises:
            ChainTooLong: a member is more than `settings.max_hops` links away from `start`.
        """
        chain = self.chain
        if not probable:
            parts = components(_pairs(self._stated()))
            chain = self._part(next((part for part in parts if start in part), frozenset({start})), settings)
        check_reach(start, _pairs(chain.links), settings)
        return chain

    def stated_parts(self, settings: Settings) -> Iterator[Chain]:
        """Yield the chains that are left of it without probable links, also of an action that follows only itself."""
        if len(self._stated()) == len(self.chain.links):
            yield replace(self.chain, probable=False, iri=None)
            return
        for members in components(_pairs(self._stated())):
            yield self._part(members, settings)

    def _stated(self) -> list[Link]:
        return [link for link in self.chain.links if link.kind is LinkKind.STATED]

    def _part(self, members: Collection[IRI], settings: Settings) -> Chain:
        """Return the chain of some members that stated links join to no other."""
        steps = {step.action: step for step in self.chain.steps if step.action in members}

        def step_of(action: IRI, depth: int, follows: bool) -> Step:
            step = replace(steps[action], depth=depth)
            if follows or step.open_end or action not in self.called:
                return step
            return replace(step, open_end=True, open_end_evidence=self.called[action])

        links = [link for link in self._stated() if link.later in members]
        return _chain(sorted(members), list(_pairs(links)), step_of, lambda _: links, settings, probable=False)


def whole_chains(engine: Engine, follow_ups: Collection[FollowUp], settings: Settings) -> Iterator[WholeChain]:
    """Yield the chains that all `follow_ups` make; an action that only follows itself is one too.

    Takes time linear in the links, and memory for some thousand members.

    Raises:
        EngineError: the engine failed.
    """
    for batch in _batches(components_of(follow_ups)):
        facts = Facts(engine, [member for members, _ in batch for member in sorted(members)], settings)
        for members, own in batch:
            yield WholeChain(assembled(sorted(members), own, facts, settings, probable=True), dict(_called(own, facts)))


def _batches(found: Iterable[Component]) -> Iterator[list[Component]]:
    batch: list[Component] = []
    members = 0
    for component in found:
        batch.append(component)
        members += len(component.members)
        if members >= _TOGETHER:
            yield batch
            batch, members = [], 0
    if batch:
        yield batch


def _called(follow_ups: Iterable[FollowUp], facts: Facts) -> Iterator[tuple[IRI, tuple[Evidence, ...]]]:
    outside = [follow_up for follow_up in follow_ups if follow_up.later != follow_up.earlier]
    stated = {later for later, _, kind in outside if kind is LinkKind.STATED}
    for action in sorted({later for later, _, _ in outside} - stated):
        evidence = facts.called_on(action)
        if evidence is not None:
            yield action, evidence


def assembled(
    members: Collection[IRI], follow_ups: Collection[FollowUp], facts: Facts, settings: Settings, *, probable: bool
) -> Chain:
    """Return the chain of `members`, which `follow_ups` join; `probable` tells whether probable ones were followed."""

    def links_of(steps: Mapping[IRI, Step]) -> Iterator[Link]:
        for follow_up in follow_ups:
            earlier, later = steps[follow_up.earlier], steps[follow_up.later]
            gap = gap_between(earlier.start, earlier.end, later.start)
            yield Link(*follow_up, facts.evidence(follow_up), gap)

    pairs = [(later, earlier) for later, earlier, _ in follow_ups]
    # A summary puts its few actions in order itself.
    return _chain(members, pairs, facts.step, links_of, settings, probable=probable, is_ordered=not facts.brief)


def _chain(
    members: Collection[IRI],
    pairs: Collection[tuple[IRI, IRI]],
    step_of: _StepOf,
    links_of: Callable[[Mapping[IRI, Step]], Iterable[Link]],
    settings: Settings,
    *,
    probable: bool,
    is_ordered: bool = True,
) -> Chain:
    """Return the chain of `members`, which `pairs` of (later, earlier) join, in order if it is to be `is_ordered`."""
    shape = shape_of(members, pairs)
    following = {later for later, earlier in pairs if later != earlier}
    steps = {member: step_of(member, shape.depth[member], member in following) for member in members}
    starts = {member: step.start for member, step in steps.items()}
    order = ordered(steps, pairs, starts, lambda member: steps[member].key) if is_ordered else list(steps)
    position = {member: number for number, member in enumerate(order)}
    return Chain(
        key=min(step.key for step in steps.values()),
        steps=tuple(steps[member] for member in order),
        links=tuple(
            sorted(links_of(steps), key=lambda link: (position[link.later], position[link.earlier], link.kind))
        ),
        loops=shape.loops,
        probable=probable,
        iri=chain_iri(steps, settings.base) if probable and len(steps) > 1 else None,
    )


def _pairs(links: Iterable[Link]) -> Iterator[tuple[IRI, IRI]]:
    return ((link.later, link.earlier) for link in links)
