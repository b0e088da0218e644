"""A chain in a few words: its headline, a sentence about it, and times between its actions."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

from actiongraph.chains.chain import Chain, LinkKind, Step
from actiongraph.chains.dates import Gap, date_span

_MONTH, _YEAR = 30.44, 365.25


def headline(chain: Chain) -> str:
    """Return what a page about `chain` is called."""
    first = [step for step in chain.steps if step.depth == 0]
    return f"What came of {name_of(first[0])}" if len(first) == 1 else f"Chain {chain.key}"


def name_of(step: Step) -> str:
    """Return what to call an action: its title, else its number, else its key."""
    return step.title or step.number or step.key


def summary(chain: Chain) -> str:
    """Return one sentence about `chain`: how many actions, where, when, and by which links."""
    if chain.alone:
        stated = "" if chain.probable else "stated "
        return f"No {stated}follow-up is known that leads to this action or from it."
    countries = sorted({country.name for step in chain.steps for country in step.countries})
    where = (
        f" in {_listed(countries)}" if 0 < len(countries) < 4 else f" in {len(countries)} countries" * bool(countries)
    )
    return f"{len(chain.steps)} actions{where}{_when(chain)}, joined by {_links(chain)}."


def gap_in_words(gap: Gap) -> str:
    """Return the time between two actions, as exactly as their dates allow."""
    point = f"the {'end' if gap.from_end else 'start'} of what it follows"
    if gap.most_days < 0:
        return f"begun {_time(-gap.most_days, -gap.least_days)} before {point}"
    if gap.least_days < 0:
        return f"begun about {point}: before it, or up to {_time(gap.most_days, gap.most_days)} after it"
    return f"begun {_time(gap.least_days, gap.most_days)} after {point}"


def _time(least: int, most: int) -> str:
    unit, days = ("day", 1.0) if most < 60 else ("month", _MONTH) if most < 730 else ("year", _YEAR)
    low, high = floor(least / days), ceil(most / days)
    if high - low > 1:
        return f"{low} to {high} {unit}s"
    number = round((least + most) / 2 / days)
    about = "" if least == most and days == 1 else "about "
    return f"{about}{number} {unit}{'s' * (number != 1)}"


def _when(chain: Chain) -> str:
    years = sorted({span[0].year for step in chain.steps if (span := date_span(step.start or ""))})
    if not years:
        return ""
    unknown = " where that is known" if any(not step.start for step in chain.steps) else ""
    begun = f"begun in {years[0]}" if len(years) == 1 else f"begun between {years[0]} and {years[-1]}"
    return f", {begun}{unknown}"


def _links(chain: Chain) -> str:
    number, probable = len(chain.links), sum(link.kind is LinkKind.PROBABLE for link in chain.links)
    one = number == 1
    if probable in (0, number):
        return f"{number} {'stated' if not probable else 'probable'} link{'s' * (not one)}"
    return f"{number} links, {probable} of them probable"


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
