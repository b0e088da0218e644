"""Follow-ups: those of one chain, followed breadth first, and those of a whole dataset, parted into chains."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from itertools import islice
from typing import NamedTuple

from rdflib.term import Node

from actiongraph.chains import QUERIES
from actiongraph.chains.model import LinkKind
from actiongraph.chains.order import components
from actiongraph.engine.base import Engine, Solution
from actiongraph.engine.queries import BATCH
from actiongraph.errors import ChainTooLong, DataError, EndpointError
from actiongraph.iris import key_of
from actiongraph.settings import Settings
from actiongraph.text import counted
from actiongraph.vocabulary import IRI


class FollowUp(NamedTuple):
    """One action follows another, and who says so."""

    later: IRI
    earlier: IRI
    kind: LinkKind


class Component(NamedTuple):
    """The actions that follow-ups join in either direction, and these follow-ups."""

    members: frozenset[IRI]
    follow_ups: list[FollowUp]


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
