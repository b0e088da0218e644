"""The term index of a release, read: every IRI and short literal, what it is used as, and how often.

`term_index_writer` writes it. Hints look terms up here, and pages count what refers to a thing.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pyoxigraph as ox

from actiongraph.errors import StoreError
from actiongraph.index.database import read_database
from actiongraph.iris import name_of, namespace_of
from actiongraph.sparql.terms import RDF_TYPE, XSD, Term

TERMS = "terms.sqlite"
"""The term index in the folder of a release; releases of older programs have none."""
_ROWS = 1_000
"""Terms that one look-up by trigrams reads at most."""
_BY_START = 200
_SPELLINGS = 20
_TRIGRAMS = 24
_LONGEST_SOUGHT = 200
"""Code points of a name or text that its trigrams are taken from."""
_HINTS_S = 0.5
"""Hints of an ordinary query take some milliseconds."""
_LOOK_UP_S = 5.0
"""One term is looked up in a tenth of a millisecond; this is for a disk that hardly answers."""
_TICKS = 2_000
"""Steps of SQLite's machine between looks at the clock; some tens of microseconds."""


LITERAL = "literal"
"""What stands for the class of a literal; nothing, "", stands for that of a thing without one."""
Meeting = tuple[str, str, str]
"""A property, and the classes of a subject and of an object that it joins."""


class TermUses(NamedTuple):
    """The uses of a term in each position of a triple; `instances` counts those as a class, of `objects`."""

    subjects: int = 0
    predicates: int = 0
    objects: int = 0
    instances: int = 0

    @property
    def total(self) -> int:
        """The number of positions in triples that the term is used in."""
        return self.subjects + self.predicates + self.objects


class IndexedTerm(NamedTuple):
    """A term of the release with its uses in all graphs."""

    term: Term
    uses: TermUses


class OutOfTime(Exception):
    """The time for look-ups is over; nothing follows from a term that was not found."""


@contextmanager
def open_terms(path: Path, *, timeout_s: float) -> Iterator[TermIndex]:
    """Give the term index at `path` to this thread, read-only; after `timeout_s` its look-ups raise `OutOfTime`.

    Raises:
        StoreError: it cannot be read.
    """
    with read_database(path, "The term index") as database:
        yield TermIndex(database, timeout_s)


def count_references(terms: Path | None, *iris: str) -> dict[str, int]:
    """Return the number of triples with each of `iris` as object, by the index `terms`; 0 where there is none.

    Raises:
        StoreError: the index cannot be read.
    """
    if terms is None:
        return dict.fromkeys(iris, 0)
    with open_terms(terms, timeout_s=_LOOK_UP_S) as index:
        try:
            return {iri: sum(uses.objects for uses in index.uses(Term(iri)).values()) for iri in iris}
        except OutOfTime as error:
            raise StoreError(f"The term index {terms} took longer than {_LOOK_UP_S} s; try again.") from error


def names_near(terms: Path | None, term: Term) -> list[str]:
    """Return IRIs of the index `terms` whose names share parts with that of `term`, not sorted.

    There are none without an index, and where there is no time for more.

    Raises:
        StoreError: the index cannot be read.
    """
    if terms is None:
        return []
    with open_terms(terms, timeout_s=_HINTS_S) as index:
        try:
            return [found.term.text for found in index.near(term) if not found.term.is_literal]
        except OutOfTime:
            return []


