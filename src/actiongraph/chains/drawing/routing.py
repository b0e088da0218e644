"""The course of lines between a row and the next: where they leave, where they arrive, at which level they turn.

A line goes down from where it starts, across at its level, and down to each of its ends. Lines neither lie on each
other nor cross needlessly; those that share none of their width share a level.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, permutations
from statistics import fmean

from actiongraph.chains.drawing.graph import Graph, Piece, Spot, Stroke

_PORT = 16.0
"""The distance between lines that leave or reach a box, in pixels."""
_Port = tuple[float, Stroke | Piece]
Ports = Mapping[tuple[Spot, Stroke], float]


@dataclass(frozen=True, slots=True)
class Run:
    """The pieces of one line between two rows: `ends` are the spots it leads to, `turn` says how far from the left."""

    source: Spot
    stroke: Stroke
    upper: Spot
    ends: tuple[Spot, ...]
    turn: Turn
    level: int = 0


def runs_of(
    graph: Graph, middle: Mapping[Spot, float], width: float, is_folded: Callable[[Spot], bool]
) -> list[list[Run]]:
    """Return the runs between each row and the next; `middle` and `width` of the boxes are in pixels."""
    leaving, entering = _leaving(graph, middle, width), _entering(graph, middle, width, is_folded)
    levelled = []
    for pieces in graph.pieces:
        runs = list(_runs(sorted(pieces), middle, leaving, entering))
        levels = tracks_of([run.turn for run in runs])
        levelled.append([replace(run, level=level) for run, level in zip(runs, levels, strict=True)])
    return levelled


def _runs(
    pieces: Sequence[Piece], middle: Mapping[Spot, float], leaving: Ports, entering: Mapping[Piece, float]
) -> Iterator[Run]:
    for (upper, stroke), together in groupby(pieces, key=lambda piece: (piece.upper, piece.stroke)):
        found = list(together)
        turn = Turn(
            leaving.get((upper, stroke), middle[upper]),
            tuple(entering.get(piece, middle[piece.lower]) for piece in found),
        )
        yield Run(found[0].source, stroke, upper, tuple(piece.lower for piece in found), turn)


def _leaving(graph: Graph, middle: Mapping[Spot, float], width: float) -> Ports:
    """Return the points on the lower edge of each box where lines begin, each stroke apart, in order of their ends."""
    ends: dict[Spot, dict[Stroke, list[float]]] = defaultdict(lambda: defaultdict(list))
    for piece in (piece for between in graph.pieces for piece in between if piece.upper == piece.source):
        ends[piece.source][piece.stroke].append(middle[piece.lower])
    return {
        (spot, stroke): at
        for spot, strokes in ends.items()
        for stroke, at in zip(
            sorted(strokes, key=lambda stroke: (fmean(strokes[stroke]), stroke)),
            _ports(middle[spot], len(strokes), width),
            strict=True,
        )
    }


def _entering(
    graph: Graph, middle: Mapping[Spot, float], width: float, is_folded: Callable[[Spot], bool]
) -> dict[Piece, float]:
    """Return the point on the upper edge of a box where each piece ends, in the order they come from.

    At a folded box all pieces of one stroke end together.
    """
    pieces: dict[Spot, dict[_Port, list[Piece]]] = defaultdict(lambda: defaultdict(list))
    for piece in (piece for between in graph.pieces for piece in between if not graph.is_lane(piece.lower)):
        apart = (0.0, piece.stroke) if is_folded(piece.lower) else (middle[piece.upper], piece)
        pieces[piece.lower][apart].append(piece)
    return {
        piece: at
        for spot, found in pieces.items()
        for apart, at in zip(sorted(found), _ports(middle[spot], len(found), width), strict=True)
        for piece in found[apart]
    }


def _ports(middle: float, number: int, width: float) -> list[float]:
    """Return `number` positions side by side along an edge of a box, around its middle."""
    apart = min(_PORT, (width - 2 * _PORT) / number)
    return [middle + (turn - (number - 1) / 2) * apart for turn in range(number)]


_NEAR = 5.0
"""Two lines closer than this, in pixels, look like one."""
_LIES_ON = 100
"""As bad as so many crossings: two lines that lie on each other look like one."""

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
    for index, number in enumerate(above):
        turn, before = turns[number], ((other, turns[other]) for other in above[:index])
        beside = [n for n, other in before if other.left < turn.right + _NEAR and turn.left < other.right + _NEAR]
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
    """Return the crossings of two lines where `upper` turns above `lower`; lying on each other counts for many."""
    crossed = sum(lower.left < end < lower.right for end in upper.ends)
    crossed += upper.left < lower.start < upper.right
    return crossed + _LIES_ON * any(abs(end - lower.start) < _NEAR for end in upper.ends)
