"""The position of everything in a picture: boxes, lines and years in pixels, from the top left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

from actiongraph.chains.drawing.boxes import Box, box_of
from actiongraph.chains.drawing.graph import MOST, Graph, Line, Row, Sort, Spot, Stroke, graph_of, rows_of
from actiongraph.chains.drawing.placement import joined, order_rows, spread_rows
from actiongraph.chains.drawing.routing import Run, runs_of
from actiongraph.chains.model import Chain

PAGE = 1_000.0
"""The width that pictures are made for: a page of the graph, or A4 at a readable size."""
NARROWEST, WIDEST = 172.0, 300.0
GAP, LANE, LANE_GAP = 18.0, 10.0, 3.0
MARGIN, AXIS = 14.0, 78.0
OPEN_END = 46.0
"""The room above a box for the mark that it follows something without a name."""
ROW_GAP, FIRST_LEVEL, LEVEL = 44.0, 15.0, 9.0
"""Between two rows: the least distance, and the levels at which lines turn."""
YEAR = 6.0
"""More distance for each year that is left out, up to five."""
_REMARKS = {Sort.CONTRADICTED: "dated before what it follows"}


@dataclass(frozen=True, slots=True)
class Placed:
    """A box and its top left corner."""

    box: Box
    left: float
    top: float
    width: float

    @property
    def middle(self) -> float:
        """The distance of its middle from the left."""
        return self.left + self.width / 2

    @property
    def bottom(self) -> float:
        """The distance of its lower edge from the top."""
        return self.top + self.box.height


@dataclass(frozen=True, slots=True)
class Bend:
    """A piece of a line: straight down to a level, across, and straight down again; either end may be at a box."""

    from_x: float
    from_y: float
    level: float
    to_x: float
    to_y: float
    from_box: bool
    to_box: bool


@dataclass(frozen=True, slots=True)
class Course:
    """All pieces of the lines of one stroke that leave one box; the first begins at that box."""

    stroke: Stroke
    folded: bool
    bends: tuple[Bend, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """The height that one row takes."""

    row: Row
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A chain with the position of everything.

    `lines` say which boxes, by number, are joined; `axis` is the room for years, 0 where none is known.
    """

    boxes: tuple[Placed, ...]
    lines: tuple[Line, ...]
    courses: tuple[Course, ...]
    bands: tuple[Band, ...]
    axis: float
    width: float
    height: float


def picture_of(chain: Chain, most: int = MOST) -> Picture:
    """Return the picture of a chain, with at most `most` boxes in a row. The same chain always gives the same one."""
    rows = rows_of(chain, most)
    graph = graph_of(chain, rows)
    axis = AXIS if any(row.year is not None for row in rows) else 0.0
    room = PAGE - axis - 2 * MARGIN
    width = _box_width(graph, room)
    boxes = [box_of(group, chain, width, _REMARKS.get(row.sort)) for row in rows for group in row.groups]
    down, up = joined(graph)
    spread = spread_rows(
        order_rows(graph),
        down,
        up,
        lambda spot: LANE if graph.is_lane(spot) else width,
        lambda left, right: LANE_GAP if graph.is_lane(left) and graph.is_lane(right) else GAP,
        room,
    )
    middle = {spot: at + axis + MARGIN for spot, at in spread.items()}
    runs = runs_of(graph, middle, width, lambda spot: boxes[spot].group.folded)
    bands = _bands(rows, graph, boxes, runs)
    placed = [
        Placed(boxes[spot], middle[spot] - width / 2, band.top, width)
        for row, band in zip(graph.spots, bands, strict=True)
        for spot in row
        if not graph.is_lane(spot)
    ]
    return Picture(
        boxes=tuple(placed),
        lines=tuple(graph.lines),
        courses=tuple(_courses(graph, placed, bands, runs)),
        bands=tuple(bands),
        axis=axis,
        width=max(at + (LANE if graph.is_lane(spot) else width) / 2 for spot, at in middle.items()) + MARGIN,
        height=bands[-1].bottom + MARGIN,
    )


def _box_width(graph: Graph, room: float) -> float:
    """Return the width of every box: the widest row fits into `room`, as long as text in a box can be read."""
    lanes = [sum(map(graph.is_lane, row)) for row in graph.spots]
    fitting = (
        (room + GAP - beside * (LANE + LANE_GAP)) / (len(row) - beside) - GAP
        for row, beside in zip(graph.spots, lanes, strict=True)
    )
    return min(max(min(fitting), NARROWEST), WIDEST)


def _bands(rows: Sequence[Row], graph: Graph, boxes: Sequence[Box], runs: Sequence[Sequence[Run]]) -> list[Band]:
    bands: list[Band] = []
    bottom, year = 0.0, None
    for row, spots, above in zip(rows, graph.spots, [(), *runs], strict=True):
        inside = [boxes[spot] for spot in spots if not graph.is_lane(spot)]
        head = OPEN_END if any(box.open_end for box in inside) else 0
        skipped = max(row.year - year - 1, 0) if row.year is not None and year is not None else 0
        levels = max((run.level for run in above), default=0)
        top = bottom + (ROW_GAP + levels * LEVEL if bands else MARGIN) + head + min(skipped, 5) * YEAR
        bottom = top + max(box.height for box in inside)
        bands.append(Band(row, top, bottom))
        year = year if row.year is None else row.year
    return bands


def _courses(
    graph: Graph, placed: Sequence[Placed], bands: Sequence[Band], runs: Sequence[Sequence[Run]]
) -> Iterator[Course]:
    courses: dict[tuple[Spot, Stroke], list[Bend]] = defaultdict(list)
    for between, band, below in zip(runs, bands, bands[1:], strict=False):
        for run in between:
            starts = not graph.is_lane(run.upper)
            from_y = placed[run.upper].bottom if starts else band.top
            level = band.bottom + FIRST_LEVEL + run.level * LEVEL
            courses[run.source, run.stroke] += [
                Bend(run.turn.start, from_y, level, to_x, below.top, starts, not graph.is_lane(end))
                for end, to_x in zip(run.ends, run.turn.ends, strict=True)
            ]
    return (
        Course(stroke, placed[source].box.group.folded, tuple(bends))
        for (source, stroke), bends in sorted(courses.items(), key=itemgetter(0))
    )
