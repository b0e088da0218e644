"""A large chain in a strip, as wide as a page: a column for each year, a lane for each branch, a dot for each action.

The branches are those of the nested list (`outline`). One takes the free lane that is nearest to that of the action it
leaves from, so that as many lanes are needed as branches are open at a time. What is of no known year, or is dated
before what it follows, stands after that, as a ring; so the axis claims nothing that the data does not say.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from actiongraph.chains.drawing.graph import Sort, ranks_of
from actiongraph.chains.drawing.lanes import COLOURS, looks_of, strongest
from actiongraph.chains.model import Chain, Step
from actiongraph.chains.outline import Branch, outline
from actiongraph.text import one_line
from actiongraph.vocabulary import IRI

_WIDTH, _HEIGHT = 1_100.0, 270.0
"""The room for dots, in pixels; a strip grows beyond it only where they would lie on each other."""
_MARGIN, _HEAD = 12.0, 30.0
_NARROWEST_YEAR, _NO_YEAR, _WIDEST_STEP, _LEAST_STEP = 40.0, 60.0, 14.0, 8.0
_WIDEST_LANE, _LEAST_LANE = 13.0, 8.0
_NAME = 26
"""The letters of a name that a dot says; the row that it leads to has all of it."""


@dataclass(frozen=True, slots=True)
class Dot:
    """An action in the strip, in pixels from the top left; `branch` is the number of its lane, from 0 at the top."""

    step: Step
    place: int
    x: float
    y: float
    branch: int
    is_dated: bool


@dataclass(frozen=True, slots=True)
class YearColumn:
    """The actions of one year, None before the first that is known, and where its column begins and ends."""

    year: int | None
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Strip:
    """A chain with the position of every dot, in the chain's order, and of every column."""

    dots: tuple[Dot, ...]
    columns: tuple[YearColumn, ...]
    width: float
    height: float


def strip_of(chain: Chain) -> Strip:
    """Return the strip of a chain. The same chain always gives the same one."""
    ranks = ranks_of(chain)
    levels: dict[float, int] = {}
    for rank in ranks.values():
        levels[rank.year] = max(levels.get(rank.year, 0), rank.level + 1)
    columns, step = _columns(levels)
    left = {-math.inf if column.year is None else column.year: column.left for column in columns}
    across = {action: left[rank.year] + step * (rank.level + 0.5) for action, rank in ranks.items()}
    lane_of = _lanes(outline(chain), across)
    lanes = 1 + max(lane_of.values())
    apart = min(_WIDEST_LANE, max(_LEAST_LANE, _HEIGHT / lanes))
    dots = tuple(
        Dot(
            each,
            place,
            across[each.action],
            _HEAD + lane_of[each.action] * apart,
            lane_of[each.action],
            ranks[each.action].sort is Sort.DATED,
        )
        for place, each in enumerate(chain.steps, start=1)
    )
    return Strip(dots, columns, columns[-1].right + _MARGIN, _HEAD + (lanes - 1) * apart + _MARGIN)


def _columns(levels: Mapping[float, int]) -> tuple[tuple[YearColumn, ...], float]:
    """Return a column for each year, wide enough for its dots, and the distance between two dots."""
    step = min(_WIDEST_STEP, max(_LEAST_STEP, _WIDTH / sum(levels.values())))
    columns: list[YearColumn] = []
    for year, number in sorted(levels.items()):
        left = columns[-1].right if columns else _MARGIN
        known = None if year == -math.inf else int(year)
        right = left + max(_NARROWEST_YEAR if known is not None else _NO_YEAR, number * step)
        columns.append(YearColumn(known, left, right))
    return tuple(columns), step


def _lanes(branches: Sequence[Branch], across: Mapping[IRI, float]) -> dict[IRI, int]:
    """Return the lane of each action: a branch lies in one, and no two lie in one at the same time."""
    ends: list[float] = []
    lane_of: dict[IRI, int] = {}
    for branch, parent in sorted(_all(branches, None), key=lambda found: across[found[0][0].step.action]):
        first, last = (across[branch[at].step.action] for at in (0, -1))
        near = lane_of[parent] if parent else 0
        free = [lane for lane, end in enumerate(ends) if end < first]
        lane = min(free, key=lambda lane: (abs(lane - near), lane), default=len(ends))
        ends += [0.0] * (lane + 1 - len(ends))
        ends[lane] = last
        lane_of |= {entry.step.action: lane for entry in branch}
    return lane_of


