"""The term index of a release, written: every IRI and short literal, what it is used as, and how often.

It is written once, when the release is built, in time proportional to the quads but for sorting, which SQLite does on
disk; memory does not grow with them. Terms are numbered by use, the most used first, so that a look-up that stops after
some rows has seen the most used ones. Names are found by their trigrams or, where SQLite has no trigram tokenizer
(before 3.34), by their beginnings.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import pyoxigraph as ox
from rdflib import DCTERMS, OWL

from actiongraph.index.database import write_database
from actiongraph.index.term_index import Meeting
from actiongraph.iris import name_of, namespace_of
from actiongraph.sparql.terms import LANG_STRING, RDF_TYPE, STRING

LONGEST_LITERAL = 200
"""Code points. Longer literals are prose, which is not typed into a query."""
_NAMESPACES = 1_000
_BATCH = 200_000
"""Different terms that are counted in memory at once."""
_TEXTS = (STRING, LANG_STRING)
_DEPRECATED, _IS_REPLACED_BY = str(OWL.deprecated), str(DCTERMS.isReplacedBy)

_SCHEMA = """
CREATE TABLE known (longest_literal INTEGER, has_trigrams INTEGER);
CREATE TABLE graph (id INTEGER PRIMARY KEY, iri TEXT UNIQUE, triples INTEGER);
CREATE TABLE datatype (id INTEGER PRIMARY KEY, iri TEXT UNIQUE);
CREATE TABLE term (id INTEGER PRIMARY KEY, text TEXT, language TEXT, datatype INTEGER);
CREATE TABLE used (term INTEGER, graph INTEGER, subjects INTEGER, predicates INTEGER, objects INTEGER,
  instances INTEGER, PRIMARY KEY (term, graph)) WITHOUT ROWID;
CREATE TABLE range (predicate TEXT, datatype INTEGER, objects INTEGER, PRIMARY KEY (predicate, datatype)) WITHOUT ROWID;
CREATE TABLE namespace (iri TEXT PRIMARY KEY, terms INTEGER) WITHOUT ROWID;
CREATE TABLE meeting (predicate TEXT, subject TEXT, object TEXT, triples INTEGER,
  PRIMARY KEY (predicate, subject, object)) WITHOUT ROWID;
CREATE INDEX meeting_subject ON meeting (subject);
CREATE INDEX meeting_object ON meeting (object);
CREATE TABLE successor (deprecated TEXT, iri TEXT, PRIMARY KEY (deprecated, iri)) WITHOUT ROWID;
CREATE TEMP TABLE seen (text TEXT, language TEXT, datatype INTEGER, graph INTEGER, subjects INTEGER,
  predicates INTEGER, objects INTEGER, instances INTEGER);
"""
_SETTLE = """
CREATE TEMP TABLE counted AS SELECT text, language, datatype, graph, SUM(subjects) AS subjects,
  SUM(predicates) AS predicates, SUM(objects) AS objects, SUM(instances) AS instances
  FROM seen GROUP BY text, language, datatype, graph;
DROP TABLE seen;
INSERT INTO term (text, language, datatype) SELECT text, language, datatype FROM counted
  GROUP BY text, language, datatype ORDER BY SUM(subjects + predicates + objects) DESC, text, language, datatype;
CREATE INDEX term_text ON term (text COLLATE NOCASE);
INSERT INTO used SELECT term.id, graph, subjects, predicates, objects, instances FROM counted JOIN term
  ON term.text = counted.text COLLATE NOCASE AND term.text = counted.text AND term.language = counted.language
  AND term.datatype = counted.datatype ORDER BY term.id, graph;
