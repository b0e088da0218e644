"""A chain for a page: its beginning, a sentence about it, and a nested list, for where a picture has no room.

In the list, what continues an action goes on at the same level. Each action appears once, below one of those that it
follows; with what it follows besides. Where an action has several followers, the largest part goes on and the others
are branches, one level further in. So a list of n actions is never nested more than log2(n) levels deep, however long
its chains are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from actiongraph.chains.dates import date_span
from actiongraph.chains.model import Chain, Link, LinkKind, Lookup, Step
from actiongraph.text import counted, listed
from actiongraph.vocabulary import IRI


def beginning(chain: Chain) -> str:
    """Return the name of the action that a chain begins with, and how many others begin it."""
    first, *others = (step for step in chain.steps if step.depth == 0)
    return first.name + (f" and {counted(len(others), 'other')}" if others else "")


def summary(chain: Chain) -> str:
    """Return one sentence about `chain`: how many actions, where, when, and by which links."""
    if chain.alone:
        stated = "" if chain.probable else "stated "
        return f"No {stated}follow-up links to or from this action are known."
    countries = sorted({country.name for step in chain.steps for country in step.countries})
    where = (
        f" in {listed(countries)}" if 0 < len(countries) < 4 else f" in {len(countries)} countries" * bool(countries)
    )
    return f"{len(chain.steps)} actions{where}{_when(chain)}, joined by {_links(chain)}."


def _when(chain: Chain) -> str:
    years = sorted({span[0].year for step in chain.steps if (span := date_span(step.start or ""))})
    if not years:
        return ""
    unknown = " where known" if any(not step.start for step in chain.steps) else ""
    begun = f"started in {years[0]}" if len(years) == 1 else f"started between {years[0]} and {years[-1]}"
    return f", {begun}{unknown}"


def _links(chain: Chain) -> str:
    number, probable = len(chain.links), sum(link.kind is LinkKind.PROBABLE for link in chain.links)
    one = number == 1
    if probable in (0, number):
        return f"{number} {'stated' if not probable else 'probable'} link{'s' * (not one)}"
    return f"{number} links, {probable} of them probable"


@dataclass(frozen=True, slots=True)
class Entry:
    """An action in the list: the link that leads to it from the one before, and the branches that leave from it.

    `besides` are its other links to earlier actions, and all those that lead on within a loop.
    """

    step: Step
    link: Link | None
    besides: tuple[Link, ...]
    branches: tuple[Branch, ...]


Branch = tuple[Entry, ...]
"""Actions of which each follows the one before."""


def outline(chain: Chain) -> tuple[Branch, ...]:
    """Return the branches of the list, one for each action that follows nothing before it."""
    lookup = Lookup(chain)
    above = {step.action: _above(lookup.before[step.action], lookup.position) for step in chain.steps}
    below: dict[IRI, list[Step]] = defaultdict(list)
    size = dict.fromkeys(above, 1)
    for step in reversed(chain.steps):
        if link := above[step.action]:
            below[link.earlier].insert(0, step)
            size[link.earlier] += size[step.action]

    def entries(step: Step | None) -> Iterator[Entry]:
        while step:
            following, link = below[step.action], above[step.action]
            onward = max(following, key=lambda other: size[other.action], default=None)
            besides = tuple(other for other in lookup.before[step.action] if other is not link)
            branches = tuple(tuple(entries(other)) for other in following if other is not onward)
            yield Entry(step, link, besides, branches)
            step = onward

    return tuple(tuple(entries(step)) for step in chain.steps if above[step.action] is None)


def _above(links: list[Link], position: Mapping[IRI, int]) -> Link | None:
    """Return the link that an action is listed by: to the last of the actions before it."""
    earlier = [link for link in links if position[link.earlier] < position[link.later]]
    return max(earlier, key=lambda link: position[link.earlier], default=None)
