"""Chains in short, written for programs: the list as JSON and as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from actiongraph.chains.chain import Named, key_of
from actiongraph.chains.summary import ChainSummary, Figures
from actiongraph.chains.tables import BETWEEN, names_cell, text_cell
from actiongraph.chains.writing import gap_as_json, thing_as_json
from actiongraph.vocabulary import IRI

COLUMNS = (
    "key",
    "actions",
    "length",
    "links",
    "probable_links",
    "first",
    "last",
    "countries",
    "partners",
    "returning_partners",
    "assistance_types",
    "first_year",
    "last_year",
    "loop",
    "iri",
)
"""What is in the columns; `first` has the keys of what follows nothing, `last` of what nothing follows."""


def summary_as_json(summary: ChainSummary, names: Mapping[IRI, Named]) -> dict[str, Any]:
    """Return a chain in short as values that JSON can hold. Members are added over time, never renamed or removed.

    `names` has the names of its roots and ends.

    * `key`; `iri` (null without probable links); `size` (actions), `length` (actions on the longest path), `links`,
      `probableLinks`
    * `roots`, `ends`: actions that follow nothing, and that nothing follows, as things (`iri`, `name`)
    * `countries`, `partners`, `returningPartners` (of two or more actions), `assistanceTypes`: things
    * `years` in which actions began, as far as known; `gaps` that are known: `leastDays`, `mostDays`, `from` (`end`
      or `start` of the earlier action); `loop`: whether actions follow each other in a circle
    """
    return {
        "key": summary.key,
        "iri": None if summary.iri is None else str(summary.iri),
        "size": summary.size,
        "length": summary.length,
        "links": summary.links,
        "probableLinks": summary.probable_links,
        "roots": _things([names[root] for root in summary.roots]),
        "ends": _things([names[end] for end in summary.ends]),
        "countries": _things(summary.countries),
        "partners": _things(summary.partners),
        "returningPartners": _things(summary.returning_partners),
        "assistanceTypes": _things(summary.assistance_types),
        "years": list(summary.years),
        "gaps": [gap_as_json(gap) for gap in summary.gaps],
        "loop": summary.has_loop,
    }


def figures_as_json(figures: Figures) -> dict[str, Any]:
    """Return figures about chains as values that JSON can hold.

    `chains`, `actions`, `links`, `probableLinks`; `statedChains` rest on stated links alone; `returning` have a partner
    of two or more actions. `lengths` and `sizes` map each length and size to the number of such chains. `gaps` are
    those that are known, `gapsFromStart` of them hold the duration of the earlier action; `medianGap`, `shortestDays`
    and `longestDays` are null where none is known.
    """
    return {
        "chains": figures.chains,
        "actions": figures.actions,
        "links": figures.links,
        "probableLinks": figures.probable_links,
        "statedChains": figures.stated_chains,
        "returning": figures.returning,
        "lengths": _counted(figures.lengths),
        "sizes": _counted(figures.sizes),
        "gaps": figures.gaps,
        "gapsFromStart": figures.gaps_from_start,
        "medianGap": gap_as_json(figures.median_gap) if figures.median_gap else None,
        "shortestDays": figures.shortest_days,
        "longestDays": figures.longest_days,
    }


def summaries_as_csv(summaries: Iterable[ChainSummary]) -> str:
    """Return chains in short as CSV, one row for each; names stand as in `tables.as_csv`.

    Source: RFC 4180; lines end in CR LF.
    """
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(COLUMNS)
    table.writerows(_row(summary) for summary in summaries)
    return written.getvalue()


def _row(summary: ChainSummary) -> list[object]:
    named = (
        summary.countries,
        summary.partners,
        summary.returning_partners,
        summary.assistance_types,
    )
    return [
        text_cell(summary.key),
        summary.size,
        summary.length,
        summary.links,
        summary.probable_links,
        *(text_cell(BETWEEN.join(key_of(action) for action in actions)) for actions in (summary.roots, summary.ends)),
        *(names_cell(things) for things in named),
        summary.years[0] if summary.years else "",
        summary.years[-1] if summary.years else "",
        "yes" if summary.has_loop else "no",
        summary.iri or "",
    ]


def _things(things: Iterable[Named]) -> list[dict[str, Any]]:
    return [thing_as_json(thing) for thing in things]


def _counted(numbers: Mapping[int, int]) -> dict[str, int]:
    return {str(number): count for number, count in numbers.items()}