DROP TABLE counted;
"""
_TRIGRAM_TABLES = """
CREATE VIRTUAL TABLE name USING fts5(text, content='', detail=none, columnsize=0, tokenize=trigram);
CREATE VIRTUAL TABLE phrase USING fts5(text, content='', detail=none, columnsize=0, tokenize=trigram);
"""
_TRIGRAM_COUNTS = """
CREATE TABLE trigram (source TEXT, trigram TEXT, terms INTEGER, PRIMARY KEY (source, trigram)) WITHOUT ROWID;
CREATE VIRTUAL TABLE temp.name_row USING fts5vocab(main, name, row);
CREATE VIRTUAL TABLE temp.phrase_row USING fts5vocab(main, phrase, row);
INSERT INTO trigram SELECT 'name', term, doc FROM name_row UNION ALL SELECT 'phrase', term, doc FROM phrase_row;
DROP TABLE name_row;
DROP TABLE phrase_row;
UPDATE known SET has_trigrams = 1;
"""


def write_terms(path: Path, quads: Iterable[ox.Quad], meetings: Mapping[Meeting, int] = MappingProxyType({})) -> None:
    """Write the term index of `quads` to the new file `path`, without blank nodes and long literals.

    `meetings` are those of the properties and classes whose use is known in whole.

    Raises:
        StoreError: the disk is full or cannot be written.
    """
    with write_database(path, "The term index") as database:
        database.executescript(_SCHEMA)
        database.execute("BEGIN")
        database.execute("INSERT INTO known VALUES (?, 0)", (LONGEST_LITERAL,))
        rows = ((*meeting, triples) for meeting, triples in sorted(meetings.items()))
        database.executemany("INSERT INTO meeting VALUES (?, ?, ?, ?)", rows)
        _TermCounts(database).take(quads)
        database.executescript(_SETTLE)
        database.execute("BEGIN")
        _write_names(database)
        database.execute("COMMIT")


class _TermCounts:
    """Counts the uses of terms, and writes the counts to disk whenever there are too many for memory."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._graphs: dict[str, int] = {}
        self._datatypes: dict[str, int] = {"": 0}
        self._triples: Counter[int] = Counter()
        self._ranges: Counter[tuple[str, int]] = Counter()
        self._seen: dict[tuple[str, str, int, int], list[int]] = {}
        self._deprecated: set[str] = set()
        self._replaced: set[tuple[str, str]] = set()

    def take(self, quads: Iterable[ox.Quad]) -> None:
        """Count what is in `quads`, and write all of it."""
        for quad in quads:
            self._count(quad)
            if len(self._seen) >= _BATCH:
                self._put_aside()
        self._put_aside()
        graphs = ((number, iri, self._triples[number]) for iri, number in self._graphs.items())
        self._database.executemany("INSERT INTO graph VALUES (?, ?, ?)", graphs)
        self._database.executemany("INSERT INTO datatype (iri, id) VALUES (?, ?)", self._datatypes.items())
        ranges = ((*key, count) for key, count in sorted(self._ranges.items()))
        self._database.executemany("INSERT INTO range VALUES (?, ?, ?)", ranges)
        successors = sorted(pair for pair in self._replaced if pair[0] in self._deprecated)
        self._database.executemany("INSERT INTO successor VALUES (?, ?)", successors)

    def _count(self, quad: ox.Quad) -> None:
        name = quad.graph_name
        graph = self._graphs.setdefault(name.value if isinstance(name, ox.NamedNode) else "", len(self._graphs))
        self._triples[graph] += 1
        predicate, object_ = quad.predicate.value, quad.object
        self._uses(predicate, graph)[1] += 1
        if isinstance(quad.subject, ox.NamedNode):
            self._uses(quad.subject.value, graph)[0] += 1
        if isinstance(object_, ox.NamedNode):
            uses = self._uses(object_.value, graph)
            uses[2] += 1
            uses[3] += predicate == RDF_TYPE
            if predicate == _IS_REPLACED_BY and isinstance(quad.subject, ox.NamedNode):
                self._replaced.add((quad.subject.value, object_.value))
        elif isinstance(object_, ox.Literal):
            self._count_literal(predicate, object_, graph)
            if predicate == _DEPRECATED and object_.value == "true" and isinstance(quad.subject, ox.NamedNode):
                self._deprecated.add(quad.subject.value)

    def _count_literal(self, predicate: str, literal: ox.Literal, graph: int) -> None:
        datatype = self._datatypes.setdefault(literal.datatype.value, len(self._datatypes))
        self._ranges[predicate, datatype] += 1
        if len(literal.value) <= LONGEST_LITERAL:
            self._uses(literal.value, graph, literal.language or "", datatype)[2] += 1

    def _uses(self, text: str, graph: int, language: str = "", datatype: int = 0) -> list[int]:
        return self._seen.setdefault((text, language, datatype, graph), [0, 0, 0, 0])

    def _put_aside(self) -> None:
        rows = ((*key, *counts) for key, counts in self._seen.items())
        self._database.executemany("INSERT INTO seen VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self._seen.clear()


def _write_names(database: sqlite3.Connection) -> None:
    """Write the names of IRIs and the texts of strings by their trigrams, and the most frequent namespaces."""
    has_trigrams = _has_trigrams(database)
    database.create_function("name_of", 1, name_of, deterministic=True)
    database.create_function("namespace_of", 1, namespace_of, deterministic=True)
    database.execute(
        "INSERT INTO namespace SELECT namespace_of(text) AS iri, COUNT(*) FROM term WHERE datatype = 0 "
        "GROUP BY iri ORDER BY COUNT(*) DESC, iri LIMIT ?",
        (_NAMESPACES,),
    )
    if has_trigrams:
        database.execute("INSERT INTO name (rowid, text) SELECT id, name_of(text) FROM term WHERE datatype = 0")
        database.execute(
            "INSERT INTO phrase (rowid, text) SELECT id, text FROM term "
            "WHERE datatype IN (SELECT id FROM datatype WHERE iri IN (?, ?))",
            _TEXTS,
        )
        for statement in filter(None, map(str.strip, _TRIGRAM_COUNTS.split(";"))):
            database.execute(statement)


def _has_trigrams(database: sqlite3.Connection) -> bool:
    try:
        for statement in filter(None, map(str.strip, _TRIGRAM_TABLES.split(";"))):
            database.execute(statement)
    except sqlite3.OperationalError:  # "no such tokenizer: trigram", or "no such module: fts5"
        return False
    return True
