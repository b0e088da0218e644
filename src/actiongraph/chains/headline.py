"""A chain in a few words: its headline, and a sentence about it."""

from __future__ import annotations

from collections.abc import Sequence

from actiongraph.chains.chain import Chain, LinkKind
from actiongraph.chains.dates import date_span


def headline(chain: Chain) -> str:
    """Return what a page about `chain` is called."""
    first = [step for step in chain.steps if step.depth == 0]
    others = f" and {len(first) - 1} other{'s' * (len(first) > 2)}" if len(first) > 1 else ""
    return f"What came of {first[0].name}{others}"


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