class TermIndex:
    """The terms of one release. Every look-up is bounded in the rows it reads, and in the end raises `OutOfTime`.

    `longest_literal` is the number of code points of the longest literals that are indexed. An index belongs to the
    thread that opened it.
    """

    def __init__(self, index: sqlite3.Connection, timeout_s: float) -> None:
        """Take an open index; a look-up that is not done `timeout_s` from now raises `OutOfTime`."""
        self._index = index
        self._deadline = time.monotonic() + timeout_s
        [known] = index.execute("SELECT longest_literal, has_trigrams FROM known")
        self.longest_literal, self._has_trigrams = known
        tables = {name for (name,) in index.execute("SELECT name FROM sqlite_master")}
        self._has_successors = "successor" in tables  # releases of version 0.3.0 and before have none
        self._has_meetings = "meeting" in tables  # likewise
        index.set_progress_handler(self._is_late, _TICKS)

    def graphs(self) -> Mapping[str, int]:
        """Return each named graph with its number of triples."""
        return dict(self._rows("SELECT iri, triples FROM graph ORDER BY iri"))

    def uses(self, term: Term) -> Mapping[str, TermUses]:
        """Return the uses of a term in each graph that has it; a number or date is found however it is written."""
        stored = _as_stored(term)
        rows = self._rows(
            "SELECT graph.iri, subjects, predicates, objects, instances FROM term "
            "JOIN datatype ON datatype.id = term.datatype JOIN used ON used.term = term.id "
            "JOIN graph ON graph.id = used.graph "
            "WHERE text = ? COLLATE NOCASE AND text = ? AND language = ? AND datatype.iri = ?",
            (stored.text, stored.text, stored.language, stored.datatype),
        )
        return {graph: TermUses(*counts) for graph, *counts in rows}

    def spelled_alike(self, text: str) -> Sequence[IndexedTerm]:
        """Return a few terms with this text, whatever their language, datatype and ASCII letter case."""
        return self._found("term.text = ? COLLATE NOCASE", (text,), _SPELLINGS)

    def near(self, term: Term) -> Sequence[IndexedTerm]:
        """Return IRIs whose names, or strings whose texts, share parts with those of `term`; not yet sorted."""
        sought = term.text if term.is_literal else name_of(term.text)
        found = self._by_trigrams("phrase" if term.is_literal else "name", sought)
        start = "" if term.is_literal else namespace_of(term.text)
        start += sought[: max(1, len(sought) // 3)]
        condition = "term.text >= ? COLLATE NOCASE AND term.text < ? COLLATE NOCASE AND (term.datatype > 0) = ?"
        return [*found, *self._found(condition, (start, _after(start), term.is_literal), _BY_START)]

    def datatypes(self, predicate: str) -> Mapping[str, int]:
        """Return the number of literal objects of each datatype that a predicate has."""
        return dict(
            self._rows(
                "SELECT iri, objects FROM range JOIN datatype ON id = datatype WHERE predicate = ? ORDER BY 2 DESC",
                (predicate,),
            )
        )

    def successors(self, iri: str) -> Sequence[str]:
        """Return what a deprecated term gives way to; nothing for any other."""
        if not self._has_successors:
            return ()
        return [successor for (successor,) in self._rows("SELECT iri FROM successor WHERE deprecated = ?", (iri,))]

    def meetings_of(self, predicate: str) -> Mapping[Meeting, int]:
        """Return the triples of a property by the classes of both their ends; nothing where that is not known."""
        return self._meetings("predicate", predicate)

    def meetings_with(self, class_: str) -> Mapping[Meeting, int]:
        """Return the triples of each property whose subject is of a class, by the classes of both their ends."""
        return self._meetings("subject", class_)

    def meetings_leading_to(self, class_: str) -> Mapping[Meeting, int]:
        """Return the triples of each property whose object is of a class, by the classes of both their ends."""
        return self._meetings("object", class_)

    def _meetings(self, column: str, name: str) -> Mapping[Meeting, int]:
        if not self._has_meetings:
            return {}
        statement = f"SELECT predicate, subject, object, triples FROM meeting WHERE {column} = ?"  # noqa: S608 - our own names
        return {(predicate, *ends): triples for predicate, *ends, triples in self._rows(statement, (name,))}

    def has_namespace(self, namespace: str) -> bool:
        """Tell whether any IRI begins with `namespace`."""
        rows = self._rows(
            "SELECT 1 FROM term WHERE text >= ? COLLATE NOCASE AND text < ? COLLATE NOCASE AND datatype = 0 "
            "AND substr(text, 1, ?) = ? LIMIT 1",
            (namespace, _after(namespace), len(namespace), namespace),
        )
        return bool(rows)

    def namespaces(self) -> Sequence[str]:
        """Return the namespaces of IRIs, up to their last # or slash, the most frequent first."""
        return [iri for (iri,) in self._rows("SELECT iri FROM namespace ORDER BY terms DESC, iri")]

    def _by_trigrams(self, source: str, sought: str) -> list[IndexedTerm]:
        """Return terms that share one of the rarest trigrams of `sought`; a typing error leaves most of them intact."""
        folded = sought.lower()[:_LONGEST_SOUGHT]
        trigrams = sorted({folded[start : start + 3] for start in range(len(folded) - 2)})[:_LONGEST_SOUGHT]
        if not self._has_trigrams or not trigrams:
            return []
        marks = ", ".join("?" * len(trigrams))
        rows = self._rows(
            f"SELECT trigram, terms FROM trigram WHERE source = ? AND trigram IN ({marks}) ORDER BY terms LIMIT ?",  # noqa: S608 - question marks only
            (source, *trigrams, _TRIGRAMS),
        )
        wanted = " OR ".join('"{}"'.format(trigram.replace('"', '""')) for trigram in _up_to(rows, _ROWS))
        condition = f"term.id IN (SELECT rowid FROM {source} WHERE {source} MATCH ? LIMIT {_ROWS})"  # noqa: S608 - our own names
        return self._found(condition, (wanted,), _ROWS) if wanted else []

    def _found(self, condition: str, values: Sequence[object], rows: int) -> list[IndexedTerm]:
        """Return the terms that meet `condition`, which must be one of ours."""
        statement = (
            "SELECT text, language, datatype.iri, "  # noqa: S608 - values are bound
            "SUM(subjects), SUM(predicates), SUM(objects), SUM(instances) "
            f"FROM (SELECT * FROM term WHERE {condition} LIMIT {rows}) AS term "
            "JOIN datatype ON datatype.id = term.datatype JOIN used ON used.term = term.id GROUP BY term.id"
        )
        return [IndexedTerm(Term(*row[:3]), TermUses(*row[3:])) for row in self._rows(statement, values)]

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        if self._is_late():
            raise OutOfTime
        try:
            return self._index.execute(statement, values).fetchall()
        except sqlite3.OperationalError as error:
            if self._is_late():
                raise OutOfTime from error
            raise

    def _is_late(self) -> bool:
        return time.monotonic() > self._deadline


def _up_to(rows: Iterable[tuple[str, int]], most: int) -> Iterator[str]:
    """Yield trigrams from the rarest on, as long as they have at most `most` terms together; the first in any case."""
    total = 0
    for trigram, terms in rows:
        total += terms
        if total > most and total > terms:
            return
        yield trigram


def _after(start: str) -> str:
    """Return a text that comes after all that begin with `start`."""
    return start + "\U0010ffff"


_CANONICAL = frozenset(
    XSD + name
    for name in (
        "boolean", "decimal", "integer", "float", "double", "dateTime", "date", "time", "duration", "byte", "short",
        "int", "long", "unsignedByte", "unsignedShort", "unsignedInt", "unsignedLong", "positiveInteger",
        "negativeInteger", "nonPositiveInteger", "nonNegativeInteger", "gYear", "gYearMonth", "yearMonthDuration",
        "dayTimeDuration", "gMonth", "gDay", "gMonthDay",
    )
)  # fmt: skip


def _as_stored(term: Term) -> Term:
    """Return a literal as the store writes it, to which 1, 01 and "1"^^xsd:nonNegativeInteger are one term."""
    if term.datatype not in _CANONICAL:
        return term
    node, store = ox.NamedNode(RDF_TYPE), ox.Store()
    store.add(ox.Quad(node, node, ox.Literal(term.text, datatype=ox.NamedNode(term.datatype))))
    for quad in store:
        if isinstance(quad.object, ox.Literal):
            return Term(quad.object.value, "", quad.object.datatype.value)
    return term
