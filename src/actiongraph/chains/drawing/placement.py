"""The position of each thing in its row, so that few lines cross and each is near what it is joined to.

The order is that of the layers of Sugiyama: two walks through the graph give two orders to begin with, and each is
mended by moving everything towards the middle of what it is joined to, row by row, down and up again. No lines cross
where everything springs from one action.

The distances of each row are settled on their own: the least movement, in squares, from where everything would like to
be, with the same order and distances. That is isotonic regression, solved by pooling adjacent violators.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise

from actiongraph.chains.drawing.graph import Graph, Spot

Joined = Mapping[Spot, Sequence[Spot]]
_SWEEPS = 8


def order_rows(graph: Graph) -> list[list[Spot]]:
    """Return the spots of each row from left to right. The same graph always gives the same order."""
    down, up = joined(graph)
    found: list[list[list[Spot]]] = []
    for rows in (_walked(graph.spots, down), _walked(graph.spots[::-1], up)[::-1]):
        found.append(rows)
        for _ in range(_SWEEPS):
            rows = _swept(_swept(rows, up)[::-1], down)[::-1]  # noqa: PLW2901 - each sweep goes on from the one before
            found.append(rows)
    return min(found, key=lambda rows: crossings(rows, down))  # the first of equals, so a walk without crossings stays


def joined(graph: Graph) -> tuple[Joined, Joined]:
    """Return the spots that each is joined to in the next row, ends of one stroke together, and in the row before."""
    down, up = defaultdict[Spot, list[Spot]](list), defaultdict[Spot, list[Spot]](list)
    pieces = sorted(piece for between in graph.pieces for piece in between)
    for upper, lower in dict.fromkeys((piece.upper, piece.lower) for piece in pieces):
        down[upper].append(lower)
        up[lower].append(upper)
    return down, up


def crossings(rows: Sequence[Sequence[Spot]], down: Joined) -> int:
    """Return the number of pairs of lines that cross between all rows."""
    return sum(_crossings(upper, lower, down) for upper, lower in pairwise(rows))


def _crossings(upper: Sequence[Spot], lower: Sequence[Spot], down: Joined) -> int:
    index = {spot: number for number, spot in enumerate(lower)}
    passed: list[int] = []
    found = 0
    for spot in upper:
        ends = sorted(index[end] for end in down.get(spot, ()))
        found += sum(len(passed) - bisect_right(passed, end) for end in ends)
        for end in ends:
            insort(passed, end)
    return found


def _walked(rows: Sequence[Sequence[Spot]], onward: Joined) -> list[list[Spot]]:
    """Return `rows` in the order of a walk in depth: what springs from one spot stays together."""
    seen: dict[Spot, None] = {}
    for start in (spot for row in rows for spot in row):
        trail = [start]
        while trail:
            spot = trail.pop()
            if spot not in seen:
                seen[spot] = None
                trail.extend(reversed(onward.get(spot, ())))
    index = {spot: number for number, spot in enumerate(seen)}
    return [sorted(row, key=index.__getitem__) for row in rows]


def _swept(rows: Sequence[Sequence[Spot]], back: Joined) -> list[list[Spot]]:
    """Return `rows` with each spot moved to the middle of what it is joined to in the row before."""
    ordered = [list(rows[0])]
    for row in rows[1:]:
        index = {spot: float(number) for number, spot in enumerate(ordered[-1])}
        middles = {spot: _mean(back.get(spot, ()), index, number) for number, spot in enumerate(row)}
        ordered.append(sorted(row, key=middles.__getitem__))
    return ordered


def _mean(spots: Sequence[Spot], at: Mapping[Spot, float], own: float) -> float:
    """Return the middle of where `spots` are, or `own` if there is none."""
    return sum(at[spot] for spot in spots) / len(spots) if spots else own


Width = Callable[[Spot], float]
Gap = Callable[[Spot, Spot], float]
_ROUNDS = 15
"""An odd number: the last round goes down, so that what follows only one action is straight below it."""


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
            wanted = [_mean(before.get(spot, ()), middle, middle[spot]) for spot in row]
            middle.update(zip(row, settled(wanted, offsets[number], room - taken[number]), strict=True))
    left = min(middle[spot] - width(spot) / 2 for spot in middle)
    return {spot: at - left for spot, at in middle.items()}


def settled(wanted: Sequence[float], offsets: Sequence[float], slack: float) -> list[float]:
    """Return positions as near to `wanted` as can be, in squares, at least as far from each other as in `offsets`.

    No position is less than its offset, and none is more than `slack` beyond it.
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
