"""SQLite files opened for one reader or one writer; what SQLite complains of becomes a `StoreError`."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from actiongraph.errors import StoreError

_FAST = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
"""A file is written once, beside what is published, and synchronised with the rest of its release."""


@contextmanager
def read_database(
    path: Path, what: str, ending: str = ".", damage: tuple[type[Exception], ...] = ()
) -> Iterator[sqlite3.Connection]:
    """Give the database at `path` to this thread, read-only; nothing stays open between two readers.

    Opening takes about 0.1 ms. `what` and `ending` begin and end the message of an error, and `damage` is what else
    tells, in the body of the `with`, that the file is damaged.

    Raises:
        StoreError: it cannot be read.
    """
    with (
        store_errors(f"{what} {path} cannot be read", ending, damage),
        closing(sqlite3.connect(address_of_file(path), uri=True)) as database,
    ):
        yield database


@contextmanager
def write_database(
    path: Path, what: str, ending: str = "; the published releases are unchanged."
) -> Iterator[sqlite3.Connection]:
    """Give the new database at `path` to this thread, without a transaction; see `read_database`.

    Raises:
        StoreError: the disk is full or cannot be written.
    """
    with store_errors(f"{what} {path} cannot be written", ending), new_database(path) as database:
        yield database


@contextmanager
def new_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Give the new database at `path` to this thread, without a transaction; errors come as SQLite has them."""
    with closing(sqlite3.connect(address_of_file(path, "mode=rwc"), uri=True, isolation_level=None)) as database:
        database.executescript(_FAST)
        yield database


@contextmanager
def store_errors(failure: str, ending: str = ".", damage: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Turn what SQLite, zlib and `damage` raise into a `StoreError` that says `failure`, why, and `ending`."""
    caught: tuple[type[Exception], ...] = (sqlite3.DatabaseError, zlib.error, *damage)
    try:
        yield
    except caught as error:
        raise StoreError(f"{failure}: {error}{ending}") from error


def address_of_file(path: Path, mode: str = "mode=ro&immutable=1") -> str:
    """Return `path` as SQLite takes it, with the mode to open it in."""
    return f"file:{quote(str(path.absolute()))}?{mode}"
