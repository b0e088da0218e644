"""The pages of lists: facets with counts and links, a table that is sorted and paged by address, and the same as data.

`list_request` reads the address. What finds nothing is told of in a sentence, with what there is instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from math import ceil
from types import MappingProxyType
from typing import Any

from flask import render_template

from actiongraph import formats
from actiongraph.chains.fields import json_name
from actiongraph.chains.formats.csv_table import csv_text, names_cell, text_cell, yes_or_no
from actiongraph.chains.formats.json_document import things_as_json
from actiongraph.chains.model import Text
from actiongraph.errors import NoRelease, UnknownResource
from actiongraph.formats import Format
from actiongraph.index.list_index import FacetValue, ListRow, ListView, open_lists
from actiongraph.index.list_kinds import (
    ACTIONS,
    CHAINS,
    COUNTRIES,
    PARTNERS,
    TEXT,
    THEMES,
    YEAR,
    CellKind,
    Facet,
    FacetKind,
    ListColumn,
    ListKind,
)
from actiongraph.text import counted, listed, one_line
from actiongraph.web import responses
from actiongraph.web.list_queries import write_query
from actiongraph.web.list_request import ListRequest

ROWS_A_PAGE = 50
LISTED_AS = (formats.JSON, formats.HTML, formats.RESULTS_CSV)
_SHOWN, _MOST_SHOWN = 10, 500
"""Values of a facet on a page, and if all of it are wanted."""
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class _Wording:
    """The words of a list: its heading, one sentence, and the heads of its table with the order that each is for.

    A head that no order is for has none.
    """

    title: str
    lead: str
    heads: tuple[tuple[str, str], ...]


_WORDINGS = MappingProxyType(
    {
        ACTIONS: _Wording(
            "Actions",
            "Who was helped, where, by whom and with what; also actions that are known only by mention.",
            (
                ("Action", "title"),
                ("Years", "year"),
                ("Country", "country"),
                ("Partner", "partner"),
                ("Type", "type"),
                ("Chain", "chain"),
            ),
        ),
        PARTNERS: _Wording(
            "Partners",
            "The organizations that asked for actions.",
            (
                ("Partner", "name"),
                ("Abbreviation", "abbreviation"),
                ("Country", "country"),
                ("Actions", "actions"),
                ("Years", "year"),
            ),
        ),
        COUNTRIES: _Wording(
            "Countries",
            "How many actions each country received, how many its experts went out for, and how many partners it has.",
            (("Country", "name"), ("Received", "received"), ("Sent", "sent"), ("Partners", "partners")),
        ),
        THEMES: _Wording(
            "Themes",
            "What actions are about, in the order of the scheme: narrower themes stand below their wider one.",
            (("Theme", "name"), ("Under", "scheme"), ("Actions", "actions"), ("Years", "year")),
        ),
        CHAINS: _Wording(
            "Chains of follow-ups",
            "What came of an action: each chain holds all the actions that follow-ups join.",
            (
                ("Chain", ""),
                ("Actions", "actions"),
                ("Length", "length"),
                ("Links", ""),
                ("Country", "country"),
                ("Partner", "partner"),
                ("Years", "year"),
            ),
        ),
    }
)
_HEADINGS = MappingProxyType(
    {
        "country": "Country",
        "sender": "Experts from",
        "partner": "Partner",
        "type": "Type of assistance",
        "theme": "Theme",
        "year": "Year",
        "chain": "In a chain",
        "mention": "Known only by mention",
        "part": "Part played",
        "place": "Place",
        "size": "Number of actions",
    }
)
_WORDS = MappingProxyType(
    {
        "received": Text("received actions", "en"),
        "sent": Text("sent experts", "en"),
        "2": Text("2 actions", "en"),
        "3-5": Text("3 to 5", "en"),
        "6-12": Text("6 to 12", "en"),
        "13-60": Text("13 to 60", "en"),
        "over-60": Text("over 60", "en"),
    }
)
"""Words of facets that say more than their key."""
_PHRASES = MappingProxyType(
    {
        ACTIONS: {
            "country": "in {}",
            "sender": "with experts from {}",
            "partner": "with {}",
            "type": "of the type {}",
            "theme": "on {}",
        },
        PARTNERS: {"country": "in {}", "type": "with actions of the type {}", "theme": "with actions on {}"},
        COUNTRIES: {"type": "with actions of the type {}", "theme": "with actions on {}"},
        THEMES: {"country": "of actions in {}", "type": "of actions of the type {}"},
        CHAINS: {
            "country": "with an action in {}",
            "partner": "with {}",
            "type": "with an action of the type {}",
            "theme": "with an action on {}",
            "place": "with an action in {}",
        },
    }
)
_WORD_PHRASES = MappingProxyType(
    {
        ("chain", "yes"): "in a chain",
        ("chain", "no"): "in no chain",
        ("mention", "yes"): "known only by mention",
        ("mention", "no"): "described by a source",
        ("part", "received"): "that received actions",
        ("part", "sent"): "that sent experts",
        ("size", "2"): "of 2 actions",
        ("size", "3-5"): "of 3 to 5 actions",
        ("size", "6-12"): "of 6 to 12 actions",
        ("size", "13-60"): "of 13 to 60 actions",
        ("size", "over-60"): "of over 60 actions",
    }
)


@contextmanager
def open_view(wanted: ListRequest) -> Iterator[ListView]:
    """Give the rows that are wanted, from the index of their release.

    Raises:
        UnknownResource: files are served, or the release has no index of lists.
        StoreError: the index cannot be read.
    """
    snapshot, kind = wanted.snapshot, wanted.kind
    if snapshot.version is None:
        raise NoRelease(f", and a list of {kind.name} comes with a release; query them at /sparql.")
    with open_lists(snapshot.lists, wanted.settings) as index:
        if index is None:
            raise UnknownResource(
                f"The release {snapshot.version} was made by an older program and has no list of {kind.name}; the next "
                "`actiongraph build` makes one. Query the release at /sparql."
            )
        yield index.view(kind, wanted.filters)


def write_list(wanted: ListRequest, view: ListView, chosen: Format) -> bytes:
    """Return the rows that are wanted in one format: as JSON and HTML one page of them, as CSV all.

    Raises:
        UnknownResource: there are fewer pages.
        StoreError: the index is damaged.
    """
    total = view.total
    pages = max(1, ceil(total / ROWS_A_PAGE))
    if wanted.page > pages:
        fit = "fits" if total == 1 else "fit"
        raise UnknownResource(
            f"{counted_rows(total, wanted.kind)} {fit} on {counted(pages, 'page')}; there is no page {wanted.page}."
        )
    if chosen is formats.RESULTS_CSV:
        return _as_csv(wanted, view.rows(wanted.order, descending=wanted.descending)).encode()
    first = (wanted.page - 1) * ROWS_A_PAGE
    rows = view.rows(wanted.order, descending=wanted.descending, first=first, most=ROWS_A_PAGE)
    facets = shown_facets(wanted, view)
    page = ListPage(wanted, view, rows, facets, total, pages)
    if chosen is formats.JSON:
        return _as_json(page)
    link = cache(wanted.link)
    return render_template("list.html", page=page, wanted=wanted, wording=page.wording, link=link).encode()


@dataclass(frozen=True, slots=True)
class ShownFacet:
    """A facet on a page: some of its values with the requests they lead to, and how many there are."""

    facet: Facet
    heading: str
    values: Sequence[tuple[FacetValue, ListRequest]]
    total: int
    is_chosen: bool

    @property
    def is_cut(self) -> bool:
        """Tell whether there are more values than are shown."""
        return self.total > len(self.values)

    @staticmethod
    def named(value: FacetValue) -> Text:
        """Return the text to show for a value."""
        return _WORDS.get(value.key, value.name) if value.iri is None else value.name


def shown_facets(wanted: ListRequest, view: ListView) -> list[ShownFacet]:
    """Return the facets of a page."""
    return [_shown(wanted, view, facet) for facet in wanted.kind.facets if facet.kind is not FacetKind.TEXT]


def _shown(wanted: ListRequest, view: ListView, facet: Facet) -> ShownFacet:
    values, total = view.facet(facet, _MOST_SHOWN if wanted.more == facet.name else _SHOWN)
    is_chosen = facet.name in wanted.filters.facets
    if facet.kind is FacetKind.YEAR and is_chosen:
        years = wanted.filters
        first, last = years.from_year or 0, 9_999 if years.to_year is None else years.to_year
        values = [replace(value, is_chosen=first <= int(value.key) <= last) for value in values]
    led = [(value, wanted.with_value(facet, value)) for value in values]
    return ShownFacet(facet, _HEADINGS[facet.name], led, total, is_chosen)


@dataclass(frozen=True, slots=True)
class ListNote:
    """A sentence on what was sought and is not there; `near` has what is called nearly so, with its request."""

    sentence: str
    near: Sequence[tuple[str, ListRequest]] = ()

    def __str__(self) -> str:
        """Return all of it in words."""
        return f"{self.sentence}; did you mean {self.names}?" if self.near else f"{self.sentence}."

    @property
    def names(self) -> str:
        """The names of what is near, in words."""
        return " or ".join(name for name, _ in self.near)


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of a list, as its template and its JSON say it."""

    wanted: ListRequest
    view: ListView
    rows: Sequence[ListRow]
    facets: Sequence[ShownFacet]
    total: int
    pages: int

    @property
    def wording(self) -> _Wording:
        """The words of the list."""
        return _WORDINGS[self.wanted.kind]

    @property
    def summary(self) -> str:
        """The number of rows and the filters they fit, in words."""
        return f"{counted_rows(self.total, self.wanted.kind)}{filters_in_words(self.wanted, self.view)}"

    def counted(self, number: int) -> str:
        """Return a number of rows with their noun."""
        return counted_rows(number, self.wanted.kind)

    @property
    def notes(self) -> list[ListNote]:
        """Sentences on what was sought and is not there."""
        return list(_notes(self.wanted, self.view, self.total))

    @property
    def filters(self) -> list[tuple[str, ListRequest, int]]:
        """Each filter in words, with the request without it, and how many rows that has."""
        chosen = _phrases(self.wanted, self.view)
        return [
            (phrase, self.wanted.without(name), self.view.count([other for other in chosen if other != name]))
            for name, phrase in chosen.items()
        ]

    @property
    def query(self) -> str:
        """The query that gives the same rows, all of them."""
        wanted = self.wanted
        title = f"{self.wording.title}{filters_in_words(wanted, self.view)}"
        return write_query(self.view, title, wanted.order, wanted.settings.languages, descending=wanted.descending)

    @property
    def query_parameters(self) -> dict[str, str]:
        """The parameters of the address that opens the query."""
        version = self.wanted.version
        return {"query": self.query} | ({"version": version} if version else {})

    @property
    def formats(self) -> list[tuple[Format, str]]:
        """The other formats, each with its address."""
        others = (offer for offer in LISTED_AS if offer is not formats.HTML)
        return [(offer, replace(self.wanted, more=None).address(suffix=offer.suffix)) for offer in others]

    @property
    def year_fields(self) -> dict[str, str]:
        """The parameters that a form for the years has to keep."""
        return self.wanted.without(YEAR.name).parameters()


