"""A chain as lanes beside a table, as `git log --graph` draws a history: a row for each action, time runs down.

The line of an action goes on down its lane until the last action that follows it, which takes the lane over; all others
that follow it branch off, each in its own row. So no more lanes are open in a row than there are actions that something
further down follows, however many follow one of them. Stated and probable links of an action have a line each.

Every row is a drawing of its own, as high as its row of the table: its lines run down to where the row cuts them off,
so that they meet those of the next one however much the table says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from actiongraph.chains.model import Chain, Link, LinkKind, Step
from actiongraph.vocabulary import IRI

COLOURS = 3
"""Lanes beside each other differ in colour; after so many they begin again."""
_WIDEST, _ROOM = 14, 112
"""The width of a lane, in pixels, and that of all lanes before they come closer."""
_DOT, _LEFT = 15, 30
"""How far below the top of its row a dot is, and where a line that leaves it sideways has reached its lane."""


class Part(StrEnum):
    """The course of a line in a row: it passes, ends at the action of the row, or begins there."""

    PASSES = "passes"
    ENDS = "ends"
    BEGINS = "begins"


@dataclass(frozen=True, slots=True)
class LanePiece:
    """A piece of the line of `source` in a row: it comes down in `lane`, or leaves by it, in the colour of a lane."""

    part: Part
    lane: int
    colour: int
    source: IRI
    kind: LinkKind
    in_loop: bool = False


@dataclass(frozen=True, slots=True)
class LaneRow:
    """One action in its lane, counted from 0 at the left, and the pieces of lines in its row."""

    step: Step
    lane: int
    pieces: tuple[LanePiece, ...]


@dataclass(slots=True)
class _OpenLine:
    """The line of one kind that leaves an action: the rows in which others follow it, and its lane."""

    source: IRI
    kind: LinkKind
    in_loop: bool
    ends: list[int]
    lane: int = -1

    def piece(self, part: Part, colour: int) -> LanePiece:
        return LanePiece(part, self.lane, colour, self.source, self.kind, self.in_loop)


def lane_rows(chain: Chain, shown: Collection[IRI] | None = None) -> tuple[LaneRow, ...]:
    """Return a row for each action of `chain`, in its order, or for those that are `shown`, with the links among them.

    An action that follows itself has no line to itself. Of a stated and a probable link between the same two actions
    the stated one is drawn.
    """
    steps = [step for step in chain.steps if shown is None or step.action in shown]
    beginning, ending = _lines(chain, steps)
    open_lines: list[_OpenLine | None] = []
    rows: list[LaneRow] = []
    for number, step in enumerate(steps):
        above = ending[number]
        for line in above:
            if line.ends[-1] == number:
                open_lines[line.lane] = None
        passing = [line for line in open_lines if line]
        lane = min((line.lane for line in above if line.ends[-1] == number), default=_free(open_lines))
        is_taken_over = any(line.lane == lane for line in above)
        pieces = [line.piece(Part.PASSES, line.lane) for line in passing]
        pieces += [line.piece(Part.ENDS, line.lane if is_taken_over else lane) for line in above]
        for place, line in enumerate(sorted(beginning[number], key=lambda line: -line.ends[-1])):
            line.lane = _free(open_lines, lane if place == 0 else 0)
            _take(open_lines, line)
            pieces.append(line.piece(Part.BEGINS, line.lane))
        rows.append(LaneRow(step, lane, tuple(pieces)))
    return tuple(rows)


def _lines(chain: Chain, steps: Sequence[Step]) -> tuple[dict[int, list[_OpenLine]], dict[int, list[_OpenLine]]]:
    """Return, by the numbers of rows, the lines that begin in each and those that end or branch off there."""
    row_of = {step.action: number for number, step in enumerate(steps)}
    loop_of = {action: number for number, loop in enumerate(chain.loops) for action in loop}
    lines: dict[tuple[IRI, LinkKind, bool], _OpenLine] = {}
    for link in strongest(chain.links):
        if link.later in row_of and link.earlier in row_of:
            upper, lower = sorted((link.later, link.earlier), key=row_of.__getitem__)
            in_loop = upper in loop_of and loop_of[upper] == loop_of.get(lower)
            line = lines.setdefault((upper, link.kind, in_loop), _OpenLine(upper, link.kind, in_loop, []))
            line.ends.append(row_of[lower])
    beginning, ending = defaultdict[int, list[_OpenLine]](list), defaultdict[int, list[_OpenLine]](list)
    for line in lines.values():
        line.ends = sorted(set(line.ends))
        beginning[row_of[line.source]].append(line)
        for end in line.ends:
            ending[end].append(line)
    return beginning, ending


def strongest(links: Iterable[Link]) -> Iterator[Link]:
    """Yield one link for each pair of different actions, the stated one if there is one; the first says its place."""
    found: dict[frozenset[IRI], Link] = {}
    for link in links:
        pair = frozenset((link.later, link.earlier))
        if len(pair) > 1 and (pair not in found or link.kind is LinkKind.STATED):
            found[pair] = link
    yield from found.values()


def _free(open_lines: Sequence[_OpenLine | None], first: int = 0) -> int:
    """Return the first lane that no line is in, from `first` on."""
    lanes = range(first, len(open_lines))
    return next((lane for lane in lanes if open_lines[lane] is None), max(first, len(open_lines)))


def _take(open_lines: list[_OpenLine | None], line: _OpenLine) -> None:
    open_lines += [None] * (line.lane + 1 - len(open_lines))
    open_lines[line.lane] = line


def count_lanes(rows: Iterable[LaneRow]) -> int:
    """Return the number of lanes that `rows` need."""
    return 1 + max((lane for row in rows for lane in (row.lane, *(piece.lane for piece in row.pieces))), default=0)


def looks_of(kind: LinkKind, colour: int, *, in_loop: bool) -> str:
    """Return the class of a line in the stylesheet: `s2` is stated, `p2` probable, both in the third colour."""
    return f"{'p' if kind is LinkKind.PROBABLE else 's'}{'x' if in_loop else colour % COLOURS}"


def lane_width(lanes: int) -> int:
    """Return the width of each of so many lanes, in pixels."""
    return max(_WIDEST // 2, min(_WIDEST, _ROOM // lanes))


def as_lanes(row: LaneRow, width: int, *, here: bool = False) -> str:
    """Return the drawing of one row, with lanes of this width, as SVG; it says nothing in words.

    Its looks are in the stylesheet of the page. `here` marks the action that was asked for.
    """

    def across(lane: int) -> int:
        return lane * width + width // 2

    drawn: dict[str, list[str]] = defaultdict(list)
    at = across(row.lane)
    for piece in row.pieces:
        course = _course(piece.part, across(piece.lane), at)
        drawn[looks_of(piece.kind, piece.colour, in_loop=piece.in_loop)].append(course)
    lines = "".join(f'<path class="{looks}" d="{"".join(parts)}"/>' for looks, parts in drawn.items())
    dot = f"M{at} {_DOT}h0"
    ring = f'<path class="ring" d="{dot}"/><path class="gap" d="{dot}"/>' if here else ""
    hole = "" if row.step.described else f'<path class="hole" d="{dot}"/>'
    return f'<svg aria-hidden="true">{lines}{ring}<path class="d{row.lane % COLOURS}" d="{dot}"/>{hole}</svg>'


def _course(part: Part, x: int, at: int) -> str:
    """Return the part of a line in the lane at `x` pixels, in the row of an action at `at`."""
    if part is Part.PASSES:
        return f"M{x} 0v999"
    if part is Part.ENDS:
        return f"M{x} 0v{_DOT}" if x == at else f"M{x} 0C{x} 12 {at} 3 {at} {_DOT}"
    return f"M{x} {_DOT}v999" if x == at else f"M{at} {_DOT}C{at} 27 {x} 18 {x} {_LEFT}v999"
