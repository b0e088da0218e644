"""The history of things, read: the things of a release, and when each came, changed and went.

It outlives its release, so it has a file of its own. `resource_history_writer` writes it.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from actiongraph.index.database import read_database

HISTORY = "things.sqlite"
"""The history in the folder of a release; releases of older programs have none."""
PER_PAGE = 5_000
"""Things with consecutive numbers that make one page. A thing keeps its number, so it never moves to another page."""
EVENTS_PER_PAGE = 250
"""Things on one page of what came, changed and went with a release."""
_COLUMNS = "number, iri, kind, key, title, created, changed, is_deleted, digest, data"


class ChangeKind(StrEnum):
    """The kinds of change that a release can bring to a thing."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


class Stamp(NamedTuple):
    """A release in the history of things: its version, when its build began, and when it could first be read.

    A reader who came in between saw the previous release, and must find by date what this one changed.
    """

    version: str
    at: datetime
    published_at: datetime


class Cursor(NamedTuple):
    """A position in a list by date: the release in which the last thing changed, and its number."""

    changed: int
    number: int


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A thing as a release has it, or the remains of one that is deleted.

    `triples` are its sorted N-Triples, those of its fragments among them; those of a withdrawn thing say so, and
    None means that it vanished without notice. `digest` is their SHA-256. `cursor` is its position in lists.
    """

    iri: str
    kind: str
    key: str
    title: str | None
    created: Stamp
    changed: Stamp
    is_deleted: bool
    digest: bytes | None
    triples: bytes | None
    cursor: Cursor

    @property
    def change(self) -> ChangeKind:
        """The kind of its last change."""
        if self.is_deleted:
            return ChangeKind.DELETED
        return ChangeKind.CREATED if self.created == self.changed else ChangeKind.UPDATED


class Listed(NamedTuple):
    """A thing on a page of all things."""

    kind: str
    key: str
    changed_at: datetime


class HistoryPage(NamedTuple):
    """A page of all things: how many are left on it, and when any of them last came, changed or went."""

    number: int
    things: int
    changed_at: datetime


class Events(NamedTuple):
    """A release, and the number of things that came, changed or went with it."""

    stamp: Stamp
    events: int


@dataclass(frozen=True, slots=True)
class Selection:
    """The things in a list: of one kind, and last published between two instants, both included."""

    kind: str | None = None
    from_: datetime | None = None
    until: datetime | None = None


@contextmanager
def open_history(path: Path, published_at: datetime | None = None) -> Iterator[ResourceHistory]:
    """Give the history at `path` to this thread, read-only; nothing stays open between two readers.

    A history cannot know when its own release was published; that is `published_at`.

    Raises:
        StoreError: it cannot be read.
    """
    with read_database(path, "The resource history") as database:
        yield ResourceHistory(database, published_at)


class ResourceHistory:
    """The things of one release, with those that are gone. Belongs to the thread that opened it."""

    def __init__(self, database: sqlite3.Connection, published_at: datetime | None = None) -> None:
        """Take an open database, and when the release that it belongs to was published."""
        self._database = database
        rows = self._rows("SELECT id, version, created_at, published_at, events FROM release ORDER BY id")
        self._stamps = dict(_stamps(rows, published_at))
        self._releases = [Events(self._stamps[row[0]], row[-1]) for row in rows]

    @property
    def stamp(self) -> Stamp:
        """The release that this is the history of."""
        return self._releases[-1].stamp

    def releases(self) -> Sequence[Events]:
        """Return every release since the history began, this one last."""
        return self._releases

    def find(self, iri: str) -> HistoryEntry | None:
        """Return the thing that is or once was named `iri`."""
        rows = self._rows(f"SELECT {_COLUMNS} FROM thing WHERE iri = ?", (iri,))  # noqa: S608 - our own columns
        return self._thing(rows[0]) if rows else None

    def title(self, iri: str) -> str | None:
        """Return the title of the thing that is or once was named `iri`, if it has one."""
        rows = self._rows("SELECT title FROM thing WHERE iri = ?", (iri,))
        return rows[0][0] if rows else None

    def event_pages(self) -> int:
        """Return the number of pages of things that came, changed or went with this release."""
        [(pages,)] = self._rows("SELECT COUNT(*) FROM event_page")
        return int(pages)

    def events(self, page: int = 1) -> list[HistoryEntry]:
        """Return one page of the things that came, changed or went with this release; nothing if there is no such page.

        Pages are counted from 1, and never change.
        """
        for first, last in self._rows("SELECT first, last FROM event_page WHERE page = ?", (page,)):
            rows = self._rows(
                f"SELECT {_COLUMNS} FROM thing WHERE changed = ? AND number BETWEEN ? AND ? ORDER BY number",  # noqa: S608 - our own columns
                (max(self._stamps), first, last),
            )
            return [self._thing(row) for row in rows]
        return []

    def records(self, selection: Selection, after: Cursor | None, most: int) -> list[HistoryEntry]:
        """Return at most `most` things of `selection` from beyond `after`, deleted ones too, oldest change first."""
        first, last = self._span(selection)
        start = after or Cursor(first, 0)
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM thing WHERE (changed, number) > (?, ?) AND changed <= ? "  # noqa: S608 - our own columns
            f"{'AND kind = ? ' if selection.kind else ''}ORDER BY changed, number LIMIT ?",
            (*start, last, *([selection.kind] if selection.kind else []), most),
        )
        return [self._thing(row) for row in rows]

    def count(self, selection: Selection) -> int:
        """Return the number of things in `selection`, deleted ones too."""
        [(count,)] = self._rows(
            "SELECT COALESCE(SUM(things), 0) FROM tally WHERE changed BETWEEN ? AND ? AND (? IS NULL OR kind = ?)",
            (*self._span(selection), selection.kind, selection.kind),
        )
        return int(count)

    def kinds(self) -> Mapping[str, int]:
        """Return each kind that there is or was, with the number of its things that are left."""
        return dict(self._rows("SELECT kind, SUM(things * (NOT is_deleted)) FROM tally GROUP BY kind ORDER BY kind"))

    def pages(self) -> list[HistoryPage]:
        """Return the pages of all things that are not empty."""
        rows = self._rows("SELECT number, things, changed FROM page WHERE things ORDER BY number")
        return [HistoryPage(number, things, self._stamps[changed].at) for number, things, changed in rows]

    def listed(self, page: int) -> list[Listed]:
        """Return the things on a page, without those that are deleted."""
        rows = self._rows(
            "SELECT kind, key, changed FROM thing WHERE number > ? AND number <= ? AND NOT is_deleted ORDER BY number",
            ((page - 1) * PER_PAGE, page * PER_PAGE),
        )
        return [Listed(kind, key, self._stamps[changed].at) for kind, key, changed in rows]

    def _span(self, selection: Selection) -> tuple[int, int]:
        """Return the first and the last release in the time of `selection`, or (1, 0) if there is none."""
        numbers = [
            number
            for number, stamp in self._stamps.items()
            if (selection.from_ is None or stamp.published_at >= selection.from_)
            and (selection.until is None or stamp.published_at <= selection.until)
        ]
        return (min(numbers), max(numbers)) if numbers else (1, 0)

    def _thing(self, row: Sequence[Any]) -> HistoryEntry:
        number, iri, kind, key, title, created, changed, is_deleted, digest, data = row
        triples = None if data is None else zlib.decompress(data)
        stamps = self._stamps[created], self._stamps[changed]
        return HistoryEntry(iri, kind, key, title, *stamps, bool(is_deleted), digest, triples, Cursor(changed, number))

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        return self._database.execute(statement, values).fetchall()


def _stamps(rows: Sequence[Sequence[Any]], newest_at: datetime | None) -> Iterator[tuple[int, Stamp]]:
    """Yield the releases by number. None was published before it was begun, or before an earlier one."""
    latest = datetime.min.replace(tzinfo=UTC)
    for number, version, created_at, published_at, _ in rows:
        began = _instant(created_at)
        known = _instant(published_at) if published_at else newest_at if number == rows[-1][0] else None
        latest = max(latest, began, known or began)
        yield number, Stamp(version, began, latest)


def _instant(written: str) -> datetime:
    return datetime.fromisoformat(written).astimezone(UTC)