def counted_rows(number: int, kind: ListKind) -> str:
    """Return a number of rows with their noun, whose plural is the name of the list."""
    return f"{number:,} {kind.row if number == 1 else kind.name}"


def filters_in_words(wanted: ListRequest, view: ListView) -> str:
    """Return all filters in words, with a blank before them: ` in Peru, with Ministry`."""
    phrases = _phrases(wanted, view).values()
    return "".join(f", {phrase}" if number else f" {phrase}" for number, phrase in enumerate(phrases))


def _phrases(wanted: ListRequest, view: ListView) -> dict[str, str]:
    """Return each filter in words, such as `in Peru`, by the name of its facet."""
    found, phrases = {}, _PHRASES[wanted.kind]
    for name in wanted.filters.facets:
        if name == YEAR.name:
            found[name] = _years(wanted)
        elif name == TEXT.name:
            found[name] = f"with the words {wanted.filters.text}"
        elif name in phrases:
            values = view.wanted(name)
            words = list(dict.fromkeys(str(value.name) for value in values)) or [wanted.filters.words[name][:_LONGEST]]
            found[name] = phrases[name].format(one_line(" or ".join(words)))
        else:
            found[name] = _WORD_PHRASES[name, wanted.filters.words[name]]
    return found


def _years(wanted: ListRequest) -> str:
    first, last = wanted.filters.from_year, wanted.filters.to_year
    begun = {ACTIONS: "begun", PARTNERS: "with actions begun", CHAINS: "with an action begun"}.get(
        wanted.kind, "of actions begun"
    )
    if first is None:
        return f"{begun} in {last} or before"
    if last is None:
        return f"{begun} in {first} or later"
    return f"{begun} in {first}" if first == last else f"{begun} from {first} to {last}"


