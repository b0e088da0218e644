"""Which row each action stands in: by its year where that is known, by depth where not; long rows are folded.

Whatever the dates say, an action stands in a lower row than all that it follows. Years only ever
grow downwards. A row is of one sort: its actions begin in the year on its label, or their years are
unknown, or they are said to begin before something that they follow. So the axis claims nothing
that the data does not say.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby
from typing import NamedTuple

from actiongraph.chains.chain import Chain, Step
from actiongraph.vocabulary import IRI

MOST = 5
"""Boxes in a row. More would be too small to read on a page; what is over is folded into one box with a count."""
_YEAR = re.compile(r"-?\d{4,6}")


class Sort(IntEnum):
    """What is known of the years of a row."""

    DATED = 0
    UNDATED = 1
    CONTRADICTED = 2


@dataclass(frozen=True, slots=True)
class Cell:
    """What is drawn as one box: an action, or several that are folded together."""

    steps: tuple[Step, ...]

    @property
    def folded(self) -> bool:
        """Tell whether the box stands for several actions, of which it shows only the count."""
        return len(self.steps) > 1


@dataclass(frozen=True, slots=True)
class Row:
    """The boxes of one row, and their year where it is known."""

    sort: Sort
    year: int | None
    cells: tuple[Cell, ...]


class _Rank(NamedTuple):
    """Where a row comes: after the latest year above it, then by links since, then by sort."""

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
            _cells(list(steps), most, above, reach, folded),
        )
        for rank, steps in groupby(by_rank, key=lambda step: ranks[step.action])
    )


def drawn_pairs(chain: Chain) -> Iterator[tuple[IRI, IRI]]:
    """Yield, for each link of `chain` and in its order, what stands higher and what lower; nothing for a self-loop."""
    place = {step.action: number for number, step in enumerate(chain.steps)}
    for link in chain.links:
        if link.later != link.earlier:
            upper, lower = sorted((link.later, link.earlier), key=place.__getitem__)
            yield upper, lower


def _above(chain: Chain) -> Mapping[IRI, set[IRI]]:
    above: dict[IRI, set[IRI]] = defaultdict(set)
    for upper, lower in drawn_pairs(chain):
        above[lower].add(upper)
    return above


def _ranks(chain: Chain, above: Mapping[IRI, set[IRI]]) -> dict[IRI, _Rank]:
    ranks: dict[IRI, _Rank] = {}
    for step in chain.steps:
        before = [ranks[other] for other in above.get(step.action, ())]
        ranks[step.action] = _rank(year_of(step), max(before, default=_Rank(-math.inf, -1, Sort.UNDATED)))
    return ranks


def _rank(year: int | None, before: _Rank) -> _Rank:
    if year is None:
        return _Rank(before.year, before.level + 1, Sort.UNDATED)
    if year > before.year:
        return _Rank(year, 0, Sort.DATED)
    return _Rank(before.year, before.level + 1, Sort.DATED if year == before.year else Sort.CONTRADICTED)


def _reach(chain: Chain, above: Mapping[IRI, set[IRI]]) -> dict[IRI, int]:
    """Return, for each action, the links on the longest path that leads on from it."""
    reach = dict.fromkeys((step.action for step in chain.steps), 0)
    for step in reversed(chain.steps):
        for other in above.get(step.action, ()):
            reach[other] = max(reach[other], reach[step.action] + 1)
    return reach


def _cells(
    steps: Sequence[Step], most: int, above: Mapping[IRI, set[IRI]], reach: Mapping[IRI, int], folded: set[IRI]
) -> tuple[Cell, ...]:
    """Return the boxes of a row: the longest continuations; what follows only folded actions is folded too."""

    def springs_from_folded(step: Step) -> bool:
        before: Collection[IRI] = above.get(step.action, ())
        return bool(before) and folded.issuperset(before)

    free = [step for step in steps if not springs_from_folded(step)]
    if len(free) == len(steps) <= most:
        return tuple(Cell((step,)) for step in steps)
    shown = {step.action for step in sorted(free, key=lambda step: -reach[step.action])[: most - 1]}
    rest = tuple(step for step in steps if step.action not in shown)
    if len(rest) > 1:
        folded.update(step.action for step in rest)
    return (*(Cell((step,)) for step in steps if step.action in shown), Cell(rest))
