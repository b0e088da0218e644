"""How lines run between a row and the next: where they leave, where they arrive, at which level they turn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import fmean

from actiongraph.chains.drawing.tracks import Turn, tracks_of
from actiongraph.chains.drawing.web import Piece, Spot, Stroke, Web

_PORT = 16.0
"""How far apart lines leave or reach a box, in pixels."""
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


def runs_of(web: Web, middle: Mapping[Spot, float], width: float, is_folded: Callable[[Spot], bool]) -> list[list[Run]]:
    """Return the runs between each row and the next; `middle` and `width` of the boxes are in pixels."""
    leaving, entering = _leaving(web, middle, width), _entering(web, middle, width, is_folded)
    return [_levelled(list(_runs(sorted(pieces), middle, leaving, entering))) for pieces in web.pieces]


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


def _levelled(runs: Sequence[Run]) -> list[Run]:
    return [replace(run, level=level) for run, level in zip(runs, tracks_of([run.turn for run in runs]), strict=True)]


def _leaving(web: Web, middle: Mapping[Spot, float], width: float) -> Ports:
    """Return where along the lower edge of each box its lines begin: each stroke apart, in the order they go to."""
    ends: dict[Spot, dict[Stroke, list[float]]] = defaultdict(lambda: defaultdict(list))
    for piece in (piece for between in web.pieces for piece in between if piece.upper == piece.source):
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
    web: Web, middle: Mapping[Spot, float], width: float, is_folded: Callable[[Spot], bool]
) -> dict[Piece, float]:
    """Return where along the upper edge of a box each piece ends, in the order they come from.

    At a folded box all pieces of one stroke end together.
    """
    pieces: dict[Spot, dict[_Port, list[Piece]]] = defaultdict(lambda: defaultdict(list))
    for piece in (piece for between in web.pieces for piece in between if not web.is_lane(piece.lower)):
        apart = (0.0, piece.stroke) if is_folded(piece.lower) else (middle[piece.upper], piece)
        pieces[piece.lower][apart].append(piece)
    return {
        piece: at
        for spot, found in pieces.items()
        for apart, at in zip(sorted(found), _ports(middle[spot], len(found), width), strict=True)
        for piece in found[apart]
    }


def _ports(middle: float, number: int, width: float) -> list[float]:
    """Return `number` places side by side along an edge of a box, around its middle."""
    apart = min(_PORT, (width - 2 * _PORT) / number)
    return [middle + (turn - (number - 1) / 2) * apart for turn in range(number)]
