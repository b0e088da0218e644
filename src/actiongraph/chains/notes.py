"""What to tell beside the chains that filters choose: a name that nothing bears, and chains whose years are unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches

from actiongraph.chains.chain import Named
from actiongraph.chains.summary import Filters, Overview
from actiongraph.text import counted, one_line

_NEAR = 3
_LIKENESS = 0.6
_MOST = 2_000
"""Words that a name is compared with; each takes up to a tenth of a millisecond."""
_LONGEST = 100
_Things = Callable[[], Iterable[tuple[Named, int]]]


def notes(overview: Overview, filters: Filters) -> tuple[str, ...]:
    """Return sentences about what `filters` cannot find, as far as there is something to tell."""
    return (*_unknown_names(overview, filters), *_unknown_years(overview, filters))


def _unknown_names(overview: Overview, filters: Filters) -> Iterator[str]:
    asked: tuple[tuple[str, str | None, _Things], ...] = (
        ("country", filters.country, overview.countries),
        ("partner", filters.partner, overview.partners),
        ("type of assistance", filters.assistance_type, overview.assistance_types),
    )
    for what, wanted, things in asked:
        word = (wanted or "").strip().casefold()
        if not word:
            continue
        names = {other: thing.name for thing, _ in things() for other in overview.words_of(thing)}
        if word not in names:
            near = _near(word, names)
            told = f"; near: {', '.join(near)}" if near else ""
            yield f"No chain has a {what} called {one_line(wanted or '')[:_LONGEST]}{told}."


def _near(word: str, names: dict[str, str]) -> list[str]:
    """Return the names of the few things that are called nearly like `word`, or that have it in a name."""
    within = [other for other in names if word in other][:_NEAR]
    words = [other for other in names if "://" not in other][:_MOST]
    close = get_close_matches(word[:_LONGEST], words, n=_NEAR, cutoff=_LIKENESS)
    return list(dict.fromkeys(one_line(names[other]) for other in (*close, *within)))[:_NEAR]


def _unknown_years(overview: Overview, filters: Filters) -> Iterator[str]:
    if filters.from_year is None and filters.to_year is None:
        return
    others = overview.chosen(replace(filters, from_year=None, to_year=None))
    unknown = sum(not summary.years for summary in others)
    if unknown:
        are, have = ("is", "has") if unknown == 1 else ("are", "have")
        yield f"{counted(unknown, 'chain')} {are} left out that {have} no known year."
