"""The view of one chain that a person wants: its form, filters and page, and the actions that these select.

A small chain is a picture with all facts of its actions below; a larger one is a table with lanes beside it, and above
that a large one is a strip. Programs get the whole chain in other formats, which know nothing of this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple
from urllib.parse import quote, urlencode

from actiongraph.chains.actions import find_action, named_action
from actiongraph.chains.drawing.graph import year_of
from actiongraph.chains.model import Chain, Named, Step
from actiongraph.chains.summary import Filters
from actiongraph.engine.base import Engine
from actiongraph.errors import UnknownResource
from actiongraph.iris import key_of
from actiongraph.settings import Settings
from actiongraph.text import counted
from actiongraph.vocabulary import IRI

PICTURE_UP_TO = 12
"""Actions that a picture shows at a glance."""
LANES_UP_TO = 60
"""Actions that a table shows without an overview above it."""
A_PAGE = 100


class Choice(NamedTuple):
    """A country or partner to filter by: the value of the parameter, the name to show, and how many actions have it."""

    value: str
    name: str
    actions: int


@dataclass(frozen=True, slots=True)
class ChainView:
    """The view that an address asks for.

    `page` counts from 1; None is the page on which the action that was asked for is. `whole`: all actions on one page,
    with their evidence open, to print. `picture`: the picture, where the table is the usual form.
    """

    filters: Filters = field(default_factory=Filters)
    page: int | None = None
    whole: bool = False
    picture: bool = False

    @property
    def is_filtered(self) -> bool:
        """Tell whether some actions may be left out."""
        return self.filters != Filters()

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of an address that set the filters."""
        found = {
            "country": self.filters.country,
            "partner": self.filters.partner,
            "from": self.filters.from_year,
            "to": self.filters.to_year,
        }
        return {name: str(value) for name, value in found.items() if value is not None}


class ChainPart(NamedTuple):
    """The part of a chain that one page shows: the page, the number of pages, all that match, those on the page."""

    page: int
    pages: int
    matching: tuple[Step, ...]
    steps: tuple[Step, ...]


def requested_step(engine: Engine, chain: Chain, name: str, settings: Settings) -> Step:
    """Return the action of `chain` that was asked for as `name`; see `find_action`.

    Raises:
        UnknownResource: it is not in this chain.
        EngineError: the engine failed.
    """
    steps = {step.action: step for step in chain.steps}
    named = named_action(name, settings)
    action = named if named in steps else find_action(engine, name, settings)
    if action not in steps:
        raise UnknownResource(f"The chain {chain.key!r} has no action {name!r}.")
    return steps[action]


def part_of(chain: Chain, view: ChainView, requested: Step) -> ChainPart:
    """Return the part of `chain` that `view` shows.

    Raises:
        UnknownResource: there are fewer pages.
    """
    matching = tuple(step for step in chain.steps if _fits(step, view.filters))
    pages = 1 if view.whole else max(1, ceil(len(matching) / A_PAGE))
    page = view.page or (matching.index(requested) // A_PAGE + 1 if requested in matching else 1)
    if view.whole:
        return ChainPart(1, 1, matching, matching)
    if page > pages:
        raise UnknownResource(f"These actions fit on {counted(pages, 'page')}; there is no page {page}.")
    return ChainPart(page, pages, matching, matching[(page - 1) * A_PAGE : page * A_PAGE])


def _fits(step: Step, filters: Filters) -> bool:
    first, last = filters.from_year, filters.to_year
    year = year_of(step)
    return (
        _is_among(filters.country, step.countries)
        and _is_among(filters.partner, step.partners)
        and (first is None or (year is not None and first <= year))
        and (last is None or (year is not None and year <= last))
    )


def _is_among(wanted: str | None, things: Iterable[Named]) -> bool:
    return wanted is None or any(is_called(thing, wanted) for thing in things)


def is_called(thing: Named, wanted: str) -> bool:
    """Tell whether `wanted` is the key, the IRI or the name of a thing, in whatever case."""
    names = (thing.name, *((str(thing.iri), key_of(thing.iri)) if thing.iri else ()))
    return wanted.casefold() in {name.casefold() for name in names}


def choices(things: Iterable[Sequence[Named]]) -> list[Choice]:
    """Return the choices to filter actions by, the most frequent first; `things` are those of each action."""
    found = Counter(thing for each in things for thing in set(each))
    made = (Choice(key_of(thing.iri) if thing.iri else thing.name, thing.name, n) for thing, n in found.items())
    return sorted(made, key=lambda choice: (-choice.actions, choice.name, choice.value))


def page_numbers(chain: Chain) -> Mapping[IRI, int]:
    """Return the page, counted from 1, on which each action is where nothing is filtered."""
    return {step.action: number // A_PAGE + 1 for number, step in enumerate(chain.steps)}


def anchor_of(step: Step) -> str:
    """Return the fragment of an address that leads to an action within its page."""
    return f"#action-{quote(step.key, safe='')}"


def relative(parameters: Mapping[str, str | None]) -> str:
    """Return the address of the same page with other parameters; those that are None are left out."""
    return "?" + urlencode({name: value for name, value in parameters.items() if value is not None})