def _notes(wanted: ListRequest, view: ListView, total: int) -> Iterator[ListNote]:
    """Yield what is not there: names that no value has, rows without a year, and what a miss leaves of each filter."""
    chosen, unmatched = _phrases(wanted, view), False
    for name in wanted.filters.words:
        if name in _ARTICLES and not view.wanted(name):
            unmatched = True
            near = [(one_line(other), _with_word(wanted, name, other)) for other in view.near(name)]
            word = one_line(wanted.filters.words[name])[:_LONGEST]
            yield ListNote(f"No {wanted.kind.row} has {_ARTICLES[name]} called {word}", near)
    for word in view.unknown_words():
        unmatched = True
        yield ListNote(f"No {wanted.kind.row} has a word that begins with {word}")
    if YEAR.name in chosen and (unknown := view.unknown_years()):
        are = "is" if unknown == 1 else "are"
        yield ListNote(f"{counted_rows(unknown, wanted.kind)} with no known year {are} left out")
    if not total and not unmatched and len(chosen) > 1:
        first, *others = chosen
        alone = view.count([first])
        rest = listed(chosen[name] for name in others)
        yield ListNote(f"{counted_rows(alone, wanted.kind)} {chosen[first]}, none {rest}")
    elif not total and not unmatched and chosen:
        yield ListNote(f"No {wanted.kind.row} {next(iter(chosen.values()))}")


