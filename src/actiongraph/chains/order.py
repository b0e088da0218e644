"""The order of actions: components, depth, order and closure of follow-up links.

Pure functions over links, pairs of (later, earlier). The members may be of any type that can be
hashed and compared. Nothing here recurses, so a chain may be as long as it likes. A loop, where
actions follow each other in a circle, is reported; its links count for nothing else.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, Protocol, TypeVar


class Orderable(Hashable, Protocol):
    """Anything that can be hashed and compared."""

    def __lt__(self, other: Any, /) -> bool: ...  # noqa: ANN401 - what it compares to is up to the type


T = TypeVar("T", bound=Orderable)
Pair = tuple[T, T]
"""A pair of (later, earlier): the first follows the second."""


@dataclass(frozen=True, slots=True)
class ChainShape(Generic[T]):
    """The shape of one chain.

    `roots`: the members that no member outside their own loop precedes, which are those of depth 0.
    `depth`: for each member, the links on the longest path from a root; the links of a loop are not counted.
    `length`: the actions on the longest path, a loop counted once: the greatest depth and one.
    `loops`: the members that follow each other in a circle, and those that follow themselves.
    """

    roots: tuple[T, ...]
    depth: Mapping[T, int]
    length: int
    loops: tuple[tuple[T, ...], ...]


def components(links: Iterable[Pair[T]]) -> list[frozenset[T]]:
    """Return the sets of members that links join in either direction, by their least member.

    Takes time linear in the links, apart from sorting the sets.
    """
    beside: dict[T, list[T]] = {}
    for later, earlier in links:
        beside.setdefault(later, []).append(earlier)
        beside.setdefault(earlier, []).append(later)
    seen: set[T] = set()
    found = [frozenset(_flood(member, beside, seen)) for member in beside if member not in seen]
    return sorted(found, key=min)


def shape_of(members: Collection[T], links: Iterable[Pair[T]]) -> ChainShape[T]:
    """Return roots, depths, length and loops of `members`; links that lead outside them are left aside.

    Takes time linear in members and links, apart from sorting roots and loops.
    """
    earlier, later = _adjacent(members, links)
    depth = _depths(earlier, later)
    loops: Iterable[list[T]] = ()
    if depth is None:
        condensed = _Condensed(earlier, later)
        depths = _depths(condensed.before, condensed.after) or {}
        depth = {member: depths[condensed.component_of[member]] for member in members}
        loops = filter(condensed.is_loop, condensed.components)
    return ChainShape(
        roots=tuple(sorted(member for member in depth if depth[member] == 0)),
        depth=depth,
        length=max(depth.values(), default=-1) + 1,
        loops=tuple(sorted(tuple(sorted(component)) for component in loops)),
    )


def _adjacent(members: Collection[T], links: Iterable[Pair[T]]) -> tuple[dict[T, list[T]], dict[T, list[T]]]:
    """Return, for each of `members`, the members that it follows, and those that follow it."""
    earlier: dict[T, list[T]] = {member: [] for member in members}
    later: dict[T, list[T]] = {member: [] for member in members}
    for follower, followed in links:
        if follower in later and followed in later:
            earlier[follower].append(followed)
            later[followed].append(follower)
    return earlier, later


def _depths(earlier: Mapping[T, Collection[T]], later: Mapping[T, Collection[T]]) -> dict[T, int] | None:
    """Return the depths, earlier members first, or None if there is a loop.

    Most chains have none, and then this takes a quarter of the time.

    Source: Kahn, Topological sorting of large networks, 1962.
    """
    waiting = {member: len(before) for member, before in earlier.items()}
    depth = {member: 0 for member, before in waiting.items() if not before}
    free = list(depth)
    for member in free:
        for follower in later[member]:
            waiting[follower] -= 1
            if not waiting[follower]:
                # Members become free in the order of their depths, so that the last one before is the deepest.
                depth[follower] = depth[member] + 1
                free.append(follower)
    return depth if len(free) == len(earlier) else None


def earliest(members: Iterable[T], start: Mapping[T, str | None], key: Callable[[T], str]) -> T:
    """Return the one of `members` that starts first, an unknown start last, else the one with the least key.

    Of dates of different precision the shorter comes first, as in `ordered`.
    """
    return min(members, key=lambda member: (start.get(member) is None, str(start.get(member)), key(member), member))


def ordered(
    members: Collection[T],
    links: Iterable[Pair[T]],
    start: Mapping[T, date | str | None],
    key: Callable[[T], str],
) -> list[T]:
    """Return `members` in order: links first, then start, then key, whatever the order they came in.

    An earlier action comes before all that follow it, directly or not. Among those that are free to
    come next the earliest start does, an unknown start last. Of dates of different precision the
    shorter comes first: 2014, then 2014-03. The members of a loop stand together.
    """

    def rank(member: T) -> tuple[bool, str, str, T]:
        begun = start.get(member)
        return begun is None, str(begun), key(member), member

    earlier, later = _adjacent(members, links)
    placed = _by_rank(earlier, later, rank)
    if len(placed) == len(earlier):
        return placed
    condensed = _Condensed(earlier, later)
    blocks = [sorted(component, key=rank) for component in condensed.components]
    numbers = _by_rank(condensed.before, condensed.after, lambda number: rank(blocks[number][0]))
    return [member for number in numbers for member in blocks[number]]


def _by_rank(
    earlier: Mapping[T, Collection[T]], later: Mapping[T, Collection[T]], rank: Callable[[T], tuple[object, ...]]
) -> list[T]:
    """Return the members that no loop holds up, each after all earlier ones, the least rank first where it is free."""
    waiting = {member: len(before) for member, before in earlier.items()}
    free: list[Any] = [(rank(member), member) for member, before in waiting.items() if not before]
    heapq.heapify(free)
    placed: list[T] = []
    while free:
        placed.append(heapq.heappop(free)[-1])
        for follower in later[placed[-1]]:
            waiting[follower] -= 1
            if not waiting[follower]:
                heapq.heappush(free, (rank(follower), follower))
    return placed


def closure(members: Collection[T], links: Iterable[Pair[T]]) -> set[Pair[T]]:
    """Return every pair of (later, earlier) that a path of links joins.

    The members of a loop come after each other, because a path leads both ways; none comes after
    itself, because that would say nothing of time and every query would have to filter it out.
    The result grows with the square of the members.
    """
    condensed = _Condensed(*_adjacent(members, links))
    reached: list[set[T]] = []
    for before in condensed.before.values():
        reached.append(set().union(*(reached[number].union(condensed.components[number]) for number in before)))
    return {
        (later, earlier)
        for number, component in enumerate(condensed.components)
        for later in component
        for earlier in reached[number].union(component)
        if later != earlier
    }


class _Condensed(Generic[T]):
    """The strongly connected components of members: each loop as one, and each member outside loops.

    They are in an order that respects the links. `before` and `after` are, for each component, the components that
    its links lead to, each once.
    """

    def __init__(self, earlier: Mapping[T, list[T]], later: Mapping[T, list[T]]) -> None:
        self._earlier = earlier
        depth = _depths(earlier, later)
        self.components = _components(earlier, later) if depth is None else [[member] for member in depth]
        self.component_of = {member: number for number, own in enumerate(self.components) for member in own}
        self.before, self.after = self._beside(earlier), self._beside(later)

    def is_loop(self, component: list[T]) -> bool:
        """Tell whether the members of `component` follow each other or themselves."""
        return len(component) > 1 or component[0] in self._earlier[component[0]]

    def _beside(self, adjacent: Mapping[T, list[T]]) -> dict[int, set[int]]:
        return {
            number: {self.component_of[other] for member in own for other in adjacent[member]} - {number}
            for number, own in enumerate(self.components)
        }


def _components(earlier: Mapping[T, list[T]], later: Mapping[T, list[T]]) -> list[list[T]]:
    """Return the strongly connected components, earlier ones first (the algorithm of Kosaraju and Sharir)."""
    seen: set[T] = set()
    return [_flood(member, earlier, seen) for member in reversed(_finished(later)) if member not in seen]


def _flood(start: T, beside: Mapping[T, list[T]], seen: set[T]) -> list[T]:
    """Return the members that can be reached from `start` without entering `seen`, and add them to `seen`."""
    seen.add(start)
    reached = [start]
    for member in reached:
        for other in beside[member]:
            if other not in seen:
                seen.add(other)
                reached.append(other)
    return reached


def _finished(beside: Mapping[T, list[T]]) -> list[T]:
    """Return the members in the order in which a walk in depth leaves them."""
    seen: set[T] = set()
    left: list[T] = []
    for start in beside:
        trail = [] if start in seen else [(start, iter(beside[start]))]
        seen.add(start)
        while trail:
            member, rest = trail[-1]
            further = next((other for other in rest if other not in seen), None)
            if further is None:
                trail.pop()
                left.append(member)
            else:
                seen.add(further)
                trail.append((further, iter(beside[further])))
    return left
