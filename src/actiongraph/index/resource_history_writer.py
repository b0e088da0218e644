"""The history of things, written: every thing there is or ever was, and when it came, changed and went.

A thing is a subject `{base}id/{kind}/{key}`; what is said of its fragments (`{thing}#…`) belongs to it. The history
in the release before is read for what was there, so it goes on as long as releases follow each other.
`resource_history` reads what is written here.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyoxigraph as ox
from rdflib import DCTERMS, FOAF, RDF, RDFS, SKOS

from actiongraph.index.database import address_of_file, new_database, store_errors, write_database
from actiongraph.index.resource_history import EVENTS_PER_PAGE, PER_PAGE
from actiongraph.text import language_rank
from actiongraph.vocabulary import AG

_SCHEMA = """
CREATE TABLE {schema}.release (id INTEGER PRIMARY KEY, version TEXT UNIQUE, created_at TEXT, published_at TEXT,
  events INTEGER);
CREATE TABLE {schema}.thing (number INTEGER PRIMARY KEY, iri TEXT, kind TEXT, key TEXT, title TEXT, created INTEGER,
  changed INTEGER, is_deleted INTEGER, digest BLOB, data BLOB);
"""
_FILL_UP = """
INSERT INTO thing SELECT number, iri, kind, key, title, created, CASE WHEN is_deleted THEN changed ELSE :this END,
  1, NULL, NULL FROM before.thing WHERE number NOT IN (SELECT number FROM main.thing)
"""
_INDEX = """
CREATE UNIQUE INDEX thing_iri ON thing (iri);
CREATE INDEX thing_changed ON thing (changed);
CREATE INDEX thing_kind ON thing (kind, changed);
CREATE TABLE tally (kind TEXT, changed INTEGER, is_deleted INTEGER, things INTEGER,
  PRIMARY KEY (kind, changed, is_deleted)) WITHOUT ROWID;
INSERT INTO tally SELECT kind, changed, is_deleted, COUNT(*) FROM thing GROUP BY 1, 2, 3;
"""
_PAGES = """
CREATE TABLE event_page (page INTEGER PRIMARY KEY, first INTEGER, last INTEGER);
INSERT INTO event_page SELECT (rank - 1) / {per_event_page} + 1, MIN(number), MAX(number) FROM (
  SELECT number, ROW_NUMBER() OVER (ORDER BY number) AS rank FROM thing WHERE changed = (SELECT MAX(id) FROM release)
) GROUP BY 1;
CREATE TABLE page (number INTEGER PRIMARY KEY, things INTEGER, changed INTEGER);
INSERT INTO page SELECT (number - 1) / {per_page} + 1, SUM(NOT is_deleted), MAX(changed) FROM thing GROUP BY 1;
UPDATE release SET events = (SELECT COALESCE(SUM(things), 0) FROM tally WHERE changed = id)
  WHERE id = (SELECT MAX(id) FROM release);
