"""The list of all chains as rows of SQLite, written and chosen from: in the index of a release, or in memory.

Its facets, orders and filters are those of every list; see `list_index`.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import compress
from statistics import median
from threading import Lock
from typing import Any, Self

from actiongraph.chains.dates import Gap
from actiongraph.chains.model import Named, Text
from actiongraph.chains.summary import ChainSummary, Figures, Filters, Overview
from actiongraph.index.documents import DamagedDocument, DocumentCodec
from actiongraph.index.list_index import LIST_TABLES, ListFilters, ListView, packed, unpacked
from actiongraph.index.list_index_writer import ListWriter, NameWords, WrittenRow, as_set, collated
from actiongraph.index.list_kinds import CHAINS, SIZES
from actiongraph.iris import key_of
from actiongraph.text import counted, folded, one_line
from actiongraph.vocabulary import IRI

SCHEMA = f"""{LIST_TABLES}
CREATE TABLE summary (list INTEGER, id INTEGER, document BLOB, PRIMARY KEY (list, id)) WITHOUT ROWID;
CREATE TABLE measure (list INTEGER, name TEXT, number INTEGER, is_dense INTEGER, ids BLOB,
  PRIMARY KEY (list, name, number)) WITHOUT ROWID;
CREATE TABLE gaps (list INTEGER PRIMARY KEY, chains BLOB, least BLOB, most BLOB);
CREATE TABLE action_name (iri TEXT PRIMARY KEY, name TEXT, language TEXT) WITHOUT ROWID;
"""
_NAMES = {True: CHAINS.name, False: f"stated {CHAINS.name}"}
"""What the lists are called: with probable links, and without."""
_MEASURES = ("size", "length", "links", "probable", "returning", "from_end")
"""The numbers of a chain that figures are made of: probable links, returning partners or none, gaps from an end."""
_SIGNED = "i"
_FIELDS = {
    "country": "country",
    "partner": "partner",
    "type": "assistance_type",
    "theme": "theme",
    "place": "place",
}
"""The facets whose values are things, and the filter for each."""
_PLURALS = {
    "country": "countries",
    "partner": "partners",
    "type": "assistance_types",
    "theme": "themes",
    "place": "places",
}
_NOUNS = {"type": "type of assistance"}
_SUMMARIES = DocumentCodec(ChainSummary)
_decoded = lru_cache(4_096)(_SUMMARIES.decode)
"""Pages of filtered lists show the same chains again and again; a summary takes about 4 kB."""
_FETCHED = 500
_LONGEST = 100


def write_lists(database: sqlite3.Connection, overviews: Iterable[Overview]) -> None:
    """Write lists of chains to the tables of `SCHEMA`, which are empty: one with probable links, one without."""
    for number, overview in enumerate(overviews):
        names = _Names(overview)
        rows = [_row(summary, rank, names) for rank, summary in enumerate(overview.chains)]
        ListWriter(database, names).write(number, CHAINS, rows, name=_NAMES[overview.probable])
        documents = ((number, rank, _SUMMARIES.encode(summary)) for rank, summary in enumerate(overview.chains))
        database.executemany("INSERT INTO summary VALUES (?, ?, ?)", documents)
        _write_measures(database, number, overview.chains)


class _Names:
    """The names of the things of an overview, each by its IRI, or by its name if it has none."""

    def __init__(self, overview: Overview) -> None:
        self._sought = overview.words
        self._known = {
            self.value(thing): thing
            for summary in overview.chains
            for field in _PLURALS.values()
            for thing in getattr(summary, field)
        }

    @staticmethod
    def value(thing: Named) -> str:
        return str(thing.iri or thing.name)

    def name(self, value: str) -> NameWords:
        name = self._known[value].name
        return str(name), getattr(name, "language", None)

    def words(self, value: str) -> Collection[str]:
        iri = self._known[value].iri
        if iri is None:
            return {value.casefold()}
        return {*self._sought.get(iri, ()), value.casefold(), key_of(iri).casefold()}

    def iri(self, value: str) -> str | None:
        iri = self._known[value].iri
        return str(iri) if iri else None


def _row(summary: ChainSummary, rank: int, names: _Names) -> WrittenRow:
    """Return the row of a chain: its place among all, what it is ordered by, and the values of its facets."""
    things = {facet: [names.value(thing) for thing in getattr(summary, field)] for facet, field in _PLURALS.items()}
    words = {word for values in things.values() for value in values for word in names.words(value) if "://" not in word}
    text = {*summary.text.split(), *(word for name in words for word in folded(name).split())}
    years = [f"{year:04}" for year in summary.years]
    return WrittenRow(
        str(summary.iri or summary.key),
        (summary.key, None),
        [],
        {
            "length": rank,
            "actions": summary.size,
            "year": min(summary.years, default=None),
            "country": _least_name(things["country"], names),
            "partner": _least_name(things["partner"], names),
        },
        things | {"year": years, "size": [_size_of(summary.size)], "text": text},
    )


def _least_name(values: Iterable[str], names: _Names) -> str | None:
    return min((collated(names.name(value)[0]) for value in values), default=None)


def _size_of(size: int) -> str:
    return next(word for word, (least, most) in SIZES.items() if least <= size and (most is None or size <= most))


def _write_measures(database: sqlite3.Connection, number: int, chains: Sequence[ChainSummary]) -> None:
    """Write what figures are made of: the chains that have each number, and the gaps in time, the least first."""
    having: dict[tuple[str, int], list[int]] = defaultdict(list)
    for rank, each in enumerate(chains):
        numbers = (each.size, each.length, each.links, each.probable_links, int(bool(each.returning_partners)))
        for name, found in zip(_MEASURES, (*numbers, sum(gap.from_end for gap in each.gaps)), strict=True):
            having[name, found].append(rank)
    rows = ((number, *key, *as_set(ranks, len(chains))) for key, ranks in having.items())
    database.executemany("INSERT INTO measure VALUES (?, ?, ?, ?, ?)", rows)
    gaps = sorted((gap.least_days, gap.most_days, rank) for rank, each in enumerate(chains) for gap in each.gaps)
    least, most, ranks = zip(*gaps, strict=True) if gaps else ((), (), ())
    columns = packed(ranks), packed(least, _SIGNED), packed(most, _SIGNED)
    database.execute("INSERT INTO gaps VALUES (?, ?, ?, ?)", (number, *columns))


def list_filters(filters: Filters) -> ListFilters:
    """Return filters of chains as those of a list; what is empty filters nothing."""
    words = {facet: getattr(filters, field) or "" for facet, field in _FIELDS.items()}
    given = {facet: word for facet, word in words.items() if word.strip()}
    return ListFilters(given, filters.from_year, filters.to_year, folded(filters.text or "") or None)


class ChainList:
    """All chains in short, longest first, to choose from; without probable links, those that stated ones make."""

    def __init__(self, database: sqlite3.Connection, *, probable: bool) -> None:
        """Take an open database with the tables of `SCHEMA`."""
        self._database = database
        self._lock = Lock()
        self.probable = probable

    @classmethod
    def in_memory(cls, overview: Overview) -> Self:
        """Return a list in memory, which any thread may use."""
        database = sqlite3.connect(":memory:", check_same_thread=False)
        database.executescript(SCHEMA)
        write_lists(database, [overview])
        return cls(database, probable=overview.probable)

    def view(self, filters: ListFilters) -> ChainsInView:
        """Return the chains that `filters` choose."""
        return ChainsInView(self._run, CHAINS, filters, name=_NAMES[self.probable])

    def chosen(self, filters: Filters, *, first: int = 0, most: int | None = None) -> list[ChainSummary]:
        """Return the chains that `filters` choose, from the one numbered `first`, at most `most` of them."""
        return self.view(list_filters(filters)).summaries(first=first, most=most)

    def things(self, field: str) -> list[tuple[str, int]]:
        """Return the name of each of the `countries`, `partners` and so on, with the number of its chains, by name."""
        [facet] = (facet for facet, plural in _PLURALS.items() if plural == field)
        return self._run(
            "SELECT value.name, value.rows FROM value JOIN list USING (list) WHERE list.name = ? AND facet = ? "
            "ORDER BY number",
            (_NAMES[self.probable], facet),
        )

    def names(self, actions: Iterable[IRI]) -> dict[IRI, Named]:
        """Return those of `actions` whose names the index has, each by its title, else by its number, else by its key.

        A list in memory has none.
        """
        found: dict[IRI, Named] = {}
        wanted = list(dict.fromkeys(actions))
        for start in range(0, len(wanted), _FETCHED):
            part = wanted[start : start + _FETCHED]
            marks = ", ".join("?" * len(part))
            statement = f"SELECT iri, name, language FROM action_name WHERE iri IN ({marks})"  # noqa: S608
            names = {iri: Text(name, language) for iri, name, language in self._run(statement, part)}
            found |= {action: Named(names[str(action)], action) for action in part if str(action) in names}
        return found

    def figures(self, filters: Filters) -> Figures:
        """Return the figures about the chains that `filters` choose."""
        return self.view(list_filters(filters)).figures()

    def notes(self, filters: Filters) -> tuple[str, ...]:
        """Return sentences about what `filters` cannot find: names that nothing bears, and chains of unknown years."""
        return tuple(self.view(list_filters(filters)).notes())

    def _run(self, statement: str, values: Sequence[object]) -> list[Any]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()


class ChainsInView(ListView):
    """The chains that some filters choose."""

    def summaries(
        self, order: str = CHAINS.orders[0], *, descending: bool = False, first: int = 0, most: int | None = None
    ) -> list[ChainSummary]:
        """Return the chains in short, in one of their orders: at most `most`, from the one numbered `first`."""
        ids = self.numbers(order, descending=descending, first=first, most=most)
        found: dict[int, bytes] = {}
        for start in range(0, len(ids), _FETCHED):
            part = ids[start : start + _FETCHED]
            marks = ", ".join("?" * len(part))
            found |= dict(self._query(f"SELECT id, document FROM summary WHERE list = ? AND id IN ({marks})", *part))  # noqa: S608
        return [_decoded(found[number]) for number in ids]

    def figures(self) -> Figures:
        """Return the figures about the chains."""
        bits = self._chosen(self.filters.facets)
        counts: dict[str, dict[int, int]] = {name: {} for name in _MEASURES}
        found = self._query("SELECT name, number, is_dense, ids FROM measure WHERE list = ? ORDER BY name, number")
        for name, number, is_dense, ids in found:
            having = self._bits_of(is_dense, ids)
            if chains := having.bit_count() if bits is None else (having & bits).bit_count():
                counts[name][number] = chains
        least, most = self._gaps()
        from_end = _sum(counts["from_end"])
        return Figures(
            chains=self.total,
            actions=_sum(counts["size"]),
            links=_sum(counts["links"]),
            probable_links=_sum(counts["probable"]),
            stated_chains=counts["probable"].get(0, 0),
            returning=_sum(counts["returning"]),
            lengths=counts["length"],
            sizes=counts["size"],
            gaps=len(least),
            gaps_from_start=len(least) - from_end,
            median_gap=Gap(int(median(least)), int(median(most)), from_end=from_end == len(least)) if least else None,
            shortest_days=least[0] if least else None,
            longest_days=max(most, default=None),
        )

    def _gaps(self) -> tuple[Sequence[int], Sequence[int]]:
        """Return the days of each gap in time of the chains, at least and at most, the least first."""
        [written] = self._query("SELECT chains, least, most FROM gaps WHERE list = ?")
        try:
            ranks, least, most = unpacked(written[0]), *(unpacked(days, _SIGNED) for days in written[1:])
            if (flags := self.flags()) is None:
                return least, most
            chosen = bytes(map(flags.__getitem__, ranks))
        except (ValueError, IndexError) as error:
            raise DamagedDocument("the figures about chains are damaged") from error
        return list(compress(least, chosen)), list(compress(most, chosen))

    def notes(self) -> Iterator[str]:
        """Yield sentences about what the filters cannot find: words that nothing bears, and chains of unknown years."""
        for facet in _FIELDS:
            if facet in self.filters.words and not self.wanted(facet):
                near = [one_line(name) for name in self.near(facet)]
                advice = f"; did you mean {' or '.join(near)}?" if near else "."
                word = one_line(self.filters.words[facet])[:_LONGEST]
                yield f"No chain has a {_NOUNS.get(facet, facet)} called {word}{advice}"
        for word in self.unknown_words():
            yield f"No chain has a word that begins with {one_line(word)[:_LONGEST]}."
        has_years = self.filters.from_year is not None or self.filters.to_year is not None
        if has_years and (unknown := self.unknown_years()):
            yield f"{counted(unknown, 'chain')} with no known year {'is' if unknown == 1 else 'are'} left out."


def _sum(counts: Mapping[int, int]) -> int:
    """Return the sum of numbers, each as often as it is counted."""
    return sum(number * times for number, times in counts.items())
