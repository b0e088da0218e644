"""Results as tables for people: a page of the rows that the engine wrote, sorted if wanted, ready to be shown."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from actiongraph.chains.model import Text
from actiongraph.errors import RequestError, UnknownResource
from actiongraph.iris import is_iri, prefixed_name
from actiongraph.sparql.terms import XSD
from actiongraph.text import counted, listed
from actiongraph.vocabulary import PREFIXES

ROWS_A_PAGE = 100
MOST_SORTED = 50_000
"""Rows that are sorted on a page, which takes a fifth of a second; an engine sorts more, by ORDER BY."""
MAX_CHARACTERS = 200_000
_LONGEST_ROW = 8_000
"""A page holds each row twice, once to ask why it is there; rows that are longer it holds once."""
MOST_NAMED = 2_000
"""Different IRIs of a column whose names are looked up to sort by; where there are more, the IRIs decide."""
_NUMBERS = frozenset(
    XSD + name
    for name in (
        "integer", "decimal", "float", "double", "int", "long", "short", "byte", "nonNegativeInteger",
        "positiveInteger", "nonPositiveInteger", "negativeInteger", "unsignedInt", "unsignedLong", "unsignedShort",
        "unsignedByte",
    )
)  # fmt: skip

SHAPES = ("table", "bars", "chain")
"""What a result can be shown as: its rows, its rows with a bar beside each number, the chains of its actions."""

Names = Mapping[str, Text]
"""The name to show of each IRI that has one."""
_Term = dict[str, Any]
_SortKey = tuple[int, float, str, str]


@dataclass(frozen=True, slots=True)
class TableView:
    """The part of a result to show: the `page`, counted from 1, and the variable to sort by, with - if descending.

    `labels` tells whether names stand in place of IRIs, and `shape` which of `SHAPES` is wanted.
    """

    sort: str = ""
    page: int = 1
    labels: bool = True
    shape: str = "table"


@dataclass(frozen=True, slots=True)
class ResultCell:
    """A term as a page shows it: `text`, whether it is an IRI, where it links, and what is said beside it.

    `title` is the whole IRI; `note` is a literal's language tag or datatype; `language` is that of the text.
    """

    text: str
    kind: str
    link: str = ""
    title: str = ""
    note: str = ""
    language: str = ""
    number: float | None = None

    @property
    def is_number(self) -> bool:
        """Tell whether it is a number."""
        return self.number is not None


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A variable; `order` is how the table is sorted by it, as `aria-sort` has it, and `sort` what a click sorts by.

    `scale` is that of its bars, where these are wanted: the least and greatest number of the whole result, or zero.
    """

    name: str
    order: str
    sort: str
    is_number: bool
    scale: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class ResultTable:
    """The rows of one page; `total` is how many the answer has, and `first` the number of the first that is shown.

    An unbound variable is None. `solutions` are the same rows as the engine wrote them in JSON; empty for one with a
    blank node, which nobody can ask about, and for a very long one. `is_sorted_by_name` is False where names are shown
    but were too many to sort by.
    """

    columns: tuple[ResultColumn, ...]
    rows: tuple[tuple[ResultCell | None, ...], ...]
    solutions: tuple[str, ...]
    total: int
    view: TableView
    is_sorted_by_name: bool = True

    @property
    def first(self) -> int:
        """The number of the first row on this page, counted from 1."""
        return (self.view.page - 1) * ROWS_A_PAGE + 1

    @property
    def pages(self) -> int:
        """The number of pages, at least one."""
        return max(1, math.ceil(self.total / ROWS_A_PAGE))

    @property
    def can_be_sorted(self) -> bool:
        """Tell whether its rows are few enough to sort on a page."""
        return self.total <= MOST_SORTED

    @property
    def has_bars(self) -> bool:
        """Tell whether bars can be drawn: there are rows to compare, a column of numbers, and one that names them."""
        return self.total > 1 and self.can_be_sorted and len({column.is_number for column in self.columns}) == 2

    @property
    def iris(self) -> tuple[str, ...]:
        """The IRIs in the rows of this page, each once, in order."""
        cells = (cell for row in self.rows for cell in row)
        return tuple(dict.fromkeys(cell.title for cell in cells if cell and cell.kind == "iri"))

    @property
    def says_nothing(self) -> bool:
        """Tell whether there are no rows, or one that only counts to zero."""
        is_zero = (cell is None or (cell.is_number and cell.text == "0") for row in self.rows for cell in row)
        return self.total == 0 or (self.total == 1 and all(is_zero))

    @property
    def has_empty_column(self) -> bool:
        """Tell whether a column has no value in any of the rows that are shown."""
        return any(all(cell is None for cell in column) for column in zip(*self.rows, strict=True))


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The beginning of a text, and whether that is all of it."""

    text: str
    whole: bool


class _Head(msgspec.Struct):
    vars: list[str] = []


class _Bindings(msgspec.Struct):
    bindings: list[msgspec.Raw]


class _Document(msgspec.Struct):
    """SPARQL results in JSON; a row is read when it is needed."""

    head: _Head = msgspec.field(default_factory=_Head)
    results: _Bindings | None = None
    boolean: bool | None = None


_read_document = msgspec.json.Decoder(_Document).decode
_read_row = msgspec.json.Decoder(dict[str, _Term]).decode


def read_boolean(results: bytes) -> bool | None:
    """Return the answer to an ASK query from its results in JSON, or None if these are those of SELECT."""
    return _read_document(results).boolean


class TableWriter:
    """Writes results as tables, in the way that its client knows terms."""

    def __init__(
        self, prefixes: Mapping[str, str], link: Callable[[str], str], names: Callable[[Iterable[str]], Names]
    ) -> None:
        """Shorten IRIs with `prefixes`, those of the query, for they are what the client knows.

        `link` gives the address that an IRI leads to, or nothing; `names` looks up the names of IRIs.
        """
        # Of prefixes for the same namespace, the last by the alphabet.
        self._known = dict(sorted((PREFIXES | dict(prefixes)).items(), reverse=True))
        self._link = link
        self._names = names

    def read(self, results: bytes, view: TableView, order: Iterable[str] = ()) -> ResultTable:
        """Return the page that `view` wants of SPARQL results in JSON; columns stand in `order`, then as they come.

        Raises:
            RequestError: there is no such variable to sort by, or there are too many rows to sort.
            UnknownResource: there are fewer pages.

        Source: SPARQL 1.1 Query Results JSON Format, section 3.
        """
        document = _read_document(results)
        raws = document.results.bindings if document.results else []
        variables = tuple(dict.fromkeys([name for name in order if name in document.head.vars] + document.head.vars))
        table = ResultTable((), (), (), len(raws), view)
        if view.page > table.pages:
            raise UnknownResource(f"This result fits on {counted(table.pages, 'page')}; there is no page {view.page}.")
        start, by_name, names = table.first - 1, True, dict[str, Text]()
        if sort := view.sort.removeprefix("-"):
            _check_sorting(sort, variables, len(raws))
            terms = [_read_row(raw).get(sort) for raw in raws]
            by_name = view.labels and self._look_up(terms, names, MOST_NAMED)
            keys = [_sort_key(term, names) for term in terms]
            places = sorted(range(len(raws)), key=keys.__getitem__, reverse=view.sort.startswith("-"))
            raws = [raws[place] for place in places[start : start + ROWS_A_PAGE]]
        else:
            raws = raws[start : start + ROWS_A_PAGE]
        shown = [_read_row(raw) for raw in raws]
        if view.labels:
            self._look_up([term for row in shown for term in row.values()], names)
        rows = tuple(tuple(self._cell(row.get(name), names) for name in variables) for row in shown)
        columns = tuple(_column(name, view, [row[place] for row in rows]) for place, name in enumerate(variables))
        solutions = tuple(map(_written, raws, shown))
        table = replace(
            table, columns=columns, rows=rows, solutions=solutions, is_sorted_by_name=by_name or not view.labels
        )
        if view.shape == "bars" and table.has_bars:
            everything = [_read_row(raw) for raw in document.results.bindings] if document.results else []
            scaled = (
                replace(each, scale=_scale(each.name, everything)) if each.is_number else each for each in columns
            )
            table = replace(table, columns=tuple(scaled))
        return table

    def _look_up(self, terms: Iterable[_Term | None], names: dict[str, Text], most: int | None = None) -> bool:
        """Add the names of the IRIs among `terms` to `names`; return False if there are more than `most`."""
        iris = {term["value"] for term in terms if term and term["type"] == "uri"} - names.keys()
        if most is not None and len(iris) > most:
            return False
        names.update(self._names(iri for iri in iris if is_iri(iri)))
        return True

    def _cell(self, term: _Term | None, names: Names) -> ResultCell | None:
        if term is None:
            return None
        value = term["value"]
        if term["type"] == "uri":
            if name := names.get(value):
                return ResultCell(name, "iri", self._link(value), title=value, language=name.language or "")
            return ResultCell(shorten(value, self._known), "iri", self._link(value), title=value)
        if term["type"] == "bnode":
            return ResultCell(f"_:{value}", "blank-node")
        if term["type"] == "triple":
            return ResultCell(json.dumps(value, ensure_ascii=False), "triple")
        language, datatype = term.get("xml:lang", ""), term.get("datatype", "")
        note = language or shorten(datatype, self._known)
        return ResultCell(value, "literal", "", datatype, note, language, number=_number(term))


def _written(raw: msgspec.Raw, row: Mapping[str, _Term]) -> str:
    """Return a solution as the engine wrote it; the empty text where it has what no query can name, or is very long."""
    has_names = all(term["type"] in {"uri", "literal"} for term in row.values())
    written = bytes(raw).decode()
    return written if has_names and len(written) <= _LONGEST_ROW else ""


def _check_sorting(sort: str, variables: Sequence[str], total: int) -> None:
    if sort not in variables:
        raise RequestError(f"There is no column {sort[:40]!r} to sort by; there are {listed(variables)}.")
    if total > MOST_SORTED:
        raise RequestError(f"{total:,} rows are too many to sort on a page; add ORDER BY ?{sort} to the query.")


def _sort_key(term: _Term | None, names: Names) -> _SortKey:
    """Return a key by which unbound comes first, then blank nodes, IRIs by name if they have one, and literals.

    Source: SPARQL 1.1 Query, section 15.1.
    """
    if term is None:
        return 0, 0.0, "", ""
    value = term["value"]
    if term["type"] == "bnode":
        return 1, 0.0, value, ""
    if term["type"] == "uri":
        return 2, 0.0, names.get(value, value).casefold(), value
    if term["type"] == "triple":
        return 5, 0.0, json.dumps(value), ""
    number = _number(term)
    if number is not None:
        return 3, number, "", value
    return 4, 0.0, value.casefold(), value + term.get("xml:lang", "")


def _column(name: str, view: TableView, cells: Iterable[ResultCell | None]) -> ResultColumn:
    """Return a column: a click sorts by it, another the other way round, and a third puts back the query's order."""
    bound = [cell for cell in cells if cell]
    order = {name: "ascending", f"-{name}": "descending"}.get(view.sort, "")
    sort = {"": name, "ascending": f"-{name}", "descending": ""}[order]
    return ResultColumn(name, order, sort, is_number=bool(bound) and all(cell.is_number for cell in bound))


