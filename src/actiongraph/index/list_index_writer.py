"""The lists of a release, written: from the facts in its store, each predicate read once, in one SQLite file.

The index of chains has its lists written by the same `ListWriter`.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pyoxigraph as ox
from rdflib import DCTERMS, RDF, SKOS

from actiongraph.chains.dates import date_span
from actiongraph.index.database import write_database
from actiongraph.index.list_index import LISTS_SCHEMA, packed
from actiongraph.index.list_kinds import (
    ACTIONS,
    COUNTRIES,
    PARTNERS,
    THEMES,
    CellKind,
    Facet,
    FacetKind,
    ListKind,
)
from actiongraph.iris import key_of
from actiongraph.settings import Settings
from actiongraph.text import language_rank
from actiongraph.vocabulary import AG, IRI

_MANY_VALUES = 100
"""A facet with more values is counted from its pairs: one pass over them, however many values there are."""
_LEVELS = 20
"""Wider themes that are looked at above one: a loop of them ends there."""
NameWords = tuple[str, str | None]
"""A text with its language tag."""


class ThingNames(Protocol):
    """The names of the things that are values of facets."""

    def name(self, thing: str, /) -> NameWords:
        """Return the name to show for a thing."""

    def words(self, thing: str, /) -> Collection[str]:
        """Return all by which a thing may be sought, in lower case."""

    def iri(self, thing: str, /) -> str | None:
        """Return the IRI of a thing, if it has one."""


@dataclass(slots=True)
class WrittenRow:
    """A row before it has a number. Cells of things are IRIs; an order without a value is None.

    `facets` has the values of each facet: IRIs, years as texts, or words.
    """

    iri: str
    name: NameWords
    cells: Sequence[Any]
    orders: Mapping[str, Any]
    facets: Mapping[str, Collection[str]]


@dataclass(slots=True)
class _KnownAction:
    """The facts of an action that other lists need."""

    countries: Sequence[str] = ()
    senders: Sequence[str] = ()
    partners: Sequence[str] = ()
    types: Sequence[str] = ()
    themes: Sequence[str] = ()
    year: int | None = None


@dataclass(slots=True)
class _Total:
    """The number of actions of a partner, a country or a theme, and the values they have together."""

    actions: int = 0
    years: set[int] = field(default_factory=set)
    countries: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    themes: set[str] = field(default_factory=set)

    def add(self, action: _KnownAction) -> None:
        self.actions += 1
        self.countries.update(action.countries)
        self.types.update(action.types)
        self.themes.update(action.themes)
        if action.year is not None:
            self.years.add(action.year)

    @property
    def first_year(self) -> int | None:
        return min(self.years, default=None)

    @property
    def last_year(self) -> int | None:
        return max(self.years, default=None)


class _Facts:
    """The facts of a store, by predicate and subject; blank nodes are left out."""

    def __init__(self, store: ox.Store, languages: Sequence[str]) -> None:
        self._store = store
        self._languages = languages
        self._labels = self.texts(SKOS.prefLabel)
        self._names: dict[str, NameWords] = {}
        self._others = [self.texts(term) for term in (SKOS.altLabel, SKOS.notation, AG.abbreviation)]

    def _facts(self, predicate: IRI, object_: ox.NamedNode | None = None) -> Iterator[tuple[str, Any]]:
        for quad in self._store.quads_for_pattern(None, ox.NamedNode(str(predicate)), object_, None):
            if isinstance(quad.subject, ox.NamedNode):
                yield quad.subject.value, quad.object

    def instances(self, class_: IRI) -> set[str]:
        """Return the instances of a class."""
        return {subject for subject, _ in self._facts(RDF.type, ox.NamedNode(str(class_)))}

    def links(self, *predicates: IRI) -> dict[str, list[str]]:
        """Return the things that each subject is linked to by one of `predicates`, by their IRIs."""
        found: dict[str, set[str]] = defaultdict(set)
        for predicate in predicates:
            for subject, term in self._facts(predicate):
                if isinstance(term, ox.NamedNode):
                    found[subject].add(term.value)
        return {subject: sorted(terms) for subject, terms in found.items()}

    def texts(self, predicate: IRI) -> dict[str, list[ox.Literal]]:
        """Return the literals of each subject."""
        found: dict[str, list[ox.Literal]] = defaultdict(list)
        for subject, term in self._facts(predicate):
            if isinstance(term, ox.Literal):
                found[subject].append(term)
        return found

    def preferred(self, literals: Iterable[ox.Literal]) -> NameWords | None:
        """Return the text to show of several, by `language_rank` and then by text."""
        known = [(*language_rank(each.language, self._languages), each.value, each.language) for each in literals]
        return min(known, key=lambda ranked: ranked[:3])[2:] if known else None

    def name(self, thing: str) -> NameWords:
        """Return the name of a thing; what has none is called by its key."""
        if thing not in self._names:  # a country has thousands of actions
            self._names[thing] = self.preferred(self._labels.get(thing, ())) or (key_of(thing), None)
        return self._names[thing]

    def words(self, thing: str) -> set[str]:
        """Return all by which a thing may be sought, in lower case."""
        known = (*self._labels.get(thing, ()), *(each for texts in self._others for each in texts.get(thing, ())))
        return {thing.casefold(), key_of(thing).casefold(), *(each.value.strip().casefold() for each in known)}

    @staticmethod
    def iri(thing: str) -> str:
        """Return the IRI of a thing: only those that have one are values of facets."""
        return thing

    def abbreviations(self, thing: str) -> list[str]:
        """Return the abbreviations of a thing, by the alphabet."""
        return sorted({each.value for each in self._others[2].get(thing, ())})

    def least_name(self, things: Iterable[str]) -> str | None:
        """Return the key to sort a cell with `things` by: the first of their names."""
        return min((collated(self.name(thing)[0]) for thing in things), default=None)


def write_lists(path: Path, store: ox.Store, settings: Settings) -> None:
    """Write the index of the lists of the release in `store` to the new file `path`.

    Takes time linear in the facts about actions, but for sorting, and memory for them.

    Raises:
        StoreError: the disk is full or cannot be written.
    """
    with write_database(path, "The index of lists") as database:
        database.executescript(LISTS_SCHEMA)
        database.execute("BEGIN")
        database.execute("INSERT INTO known VALUES (?)", (settings.base,))
        facts = _Facts(store, settings.languages)
        rows, known = _actions(facts)
        writer = ListWriter(database, facts)
        written = (rows, _partners(facts, known), _countries(facts, known), _themes(facts, known))
        for place, (kind, of_kind) in enumerate(zip((ACTIONS, PARTNERS, COUNTRIES, THEMES), written, strict=True)):
            writer.write(place, kind, of_kind)
        writer.write_things()
        database.execute("COMMIT")


def _actions(facts: _Facts) -> tuple[list[WrittenRow], list[_KnownAction]]:
    mentioned, chains = facts.instances(AG.ReferencedAction), facts.links(AG.inChain)
    titles, numbers = facts.texts(DCTERMS.title), facts.texts(AG.actionNumber)
    starts, ends, sizes = facts.texts(AG.startYear), facts.texts(AG.endDate), facts.texts(AG.chainSize)
    linked = [facts.links(each) for each in (AG.country, AG.partner, AG.assistanceType, AG.theme)]
    senders = _senders(facts)
    rows, known = [], []
    for action in facts.instances(AG.Action):
        countries, partners, types, themes = (sorted(found.get(action, ()), key=facts.name) for found in linked)
        title = facts.preferred(titles.get(action, ()))
        number = min((each.value for each in numbers.get(action, ())), default=None)
        year = min((int(each.value) for each in starts.get(action, ()) if each.value.isdecimal()), default=None)
        last = max((span[1].year for each in ends.get(action, ()) if (span := date_span(each.value))), default=None)
        chain = next(iter(chains.get(action, ())), None)
        size = min((int(each.value) for each in sizes.get(chain or "", ())), default=None)
        sent = sorted(senders.get(action, ()), key=facts.name)
        is_mentioned = action in mentioned
        name = title or (number or key_of(action), None)
        known.append(_KnownAction(countries, sent, partners, types, themes, year))
        rows.append(
            WrittenRow(
                action,
                name,
                [title, number, year, last, countries, sent, partners, types, themes, chain, size, is_mentioned],
                {
                    "title": collated(name[0]),
                    "year": year,
                    "country": facts.least_name(countries),
                    "partner": facts.least_name(partners),
                    "type": facts.least_name(types),
                    "chain": size,
                },
                {
                    "country": countries,
                    "sender": sent,
                    "partner": partners,
                    "type": types,
                    "theme": themes,
                    "year": _years([year]),
                    "chain": ["yes" if chain else "no"],
                    "mention": ["yes" if is_mentioned else "no"],
                },
            )
        )
    return rows, known


def _senders(facts: _Facts) -> dict[str, set[str]]:
    """Return the countries that experts of each action came from: stated of the action, or of one of its teams."""
    of_teams = facts.links(AG.sendingCountry)
    found: dict[str, set[str]] = defaultdict(set)
    for action, countries in facts.links(AG.expertsFrom).items():
        found[action].update(countries)
    for action, teams in facts.links(AG.expertTeam).items():
        found[action].update(country for team in teams for country in of_teams.get(team, ()))
    return found


def _partners(facts: _Facts, actions: Iterable[_KnownAction]) -> Iterator[WrittenRow]:
    based, totals = facts.links(AG.basedIn), defaultdict[str, _Total](_Total)
    for action in actions:
        for partner in action.partners:
            totals[partner].add(action)
    for partner, total in totals.items():
        name, short = facts.name(partner), facts.abbreviations(partner)
        countries = sorted(based.get(partner, ()), key=facts.name)
        yield WrittenRow(
            partner,
            name,
            [name, " | ".join(short) or None, countries, total.actions, total.first_year, total.last_year],
            {
                "name": collated(name[0]),
                "abbreviation": min(map(collated, short), default=None),
                "country": facts.least_name(countries),
                "actions": total.actions,
                "year": total.first_year,
            },
            {"country": countries, "type": total.types, "theme": total.themes, "year": _years(total.years)},
        )


def _countries(facts: _Facts, actions: Iterable[_KnownAction]) -> Iterator[WrittenRow]:
    received, sent, asking = defaultdict[str, _Total](_Total), defaultdict[str, int](int), set[str]()
    for action in actions:
        asking.update(action.partners)
        for country in action.countries:
            received[country].add(action)
        for country in action.senders:
            sent[country] += 1
    partners = defaultdict[str, int](int)
    for organization, countries in facts.links(AG.basedIn).items():
        for country in countries if organization in asking else ():
            partners[country] += 1
    for country in facts.instances(AG.Country):
        name, total = facts.name(country), received.get(country, _Total())
        figures = {"received": total.actions, "sent": sent[country], "partners": partners[country]}
        yield WrittenRow(
            country,
            name,
            [name, *figures.values()],
            {"name": collated(name[0]), **figures},
            {
                "part": [part for part in ("received", "sent") if figures[part]],
                "type": total.types,
                "theme": total.themes,
            },
        )


def _themes(facts: _Facts, actions: Iterable[_KnownAction]) -> Iterator[WrittenRow]:
    totals = defaultdict[str, _Total](_Total)
    for action in actions:
        for theme in action.themes:
            totals[theme].add(action)
    schemes, broader = facts.links(SKOS.inScheme), facts.links(SKOS.broader)
    used = {scheme for theme in totals for scheme in schemes.get(theme, ())}
    listed = {concept for concept, within in schemes.items() if used.intersection(within)} | totals.keys()
    for theme in listed:
        name, total = facts.name(theme), totals.get(theme, _Total())
        wider = sorted(set(broader.get(theme, ())) & listed, key=facts.name)
        path = _path(theme, broader, listed, facts)
        yield WrittenRow(
            theme,
            name,
            [name, wider, len(path) - 1, total.actions, total.first_year, total.last_year],
            {"scheme": path, "name": collated(name[0]), "actions": total.actions, "year": total.first_year},
            {"country": total.countries, "type": total.types, "year": _years(total.years)},
        )


def _path(
    theme: str, broader: Mapping[str, Sequence[str]], listed: Collection[str], facts: _Facts
) -> list[tuple[str, str]]:
    """Return the names of the wider themes above a theme, the widest first, and its own, with their IRIs."""
    path = [theme]
    while (wider := [each for each in broader.get(path[0], ()) if each in listed]) and len(path) < _LEVELS:
        if wider[0] in path:
            break
        path.insert(0, wider[0])
    return [(collated(facts.name(each)[0]), each) for each in path]


def _years(years: Iterable[int | None]) -> list[str]:
    return [f"{year:04}" for year in years if year is not None]


@lru_cache(100_000)
def collated(text: str) -> str:
    """Return the key to sort a text by: its letters without accents, in lower case."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).lower()


