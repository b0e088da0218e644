"""The lines of the data files in which facts are written, so that a curator finds what a page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from actiongraph.index.database import read_database, write_database
from actiongraph.settings import Settings
from actiongraph.validate.locations import lines_of
from actiongraph.vocabulary import CANONICAL_BASE, IRI

SOURCE_LINES = "source-lines.sqlite"
"""The index of lines in the folder of a release; releases of older programs have none."""
_LARGEST = 4_000_000
"""Bytes of a file whose lines are told. Curated files have a fortieth; it takes a second to look through this many."""
_LAYOUT = 1
_SCHEMA = f"""
PRAGMA user_version = {_LAYOUT};
CREATE TABLE file (number INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE written (subject TEXT, predicate TEXT, file INTEGER, line INTEGER,
  PRIMARY KEY (subject, predicate, file)) WITHOUT ROWID;
"""
_WHAT = "The index of lines"


class SourceLine(NamedTuple):
    """A line of a data file, by the name of the file and the number of the line, from 1."""

    file: str
    line: int


def write_source_lines(path: Path, files: Sequence[Path], settings: Settings) -> None:
    """Write where each subject has each of its properties in the Turtle `files` to the new file `path`.

    Very large files are left out.

    Raises:
        StoreError: the disk is full or cannot be written.
    """
    with write_database(path, _WHAT) as index:
        index.executescript(_SCHEMA)
        index.execute("BEGIN")
        for number, file in enumerate(files):
            if file.stat().st_size <= _LARGEST:
                index.execute("INSERT INTO file VALUES (?, ?)", (number, file.name))
                found = (
                    (_named(subject, settings), predicate or "", number, line)
                    for (subject, predicate), line in lines_of(file)
                )
                index.executemany("INSERT OR IGNORE INTO written VALUES (?, ?, ?, ?)", found)
        index.execute("COMMIT")


def _named(subject: str, settings: Settings) -> str:
    """Return a subject under the base of the release."""
    own = (f"{CANONICAL_BASE}id/", f"{CANONICAL_BASE}concept/")
    return subject.replace(CANONICAL_BASE, settings.base, 1) if subject.startswith(own) else subject


def source_lines(path: Path | None, thing: IRI) -> Mapping[tuple[str, str], SourceLine]:
    """Return the lines in which a thing has each of its properties, by the property and the key of the graph.

    The line for an empty property is that in which the thing is described first. Nothing is known without the index
    at `path`.

    Raises:
        StoreError: it cannot be read.
    """
    if path is None or not path.is_file():
        return {}
    with read_database(path, _WHAT, "; rebuild the release, or delete the file.") as index:
        if index.execute("PRAGMA user_version").fetchone() != (_LAYOUT,):
            return {}
        found = index.execute(
            "SELECT predicate, name, line FROM written JOIN file ON file = number WHERE subject = ?", (str(thing),)
        )
        return {(predicate, Path(name).stem): SourceLine(name, line) for predicate, name, line in found}