def _scale(name: str, rows: Iterable[Mapping[str, _Term]]) -> tuple[float, float]:
    """Return the least and the greatest number of a column, or zero; bars begin there."""
    numbers = (_number(row[name]) for row in rows if name in row)
    finite = [0.0, *(number for number in numbers if number is not None and math.isfinite(number))]
    return min(finite), max(finite)


def _number(term: _Term) -> float | None:
    """Return the number that a literal stands for; None for any other, and for what is no number whatever it says."""
    if term["type"] != "literal" or term.get("datatype") not in _NUMBERS:
        return None
    try:
        number = float(term["value"])
    except ValueError:
        return None
    return math.inf if math.isnan(number) else number


def begin(document: bytes) -> Excerpt:
    """Return the first lines of `document`, which is text in UTF-8: no more than `MAX_CHARACTERS` of it."""
    text = document.decode()
    if len(text) <= MAX_CHARACTERS:
        return Excerpt(text, whole=True)
    return Excerpt(text[: text.rfind("\n", 0, MAX_CHARACTERS) + 1] or text[:MAX_CHARACTERS], whole=False)


def shorten(iri: str, prefixes: Mapping[str, str]) -> str:
    """Return `iri` as a prefixed name if one of `prefixes` fits and leaves a plain local name, else as it is."""
    return prefixed_name(iri, prefixes) or iri