def _with_word(wanted: ListRequest, name: str, word: str) -> ListRequest:
    filters = replace(wanted.filters, words={**wanted.filters.words, name: word})
    return replace(wanted, filters=filters, page=1)


_ARTICLES = MappingProxyType(
    {
        "country": "a country",
        "sender": "experts from a country",
        "partner": "a partner",
        "type": "a type of assistance",
        "theme": "a theme",
        "place": "a place",
    }
)


def _as_csv(wanted: ListRequest, rows: Sequence[ListRow]) -> str:
    """Return rows as CSV.

    White space in texts is one space, and a text that a spreadsheet would take for a formula, for it begins with = + -
    or @, has an apostrophe before it.

    Source: RFC 4180; lines end in CR LF.
    """
    columns = wanted.kind.columns
    written = ([row.iri, *(_cell(row.cells[column.name], column) for column in columns)] for row in rows)
    return csv_text([wanted.kind.row, *(column.name for column in columns)], written)


def _cell(value: Any, column: ListColumn) -> object:  # noqa: ANN401 - the value of a cell
    if column.kind is CellKind.THINGS:
        return names_cell(value)
    if column.kind is CellKind.FLAG:
        return yes_or_no(value)
    if column.kind is CellKind.NUMBER:
        return "" if value is None else value
    text = _plain(value)
    return text_cell(None if text is None else str(text))


def _plain(value: object) -> object:
    """Return the value of a cell without the language of its text."""
    return value[0] if isinstance(value, list) else value


def _as_json(page: ListPage) -> bytes:
    """Return a page as JSON. Members are added over time, never renamed or removed.

    * `total`, `page`, `pages`, `next` (an address or null), `note` (what was sought and is not there, or null), `query`
      (SPARQL, with the same rows)
    * `facets`: by name, `total` (how many values there are) and `values`, each with `key`, `name`, `iri` (null for
      years and words), `count`, `chosen` and `address`
    * a list by its name, such as `actions`: `iri`, `name`, `address` (of its page, or null), and the columns of the
      CSV, things as `{"iri", "name"}`; unknown is null or an empty list
    """
    wanted = page.wanted
    following = wanted.address(page=wanted.page + 1) if wanted.page < page.pages else None
    return responses.json_bytes(
        {
            "total": page.total,
            "page": wanted.page,
            "pages": page.pages,
            "next": following,
            "note": " ".join(map(str, page.notes)) or None,
            "query": page.query,
            "facets": facets_as_json(page.facets),
            wanted.kind.name: [_row_as_json(wanted, row) for row in page.rows],
        }
    )


def facets_as_json(facets: Sequence[ShownFacet]) -> dict[str, object]:
    """Return facets with their values by their names; see `_as_json`."""
    return {shown.facet.name: _facet_as_json(shown) for shown in facets}


def _facet_as_json(shown: ShownFacet) -> dict[str, object]:
    values = [
        {
            "key": value.key,
            "name": value.name,
            "iri": value.iri,
            "count": value.rows,
            "chosen": value.is_chosen,
            "address": led.address(),
        }
        for value, led in shown.values
    ]
    return {"total": shown.total, "values": values}


def _row_as_json(wanted: ListRequest, row: ListRow) -> dict[str, object]:
    cells: dict[str, object] = {}
    for column in wanted.kind.columns:
        value = row.cells[column.name]
        cells[json_name(column.name)] = things_as_json(value) if column.kind is CellKind.THINGS else _plain(value)
    return {"iri": row.iri, "name": row.name, "address": wanted.link(row.iri) or None} | cells
