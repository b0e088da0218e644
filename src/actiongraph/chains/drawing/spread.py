"""How far from the left each thing stands: as near to what it is joined to as its neighbours allow.

Each row is settled on its own: the least movement, in squares, from where everything would like to
be, with order and distances kept. That is isotonic regression, solved by pooling adjacent violators.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise

from actiongraph.chains.drawing.order import Joined
from actiongraph.chains.drawing.web import Spot

Width = Callable[[Spot], float]
Gap = Callable[[Spot, Spot], float]
_ROUNDS = 15
"""An odd number: the last round goes down, so that what follows only one action stands straight below it."""


def spread_rows(
    rows: Sequence[Sequence[Spot]], down: Joined, up: Joined, width: Width, gap: Gap, room: float
) -> dict[Spot, float]:
    """Return the middle of each spot from the left; neighbours in a row keep their `gap`.

    All of it is at most `room` wide, or as wide as its widest row if that is more.
    """
    offsets = [_offsets(row, width, gap) for row in rows]
    taken = [apart[-1] + width(row[-1]) / 2 for row, apart in zip(rows, offsets, strict=True)]
    room = max(room, *taken)
    middle = {spot: at for row, apart in zip(rows, offsets, strict=True) for spot, at in zip(row, apart, strict=True)}
    for turn in range(_ROUNDS):
        numbers = range(len(rows)) if turn % 2 == 0 else reversed(range(len(rows)))
        before = (up, down)[turn % 2]
        for number in numbers:
            row = rows[number]
            wanted = [_wanted(spot, middle, before) for spot in row]
            middle.update(zip(row, settled(wanted, offsets[number], room - taken[number]), strict=True))
    left = min(middle[spot] - width(spot) / 2 for spot in middle)
    return {spot: at - left for spot, at in middle.items()}


def settled(wanted: Sequence[float], offsets: Sequence[float], slack: float) -> list[float]:
    """Return places as near to `wanted` as can be, in squares, at least as far from each other as in `offsets`.

    No place is less than its offset, and none is more than `slack` beyond it.
    """
    blocks: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        mean, size = want - offset, 1
        while blocks and blocks[-1][0] > mean:
            other, others = blocks.pop()
            mean, size = (mean * size + other * others) / (size + others), size + others
        blocks.append((mean, size))
    means = [mean for mean, size in blocks for _ in range(size)]
    return [min(max(mean, 0), slack) + offset for mean, offset in zip(means, offsets, strict=True)]


def _offsets(row: Sequence[Spot], width: Width, gap: Gap) -> list[float]:
    """Return the middles of a row that is packed as close as may be."""
    apart = ((width(left) + width(right)) / 2 + gap(left, right) for left, right in pairwise(row))
    return list(accumulate(apart, initial=width(row[0]) / 2))


def _wanted(spot: Spot, middle: Mapping[Spot, float], beside: Joined) -> float:
    others = beside.get(spot, ())
    return sum(middle[other] for other in others) / len(others) if others else middle[spot]
