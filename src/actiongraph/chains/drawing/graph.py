"""A chain as boxes in rows, and the lines between them, cut into pieces that each run from one row to the next.

Rows are by year where that is known, by depth where not; long rows are folded. Whatever the dates say, an action
is in a lower row than all that it follows. Years only ever grow downwards. A row is of one sort: its actions begin
in the year on its label, or their years are unknown, or they are said to begin before something that they follow. So
the axis claims nothing that the data does not say.

A line that passes rows gets a lane of its own in each of them, so that it never runs behind a box. Lines of one sort
that leave the same box share their lane and branch off from it, as a family tree does: a lane always has one box above
it, so that nobody can take one line for another.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import count, groupby
from typing import NamedTuple

from actiongraph.chains.model import Chain, LinkKind, Step
from actiongraph.vocabulary import IRI

MOST = 5
"""Boxes in a row. More would be too small to read on a page; what is over is folded into one box with a count."""
_YEAR = re.compile(r"-?\d{4,6}")


class Sort(IntEnum):
    """The kind of a row, by its years."""

    DATED = 0
    UNDATED = 1
    CONTRADICTED = 2


@dataclass(frozen=True, slots=True)
class Group:
    """The actions of one box: one, or several that are folded together."""

    steps: tuple[Step, ...]

    @property
    def folded(self) -> bool:
        """Tell whether the box is for several actions, of which it shows only the count."""
        return len(self.steps) > 1


@dataclass(frozen=True, slots=True)
class Row:
    """The boxes of one row, and their year where it is known."""

    sort: Sort
    year: int | None
    groups: tuple[Group, ...]


class Rank(NamedTuple):
    """The rank of a row: after the latest year above it, then by links since, then by sort."""

    year: float
    level: int
    sort: Sort


def year_of(step: Step) -> int | None:
    """Return the year in which an action began, or None where that is not known."""
    found = _YEAR.match(step.start or "")
    return int(found[0]) if found else None


def rows_of(chain: Chain, most: int = MOST) -> tuple[Row, ...]:
    """Return the rows of a chain from the top, each with at most `most` boxes; every action is in exactly one."""
    above = _above(chain)
    ranks = _ranks(chain, above)
    by_rank = sorted(chain.steps, key=lambda step: ranks[step.action])  # a stable sort: within a row, the chain's order
    reach, folded = _reach(chain, above), set[IRI]()
    return tuple(
        Row(
            rank.sort,
            int(rank.year) if rank.sort is Sort.DATED else None,
            _groups(list(steps), most, above, reach, folded),
        )
        for rank, steps in groupby(by_rank, key=lambda step: ranks[step.action])
    )


def drawn_pairs(chain: Chain) -> Iterator[tuple[IRI, IRI]]:
    """Yield, for each link of `chain` and in its order, its upper and its lower action; nothing for a self-loop."""
    position = {step.action: number for number, step in enumerate(chain.steps)}
    for link in chain.links:
        if link.later != link.earlier:
            upper, lower = sorted((link.later, link.earlier), key=position.__getitem__)
            yield upper, lower


def _above(chain: Chain) -> Mapping[IRI, set[IRI]]:
    above: dict[IRI, set[IRI]] = defaultdict(set)
    for upper, lower in drawn_pairs(chain):
        above[lower].add(upper)
    return above


def ranks_of(chain: Chain) -> Mapping[IRI, Rank]:
    """Return the rank of each action: lower ones follow higher ones, whatever the dates say."""
    return _ranks(chain, _above(chain))


def _ranks(chain: Chain, above: Mapping[IRI, set[IRI]]) -> dict[IRI, Rank]:
    ranks: dict[IRI, Rank] = {}
    for step in chain.steps:
        before = [ranks[other] for other in above.get(step.action, ())]
        ranks[step.action] = _rank(year_of(step), max(before, default=Rank(-math.inf, -1, Sort.UNDATED)))
    return ranks


def _rank(year: int | None, before: Rank) -> Rank:
    if year is None:
        return Rank(before.year, before.level + 1, Sort.UNDATED)
    if year > before.year:
        return Rank(year, 0, Sort.DATED)
    return Rank(before.year, before.level + 1, Sort.DATED if year == before.year else Sort.CONTRADICTED)


def _reach(chain: Chain, above: Mapping[IRI, set[IRI]]) -> dict[IRI, int]:
    """Return, for each action, the links on the longest path that leads on from it."""
    reach = dict.fromkeys((step.action for step in chain.steps), 0)
    for step in reversed(chain.steps):
        for other in above.get(step.action, ()):
            reach[other] = max(reach[other], reach[step.action] + 1)
    return reach


def _groups(
    steps: Sequence[Step], most: int, above: Mapping[IRI, set[IRI]], reach: Mapping[IRI, int], folded: set[IRI]
) -> tuple[Group, ...]:
    """Return the boxes of a row: the longest continuations; what follows only folded actions is folded too."""

    def springs_from_folded(step: Step) -> bool:
        before: Collection[IRI] = above.get(step.action, ())
        return bool(before) and folded.issuperset(before)

    free = [step for step in steps if not springs_from_folded(step)]
    if len(free) == len(steps) <= most:
        return tuple(Group((step,)) for step in steps)
    shown = {step.action for step in sorted(free, key=lambda step: -reach[step.action])[: most - 1]}
    rest = tuple(step for step in steps if step.action not in shown)
    if len(rest) > 1:
        folded.update(step.action for step in rest)
    return (*(Group((step,)) for step in steps if step.action in shown), Group(rest))


Spot = int
"""Something that takes a slot in a row: a box or a lane."""


@dataclass(frozen=True, slots=True, order=True)
class Stroke:
    """The style of a line: by its kind, by being part of a loop, and by leading up."""

    kind: LinkKind
    in_loop: bool = False
    upwards: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """A line from one box down to another, for one link or, between folded boxes, for several."""

    upper: Spot
    stroke: Stroke
    lower: Spot


@dataclass(frozen=True, slots=True, order=True)
class Piece:
    """The part of lines between two rows that follow each other; `source` is the box that the lines leave."""

    upper: Spot
    stroke: Stroke
    lower: Spot
    source: Spot


@dataclass(slots=True)
class Graph:
    """Boxes and lanes by row, and the pieces between each row and the next. Boxes are numbered first, as they come."""

    spots: list[list[Spot]]
    boxes: int
    lines: list[Line]
    pieces: list[set[Piece]]

    def is_lane(self, spot: Spot) -> bool:
        """Tell whether a spot is where lines pass, and no box."""
        return spot >= self.boxes


def graph_of(chain: Chain, rows: Sequence[Row]) -> Graph:
    """Return the boxes of `rows` and the lines that the links of `chain` make between them."""
    counter = count()
    spots = [[next(counter) for _ in row.groups] for row in rows]
    row_of = {spot: number for number, row in enumerate(spots) for spot in row}
    groups = [group for row in rows for group in row.groups]
    box_of = {step.action: number for number, group in enumerate(groups) for step in group.steps}
    lines = sorted(set(_lines(chain, box_of)))
    graph = Graph(spots, len(groups), lines, [set() for _ in rows[1:]])
    for (source, stroke), leaving in groupby(lines, key=lambda line: (line.upper, line.stroke)):
        _run(graph, source, stroke, [(line.lower, row_of[line.lower]) for line in leaving], row_of[source], counter)
    return graph


def _lines(chain: Chain, box_of: Mapping[IRI, Spot]) -> Iterator[Line]:
    loop_of = {action: number for number, loop in enumerate(chain.loops) for action in loop}
    links = (link for link in chain.links if link.later != link.earlier)
    for link, (upper, lower) in zip(links, drawn_pairs(chain), strict=True):
        in_loop = upper in loop_of and loop_of[upper] == loop_of.get(lower)
        yield Line(box_of[upper], Stroke(link.kind, in_loop, link.later == upper), box_of[lower])


def _run(
    graph: Graph, source: Spot, stroke: Stroke, ends: Sequence[tuple[Spot, int]], start: int, counter: Iterator[Spot]
) -> None:
    """Lead lines of one stroke from `source`, in row `start`, to `ends`, each with its row."""
    lane = source
    for row in range(start, max(row for _, row in ends)):
        if row > start:
            above, lane = lane, next(counter)
            graph.spots[row].append(lane)
            graph.pieces[row - 1].add(Piece(above, stroke, lane, source))
        graph.pieces[row].update(Piece(lane, stroke, end, source) for end, at in ends if at == row + 1)
