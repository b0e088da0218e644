"""What pages about a whole release show, ready-made: a document for each, with what it was made for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from actiongraph.index.database import read_database, write_database
from actiongraph.index.documents import DamagedDocument, DocumentCodec, T
from actiongraph.settings import Settings

PAGES = "pages.sqlite"
"""The documents of pages in the folder of a release; releases of older programs have none."""
_LAYOUT = 1
"""The layout of the file and of its documents; what has another is left aside and the engine is queried."""
_WHAT = "The documents of pages"
_SCHEMA = f"""
PRAGMA user_version = {_LAYOUT};
CREATE TABLE known (base TEXT, languages TEXT);
CREATE TABLE page (name TEXT PRIMARY KEY, document BLOB) WITHOUT ROWID;
"""


def write_page_documents(path: Path, documents: Mapping[str, bytes], settings: Settings) -> None:
    """Write `documents` by their names, as codecs encoded them, to the new file `path`.

    Raises:
        StoreError: the disk is full or cannot be written.
    """
    with write_database(path, _WHAT) as database:
        database.executescript(_SCHEMA)
        database.execute("BEGIN")
        database.execute("INSERT INTO known VALUES (?, ?)", _known(settings))
        database.executemany("INSERT INTO page VALUES (?, ?)", documents.items())
        database.execute("COMMIT")


def read_page_document(path: Path | None, name: str, codec: DocumentCodec[T], settings: Settings) -> T | None:
    """Return the document called `name` at `path`, or None.

    There is none for files and for releases of programs that write another layout or none, and none that fits where
    `settings` have another base than the release, or other languages.

    Raises:
        StoreError: it cannot be read.
    """
    if path is None or not path.is_file():
        return None
    ending = "; rebuild the release, or delete the file."
    with read_database(path, _WHAT, ending, damage=(DamagedDocument,)) as database:
        if database.execute("PRAGMA user_version").fetchone() != (_LAYOUT,):
            return None
        if database.execute("SELECT * FROM known").fetchall() != [_known(settings)]:
            return None
        found = database.execute("SELECT document FROM page WHERE name = ?", (name,)).fetchone()
        return codec.decode(found[0]) if found else None


def _known(settings: Settings) -> tuple[str, str]:
    return settings.base, " ".join(settings.languages)
