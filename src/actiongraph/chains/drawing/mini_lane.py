"""A chain as one row of dots, an action each, in order: what a list and the page of one action show of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from actiongraph.chains.drawing.lanes import lane_rows, strongest
from actiongraph.chains.model import Chain, LinkKind

DOTS = 24
"""Actions that a row shows; of a larger chain it shows a part."""
_LANES = 4
_STEP, _LANE_HEIGHT, _MARGIN = 16, 10, 9
"""Pixels from a dot to the next, from a lane to the next, and from a dot to the edge of the picture."""


@dataclass(frozen=True, slots=True)
class MiniLane:
    """The lane of each action, in the order of the chain, and its links: (earlier, later, whether it is probable).

    Actions are numbered from 0; `first` is the number of the first one that is here, `size` that of all in the chain.
    """

    lanes: tuple[int, ...]
    links: tuple[tuple[int, int, bool], ...]
    size: int
    first: int = 0

    def part(self, first: int) -> MiniLane:
        """Return the part with `DOTS` actions from the one numbered `first`, and the links among them."""
        last = first + DOTS
        links = ((a, b, probable) for a, b, probable in self.links if first <= min(a, b) and max(a, b) < last)
        return MiniLane(
            self.lanes[first:last], tuple((a - first, b - first, each) for a, b, each in links), self.size, first
        )

    def around(self, number: int) -> MiniLane:
        """Return the part with the action of this number, in its middle where that can be."""
        return self.part(max(0, min(number - DOTS // 2, self.size - DOTS)))


def mini_lane(chain: Chain) -> MiniLane:
    """Return all of `chain` as a row of dots."""
    rows = lane_rows(chain)
    number = {row.step.action: place for place, row in enumerate(rows)}
    links = sorted(
        (number[link.earlier], number[link.later], link.kind is LinkKind.PROBABLE) for link in strongest(chain.links)
    )
    return MiniLane(tuple(min(row.lane, _LANES - 1) for row in rows), tuple(links), len(rows))


def as_mini_lane(lane: MiniLane, here: int | None = None) -> str:
    """Return the row as SVG, which says nothing in words; `here` is the number of an action to mark.

    Its looks are in the stylesheet of the page.
    """
    width = (len(lane.lanes) - 1) * _STEP + 2 * _MARGIN
    height = max(lane.lanes) * _LANE_HEIGHT + 2 * _MARGIN
    lanes = lane.lanes
    stated = "".join([_course(a, b, lanes[a], lanes[b]) for a, b, probable in lane.links if not probable])
    probable = "".join([_course(a, b, lanes[a], lanes[b]) for a, b, probable in lane.links if probable])
    dots = "".join(map(_dot, range(len(lanes)), lanes))
    lines = (("s", stated), ("p", probable), ("d", dots))
    drawn = "".join(f'<path class="{looks}" d="{course}"/>' for looks, course in lines if course)
    if here is not None:
        place = here - lane.first
        drawn += f'<circle cx="{_x(place)}" cy="{_y(lane.lanes[place])}" r="6.5"/>'
    return f'<svg class="mini" aria-hidden="true" width="{width}" height="{height}">{drawn}</svg>'


def _x(place: int) -> int:
    return _MARGIN + place * _STEP


def _y(level: int) -> int:
    return _MARGIN + level * _LANE_HEIGHT


@cache
def _dot(place: int, level: int) -> str:
    return f"M{_x(place)} {_y(level)}h0"


@cache
def _course(one: int, other: int, level: int, other_level: int) -> str:
    """Return the line of a link: along the lane of the action at its left, and over to the other at the end.

    A page has some hundred, of the few that there can be.
    """
    (left, level), (right, to_level) = sorted(((one, level), (other, other_level)))
    x, y, to_x, to_y = _x(left), _y(level), _x(right), _y(to_level)
    if y == to_y:
        return f"M{x} {y}H{to_x}"
    bend = to_x - _STEP // 2
    along = f"H{to_x - _STEP}" if right - left > 1 else ""
    return f"M{x} {y}{along}C{bend} {y} {bend} {to_y} {to_x} {to_y}"
