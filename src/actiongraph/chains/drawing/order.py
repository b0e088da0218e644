"""Who stands left of whom in a row, so that few lines cross; none do where everything springs from one action.

The layers of Sugiyama: two walks through the web give two orders to begin with, and each is mended by
moving everything towards the middle of what it is joined to, row by row, down and up again.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from actiongraph.chains.drawing.web import Spot, Web

Joined = Mapping[Spot, Sequence[Spot]]
_SWEEPS = 8


def order_rows(web: Web) -> list[list[Spot]]:
    """Return the spots of each row from left to right. The same web always gives the same order."""
    down, up = joined(web)
    found: list[list[list[Spot]]] = []
    for rows in (_walked(web.spots, down), _walked(web.spots[::-1], up)[::-1]):
        found.append(rows)
        for _ in range(_SWEEPS):
            rows = _swept(_swept(rows, up)[::-1], down)[::-1]  # noqa: PLW2901 - each sweep goes on from the one before
            found.append(rows)
    return min(found, key=lambda rows: crossings(rows, down))  # the first of equals, so a walk without crossings stays


def joined(web: Web) -> tuple[Joined, Joined]:
    """Return what each spot is joined to in the next row, ends of one stroke together, and what in the row before."""
    down, up = defaultdict[Spot, list[Spot]](list), defaultdict[Spot, list[Spot]](list)
    pieces = sorted(piece for between in web.pieces for piece in between)
    for upper, lower in dict.fromkeys((piece.upper, piece.lower) for piece in pieces):
        down[upper].append(lower)
        up[lower].append(upper)
    return down, up


def crossings(rows: Sequence[Sequence[Spot]], down: Joined) -> int:
    """Return how many pairs of lines cross between all rows."""
    return sum(_crossings(upper, lower, down) for upper, lower in pairwise(rows))


def _crossings(upper: Sequence[Spot], lower: Sequence[Spot], down: Joined) -> int:
    place = {spot: number for number, spot in enumerate(lower)}
    passed: list[int] = []
    found = 0
    for spot in upper:
        ends = sorted(place[end] for end in down.get(spot, ()))
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
    place = {spot: number for number, spot in enumerate(seen)}
    return [sorted(row, key=place.__getitem__) for row in rows]


def _swept(rows: Sequence[Sequence[Spot]], back: Joined) -> list[list[Spot]]:
    """Return `rows` with each spot moved to the middle of what it is joined to in the row before."""
    ordered = [list(rows[0])]
    for row in rows[1:]:
        place = {spot: float(number) for number, spot in enumerate(ordered[-1])}
        ordered.append(sorted(row, key=_middle(row, place, back)))
    return ordered


def _middle(row: Iterable[Spot], place: Mapping[Spot, float], back: Joined) -> Callable[[Spot], float]:
    own = {spot: float(number) for number, spot in enumerate(row)}

    def middle(spot: Spot) -> float:
        others = [place[other] for other in back.get(spot, ())]
        return sum(others) / len(others) if others else own[spot]

    return middle