def _all(branches: Sequence[Branch], parent: IRI | None) -> Iterator[tuple[Branch, IRI | None]]:
    """Yield each branch with the action that it leaves from."""
    for branch in branches:
        yield branch, parent
        for entry in branch:
            yield from _all(entry.branches, entry.step.action)


def as_strip(
    chain: Chain,
    link: Callable[[Step], str],
    *,
    here: IRI | None = None,
    shown: Collection[IRI] | None = None,
) -> str:
    """Return the strip as SVG: each dot leads to `link` of its action and says place, name and year.

    `here` is marked as the action that was asked for; all that are not `shown` are faint. Its looks are in the
    stylesheet of the page.
    """
    strip = strip_of(chain)
    size = f"{_number(strip.width)} {_number(strip.height)}"
    width, height = size.split()
    return "\n".join(
        [
            f'<svg class="strip" role="group" aria-label="{_text(f"Chain {chain.key}, an action a dot")}"'
            f' width="{width}" height="{height}" viewBox="0 0 {size}">',
            '<g aria-hidden="true">',
            *_axis(strip),
            *_lines(chain, strip),
            "</g>",
            *(_dot(dot, link(dot.step), here, shown) for dot in strip.dots),
            "</svg>\n",
        ]
    )


def _axis(strip: Strip) -> Iterator[str]:
    rules = "".join(f"M{_number(column.left)} 20V{_number(strip.height)}" for column in strip.columns)
    yield f'<path class="rule" d="{rules}"/>'
    for column in strip.columns:
        yield f'<text x="{_number(column.left + 3)}" y="14">{"no year" if column.year is None else column.year}</text>'


def _lines(chain: Chain, strip: Strip) -> Iterator[str]:
    """Yield the lines of one look together: it keeps the page small."""
    dots = {dot.step.action: dot for dot in strip.dots}
    loop_of = {action: number for number, loop in enumerate(chain.loops) for action in loop}
    occupied: dict[int, list[float]] = defaultdict(list)
    for dot in strip.dots:
        occupied[dot.branch].append(dot.x)
    found: dict[str, list[str]] = defaultdict(list)
    for each in strongest(chain.links):
        one, other = sorted((dots[each.earlier], dots[each.later]), key=lambda dot: dot.place)
        is_loop = one.step.action in loop_of and loop_of[one.step.action] == loop_of.get(other.step.action)
        is_hidden = one.branch == other.branch and any(one.x < x < other.x for x in occupied[one.branch])
        looks = looks_of(each.kind, other.branch, in_loop=is_loop)
        found[looks].append(_course(one, other, is_hidden=is_hidden))
    for looks, courses in sorted(found.items()):
        yield f'<path class="{looks}" d="{"".join(courses)}"/>'


def _course(one: Dot, other: Dot, *, is_hidden: bool) -> str:
    """Return a line from dot to dot; one that would run behind others of its lane goes over them in an arc."""
    begin, end = f"M{_number(one.x)} {_number(one.y)}", f"{_number(other.x)} {_number(other.y)}"
    if is_hidden:
        return f"{begin}Q{_number((one.x + other.x) / 2)} {_number(one.y - 16)} {end}"
    if one.branch == other.branch:
        return f"{begin}H{_number(other.x)}"
    half = _number((one.x + other.x) / 2)
    return f"{begin}C{half} {_number(one.y)} {half} {_number(other.y)} {end}"


def _dot(dot: Dot, href: str, here: IRI | None, shown: Collection[IRI] | None) -> str:
    is_here = dot.step.action == here
    looks = f"d{dot.branch % COLOURS}"
    if shown is not None and dot.step.action not in shown and not is_here:
        looks += " faint"
    at = f"M{_number(dot.x)} {_number(dot.y)}h0"
    name = one_line(dot.step.name)
    short = name if len(name) <= _NAME else name[: _NAME - 1].rstrip() + "…"
    return (
        f'<a class="{looks}" href="{_text(href)}"><title>{dot.place}. {escape(short)}'
        f"{' (you are here)' if is_here else ''}</title>"
        + (f'<path class="ring" d="{at}"/><path class="gap" d="{at}"/>' if is_here else "")
        + f'<path d="{at}"/>'
        + ("" if dot.is_dated else f'<path class="hole" d="{at}"/>')
        + "</a>"
    )


def _number(value: float) -> str:
    return f"{value:.0f}"


def _text(words: str) -> str:
    return escape(one_line(words))
