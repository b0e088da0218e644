"""The lists of a release, read: which rows fit, how many each value of a facet has, and a page of them.

The rows of a list are numbered, and the rows that have a value of a facet are a set of these numbers, kept as bits. So
any choice is a conjunction of whole numbers, and a count is the number of bits in one: a few microseconds for 100,000
rows. Facets with many values have their pairs of row and value beside that, which one pass counts.
"""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import compress, islice
from pathlib import Path
from typing import Any

import msgspec

from actiongraph.chains.model import Named, Text
from actiongraph.index.database import read_database
from actiongraph.index.list_kinds import TEXT, YEAR, CellKind, Facet, FacetKind, ListKind
from actiongraph.settings import Settings
from actiongraph.text import folded, near_names
from actiongraph.vocabulary import IRI

LISTS = "lists.sqlite"
"""The index of lists in the folder of a release; releases of older programs have none."""
LISTS_LAYOUT = 1
"""The layout of the index; one of another layout is not read."""
LIST_TABLES = """
CREATE TABLE list (list INTEGER PRIMARY KEY, name TEXT, rows INTEGER);
CREATE TABLE row (list INTEGER, id INTEGER, iri TEXT, name TEXT, language TEXT, document BLOB,
  PRIMARY KEY (list, id)) WITHOUT ROWID;
CREATE TABLE ordering (list INTEGER, name TEXT, known INTEGER, ids BLOB, PRIMARY KEY (list, name)) WITHOUT ROWID;
CREATE TABLE thing (id INTEGER PRIMARY KEY, iri TEXT, name TEXT, language TEXT);
CREATE TABLE value (list INTEGER, facet TEXT, number INTEGER, key TEXT, iri TEXT, name TEXT, language TEXT,
  rows INTEGER, PRIMARY KEY (list, facet, number)) WITHOUT ROWID;
CREATE TABLE member (list INTEGER, facet TEXT, number INTEGER, is_dense INTEGER, ids BLOB,
  PRIMARY KEY (list, facet, number)) WITHOUT ROWID;
CREATE TABLE pairs (list INTEGER, facet TEXT, ids BLOB, numbers BLOB, PRIMARY KEY (list, facet)) WITHOUT ROWID;
CREATE TABLE word (list INTEGER, facet TEXT, word TEXT, number INTEGER,
  PRIMARY KEY (list, facet, word, number)) WITHOUT ROWID;
CREATE INDEX most_rows ON value (list, facet, rows DESC, number);
"""
"""The tables of any index with lists."""
LISTS_SCHEMA = f"""
PRAGMA user_version = {LISTS_LAYOUT};
CREATE TABLE known (base TEXT);
{LIST_TABLES}"""
RunStatement = Callable[[str, Sequence[object]], list[Any]]
"""Returns the rows that an SQL statement with these values gives."""
_FAULTS = (msgspec.DecodeError, ValueError, IndexError, KeyError)
_FETCHED = 500
_NEAR, _COMPARED = 3, 2_000
"""Words that a word without a match is compared with; each takes up to a tenth of a millisecond."""
_LONGEST = 100
_AS_FLAGS = bytes.maketrans(b"01", b"\0\1")


def packed(numbers: Iterable[int], code: str = "I") -> bytes:
    """Return row numbers as bytes, four each, the least significant first; with the code `i`, which are below 0 too."""
    return _little_endian(array(code, numbers)).tobytes()


def unpacked(written: bytes, code: str = "I") -> array[int]:
    """Return the numbers that `packed` wrote."""
    return _little_endian(array(code, written))


def _little_endian(numbers: array[int]) -> array[int]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


@dataclass(frozen=True, slots=True)
class ListFilters:
    """The rows that are wanted: with each of `words`, by the name of its facet, and begun in these years, inclusive.

    A word is a key, an IRI, a code, an abbreviation or a name in any language, in whatever case. Each word of `text`
    begins a word of the row.
    """

    words: Mapping[str, str] = field(default_factory=dict)
    from_year: int | None = None
    to_year: int | None = None
    text: str | None = None

    @property
    def facets(self) -> tuple[str, ...]:
        """The names of the facets that something is wanted of."""
        has_years = self.from_year is not None or self.to_year is not None
        return (*self.words, *([YEAR.name] if has_years else []), *([TEXT.name] if self.text else []))


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row: `name` is what it is shown by, `cells` has the value of each column, None or empty where it is unknown.

    A cell of things is a tuple of them by name; that of a chain is its IRI.
    """

    iri: IRI
    name: Text
    cells: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a facet, and how many rows have it; `key` finds it in addresses."""

    key: str
    name: Text
    iri: IRI | None
    rows: int
    is_chosen: bool = False