class ListWriter:
    """Writes the rows of lists, with the numbers of the things in their cells."""

    def __init__(self, database: sqlite3.Connection, names: ThingNames) -> None:
        """Take an open index with the tables of lists, which are empty, and the names of things."""
        self._database = database
        self._names = names
        self._things: dict[str, int] = {}
        self._encode = msgspec.json.Encoder().encode

    def write(self, place: int, kind: ListKind, rows: Iterable[WrittenRow], *, name: str | None = None) -> None:
        """Write the rows of one list in its place; their numbers are their places in its first order.

        `name` is what the list is called here, if not as its kind.
        """
        first = kind.orders[0]
        ordered = sorted(rows, key=lambda row: (row.orders[first], row.name[0], row.iri))
        self._database.execute("INSERT INTO list VALUES (?, ?, ?)", (place, name or kind.name, len(ordered)))
        self._insert(
            "row",
            ((place, id_, row.iri, *row.name, self._document(kind, row)) for id_, row in enumerate(ordered)),
        )
        for order in kind.orders:
            self._write_order(place, order, ordered)
        for facet in kind.facets:
            self._write_facet(place, facet, ordered)

    def write_things(self) -> None:
        """Write the names of the things in all cells."""
        self._insert("thing", ((id_, thing, *self._names.name(thing)) for thing, id_ in self._things.items()))

    def _insert(self, table: str, rows: Iterable[tuple[object, ...]]) -> None:
        listed = list(rows)
        if listed:
            marks = ", ".join("?" * len(listed[0]))
            self._database.executemany(f"INSERT INTO {table} VALUES ({marks})", listed)  # noqa: S608 - our own tables

    def _document(self, kind: ListKind, row: WrittenRow) -> bytes:
        cells = zip(kind.columns, row.cells, strict=True)
        return self._encode([self._cell(cell) if column.kind is CellKind.THINGS else cell for column, cell in cells])

    def _cell(self, things: Iterable[str]) -> list[int]:
        return [self._things.setdefault(thing, len(self._things)) for thing in things]

    def _write_order(self, place: int, order: str, rows: Sequence[WrittenRow]) -> None:
        known = [id_ for id_, row in enumerate(rows) if row.orders[order] is not None]
        known.sort(key=lambda id_: rows[id_].orders[order])  # rows of one value stay in the first order
        unknown = [id_ for id_, row in enumerate(rows) if row.orders[order] is None]
        self._insert("ordering", [(place, order, len(known), packed([*known, *unknown]))])

    def _write_facet(self, place: int, facet: Facet, rows: Sequence[WrittenRow]) -> None:
        members: dict[str, list[int]] = defaultdict(list)
        for id_, row in enumerate(rows):
            for value in row.facets[facet.name]:
                members[value].append(id_)
        values = self._numbered(facet, members)
        keys = self._keys(facet, values)
        written, ids = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
        words, pairs = list[tuple[Any, ...]](), list[tuple[int, int]]()
        for number, value in enumerate(values):
            is_thing, own = facet.kind is FacetKind.THING, members[value]
            name, iri = (self._names.name(value), self._names.iri(value)) if is_thing else ((value, None), None)
            written.append((place, facet.name, number, keys[value], iri, *name, len(own)))
            ids.append((place, facet.name, number, *as_set(own, len(rows))))
            sought = self._names.words(value) if is_thing else {value}
            words += ((place, facet.name, word, number) for word in sorted(sought))
            if facet.kind is not FacetKind.TEXT:  # which nobody counts
                pairs += ((id_, number) for id_ in own)
        self._insert("value", written)
        self._insert("member", ids)
        self._insert("word", words)
        if pairs and len(values) > _MANY_VALUES:
            self._insert(
                "pairs", [(place, facet.name, packed(id_ for id_, _ in pairs), packed(number for _, number in pairs))]
            )

    def _numbered(self, facet: Facet, values: Iterable[str]) -> list[str]:
        """Return the values of a facet in the order of their numbers: things by name, words in their own order."""
        if facet.kind is FacetKind.THING:
            return sorted(values, key=lambda value: (collated(self._names.name(value)[0]), value))
        return sorted(values, key=facet.words.index) if facet.words else sorted(values)

    @staticmethod
    def _keys(facet: Facet, values: Sequence[str]) -> dict[str, str]:
        """Return the word for each value in addresses: its key, or its IRI where another has the same key."""
        if facet.kind is not FacetKind.THING:
            return {value: value for value in values}
        shared: dict[str, list[str]] = defaultdict(list)
        for value in values:
            shared[key_of(value).casefold()].append(value)
        return {value: key_of(value) if len(same) == 1 else value for same in shared.values() for value in same}


def as_set(ids: Sequence[int], size: int) -> tuple[bool, bytes]:
    """Return row numbers in the shorter of two forms, and whether that is a bit for each row of the list."""
    if len(ids) * 32 < size:
        return False, packed(ids)
    bits = bytearray(size // 8 + 1)
    for number in ids:
        bits[number >> 3] |= 1 << (number & 7)
    return True, bytes(bits)
