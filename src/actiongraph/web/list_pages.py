"""The pages of lists: facets with counts and links, a table that is sorted and paged by address, and the same as data.

The address has all state. What it does not understand is refused in a sentence; what finds nothing is told of in one,
with what there is instead.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import ceil
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from flask import render_template

from actiongraph import formats
from actiongraph.chains.fields import json_name
from actiongraph.chains.formats.csv_table import csv_text, names_cell, text_cell, yes_or_no
from actiongraph.chains.formats.json_document import things_as_json
from actiongraph.chains.model import Text
from actiongraph.errors import NoRelease, RequestError, UnknownResource
from actiongraph.formats import Format
from actiongraph.index.list_index import FacetValue, ListFilters, ListRow, ListView, open_lists
from actiongraph.index.list_kinds import (
    ACTIONS,
    COUNTRIES,
    PARTNERS,
    THEMES,
    YEAR,
    CellKind,
    Facet,
    FacetKind,
    ListColumn,
    ListKind,
)
from actiongraph.iris import key_of
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.text import counted, listed, one_line
from actiongraph.vocabulary import CONCEPT, IRI
from actiongraph.web import responses
from actiongraph.web.http.addresses import link_of, locate
from actiongraph.web.list_queries import write_query

ROWS_A_PAGE = 50
LISTED_AS = (formats.JSON, formats.HTML, formats.RESULTS_CSV)
_SHOWN, _MOST_SHOWN = 10, 500
"""Values of a facet on a page, and if all of it are wanted."""
_LONGEST = 100
_YEARS = ("from", "to")
_STATE = ("sort", "more", "page", "format", "version")


@dataclass(frozen=True, slots=True)
class _Wording:
    """The words of a list: its heading, one sentence, and the heads of its table with the order that each is for."""

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
    }
)
_WORDS = MappingProxyType({"received": Text("received actions", "en"), "sent": Text("sent experts", "en")})
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
    }
)


@dataclass(frozen=True, slots=True)
class ListRequest:
    """The rows that a request wants, their order, and the page of them from 1; `more` is a facet shown whole."""

    kind: ListKind
    filters: ListFilters
    order: str
    descending: bool
    more: str | None
    page: int
    snapshot: Snapshot
    settings: Settings

    @property
    def wording(self) -> _Wording:
        """The words of its page."""
        return _WORDINGS[self.kind]

    @property
    def version(self) -> str | None:
        """The release that links stay in, if the request names its version."""
        return self.snapshot.version if self.snapshot.pinned else None

    @property
    def has_order(self) -> bool:
        """Tell whether the rows are in another order than the first of the list."""
        return self.descending or self.order != self.kind.orders[0]

    def parameters(self) -> dict[str, str]:
        """Return the parameters of its address, apart from the page."""
        filters, order = self.filters, f"{'-' if self.descending else ''}{self.order}"
        given = dict(filters.words) | {
            "from": None if filters.from_year is None else f"{filters.from_year:04}",
            "to": None if filters.to_year is None else f"{filters.to_year:04}",
            "sort": order if self.has_order else None,
            "more": self.more,
            "version": self.version,
        }
        return {name: value for name, value in given.items() if value is not None}

    def address(self, *, page: int = 1, suffix: str = "") -> str:
        """Return the address of these rows, on a page or in the format with this suffix."""
        query = urlencode(self.parameters() | ({"page": str(page)} if page > 1 else {}))
        path = f"{self.kind.name}{f'.{suffix}' if suffix else ''}{f'?{query}' if query else ''}"
        return locate(path, self.settings)

    def without(self, name: str) -> ListRequest:
        """Return the request without the filter of a facet, on its first page."""
        years = (None, None) if name == YEAR.name else (self.filters.from_year, self.filters.to_year)
        words = {facet: word for facet, word in self.filters.words.items() if facet != name}
        return replace(self, filters=ListFilters(words, *years), page=1)

    def with_value(self, facet: Facet, value: FacetValue) -> ListRequest:
        """Return the request for the rows that have `value` of `facet`, on its first page."""
        others = self.without(facet.name).filters
        if facet.kind is FacetKind.YEAR:
            filters = replace(others, from_year=int(value.key), to_year=int(value.key))
        else:
            filters = replace(others, words={**others.words, facet.name: value.key})
        return replace(self, filters=filters, page=1)

    def sorted_by(self, order: str) -> ListRequest:
        """Return the request in an order: the other way round if it is in that already."""
        return replace(self, order=order, descending=order == self.order and not self.descending, page=1)

    def expanded(self, name: str | None) -> ListRequest:
        """Return the request with a facet shown whole, or none."""
        return replace(self, more=name, page=1)

    def leading_to(self, name: str, iri: IRI) -> dict[str, str]:
        """Return the parameters of the address of another list with the rows that have the thing `iri`."""
        is_own = str(iri).startswith((f"{self.settings.base}id/", f"{self.settings.base}concept/", str(CONCEPT)))
        return {name: key_of(iri) if is_own else str(iri)} | ({"version": self.version} if self.version else {})

    def link_to(self, chain: str) -> str:
        """Return the address of a chain."""
        return self.link(IRI(chain))

    def link(self, iri: IRI) -> str:
        """Return the address of the page about a thing, or nothing if there is none."""
        return link_of(iri, self.settings, self.version, root=locate("", self.settings).rstrip("/"))


def read_list_request(
    kind: ListKind, pairs: Sequence[tuple[str, str]], page: int, snapshot: Snapshot, settings: Settings
) -> ListRequest:
    """Return the request that the parameters of an address make; what is empty filters nothing.

    Raises:
        RequestError: a parameter is none of the list's or is there twice, or a value is none of its parameter's.
    """
    facets = {facet.name: facet for facet in kind.facets}
    filters = [name for facet in kind.facets for name in (_YEARS if facet.kind is FacetKind.YEAR else (facet.name,))]
    _check_names([name for name, _ in pairs], kind, filters)
    given = {name: value for name, value in pairs if value.strip()}
    words = {name: given[name] for name in facets if name in given}
    for name, word in words.items():
        if known := facets[name].words:
            words[name] = word.strip().casefold()
            if words[name] not in known:
                raise RequestError(f"{word[:40]!r} in {name!r} is not known; use {' or '.join(known)}.")
    first, last = (_year(given, name) for name in _YEARS)
    if first is not None and last is not None and first > last:
        raise RequestError(
            f"There are no years between from={first} and to={last}; 'from' is the first year and 'to' the last."
        )
    sort = given.get("sort", kind.orders[0])
    if (order := sort.removeprefix("-")) not in kind.orders:
        raise RequestError(
            f"{sort[:40]!r} is not an order of {kind.name}; use {', '.join(kind.orders)}, "
            "with a hyphen before it for the reverse."
        )
    more = given.get("more")
    if more is not None and more not in facets:
        raise RequestError(f"{more[:40]!r} in 'more' is not a facet of {kind.name}; use {', '.join(facets)}.")
    descending = sort.startswith("-")
    return ListRequest(kind, ListFilters(words, first, last), order, descending, more, page, snapshot, settings)


def _check_names(names: Sequence[str], kind: ListKind, filters: Sequence[str]) -> None:
    for name, times in Counter(names).items():
        if name not in filters and name not in _STATE:
            raise RequestError(
                f"The list of {kind.name} has no parameter {name[:40]!r}; its filters are {', '.join(filters)}, "
                f"and beside them there are {', '.join(_STATE)}."
            )
        if times > 1:
            raise RequestError(f"The parameter {name!r} stands {times} times in the address; give it once.")


def _year(given: Mapping[str, str], name: str) -> int | None:
    written = given.get(name, "").strip()
    if not written:
        return None
    if not re.fullmatch("[0-9]{4}", written, re.ASCII):
        raise RequestError(f"{written[:40]!r} in {name!r} is not a year; use four digits, such as 2014.")
    return int(written)


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
            f"{_counted(total, wanted.kind)} {fit} on {counted(pages, 'page')}; there is no page {wanted.page}."
        )
    if chosen is formats.RESULTS_CSV:
        return _as_csv(wanted, view.rows(wanted.order, descending=wanted.descending)).encode()
    first = (wanted.page - 1) * ROWS_A_PAGE
    rows = view.rows(wanted.order, descending=wanted.descending, first=first, most=ROWS_A_PAGE)
    facets = [_shown(wanted, view, facet) for facet in wanted.kind.facets]
    page = _ListPage(wanted, view, rows, facets, total, pages)
    if chosen is formats.JSON:
        return _as_json(page)
    return render_template("list.html", page=page, wanted=wanted, wording=wanted.wording).encode()


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
class _ListPage:
    """A page of a list, as its template and its JSON say it."""

    wanted: ListRequest
    view: ListView
    rows: Sequence[ListRow]
    facets: Sequence[ShownFacet]
    total: int
    pages: int

    @property
    def summary(self) -> str:
        """The number of rows and the filters they fit, in words."""
        return f"{_counted(self.total, self.wanted.kind)}{_joined(_phrases(self.wanted, self.view).values())}"

    def counted(self, number: int) -> str:
        """Return a number of rows with their noun."""
        return _counted(number, self.wanted.kind)

    @property
    def notes(self) -> list[str]:
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
        title = f"{wanted.wording.title}{_joined(_phrases(wanted, self.view).values())}"
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


def _counted(number: int, kind: ListKind) -> str:
    """Return a number of rows with their noun, whose plural is the name of the list."""
    return f"{number:,} {kind.row if number == 1 else kind.name}"


def _joined(phrases: Any) -> str:  # noqa: ANN401 - any iterable of texts
    return "".join(f", {phrase}" if number else f" {phrase}" for number, phrase in enumerate(phrases))


def _phrases(wanted: ListRequest, view: ListView) -> dict[str, str]:
    """Return each filter in words, such as `in Peru`, by the name of its facet."""
    found, phrases = {}, _PHRASES[wanted.kind]
    for name in wanted.filters.facets:
        if name == YEAR.name:
            found[name] = _years(wanted)
        elif name in phrases:
            values = view.wanted(name)
            words = list(dict.fromkeys(str(value.name) for value in values)) or [wanted.filters.words[name][:_LONGEST]]
            found[name] = phrases[name].format(one_line(" or ".join(words)))
        else:
            found[name] = _WORD_PHRASES[name, wanted.filters.words[name]]
    return found


def _years(wanted: ListRequest) -> str:
    first, last = wanted.filters.from_year, wanted.filters.to_year
    begun = {ACTIONS: "begun", PARTNERS: "with actions begun"}.get(wanted.kind, "of actions begun")
    if first is None:
        return f"{begun} in {last} or before"
    if last is None:
        return f"{begun} in {first} or later"
    return f"{begun} in {first}" if first == last else f"{begun} from {first} to {last}"


def _notes(wanted: ListRequest, view: ListView, total: int) -> Iterator[str]:
    """Yield what is not there: names that no value has, rows without a year, and what a miss leaves of each filter."""
    chosen, unmatched = _phrases(wanted, view), False
    for name in wanted.filters.words:
        if name in _ARTICLES and not view.wanted(name):
            unmatched = True
            near = [one_line(other) for other in view.near(name)]
            advice = f"; did you mean {' or '.join(near)}?" if near else "."
            word = one_line(wanted.filters.words[name])[:_LONGEST]
            yield f"No {wanted.kind.row} has {_ARTICLES[name]} called {word}{advice}"
    if YEAR.name in chosen and (unknown := view.unknown_years()):
        yield f"{_counted(unknown, wanted.kind)} with no known year {'is' if unknown == 1 else 'are'} left out."
    if not total and not unmatched and len(chosen) > 1:
        first, *others = chosen
        alone = view.count([first])
        yield f"{_counted(alone, wanted.kind)} {chosen[first]}, none {listed(chosen[name] for name in others)}."
    elif not total and not unmatched and chosen:
        yield f"No {wanted.kind.row} {next(iter(chosen.values()))}."


_ARTICLES = MappingProxyType(
    {
        "country": "a country",
        "sender": "experts from a country",
        "partner": "a partner",
        "type": "a type of assistance",
        "theme": "a theme",
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


def _as_json(page: _ListPage) -> bytes:
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
            "note": " ".join(page.notes) or None,
            "query": page.query,
            "facets": {shown.facet.name: _facet_as_json(shown) for shown in page.facets},
            wanted.kind.name: [_row_as_json(wanted, row) for row in page.rows],
        }
    )


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
