"""A chain as a nested list, for where a picture has no room: what continues an action goes on at the same level.

Each action stands once, below one of those that it follows; with what it follows besides. Where an action has
several followers, the largest part goes on and the others are branches, one level further in. So a list of n
actions is never nested more than log2(n) levels deep, however long its chains are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from actiongraph.chains.chain import Chain, Link, Step
from actiongraph.vocabulary import IRI


@dataclass(frozen=True, slots=True)
class Entry:
    """An action in its place: the link that leads to it from the one before, and the branches that leave from it.

    `besides` are its other links to earlier actions, and all those that lead on within a loop.
    """

    step: Step
    link: Link | None
    besides: tuple[Link, ...]
    branches: tuple[Branch, ...]


Branch = tuple[Entry, ...]
"""Actions of which each follows the one before."""


def outline(chain: Chain) -> tuple[Branch, ...]:
    """Return the branches of the list, one for each action that follows nothing which stands before it."""
    place = {step.action: number for number, step in enumerate(chain.steps)}
    before: dict[IRI, list[Link]] = defaultdict(list)
    for link in chain.links:
        before[link.later].append(link)
    above = {step.action: _above(before[step.action], place) for step in chain.steps}
    tree = _Tree(chain, above, before)
    return tuple(tree.branch(step) for step in chain.steps if above[step.action] is None)


def _above(links: list[Link], place: Mapping[IRI, int]) -> Link | None:
    """Return the link that an action is listed by: to the last of the actions before it."""
    earlier = [link for link in links if place[link.earlier] < place[link.later]]
    return max(earlier, key=lambda link: place[link.earlier], default=None)


class _Tree:
    """The actions of a chain, each below one other."""

    def __init__(self, chain: Chain, above: Mapping[IRI, Link | None], before: Mapping[IRI, list[Link]]) -> None:
        self._above, self._before = above, before
        self._below: dict[IRI, list[Step]] = defaultdict(list)
        self._size = dict.fromkeys(above, 1)
        for step in reversed(chain.steps):
            if link := above[step.action]:
                self._below[link.earlier].insert(0, step)
                self._size[link.earlier] += self._size[step.action]

    def branch(self, step: Step) -> Branch:
        """Return `step` and what goes on from it at the same level."""
        return tuple(self._entries(step))

    def _entries(self, step: Step | None) -> Iterator[Entry]:
        while step:
            below = self._below[step.action]
            onward = max(below, key=lambda other: self._size[other.action], default=None)
            link = self._above[step.action]
            yield Entry(
                step,
                link,
                tuple(other for other in self._before[step.action] if other is not link),
                tuple(self.branch(other) for other in below if other is not onward),
            )
            step = onward