@contextmanager
def open_lists(path: Path | None, settings: Settings) -> Iterator[ListIndex | None]:
    """Give the index of lists at `path` to this thread, read-only, or None; nothing stays open between two.

    There is none for files and for releases of programs that write another layout or none, and none that fits where
    `settings` have another base than the release.

    Raises:
        StoreError: it cannot be read.
    """
    if path is None or not path.is_file():
        yield None
        return
    ending = "; rebuild the release, or delete the file."
    with read_database(path, "The index of lists", ending, damage=(DamagedList,)) as database:
        [(layout,)] = database.execute("PRAGMA user_version")
        fits = layout == LISTS_LAYOUT and database.execute("SELECT base FROM known").fetchall() == [(settings.base,)]
        yield ListIndex(database) if fits else None


class DamagedList(ValueError):
    """What the index has is not what its writer writes."""


class ListIndex:
    """The lists of one release. Belongs to the thread that opened it."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Take an open index."""
        self._database = database

    def view(self, kind: ListKind, filters: ListFilters) -> ListView:
        """Return the rows of a list that `filters` choose."""
        return ListView(lambda statement, values: self._database.execute(statement, values).fetchall(), kind, filters)


class ListView:
    """The rows of one list that some filters choose."""

    def __init__(self, run: RunStatement, kind: ListKind, filters: ListFilters, *, name: str | None = None) -> None:
        """Look the filters up; rows are read when they are wanted.

        `name` is that of the list in the index, if it is not that of its kind.
        """
        self._run = run
        self.kind = kind
        self.filters = filters
        [(self._list, size)] = run("SELECT list, rows FROM list WHERE name = ?", (name or kind.name,))
        self.size = int(size)
        self._things: dict[int, Named] = {}
        self._numbers = {name: self._wanted(name) for name in filters.facets}
        self._bits = {name: self._rows_with(name, numbers) for name, numbers in self._numbers.items()}
        if filters.text:
            self._bits[TEXT.name] = self._rows_with_text(filters.text)

    @property
    def total(self) -> int:
        """The number of rows that fit."""
        return self.count(self.filters.facets)

    def count(self, facets: Collection[str]) -> int:
        """Return the number of rows that fit if only the filters of `facets` are heeded."""
        bits = self._chosen(facets)
        return self.size if bits is None else bits.bit_count()

    def unknown_years(self) -> int:
        """Return the number of rows that fit but for having no known year."""
        known = self._rows_with(YEAR.name, self._query("SELECT number FROM value WHERE list = ? AND facet = 'year'"))
        others = self._chosen([name for name in self.filters.facets if name != YEAR.name])
        return ((self._everything if others is None else others) & ~known).bit_count()

    def wanted(self, name: str) -> tuple[FacetValue, ...]:
        """Return the values that the filter of the facet `name` means; empty if it has none like that."""
        return self._values(name, dict.fromkeys(self._numbers.get(name, ()), 0))

    def near(self, name: str) -> list[str]:
        """Return the names of a few values of a facet that are called nearly as its filter says."""
        words = dict(
            self._query(
                "SELECT word, name FROM word JOIN value USING (list, facet, number) WHERE list = ? AND facet = ? "
                "AND instr(word, '://') = 0 ORDER BY rows DESC LIMIT ?",
                name,
                _COMPARED,
            )
        )
        wanted = _folded(self.filters.words[name])[:_LONGEST]
        close = [*near_names(wanted, words, most=_NEAR), *(word for word in words if wanted and wanted in word)]
        return list(dict.fromkeys(words[word] for word in close))[:_NEAR]

    def unknown_words(self) -> list[str]:
        """Return those words of the text that is wanted which no row has."""
        return [word for word in folded(self.filters.text or "").split() if not self._beginning(word)]

    def facet(self, facet: Facet, most: int) -> tuple[list[FacetValue], int]:
        """Return the values of `facet` that rows have which fit the other filters, and how many such values there are.

        Years come latest first, words in their order, things by the number of their rows; at most `most` of them.
        What is chosen is always among them.
        """
        others = self._chosen([name for name in self.filters.facets if name != facet.name])
        chosen = set(self._numbers.get(facet.name, ())) if facet.kind is not FacetKind.YEAR else set()
        if others is None:
            [(total,)] = self._query("SELECT COUNT(*) FROM value WHERE list = ? AND facet = ?", facet.name)
            order = {FacetKind.YEAR: "number DESC", FacetKind.WORD: "number"}.get(facet.kind, "rows DESC, number")
            found = self._query(
                f"SELECT number, rows FROM value WHERE list = ? AND facet = ? ORDER BY {order} LIMIT ?",  # noqa: S608
                facet.name,
                most,
            )
            counts = dict(found)
            marks = ", ".join("?" * len(chosen - counts.keys()))
            counts |= dict(
                self._query(
                    f"SELECT number, rows FROM value WHERE list = ? AND facet = ? AND number IN ({marks})",  # noqa: S608
                    facet.name,
                    *(chosen - counts.keys()),
                )
            )
        else:
            counted = self._counts(facet.name, others)
            total = len(counted)
            keys = {FacetKind.YEAR: lambda item: -item[0], FacetKind.WORD: lambda item: item[0]}
            best = nsmallest(most, counted.items(), key=keys.get(facet.kind, lambda item: (-item[1], item[0])))
            counts = dict(best) | {number: counted.get(number, 0) for number in chosen}
        return list(self._values(facet.name, counts, chosen)), total

    def rows(self, order: str, *, descending: bool = False, first: int = 0, most: int | None = None) -> list[ListRow]:
        """Return the rows in one of the orders of the list, at most `most` from the one numbered `first`.

        Rows whose value is unknown come last either way.
        """
        picked = self.numbers(order, descending=descending, first=first, most=most)
        return [
            row for start in range(0, len(picked), _FETCHED) for row in self._read(picked[start : start + _FETCHED])
        ]

    def numbers(
        self, order: str, *, descending: bool = False, first: int = 0, most: int | None = None
    ) -> Sequence[int]:
        """Return the numbers of the rows that `rows` returns."""
        ids = self._ordered(order, descending=descending)
        bits = self._chosen(self.filters.facets)
        stop = None if most is None else first + most
        if bits is None:
            return ids[first:stop]
        flags = self._flags(bits)
        return list(islice(compress(ids, map(flags.__getitem__, ids)), first, stop))

    def flags(self) -> bytes | None:
        """Return a byte for each row of the list, 1 if it fits, or None if there are no filters."""
        bits = self._chosen(self.filters.facets)
        return None if bits is None else self._flags(bits)

    @property
    def _everything(self) -> int:
        return (1 << self.size) - 1

    def _query(self, statement: str, *values: object) -> list[Any]:
        return self._run(statement, (self._list, *values))

    def _wanted(self, name: str) -> list[int]:
        """Return the numbers of the values of a facet that its filter means."""
        if name == YEAR.name:
            found = self._query(
                "SELECT number FROM value WHERE list = ? AND facet = 'year' AND CAST(key AS INTEGER) BETWEEN ? AND ?",
                self.filters.from_year or 0,
                9_999 if self.filters.to_year is None else self.filters.to_year,
            )
        elif name == TEXT.name:
            return []  # Each of its words must be there: see `_rows_with_text`.
        else:
            word = _folded(self.filters.words[name])
            found = self._query("SELECT number FROM word WHERE list = ? AND facet = ? AND word = ?", name, word)
        return [number for (number,) in found]

    def _rows_with(self, name: str, numbers: Sequence[Any]) -> int:
        """Return the rows that have one of the values with these numbers, as bits."""
        wanted = [number[0] if isinstance(number, tuple) else number for number in numbers]
        bits = 0
        for start in range(0, len(wanted), _FETCHED):
            part = wanted[start : start + _FETCHED]
            marks = ", ".join("?" * len(part))
            found = self._query(
                f"SELECT is_dense, ids FROM member WHERE list = ? AND facet = ? AND number IN ({marks})",  # noqa: S608
                name,
                *part,
            )
            for is_dense, ids in found:
                bits |= self._bits_of(is_dense, ids)
        return bits

    def _rows_with_text(self, text: str) -> int:
        bits = self._everything
        for word in folded(text).split():
            bits &= self._rows_with(TEXT.name, self._beginning(word))
        return bits

    def _beginning(self, word: str) -> list[Any]:
        """Return the numbers of the words of texts that begin with `word`."""
        return self._query(
            "SELECT number FROM word WHERE list = ? AND facet = ? AND word >= ? AND word < ?",
            TEXT.name,
            word,
            word + chr(sys.maxunicode),
        )

    def _bits_of(self, is_dense: int, ids: bytes) -> int:
        if is_dense:
            return int.from_bytes(ids, "little")
        written = bytearray(self.size // 8 + 1)
        for number in unpacked(ids):
            written[number >> 3] |= 1 << (number & 7)
        return int.from_bytes(written, "little")

    def _chosen(self, facets: Collection[str]) -> int | None:
        """Return the rows that the filters of `facets` choose, as bits; None if there are no such filters."""
        bits = None
        for name in facets:
            bits = self._bits[name] if bits is None else bits & self._bits[name]
        return bits

    def _flags(self, bits: int) -> bytes:
        """Return a byte for each row: 1 if it is among `bits`."""
        return f"{bits:0{self.size}b}"[::-1].encode().translate(_AS_FLAGS)

    def _counts(self, name: str, bits: int) -> dict[int, int]:
        """Return the number of the rows `bits` that have each value of a facet, without values that none has."""
        for ids, numbers in self._query("SELECT ids, numbers FROM pairs WHERE list = ? AND facet = ?", name):
            flags = self._flags(bits)
            return Counter(compress(unpacked(numbers), map(flags.__getitem__, unpacked(ids))))
        found = self._query("SELECT number, is_dense, ids FROM member WHERE list = ? AND facet = ?", name)
        counts = {number: (self._bits_of(is_dense, ids) & bits).bit_count() for number, is_dense, ids in found}
        return {number: count for number, count in counts.items() if count}

    def _values(self, name: str, counts: Mapping[int, int], chosen: Collection[int] = ()) -> tuple[FacetValue, ...]:
        """Return values of a facet with the counts given, in the order of these."""
        found: dict[int, tuple[str, str | None, str, str | None]] = {}
        numbers = list(counts)
        for start in range(0, len(numbers), _FETCHED):
            part = numbers[start : start + _FETCHED]
            marks = ", ".join("?" * len(part))
            rows = self._query(
                f"SELECT number, key, iri, name, language FROM value "  # noqa: S608 - marks alone are put in
                f"WHERE list = ? AND facet = ? AND number IN ({marks})",
                name,
                *part,
            )
            found |= {number: rest for number, *rest in rows}
        return tuple(
            FacetValue(key, Text(text, language), IRI(iri) if iri else None, counts[number], number in chosen)
            for number in numbers
            for key, iri, text, language in [found[number]]
        )

    def _ordered(self, order: str, *, descending: bool) -> Sequence[int]:
        [(known, written)] = self._query("SELECT known, ids FROM ordering WHERE list = ? AND name = ?", order)
        ids = unpacked(written)
        return ids[:known][::-1] + ids[known:][::-1] if descending else ids

    def _read(self, ids: Sequence[int]) -> Iterator[ListRow]:
        marks = ", ".join("?" * len(ids))
        found = self._query(
            f"SELECT id, iri, name, language, document FROM row WHERE list = ? AND id IN ({marks})",  # noqa: S608
            *ids,
        )
        columns = self.kind.columns
        things = [number for number, column in enumerate(columns) if column.kind is CellKind.THINGS]
        try:
            read = {number: (*rest, msgspec.json.decode(document)) for number, *rest, document in found}
            self._name({thing for row in read.values() for number in things for thing in row[3][number]})
            for number in ids:
                iri, name, language, cells = read[number]
                for place in things:
                    cells[place] = tuple(self._things[thing] for thing in cells[place])
                named = {column.name: cell for column, cell in zip(columns, cells, strict=True)}
                yield ListRow(IRI(iri), Text(name, language), named)
        except _FAULTS as error:
            raise DamagedList(f"a row of {self.kind.name} is damaged") from error

    def _name(self, numbers: set[int]) -> None:
        """Read the names of those of the things with these numbers that are not known yet."""
        wanted = list(numbers - self._things.keys())
        for start in range(0, len(wanted), _FETCHED):
            part = wanted[start : start + _FETCHED]
            marks = ", ".join("?" * len(part))
            found = self._run(f"SELECT id, iri, name, language FROM thing WHERE id IN ({marks})", part)  # noqa: S608
            self._things |= {id_: Named(Text(name, language), IRI(iri)) for id_, iri, name, language in found}


def _folded(word: str) -> str:
    return word.strip().casefold()
