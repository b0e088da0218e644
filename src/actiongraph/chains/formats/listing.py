"""The list of all chains as text, JSON and CSV."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from actiongraph.chains.fields import json_name
from actiongraph.chains.formats.csv_table import csv_text, names_cell, text_cell, yes_or_no
from actiongraph.chains.formats.json_document import gap_as_json, things_as_json
from actiongraph.chains.model import Named
from actiongraph.chains.summary import ChainSummary, Figures
from actiongraph.text import counted, one_line
from actiongraph.vocabulary import IRI

COLUMNS = (
    "key", "size", "length", "links", "probable_links", "first_actions", "last_actions", "countries", "partners",
    "returning_partners", "assistance_types", "first_year", "last_year", "has_loop", "iri",
)  # fmt: skip
_THINGS = ("countries", "partners", "returning_partners", "assistance_types")
_FURTHER_THINGS = ("themes", "places")
_NOT_WRITTEN = ("lane", "text", "first_name", "last_name")
"""Attributes of a summary that the page and the search of the list need."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Chains to list, in order; `names` has the name of each of their first and last actions.

    `figures` are about all chains that were chosen, also where only some of them are listed. `notes` are sentences
    about what was wanted and is not there.
    """

    chains: Sequence[ChainSummary]
    figures: Figures
    names: Mapping[IRI, Named]
    probable: bool = True
    notes: Sequence[str] = ()

    def named(self, actions: Sequence[IRI]) -> tuple[Named, ...]:
        """Return actions with their names."""
        return tuple(self.names[action] for action in actions)


def list_as_text(listing: Listing) -> str:
    """Return the list for reading: figures, then two lines for each chain."""
    figures = listing.figures
    head = [
        f"Chains: {figures.chains}, with {counted(figures.actions, 'action')} and {counted(figures.links, 'link')}, "
        f"{figures.probable_links} of them probable",
        f"Longest: {counted(max(figures.lengths, default=0), 'action')}; with a returning partner: {figures.returning}",
        f"Gaps: {_gaps(figures)}",
        *(f"Note: {note}" for note in listing.notes),
    ]
    blocks = [[_heading(summary), _route(listing, summary)] for summary in listing.chains]
    return "\n\n".join("\n".join(block) for block in [head, *blocks]) + "\n"


def _gaps(figures: Figures) -> str:
    if not figures.median_gap:
        return "unknown, as no two linked actions have dates"
    least, most = figures.median_gap.least_days, figures.median_gap.most_days
    median = counted(least, "day") if least == most else f"between {least} and {most} days"
    longest = counted(figures.longest_days or 0, "day")
    return f"{figures.gaps} known, median {median}, from {figures.shortest_days} to {longest}"


def _heading(summary: ChainSummary) -> str:
    kinds = "stated" if summary.stated else f"{summary.probable_links} of {counted(summary.links, 'link')} probable"
    where = ", ".join(one_line(country.name) for country in summary.countries) or "country unknown"
    size = counted(summary.size, "action")
    return f"{one_line(summary.key)}: {size}, length {summary.length}, {kinds}; {where}; {_years(summary)}"


def _years(summary: ChainSummary) -> str:
    if not summary.years:
        return "years unknown"
    first, last = summary.years[0], summary.years[-1]
    return str(first) if first == last else f"{first} to {last}"


def _route(listing: Listing, summary: ChainSummary) -> str:
    first, last = (
        "; ".join(one_line(action.name) for action in listing.named(actions))
        for actions in (summary.roots, summary.ends)
    )
    return f"  {first} -> {last}"


def list_as_json(listing: Listing) -> dict[str, Any]:
    """Return the list as values that JSON can hold. Members are added over time, never renamed or removed.

    A thing is `{"iri", "name"}`, its `iri` null where only the name is known. Unknown is null or an empty list.

    * `probable` (whether probable links were followed), `note` (what was sought and is not there, or null),
      `figures`, `chains` in order: longest, biggest, key
    * chain: `key`, `iri` (null without probable links), `size`, `length`, `links`, `probableLinks`, `roots` and `ends`
      (first actions, and those that nothing follows), `countries`, `partners`, `returningPartners`,
      `assistanceTypes`, `themes`, `places` (things), `years` (in which a member started), `gaps`, `hasLoop`
    * gap: `leastDays`, `mostDays`, `from`, as in the JSON of a chain
    * figures: `chains`, `actions`, `links`, `probableLinks`, `statedChains` (with stated links alone), `returning`
      (chains with a returning partner), `lengths` and `sizes` (number of chains by length and size), `gaps` (known),
      `gapsFromStart` (of these, counted from the start), `medianGap` (a gap or null), `shortestDays`, `longestDays`
    """
    return {
        "probable": listing.probable,
        "note": " ".join(listing.notes) or None,
        "figures": _figures(listing.figures),
        "chains": [_summary(listing, summary) for summary in listing.chains],
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return _members(figures) | {
        "lengths": {str(length): count for length, count in figures.lengths.items()},
        "sizes": {str(size): count for size, count in figures.sizes.items()},
        "medianGap": gap_as_json(figures.median_gap) if figures.median_gap else None,
    }


def _summary(listing: Listing, summary: ChainSummary) -> dict[str, Any]:
    return _members(summary) | {
        "iri": None if summary.iri is None else str(summary.iri),
        "roots": things_as_json(listing.named(summary.roots)),
        "ends": things_as_json(listing.named(summary.ends)),
        **{json_name(name): things_as_json(getattr(summary, name)) for name in (*_THINGS, *_FURTHER_THINGS)},
        "years": list(summary.years),
        "gaps": [gap_as_json(gap) for gap in summary.gaps],
    }


def _members(of: Figures | ChainSummary) -> dict[str, Any]:
    """Return all attributes to be written, in their order, as they are."""
    names = (field.name for field in fields(of) if field.name not in _NOT_WRITTEN)
    return {json_name(name): getattr(of, name) for name in names}


def list_as_json_text(listing: Listing) -> str:
    """Return `list_as_json` as indented text, in UTF-8 as it is, not escaped."""
    return json.dumps(list_as_json(listing), ensure_ascii=False, indent=2) + "\n"


def list_as_csv(listing: Listing) -> str:
    """Return the list as CSV, one row for each chain; cells are as in the CSV of a chain.

    Source: RFC 4180; lines end in CR LF.
    """
    return csv_text(COLUMNS, (_row(listing, summary) for summary in listing.chains))


def _row(listing: Listing, summary: ChainSummary) -> list[object]:
    return [
        text_cell(summary.key),
        *(summary.size, summary.length, summary.links, summary.probable_links),
        *(names_cell(listing.named(actions)) for actions in (summary.roots, summary.ends)),
        *(names_cell(getattr(summary, name)) for name in _THINGS),
        *((summary.years[0], summary.years[-1]) if summary.years else ("", "")),
        yes_or_no(summary.has_loop),
        summary.iri or "",
    ]
