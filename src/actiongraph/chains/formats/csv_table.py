"""A chain as a table for a spreadsheet: one row for each action, in order."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from actiongraph.chains.fields import NAMES, TEXTS, THINGS
from actiongraph.chains.model import Chain, Link, Lookup, Named, Step
from actiongraph.text import one_line

BETWEEN = " | "
"""Between the values of one cell: names have semicolons and commas of their own."""
COLUMNS = (
    "position", "depth", "key", *(field.name for field in NAMES), "described",
    *(field.name for field in (*THINGS, *TEXTS)), "follows", "link_kinds", "confidences", "least_days_since",
    "most_days_since", "days_since", "reasons", "fragments", "follows_something_unnamed", "action",
)  # fmt: skip
"""The columns; from `follows` to `fragments` each cell has one value for each link, in one order."""
_FORMULA = ("=", "+", "-", "@")
"""The beginnings of cells that a spreadsheet would compute."""


def as_csv(chain: Chain) -> str:
    r"""Return the chain as CSV: one row for each action, so that counting rows counts actions.

    `days_since` tells what the days are counted from, the `end` or the `start` of the earlier action. Unknown
    is empty. White space is one space, and text that a spreadsheet would take for a formula gets an apostrophe
    before it.

    Source: RFC 4180; lines end in CR LF.
    """
    lookup = Lookup(chain)
    return csv_text(COLUMNS, (_row(step, lookup) for step in chain.steps))


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as CSV."""
    written = io.StringIO()
    csv.writer(written).writerows([columns, *rows])
    return written.getvalue()


def _row(step: Step, lookup: Lookup) -> list[object]:
    return [
        lookup.position[step.action],
        step.depth,
        text_cell(step.key),
        *(text_cell(getattr(step, field.name)) for field in NAMES),
        yes_or_no(step.described),
        *(names_cell(getattr(step, field.name)) for field in THINGS),
        *(text_cell(getattr(step, field.name)) for field in TEXTS),
        *_links(lookup.before[step.action], lookup),
        yes_or_no(step.open_end),
        step.action,
    ]


def _links(links: list[Link], lookup: Lookup) -> list[str]:
    gaps = [link.gap for link in links]
    return [
        text_cell(_joined(lookup.steps[link.earlier].key for link in links)),
        _joined(link.kind for link in links),
        _joined("" if link.confidence is None else str(link.confidence) for link in links),
        _joined(str(gap.least_days) if gap else "" for gap in gaps),
        _joined(str(gap.most_days) if gap else "" for gap in gaps),
        _joined(gap.counted_from if gap else "" for gap in gaps),
        _guarded(_joined(one_line(" / ".join(link.reasons)) for link in links)),
        _guarded(_joined(one_line(" / ".join(link.fragments)) for link in links)),
    ]


def names_cell(things: Iterable[Named]) -> str:
    """Return the names of `things` in one cell."""
    return text_cell(_joined(thing.name for thing in things))


def text_cell(text: str | None) -> str:
    """Return `text` in one line that no spreadsheet computes; nothing for None."""
    return _guarded(one_line(text or ""))


def _guarded(line: str) -> str:
    return f"'{line}" if line.startswith(_FORMULA) else line


def _joined(values: Iterable[str]) -> str:
    """Return the values in one cell; nothing if each of them is empty."""
    listed = list(values)
    return BETWEEN.join(listed) if any(listed) else ""


def yes_or_no(fits: bool) -> str:
    """Return what a cell says of a condition."""
    return "yes" if fits else "no"
