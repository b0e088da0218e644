"""Tracing: from one action to its whole chain, by plain SELECT queries with VALUES, and all chains of a dataset.

No property path, no derived fact and no graph name is needed, so that any engine will do and any RDF with
`ag:followUpOf`. The links are followed breadth first, or read all at once and parted into chains; what is known of the
actions comes in three further queries at the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import NamedTuple

from rdflib.term import Node

from actiongraph.chains import QUERIES
from actiongraph.chains.actions import find_action
from actiongraph.chains.dates import gap_between
from actiongraph.chains.facts import Facts
from actiongraph.chains.model import Chain, Evidence, FollowUp, Link, LinkKind, Step, chain_iri
from actiongraph.chains.order import components, earliest, ordered, shape_of
from actiongraph.engine.base import Engine, Solution
from actiongraph.engine.queries import BATCH
from actiongraph.errors import ChainTooLong, DataError, EndpointError
from actiongraph.iris import key_of
from actiongraph.settings import Settings
from actiongraph.text import counted
from actiongraph.vocabulary import IRI

_TOGETHER = 2_000
"""Members whose facts are in memory at once."""
_StepOf = Callable[[IRI, int, bool], Step]
"""Gives the step of a member, from its depth and whether it follows another."""


class Component(NamedTuple):
    """The actions that follow-ups join in either direction, and these follow-ups."""

    members: frozenset[IRI]
    follow_ups: list[FollowUp]


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
    return _chain(members, pairs, facts.step, links_of, settings, probable=probable)


def _chain(
    members: Collection[IRI],
    pairs: Collection[tuple[IRI, IRI]],
    step_of: _StepOf,
    links_of: Callable[[Mapping[IRI, Step]], Iterable[Link]],
    settings: Settings,
    *,
    probable: bool,
) -> Chain:
    """Return the chain of `members`, which `pairs` of (later, earlier) join, in order."""
    shape = shape_of(members, pairs)
    following = {later for later, earlier in pairs if later != earlier}
    steps = {member: step_of(member, shape.depth[member], member in following) for member in members}
    starts = {member: step.start for member, step in steps.items()}
    keys = {member: step.key for member, step in steps.items()}
    root = earliest(shape.roots, starts, keys.__getitem__)
    order = ordered(steps, pairs, starts, keys.__getitem__)
    position = {member: number for number, member in enumerate(order)}
    return Chain(
        key=keys[root],
        steps=tuple(steps[member] for member in order),
        links=tuple(
            sorted(links_of(steps), key=lambda link: (position[link.later], position[link.earlier], link.kind))
        ),
        loops=shape.loops,
        probable=probable,
        iri=chain_iri(root, settings.base) if probable and len(steps) > 1 else None,
    )


def _pairs(links: Iterable[Link]) -> Iterator[tuple[IRI, IRI]]:
    return ((link.later, link.earlier) for link in links)


def follow_ups_around(engine: Engine, start: IRI, kinds: Collection[LinkKind], settings: Settings) -> set[FollowUp]:
    """Return all follow-ups of `kinds` in the chain of `start`, each once, however many graphs have it.

    Derived facts, where there are any, say which actions will be queried next; a query that is run anyway asks
    about these too, so that a long chain takes few. Which actions belong to it only its follow-ups say.

    Raises:
        ChainTooLong: a member is more than `settings.max_hops` links away from `start`.
        DataError: a follow-up leads to a literal or a blank node, which cannot be queried.
        EngineError: the engine failed.
    """
    rows: dict[Node, list[Solution]] = {}
    expected = (row["member"] for row in QUERIES.ask(engine, "members", [start], settings))
    likely = iter([member for member in expected if isinstance(member, IRI)])
    members, frontier, hops = {start}, [start], 0
    found: set[FollowUp] = set()
    while frontier:
        unread = [action for action in frontier if action not in rows]
        rows.update((action, []) for action in unread)
        more = list(islice((member for member in likely if member not in rows), -len(unread) % BATCH))
        rows.update((member, []) for member in more)
        for action, row in QUERIES.ask_of_each(engine, "links", [*unread, *more], settings):
            rows[action].append(row)
        follow_ups = (_around(action, row) for action in frontier for row in rows[action])
        near = {follow_up for follow_up in follow_ups if follow_up.kind in kinds}
        frontier = sorted({action for later, earlier, _ in near for action in (later, earlier)} - members)
        if frontier and hops == settings.max_hops:
            raise _too_long(start, settings)
        hops += 1
        members.update(frontier)
        found |= near
    return found


def _around(action: IRI, row: Solution) -> FollowUp:
    """Return the follow-up in a row about `action`, which may be either of its ends."""
    if "followedBy" in row:
        return _checked(row["followedBy"], action, LinkKind.STATED)
    if "probablyFollowedBy" in row:
        return _checked(row["probablyFollowedBy"], action, LinkKind.PROBABLE)
    return _checked(action, *_earlier(row))


def _earlier(row: Solution) -> tuple[Node, LinkKind]:
    if "follows" in row:
        return row["follows"], LinkKind.STATED
    return row["probablyFollows"], LinkKind.PROBABLE


def _checked(later: Node, earlier: Node, kind: LinkKind) -> FollowUp:
    """Return a follow-up between two actions that can be queried.

    Raises:
        DataError: one of them is a literal or a blank node.
    """
    if isinstance(later, IRI) and isinstance(earlier, IRI):
        return FollowUp(later, earlier, kind)
    named, other = (later, earlier) if isinstance(later, IRI) else (earlier, later)
    raise DataError(
        f"A follow-up joins {named} to {other.n3()}, which is not an IRI and cannot be traced; "
        "give that action an IRI in the data."
    )


def check_reach(start: IRI, pairs: Iterable[tuple[IRI, IRI]], settings: Settings) -> None:
    """Check that no member is too far from `start`, as `follow_ups_around` does; `pairs` are all of its chain.

    Raises:
        ChainTooLong: a member is more than `settings.max_hops` links away.
    """
    beside: dict[IRI, set[IRI]] = defaultdict(set)
    for later, earlier in pairs:
        beside[later].add(earlier)
        beside[earlier].add(later)
    if len(beside) <= settings.max_hops:
        return
    reached, frontier, hops = {start}, {start}, 0
    while frontier := set().union(*(beside[action] for action in frontier)) - reached:
        if hops == settings.max_hops:
            raise _too_long(start, settings)
        hops += 1
        reached |= frontier


def _too_long(start: IRI, settings: Settings) -> ChainTooLong:
    return ChainTooLong(
        f"The chain of {key_of(start)} extends more than {counted(settings.max_hops, 'link')} from it (max_hops); "
        "start from an action nearer its middle, follow stated links only, or raise max_hops.",
        limit="max_hops",
        value=settings.max_hops,
    )


def all_follow_ups(engine: Engine, settings: Settings) -> set[FollowUp]:
    """Return every follow-up of the dataset, each once, however many graphs have it.

    Raises:
        DataError: a follow-up leads to a literal or a blank node.
        EngineError: the engine failed, or gave fewer follow-ups than it counts.
    """
    rows = list(QUERIES.ask_once(engine, "all-links", settings))
    [count] = QUERIES.ask_once(engine, "link-count", settings)
    # Some endpoints cut off long answers without saying so, and a list cut short looks whole.
    if len(rows) < int(str(count["links"])):
        raise EndpointError(
            f"The endpoint counts {count['links']} follow-ups but returned {len(rows)}: it truncates long answers; "
            "request single chains, or raise its limit on rows."
        )
    return {_checked(row["later"], *_earlier(row)) for row in rows}


def components_of(follow_ups: Collection[FollowUp]) -> list[Component]:
    """Return the members of each chain with its follow-ups, also of actions that follow only themselves."""
    found = [Component(members, []) for members in components((later, earlier) for later, earlier, _ in follow_ups)]
    component_of = {member: component for component in found for member in component.members}
    for follow_up in follow_ups:
        component_of[follow_up.later].follow_ups.append(follow_up)
    return found
