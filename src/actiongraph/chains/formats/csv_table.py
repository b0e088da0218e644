"""A chain as a table for a spreadsheet: one row for each action, in order."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from actiongraph.chains.fields import NAMES, TEXTS, THINGS
from actiongraph.chains.model import Chain, Link, Lookup, Named, Step
from actiongraph.text import one_line
from actiongraph.vocabulary import IRI

BETWEEN = " | "
"""Between the values of one cell: names have semicolons and commas of their own."""
COLUMNS = (
    "position",
    "depth",
    "key",
    *(field.name for field in NAMES),
    "described",
    *(field.name for field in (*THINGS, *TEXTS)),
    "follows",
    "link_kinds",
    "confidences",
    "least_days_since",
    "most_days_since",
    "days_since",
    "reasons",
    "fragments",
    "follows_something_unnamed",
    "action",
)
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
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(COLUMNS)
    key, lookup = {step.action: step.key for step in chain.steps}, Lookup(chain)
    for position, step in enumerate(chain.steps, start=1):
        links = lookup.before[step.action]
        table.writerow([position, step.depth, *_known(step), *_links(links, key), _yes(step.open_end), step.action])
    return written.getvalue()


def _known(step: Step) -> list[str]:
    return [
        text_cell(step.key),
        *(text_cell(getattr(step, field.name)) for field in NAMES),
        _yes(step.described),
        *(names_cell(getattr(step, field.name)) for field in THINGS),
        *(text_cell(getattr(step, field.name)) for field in TEXTS),
    ]


def _links(links: list[Link], key: Mapping[IRI, str]) -> list[str]:
    gaps = [link.gap for link in links]
    return [
        text_cell(_joined(key[link.earlier] for link in links)),
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


def _yes(fits: bool) -> str:
    return "yes" if fits else "no"
