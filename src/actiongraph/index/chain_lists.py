"""The list of all chains as rows of SQLite, written and chosen from: in the index of a release, or in memory."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from statistics import median
from threading import Lock
from typing import Any, Self

from actiongraph.chains.dates import Gap
from actiongraph.chains.model import Named
from actiongraph.chains.summary import ChainSummary, Figures, Filters, Overview
from actiongraph.index.documents import DocumentCodec
from actiongraph.iris import key_of
from actiongraph.text import counted, near_names, one_line

SCHEMA = """
CREATE TABLE listed (probable INTEGER, rank INTEGER, size INTEGER, length INTEGER, links INTEGER,
  probable_links INTEGER, returns INTEGER, PRIMARY KEY (probable, rank)) WITHOUT ROWID;
CREATE TABLE summary (probable INTEGER, rank INTEGER, document BLOB, PRIMARY KEY (probable, rank)) WITHOUT ROWID;
CREATE TABLE listed_year (probable INTEGER, rank INTEGER, year INTEGER,
  PRIMARY KEY (probable, year, rank)) WITHOUT ROWID;
CREATE TABLE listed_gap (probable INTEGER, rank INTEGER, number INTEGER, least INTEGER, most INTEGER,
  from_end INTEGER, PRIMARY KEY (probable, rank, number)) WITHOUT ROWID;
CREATE TABLE listed_thing (probable INTEGER, field TEXT, thing INTEGER, rank INTEGER,
  PRIMARY KEY (probable, field, thing, rank)) WITHOUT ROWID;
CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT, iri TEXT);
CREATE TABLE listed_name (probable INTEGER, field TEXT, rank INTEGER, name TEXT, chains INTEGER,
  PRIMARY KEY (probable, field, rank)) WITHOUT ROWID;
