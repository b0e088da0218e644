"""The level at which each line turns between two rows, so that lines neither lie on each other nor cross needlessly.

A line goes down from where it starts, across at its level, and down to each of its ends. Lines that
share none of their width share a level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

_NEAR = 5.0
"""Two lines closer than this, in pixels, look like one."""
_LIES_ON = 100
"""As bad as so many crossings: two lines that lie on each other cannot be told apart."""

_MOST_ORDERED = 60
"""Among more turns than this nobody follows a single line, and the time grows with their square."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A line between two rows: where it comes from and where it goes, in pixels from the left."""

    start: float
    ends: tuple[float, ...]

    @property
    def left(self) -> float:
        """Its leftmost point."""
        return min(self.start, *self.ends)

    @property
    def right(self) -> float:
        """Its rightmost point."""
        return max(self.start, *self.ends)

    @property
    def straight(self) -> bool:
        """Tell whether it only goes down."""
        return self.right - self.left < 0.5


def tracks_of(turns: Sequence[Turn]) -> list[int]:
    """Return a level for each of `turns`, counted from 0 at the top; those that only go down get 0 and block none."""
    above = _order([number for number, turn in enumerate(turns) if not turn.straight], turns)
    levels = [0] * len(turns)
    for place, number in enumerate(above):
        beside = [other for other in above[:place] if _overlap(turns[other], turns[number])]
        levels[number] = max((levels[other] + 1 for other in beside), default=0)
    return levels


def _order(numbers: Sequence[int], turns: Sequence[Turn]) -> list[int]:
    """Return `numbers` so that each turn is above those that it harms less from there than from below.

    Where that goes in a circle, the one that does the least harm comes first.
    """
    if len(numbers) > _MOST_ORDERED:
        return list(numbers)
    worse = {
        (upper, lower): max(_harm(turns[upper], turns[lower]) - _harm(turns[lower], turns[upper]), 0)
        for upper, lower in permutations(numbers, 2)
    }
    left = {number: sum(worse[number, other] for other in numbers if other != number) for number in numbers}
    above: list[int] = []
    while left:
        above.append(min(left, key=left.__getitem__))
        del left[above[-1]]
        for number in left:
            left[number] -= worse[number, above[-1]]
    return above


def _harm(upper: Turn, lower: Turn) -> int:
    """Return how many times two lines cross where `upper` turns above `lower`; lying on each other counts for many."""
    crossed = sum(lower.left < end < lower.right for end in upper.ends)
    crossed += upper.left < lower.start < upper.right
    return crossed + _LIES_ON * any(abs(end - lower.start) < _NEAR for end in upper.ends)


def _overlap(one: Turn, other: Turn) -> bool:
    return one.left < other.right + _NEAR and other.left < one.right + _NEAR
