"""The lines between boxes, cut into pieces that each run from one row to the next.

A line that passes rows gets a lane of its own in each of them, so that it never runs behind a box.
Lines of one sort that leave the same box share their lane and branch off from it, as a family tree
does: a lane always has one box above it, so that nobody can take one line for another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, groupby

from actiongraph.chains.chain import Chain, LinkKind
from actiongraph.chains.drawing.rows import Row, drawn_pairs
from actiongraph.vocabulary import IRI

Spot = int
"""Something that has a place in a row: a box or a lane."""


@dataclass(frozen=True, slots=True, order=True)
class Stroke:
    """How a line is drawn: who says so, whether its actions follow each other in a circle, and whether it leads up."""

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
class Web:
    """Boxes and lanes by row, and the pieces between each row and the next. Boxes are numbered first, as they come."""

    spots: list[list[Spot]]
    boxes: int
    lines: list[Line]
    pieces: list[set[Piece]]

    def is_lane(self, spot: Spot) -> bool:
        """Tell whether a spot is where lines pass, and no box."""
        return spot >= self.boxes


def web_of(chain: Chain, rows: Sequence[Row]) -> Web:
    """Return the boxes of `rows` and the lines that the links of `chain` make between them."""
    counter = count()
    spots = [[next(counter) for _ in row.cells] for row in rows]
    row_of = {spot: number for number, row in enumerate(spots) for spot in row}
    cells = [cell for row in rows for cell in row.cells]
    box_of = {step.action: number for number, cell in enumerate(cells) for step in cell.steps}
    lines = sorted(set(_lines(chain, box_of)))
    web = Web(spots, len(cells), lines, [set() for _ in rows[1:]])
    for (source, stroke), leaving in groupby(lines, key=lambda line: (line.upper, line.stroke)):
        _run(web, source, stroke, [(line.lower, row_of[line.lower]) for line in leaving], row_of[source], counter)
    return web


def _lines(chain: Chain, box_of: Mapping[IRI, Spot]) -> Iterator[Line]:
    loop_of = {action: number for number, loop in enumerate(chain.loops) for action in loop}
    links = (link for link in chain.links if link.later != link.earlier)
    for link, (upper, lower) in zip(links, drawn_pairs(chain), strict=True):
        in_loop = upper in loop_of and loop_of[upper] == loop_of.get(lower)
        yield Line(box_of[upper], Stroke(link.kind, in_loop, link.later == upper), box_of[lower])


def _run(
    web: Web, source: Spot, stroke: Stroke, ends: Sequence[tuple[Spot, int]], start: int, counter: Iterator[Spot]
) -> None:
    """Lead lines of one stroke from `source`, in row `start`, to `ends`, each with its row."""
    lane = source
    for row in range(start, max(row for _, row in ends)):
        if row > start:
            above, lane = lane, next(counter)
            web.spots[row].append(lane)
            web.pieces[row - 1].add(Piece(above, stroke, lane, source))
        web.pieces[row].update(Piece(lane, stroke, end, source) for end, at in ends if at == row + 1)