CREATE TABLE word (word TEXT, thing INTEGER, PRIMARY KEY (word, thing)) WITHOUT ROWID;
"""
_TABLES = ("listed", "summary", "listed_year", "listed_gap", "listed_thing", "thing", "word")
_FIELDS = {"countries": "country", "partners": "partner", "assistance_types": "assistance_type"}
"""The fields of a summary that chains are chosen by, and the filter for each."""
_RANKS = "SELECT rank FROM word CROSS JOIN listed_thing USING (thing) WHERE probable = ? AND field = ? AND word = ?"
"""In this order of the tables: few things bear a word, and SQLite would look through all things of a field."""
_SUMMARIES = DocumentCodec(ChainSummary)
_decoded = lru_cache(4_096)(_SUMMARIES.decode)
"""Pages of filtered lists show the same chains again and again; a summary takes about 4 kB."""
_FIRST_YEAR, _LAST_YEAR = 0, 9_999
_NEAR = 3
_MOST = 2_000
"""Words that a name is compared with; each takes up to a tenth of a millisecond."""
_LONGEST = 100


def write_lists(database: sqlite3.Connection, overviews: Iterable[Overview]) -> None:
    """Write lists of chains to the tables of `SCHEMA`, which are empty: one with probable links, one without."""
    ids: dict[Named, int] = {}
    rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _TABLES}
    words: set[tuple[str, int]] = set()
    for overview in overviews:
        for rank, summary in enumerate(overview.chains):
            key = (overview.probable, rank)
            figures = (summary.size, summary.length, summary.links, summary.probable_links)
            rows["listed"].append((*key, *figures, bool(summary.returning_partners)))
            rows["summary"].append((*key, _SUMMARIES.encode(summary)))
            rows["listed_year"] += ((*key, year) for year in summary.years)
            gaps = enumerate(summary.gaps)
            rows["listed_gap"] += ((*key, n, gap.least_days, gap.most_days, gap.from_end) for n, gap in gaps)
            for field in _FIELDS:
                things = (ids.setdefault(thing, len(ids)) for thing in getattr(summary, field))
                rows["listed_thing"] += ((overview.probable, field, thing, rank) for thing in things)
        words.update((word, number) for thing, number in ids.items() for word in _words_of(thing, overview))
    rows["thing"] = [(number, thing.name, thing.iri) for thing, number in ids.items()]
    rows["word"] = sorted(words)
    for table, found in rows.items():
        if found:
            marks = ", ".join("?" * len(found[0]))
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", found)  # noqa: S608 - our own tables
    # Every page of a list offers all names; to count their chains each time takes as long as to choose among them.
    database.execute(
        "INSERT INTO listed_name SELECT probable, field, ROW_NUMBER() OVER (ORDER BY name, iri), name, COUNT(*) "
        "FROM listed_thing JOIN thing ON id = thing GROUP BY probable, field, thing"
    )


def _words_of(thing: Named, overview: Overview) -> set[str]:
    """Return everything by which a country, partner or type may be sought, in lower case."""
    if thing.iri is None:
        return {thing.name.casefold()}
    return {*overview.words.get(thing.iri, ()), str(thing.iri).casefold(), key_of(thing.iri).casefold()}


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

    def chosen(self, filters: Filters, *, first: int = 0, most: int = -1) -> list[ChainSummary]:
        """Return the chains that `filters` choose, from the one numbered `first`, at most `most` of them."""
        rows = self._chosen(filters, "document FROM summary", "ORDER BY rank LIMIT ? OFFSET ?", (most, first))
        return [_decoded(document) for (document,) in rows]

    def things(self, field: str) -> list[tuple[str, int]]:
        """Return the name of each of the `countries`, `partners` or `assistance_types`, with its chains, by name."""
        return self._rows(
            "SELECT name, chains FROM listed_name WHERE probable = ? AND field = ? ORDER BY rank",
            (self.probable, field),
        )

    def figures(self, filters: Filters) -> Figures:
        """Return the figures about the chains that `filters` choose."""
        # One reading of the chosen rows, and sums in Python: SQLite would choose them anew for each of the figures.
        rows = self._chosen(filters, "size, length, links, probable_links, returns FROM listed")
        sizes, lengths, links, probable_links, returns = zip(*rows, strict=True) if rows else ((),) * 5
        gaps = self._chosen(filters, "least, most, from_end FROM listed_gap")
        least, most, from_end = zip(*gaps, strict=True) if gaps else ((), (), ())
        return Figures(
            chains=len(rows),
            actions=sum(sizes),
            links=sum(links),
            probable_links=sum(probable_links),
            stated_chains=probable_links.count(0),
            returning=sum(returns),
            lengths=dict(sorted(Counter(lengths).items())),
            sizes=dict(sorted(Counter(sizes).items())),
            gaps=len(gaps),
            gaps_from_start=len(gaps) - sum(from_end),
            median_gap=Gap(int(median(least)), int(median(most)), from_end=all(from_end)) if gaps else None,
            shortest_days=min(least, default=None),
            longest_days=max(most, default=None),
        )

    def notes(self, filters: Filters) -> tuple[str, ...]:
        """Return sentences about what `filters` cannot find: names that nothing bears, and chains of unknown years."""
        return (*self._unknown_names(filters), *self._unknown_years(filters))

    def _unknown_names(self, filters: Filters) -> Iterator[str]:
        for field, wanted in _named(filters):
            if not self._rows(f"{_RANKS} LIMIT 1", (self.probable, field, _folded(wanted))):
                what = "type of assistance" if field == "assistance_types" else _FIELDS[field]
                near = self._near(field, _folded(wanted))
                advice = f"; did you mean {' or '.join(near)}?" if near else "."
                yield f"No chain has a {what} called {one_line(wanted)[:_LONGEST]}{advice}"

    def _near(self, field: str, word: str) -> list[str]:
        """Return the names of the few things that are called nearly like `word`, or that have it in a name."""
        names: dict[str, str] = dict(
            self._rows(
                "SELECT word, name FROM thing JOIN word ON thing = id WHERE id IN "
                "(SELECT thing FROM listed_thing WHERE probable = ? AND field = ?) ORDER BY name, iri, word",
                (self.probable, field),
            )
        )
        within = [other for other in names if word in other][:_NEAR]
        words = [other for other in names if "://" not in other][:_MOST]
        close = near_names(word[:_LONGEST], words, most=_NEAR)
        return list(dict.fromkeys(one_line(names[other]) for other in (*close, *within)))[:_NEAR]

    def _unknown_years(self, filters: Filters) -> Iterator[str]:
        if filters.from_year is None and filters.to_year is None:
            return
        [(unknown,)] = self._chosen(
            replace(filters, from_year=None, to_year=None),
            "COUNT(*) FROM listed",
            "AND rank NOT IN (SELECT rank FROM listed_year WHERE probable = ?)",
            (self.probable,),
        )
        if unknown:
            are = "is" if unknown == 1 else "are"
            yield f"{counted(unknown, 'chain')} with no known year {are} left out."

    def _chosen(self, filters: Filters, columns: str, further: str = "", values: tuple[object, ...] = ()) -> list[Any]:
        """Return `columns` of a table with `probable` and `rank`, where `filters` choose the chain, and `further`."""
        conditions: list[str] = ["probable = ?"]
        known: list[object] = [self.probable]
        for field, wanted in _named(filters):
            conditions.append(f"rank IN ({_RANKS})")
            known += [self.probable, field, _folded(wanted)]
        if filters.from_year is not None or filters.to_year is not None:
            conditions.append("rank IN (SELECT rank FROM listed_year WHERE probable = ? AND year BETWEEN ? AND ?)")
            known += [self.probable, filters.from_year or _FIRST_YEAR, filters.to_year or _LAST_YEAR]
        statement = f"SELECT {columns} WHERE {' AND '.join(conditions)} {further}"
        return self._rows(statement, (*known, *values))

    def _rows(self, statement: str, values: tuple[object, ...]) -> list[Any]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()


def _named(filters: Filters) -> Iterator[tuple[str, str]]:
    """Yield the fields that `filters` choose by, each with the name that is wanted."""
    for field, name in _FIELDS.items():
        wanted = getattr(filters, name) or ""
        if _folded(wanted):
            yield field, wanted


def _folded(wanted: str) -> str:
    return wanted.strip().casefold()