"""
_TITLES = {
    f"<{predicate}>".encode(): rank
    for rank, predicate in enumerate((SKOS.prefLabel, DCTERMS.title, RDFS.label, FOAF.name, AG.actionNumber))
}
_WITHDRAWN = f" <{RDF.type}> <{AG.WithdrawnResource}> .\n".encode()
_COMPUTED_KINDS = frozenset({"chain"})
"""Kinds whose keys are computed: they come and go with the links that they are computed from."""
_Row = tuple[Any, ...]


class PreviousHistory(NamedTuple):
    """The history in the release before, and when that was published, if that is known."""

    path: Path
    published_at: datetime | None = None


def write_history(
    path: Path,
    lines: Iterable[bytes],
    base: str,
    version: str,
    created_at: str,
    languages: Sequence[str],
    before: PreviousHistory | None = None,
) -> tuple[str, ...]:
    """Write the history up to `version` to the new file `path`; return what vanished, as `kind/key`, in order.

    `lines` are the sorted N-Quads of the release, no triple in two graphs, and `before` is the history in the release
    before, if it has one. Titles are in the first of `languages` that there is. Nothing stays in memory that grows
    with the number of things. Vanished is what was there before and is neither here nor withdrawn; what is computed
    is left out of that.

    Raises:
        StoreError: the disk is full, or a history cannot be read.
    """
    with write_database(path, "The resource history") as database:
        return _Writer(database, base, languages, before).write(lines, version, created_at)


def keep_events(path: Path, target: Path) -> None:
    """Write to the new file `target` what the history `path` has of things that came, changed or went with its release.

    Raises:
        StoreError: one cannot be read or the other not written.
    """
    failure = f"The resource history {path} cannot be copied to {target}"
    with store_errors(failure), new_database(target) as database:
        _begin(database, PreviousHistory(path))
        newest = "(SELECT MAX(id) FROM release)"
        database.execute(f"INSERT INTO thing SELECT * FROM before.thing WHERE changed = {newest}")  # noqa: S608 - our own words
        _settle(database)


def _begin(database: sqlite3.Connection, before: PreviousHistory | None) -> None:
    """Make the tables, with the releases before this one in them; `before` is attached, or an empty history."""
    address = address_of_file(before.path) if before else ":memory:"
    database.execute("ATTACH DATABASE ? AS before", (address,))
    for schema in ("main",) if before else ("main", "before"):
        database.executescript(_SCHEMA.format(schema=schema))
    database.execute("BEGIN")
    database.execute("INSERT INTO release SELECT * FROM before.release")
    if before and before.published_at:
        database.execute(
            "UPDATE release SET published_at = ? WHERE id = (SELECT MAX(id) FROM before.release)",
            (before.published_at.isoformat(),),
        )


def _settle(database: sqlite3.Connection) -> None:
    database.execute("COMMIT")
    database.executescript(
        f"BEGIN; {_INDEX} {_PAGES.format(per_page=PER_PAGE, per_event_page=EVENTS_PER_PAGE)} COMMIT;"
    )


class _Writer:
    """Writes one history, with the previous one attached."""

    def __init__(
        self, database: sqlite3.Connection, base: str, languages: Sequence[str], before: PreviousHistory | None
    ) -> None:
        self._database = database
        self._languages = languages
        self._start = f"{base}id/".encode()
        _begin(database, before)
        [(self._this,)] = database.execute("SELECT COALESCE(MAX(id), 0) + 1 FROM release")
        [(self._next_number,)] = database.execute("SELECT COALESCE(MAX(number), 0) + 1 FROM before.thing")

    def write(self, lines: Iterable[bytes], version: str, created_at: str) -> tuple[str, ...]:
        self._database.execute("INSERT INTO release VALUES (?, ?, ?, NULL, 0)", (self._this, version, created_at))
        self._database.executemany(
            "INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", self._rows(_grouped(lines, self._start))
        )
        self._database.execute(_FILL_UP, {"this": self._this})
        _settle(self._database)
        gone = self._database.execute(
            "SELECT kind, key FROM thing WHERE changed = ? AND is_deleted AND data IS NULL ORDER BY kind, key",
            (self._this,),
        )
        return tuple(f"{kind}/{key}" for kind, key in gone if kind not in _COMPUTED_KINDS)

    def _rows(self, groups: Iterable[tuple[bytes, list[bytes]]]) -> Iterator[_Row]:
        for iri, triples in groups:
            triples.sort()
            whole, subject = b"".join(triples), b"<" + iri + b">"
            kind, _, key = iri.removeprefix(self._start).decode().partition("/")
            is_deleted, digest = subject + _WITHDRAWN in triples, hashlib.sha256(whole).digest()
            number, created, changed = self._history(iri.decode(), digest, is_deleted=is_deleted)
            title = _title(subject, triples, self._languages)
            yield number, iri.decode(), kind, key, title, created, changed, is_deleted, digest, zlib.compress(whole)

    def _history(self, iri: str, digest: bytes, *, is_deleted: bool) -> tuple[int, int, int]:
        """Return the number of a thing, and the releases in which it was created and last changed."""
        found = self._database.execute(
            "SELECT number, created, changed, is_deleted, digest FROM before.thing WHERE iri = ?", (iri,)
        ).fetchone()
        if found is None:
            self._next_number += 1
            return self._next_number - 1, self._this, self._this
        number, created, changed, was_deleted, old_digest = found
        if (was_deleted, old_digest) == (is_deleted, digest):
            return number, created, changed
        return number, self._this if was_deleted and not is_deleted else created, self._this


def _grouped(lines: Iterable[bytes], start: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
    """Yield the IRI of each thing under `start`, and its N-Triples, from sorted N-Quads.

    A thing whose IRI begins with that of another comes between the lines of the other, because a number sign sorts
    before a hyphen, and that before the closing bracket; so the other waits until all such things have passed.
    """
    waiting: list[tuple[bytes, list[bytes]]] = []
    for line in lines:
        if not line.startswith(start, 1):
            continue
        thing = line[1 : line.index(b">")].partition(b"#")[0]
        while waiting and not thing.startswith(waiting[-1][0]):
            yield waiting.pop()
        if not waiting or waiting[-1][0] != thing:
            if not thing.removeprefix(start).partition(b"/")[2]:
                continue  # an IRI without a key names no thing
            waiting.append((thing, []))
        waiting[-1][1].append(line.rpartition(b" <")[0] + b" .\n")
    yield from reversed(waiting)


def _title(subject: bytes, triples: Iterable[bytes], languages: Sequence[str]) -> str | None:
    """Return the label to show for `subject`: of the best predicate, in the first language that there is."""
    found: list[tuple[int, bytes]] = []
    for triple in triples:
        own, predicate, object_ = triple.split(b" ", 2)
        if own == subject and predicate in _TITLES and object_.startswith(b'"'):
            found.append((_TITLES[predicate], triple))
    if not found:
        return None
    best = min(rank for rank, _ in found)
    literals = [_literal(triple) for rank, triple in found if rank == best]
    return min((*language_rank(text.language, languages), text.value) for text in literals)[-1]


def _literal(triple: bytes) -> ox.Literal:
    [parsed] = ox.parse(triple, format=ox.RdfFormat.N_TRIPLES)
    assert isinstance(parsed.object, ox.Literal)  # noqa: S101 - it began with a quotation mark
    return parsed.object
