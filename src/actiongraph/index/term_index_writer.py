"""The term index of a release, written: every IRI and short literal, what it is used as, and how often.

It is written once, when the release is built, in time proportional to the quads but for sorting, which SQLite does on
disk; memory does not grow with them. Terms are numbered by use, the most used first, so that a look-up that stops after
some rows has seen the most used ones. Names are found by their trigrams or, where SQLite has no trigram tokenizer
(before 3.34), by their beginnings.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from rdflib import DCTERMS, OWL

from actiongraph.engine.nquads import WrittenTerm, split_quads
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
_TYPE, _DEPRECATED, _IS_REPLACED_BY = (
    f"<{each}>".encode() for each in (RDF_TYPE, OWL.deprecated, DCTERMS.isReplacedBy)
)
_Use = tuple[bytes, bytes]
"""A term and the graph that it is used in, as N-Quads write them."""

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


def write_terms(path: Path, texts: Iterable[bytes], meetings: Mapping[Meeting, int] = MappingProxyType({})) -> None:
    """Write the term index of N-Quads to the new file `path`, without blank nodes and long literals.

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
        _TermCounts(database).take(texts)
        database.executescript(_SETTLE)
        database.execute("BEGIN")
        _write_names(database)
        database.execute("COMMIT")


class _TermCounts:
    """Counts the uses of terms, and writes the counts to disk whenever there are too many for memory."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._graphs: dict[bytes, int] = {}
        self._datatypes: dict[str, int] = {"": 0}
        self._triples: Counter[bytes] = Counter()
        self._ranges: Counter[tuple[bytes, int]] = Counter()
        self._uses: dict[bytes, tuple[Counter[bytes], ...]] = {}
        """Of terms as subjects, predicates, objects and classes, by graph."""
        self._deprecated: set[bytes] = set()
        self._replaced: set[tuple[bytes, bytes]] = set()

    def take(self, texts: Iterable[bytes]) -> None:
        """Count what is in N-Quads, and write all of it."""
        for text in texts:
            if quads := split_quads(text):
                self._count(quads)
            if sum(len(terms) for uses in self._uses.values() for terms in uses) >= _BATCH:
                self._put_aside()
        self._put_aside()
        graphs = ((number, _text(iri), self._triples[iri]) for iri, number in self._graphs.items())
        self._database.executemany("INSERT INTO graph VALUES (?, ?, ?)", graphs)
        self._database.executemany("INSERT INTO datatype (iri, id) VALUES (?, ?)", self._datatypes.items())
        ranges = sorted((_text(predicate), datatype, count) for (predicate, datatype), count in self._ranges.items())
        self._database.executemany("INSERT INTO range VALUES (?, ?, ?)", ranges)
        successors = sorted((_text(old), _text(new)) for old, new in self._replaced if old in self._deprecated)
        self._database.executemany("INSERT INTO successor VALUES (?, ?)", successors)

    def _count(self, quads: Sequence[tuple[bytes, bytes, bytes, bytes]]) -> None:
        found = Counter([quad[3] for quad in quads])
        self._triples.update(found)
        for graph in found:
            self._graphs.setdefault(graph, len(self._graphs))
            own = quads if len(found) == 1 else [quad for quad in quads if quad[3] == graph]
            uses = self._uses.setdefault(graph, tuple(Counter() for _ in range(4)))
            for position, counted in enumerate(uses[:3]):
                counted.update([quad[position] for quad in own])
            uses[3].update([quad[2] for quad in own if quad[1] == _TYPE])
        predicates = {quad[1] for quad in quads}
        ends = [(each[1], each[2][each[2].rindex(b'"') + 1 :]) for each in quads if each[2][:1] == b'"']
        for (predicate, end), count in Counter(ends).items():
            self._ranges[predicate, self._datatype(end)] += count
        if _DEPRECATED in predicates or _IS_REPLACED_BY in predicates:
            for subject, predicate, object_, _ in quads:
                if predicate == _DEPRECATED and object_.startswith(b'"true"'):
                    self._deprecated.add(subject)
                if predicate == _IS_REPLACED_BY and object_[:1] == b"<":
                    self._replaced.add((subject, object_))

    def _datatype(self, end: bytes) -> int:
        """Return the number of the datatype of literals that go on with `end` after their text."""
        datatype = LANG_STRING if end[:1] == b"@" else _text(end.removeprefix(b"^^")) or STRING
        return self._datatypes.setdefault(datatype, len(self._datatypes))

    def _put_aside(self) -> None:
        for graph, uses in self._uses.items():
            rows = self._rows(self._graphs[graph], *uses)
            self._database.executemany("INSERT INTO seen VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self._uses.clear()

    def _rows(self, graph: int, *uses: Counter[bytes]) -> Iterator[tuple[str | int, ...]]:
        subjects, predicates, objects, classes = (counted.get for counted in uses)
        for term in {**uses[0], **uses[1], **uses[2]}:
            counts = graph, subjects(term, 0), predicates(term, 0), objects(term, 0), classes(term, 0)
            if term.startswith(b"<"):
                if not term.startswith(b"<<"):
                    yield term[1:-1].decode(), "", 0, *counts
            elif term.startswith(b'"') and len(text := (written := WrittenTerm(term)).value) <= LONGEST_LITERAL:
                yield text, written.language or "", self._datatype(term[term.rindex(b'"') + 1 :]), *counts


def _text(iri: bytes) -> str:
    return iri[1:-1].decode()


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
