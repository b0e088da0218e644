"""The actions that a thing has a part in: those a country received and sent experts to, a partner's, a theme's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rdflib import SKOS
from rdflib.term import Node

from actiongraph.chains.model import Named, by_name
from actiongraph.engine.base import Engine, Solution
from actiongraph.index.list_index import ListFilters, ListIndex, ListRow, ListView, open_lists
from actiongraph.index.list_kinds import ACTIONS
from actiongraph.settings import Settings
from actiongraph.sparql.values import Row, with_slice
from actiongraph.things.thing import QUERIES, Naming, Thing
from actiongraph.vocabulary import AG, IRI, ORG

MOST_ACTIONS = 25
_MOST_OTHERS = 12


@dataclass(frozen=True, slots=True)
class Share:
    """Something that actions have in common, and how many of them do."""

    named: Named
    actions: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """Things that the same actions have, the most frequent first; at most twelve."""

    title: str
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One action in a list; `year` is that of its start, None where it is unknown."""

    action: Named
    year: str | None
    countries: tuple[Named, ...] = ()
    partners: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Involvement:
    """The part that a thing has in some actions: how many there are, the newest of them, and what they are with.

    `facet` is the filter of the list of actions that chooses them all, if there is one.
    """

    title: str
    total: int
    facet: str | None
    rows: tuple[ActionRow, ...]
    rankings: tuple[Ranking, ...]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A role: the property that leads from an action to the thing, or None for a country that sent experts."""

    title: str
    property: IRI | None
    others: Sequence[tuple[str, IRI | None]]
    facet: str | None = None


_SENDERS = ("Experts from", None)
_COUNTRIES, _PARTNERS = ("Countries", AG.country), ("Partners", AG.partner)
_THEMES, _TYPES = ("Themes", AG.theme), ("Types of assistance", AG.assistanceType)
_KINDS: Mapping[Node, Sequence[_Kind]] = {
    AG.Country: (
        _Kind("Received", AG.country, (_SENDERS, _PARTNERS, ("Places", AG.place), _THEMES), "country"),
        _Kind("Sent experts", None, (_COUNTRIES, _PARTNERS), "sender"),
    ),
    ORG.Organization: (_Kind("Actions", AG.partner, (_SENDERS, _THEMES, _TYPES), "partner"),),
    AG.Place: (_Kind("Actions", AG.place, (_PARTNERS, _SENDERS, _THEMES)),),
    AG.Facility: (_Kind("Actions", AG.underFacility, (_COUNTRIES, _SENDERS)),),
    AG.Series: (_Kind("Actions", AG.partOfSeries, (_COUNTRIES, _PARTNERS)),),
    SKOS.Concept: tuple(
        _Kind("Actions", property_, (_COUNTRIES, _SENDERS, _PARTNERS), facet)
        for property_, facet in ((AG.theme, "theme"), (AG.assistanceType, "type"), (AG.beneficiary, None))
    ),
}
"""The roles of things of each class, in the order of the page."""


_FACETS: Mapping[IRI | None, str] = {
    AG.country: "country",
    AG.partner: "partner",
    AG.theme: "theme",
    AG.assistanceType: "type",
    None: "sender",
}
"""The facets of the list of actions that have what a property leads to."""


def involvements_of(engine: Engine, thing: Thing, settings: Settings, lists: Path | None) -> tuple[Involvement, ...]:
    """Return the parts that a thing has in actions; none for things of other classes.

    They are read from the index of lists at `lists`, if there is one, and what that does not have from the engine.

    Raises:
        EngineError: the engine failed, or the index cannot be read.
    """
    kinds = [kind for type_ in thing.types for kind in _KINDS.get(type_, ())]
    if not kinds:
        return ()
    with open_lists(lists, settings) as index:
        asked = [_Asking(engine, thing.iri, kind, settings) for kind in kinds]
        return tuple(
            role
            for each in asked
            if (role := each.listed(index, each.kind.facet) if index and each.kind.facet else each.role())
        )


class _Asking:
    """One role of one thing, asked of the engine."""

    def __init__(self, engine: Engine, thing: IRI, kind: _Kind, settings: Settings) -> None:
        self._engine, self.kind, self._settings = engine, kind, settings
        self._thing = thing
        self._row: Row = {"thing": thing} if kind.property is None else {"thing": thing, "role": kind.property}
        self._prefix = "sent" if kind.property is None else "role"

    def role(self) -> Involvement | None:
        """Return the role, or None if the thing has it in no action."""
        [total] = self._ask("total")
        actions = int(str(total["actions"]))
        if not actions:
            return None
        rows = self._ask("actions", most=MOST_ACTIONS)
        rankings = [(title, self._others(property_)) for title, property_ in self.kind.others]
        name = Naming(self._engine, (row["other"] for _, found in rankings for row in found), self._settings)
        return Involvement(
            self.kind.title,
            actions,
            self.kind.facet,
            _action_rows(self._engine, rows, self._settings),
            tuple(
                Ranking(title, tuple(Share(named(name, row["other"]), int(str(row["actions"]))) for row in found))
                for title, found in rankings
                if found
            ),
        )

    def listed(self, index: ListIndex, facet: str) -> Involvement | None:
        """Return the role as the list of actions has it."""
        view = index.view(ACTIONS, ListFilters({facet: str(self._thing)}))
        if not (total := view.total):
            return None
        rows = view.rows("year", descending=True, most=MOST_ACTIONS)
        rankings = ((title, tuple(self._shares(view, property_))) for title, property_ in self.kind.others)
        return Involvement(
            self.kind.title,
            total,
            facet,
            tuple(_listed_row(row) for row in rows),
            tuple(Ranking(title, shares) for title, shares in rankings if shares),
        )

    def _shares(self, view: ListView, property_: IRI | None) -> Iterator[Share]:
        if property_ in _FACETS:
            facet = next(each for each in ACTIONS.facets if each.name == _FACETS[property_])
            values, _ = view.facet(facet, _MOST_OTHERS)
            yield from (Share(Named(value.name, value.iri), value.rows) for value in values)
        else:
            found = self._others(property_)
            name = Naming(self._engine, (row["other"] for row in found), self._settings)
            yield from (Share(named(name, row["other"]), int(str(row["actions"]))) for row in found)

    def _others(self, property_: IRI | None) -> list[Solution]:
        if property_ is None:
            return self._ask("senders", most=_MOST_OTHERS)
        return self._ask("others", {"property": property_}, most=_MOST_OTHERS)

    def _ask(self, name: str, more: Row | None = None, *, most: int | None = None) -> list[Solution]:
        query = QUERIES.query(f"{self._prefix}-{name}", [{**self._row, **(more or {})}], self._settings)
        text = query.text if most is None else with_slice(query.text, limit=most, offset=0)
        return list(self._engine.select(replace(query, text=text)))


def named(name: Naming, term: Node) -> Named:
    """Return a term with its name, and its IRI if it is one."""
    return Named(name(term), term if isinstance(term, IRI) else None)


def _listed_row(row: ListRow) -> ActionRow:
    year = row.cells["first_year"]
    action = Named(row.name, row.iri)
    return ActionRow(action, None if year is None else f"{year:04}", row.cells["countries"], row.cells["partners"])


def _action_rows(engine: Engine, found: Sequence[Solution], settings: Settings) -> tuple[ActionRow, ...]:
    years = {row["action"]: str(row["year"]) if "year" in row else None for row in found}
    linked: dict[tuple[Node, str], set[Node]] = defaultdict(set)
    for row in QUERIES.ask(engine, "actions-in-brief", years, settings):
        for variable in ("country", "partner"):
            if variable in row:
                linked[row["action"], variable].add(row[variable])
    name = Naming(engine, {*years, *(term for terms in linked.values() for term in terms)}, settings)
    return tuple(
        ActionRow(
            named(name, action),
            year,
            by_name([named(name, term) for term in linked[action, "country"]]),
            by_name([named(name, term) for term in linked[action, "partner"]]),
        )
        for action, year in years.items()
    )
