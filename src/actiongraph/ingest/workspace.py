"""Room beside the target for what a source says, where that is more than memory is to hold.

A small source stays in memory. From `_MOST_FACTS` facts on, all that grows with the source goes to temporary files
that have no name, so that nothing is left of them, however the process ends. They lie beside the target and not where
the system has its temporary files, which may be in memory. Keys are looked up in SQLite, whose page cache is bounded.
"""

from __future__ import annotations

import copyreg
import io
import os
import pickle
import sqlite3
import tempfile
from array import array
from collections import ChainMap
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import fields
from operator import attrgetter, itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Generic, Protocol, Self, TypeVar, overload

from actiongraph.errors import StoreError
from actiongraph.ingest.claims import Claim, LedgerEntry, Record, Refusal, SourcePassage

_K = TypeVar("_K", str, int)
_V = TypeVar("_V")

_MOST_FACTS = 30_000
"""Claims and refusals, of about 1.5 kB each with what is made of them, that are in memory at a time."""
_PAGE_CACHE_KB = 16_384
_MOST_TEXT_BYTES = 4_000_000
_BLOCK_BYTES = 1 << 20


def _reducer(kind: type) -> Callable[[Any], tuple[type, tuple[Any, ...]]]:
    values = attrgetter(*(field.name for field in fields(kind)))
    return lambda thing: (kind, values(thing))


_REDUCERS: ChainMap[Any, Any] = ChainMap(
    {kind: _reducer(kind) for kind in (Claim, LedgerEntry, Record, Refusal, SourcePassage)}, copyreg.dispatch_table
)
"""How dataclasses are pickled: a frozen one with slots does it by itself in four times the time."""


def _pickled(thing: object) -> bytes:
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _REDUCERS
    pickler.dump(thing)
    return buffer.getvalue()


class _Part(Protocol):
    """What of a workspace holds things in memory."""

    def flush(self) -> None:
        """Move all that is in memory to the disk."""


_P = TypeVar("_P", bound=_Part)


class Workspace:
    """The memory, and from a size on the temporary files, for one source that is to be written to `target`.

    Without a target, all stays in memory. A context manager: at its end the files are gone.
    """

    def __init__(self, target: Path | None = None) -> None:
        self._folder = next(each for each in target.absolute().parents if each.is_dir()) if target else None
        self._parts: list[_Part] = []
        self._files: list[BinaryIO] = []
        self._database: sqlite3.Connection | None = None
        self._facts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._database is not None:
            self._database.close()
        for file in self._files:
            with suppress(OSError):  # what could not be written is not wanted any more
                file.close()

    def read(self, facts: int) -> None:
        """Note that a record with so many facts has been read; nothing of it is being changed now."""
        self._facts += facts
        if self._facts > _MOST_FACTS and self._folder:
            self._facts = 0
            if self._database is None:
                self._database = self._new_database()
            for part in self._parts:
                part.flush()

    def used(self, facts: int) -> None:
        """Note that a record with so many facts has been looked at once more; nothing of it is being changed now."""
        if self._database is not None:
            self.read(facts)

    def records(self) -> RecordStore:
        """Return room for records."""
        return self._with(RecordStore(self))

    def dictionary(self) -> DiskDict[Any, Any]:
        """Return a new dictionary."""
        return self._with(DiskDict(self, f"part_{len(self._parts)}"))

    def list(self) -> DiskList[Any]:
        """Return a new list."""
        return DiskList(self.dictionary())

    def text(self) -> TextSpool:
        """Return room for text."""
        return TextSpool(self)

    def _with(self, part: _P) -> _P:
        self._parts.append(part)
        return part

    @property
    def has_disk(self) -> bool:
        """Whether there may be temporary files."""
        return self._folder is not None

    @property
    def database(self) -> sqlite3.Connection | None:
        """The database, if the source is too large for memory."""
        return self._database

    def _new_database(self) -> sqlite3.Connection:
        try:
            handle, name = tempfile.mkstemp(prefix=".actiongraph-", dir=self._folder)
            os.close(handle)
            try:
                database = sqlite3.connect(name, isolation_level=None)
                # Nobody else opens it, and a process that ends leaves nothing to restore.
                database.execute("PRAGMA locking_mode = EXCLUSIVE")
                database.execute("PRAGMA journal_mode = OFF")
                database.execute("PRAGMA synchronous = OFF")
                database.execute(f"PRAGMA cache_size = -{_PAGE_CACHE_KB}")
                database.execute("CREATE TABLE begun (key)")
            finally:
                Path(name).unlink()
        except (OSError, sqlite3.Error) as error:
            raise self.full(error) from error
        return database

    def new_file(self) -> BinaryIO:
        """Return a file without a name."""
        try:
            file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed with the workspace
        except OSError as error:
            raise self.full(error) from error
        self._files.append(file)
        return file

    def full(self, error: OSError | sqlite3.Error) -> StoreError:
        """Return the error that temporary files could not be written."""
        why = error.strerror if isinstance(error, OSError) else str(error)
        return StoreError(f"{self._folder} has no room for temporary files: {why}; name another folder with --into.")


class RecordStore:
    """The records of a source, by their index; the line and the row of each stay in memory, in 24 bytes."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._live: dict[int, Record] = {}
        self._offsets, self._lines, self._rows = array("Q"), array("Q"), array("Q")
        self._file: BinaryIO | None = None

    def append(self, record: Record) -> None:
        """Add a record behind the others."""
        self._live[len(self._lines)] = record
        self._offsets.append(0)
        self._lines.append(record.line)
        self._rows.append(record.row or 0)
        self._workspace.read(1 + len(record.claims) + len(record.refusals))

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, index: int) -> Record:
        if (record := self._live.get(index)) is not None:
            return record
        if self._file is None:
            raise IndexError(index)
        try:
            self._file.seek(self._offsets[index])
            found: Record = pickle.load(self._file)  # noqa: S301 - a file without a name, which this process wrote
        except OSError as error:
            raise self._workspace.full(error) from error
        return found

    def __setitem__(self, index: int, record: Record) -> None:
        self._live[index] = record

    def line(self, index: int) -> int:
        """Return the line on which a record begins."""
        return self._lines[index]

    def row(self, index: int) -> int | None:
        """Return the row of a record of a table."""
        return self._rows[index] or None

    def flush(self) -> None:
        """Move the records in memory to the disk."""
        self._file = self._file or self._workspace.new_file()
        try:
            offset = self._file.seek(0, os.SEEK_END)
            for index, record in self._live.items():
                content = _pickled(record)
                self._offsets[index] = offset
                offset += self._file.write(content)
            self._file.flush()
        except OSError as error:
            raise self._workspace.full(error) from error
        self._live.clear()


class DiskDict(Generic[_K, _V]):
    """A dictionary that is on disk where its workspace is: all keys are texts, or all are whole numbers.

    A value that was got is not to be changed, but for one from `setdefault`, until the workspace is told of the next
    record.
    """

    def __init__(self, workspace: Workspace, name: str) -> None:
        self._workspace = workspace
        self._name = name
        self._live: dict[_K, _V] = {}
        self._is_on_disk = False

    def get(self, key: _K) -> _V | None:
        """Return the value of a key, or None."""
        if (value := self._live.get(key)) is not None:
            return value
        return self._fetched(key) if self._is_on_disk else None

    def __getitem__(self, key: _K) -> _V:
        if (value := self.get(key)) is None:
            raise KeyError(key)
        return value

    def __contains__(self, key: _K) -> bool:
        return key in self._live or (self._is_on_disk and self._fetched(key) is not None)

    def __setitem__(self, key: _K, value: _V) -> None:
        self._live[key] = value

    def setdefault(self, key: _K, default: _V) -> _V:
        """Return the value of a key, which is `default` if it had none, to be changed."""
        if key not in self._live:
            present = self.get(key)
            self._live[key] = default if present is None else present
        return self._live[key]

    def items(self) -> Iterator[tuple[_K, _V]]:
        """Yield keys and values in the order of the keys, by code points."""
        if not self._is_on_disk:
            yield from sorted(self._live.items(), key=itemgetter(0))
            return
        self.flush()
        database = self._workspace.database
        assert database is not None  # noqa: S101
        try:
            for key, value in database.execute(f"SELECT key, value FROM {self._name} ORDER BY key"):  # noqa: S608
                yield key, pickle.loads(value)  # noqa: S301 - what this process wrote
        except sqlite3.Error as error:
            raise self._workspace.full(error) from error

    def _fetched(self, key: _K) -> _V | None:
        database = self._workspace.database
        assert database is not None  # noqa: S101
        try:
            row = database.execute(f"SELECT value FROM {self._name} WHERE key = ?", (key,)).fetchone()  # noqa: S608
        except sqlite3.Error as error:
            raise self._workspace.full(error) from error
        return pickle.loads(row[0]) if row else None  # noqa: S301 - what this process wrote

    def flush(self) -> None:
        """Move the values in memory to the disk."""
        database = self._workspace.database
        if database is None or not self._live:
            return
        pairs = [(key, _pickled(value)) for key, value in self._live.items()]
        try:
            if not self._is_on_disk:
                database.execute(f"CREATE TABLE {self._name} (key PRIMARY KEY, value) WITHOUT ROWID")
            database.execute("BEGIN")
            database.executemany(f"INSERT OR REPLACE INTO {self._name} VALUES (?, ?)", pairs)  # noqa: S608
            database.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._workspace.full(error) from error
        self._is_on_disk = True
        self._live.clear()


class DiskList(Sequence[_V]):
    """A list that is on disk where its workspace is."""

    def __init__(self, items: DiskDict[int, _V]) -> None:
        self._items = items
        self._length = 0

    def append(self, value: _V) -> None:
        """Add a value behind the others."""
        self._items[self._length] = value
        self._length += 1

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> _V: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[_V]: ...
    def __getitem__(self, index: int | slice) -> _V | Sequence[_V]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(self._length))]
        return self._items[range(self._length)[index]]

    def __setitem__(self, index: int, value: _V) -> None:
        self._items[index] = value

    def __iter__(self) -> Iterator[_V]:
        return (self._items[index] for index in range(self._length))


class TextSpool:
    """Lines that are written one after the other, and read again as UTF-8."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._live: list[bytes] = []
        self._size_bytes = 0
        self._file: BinaryIO | None = None

    def write(self, lines: str) -> None:
        """Add one or more lines."""
        self._live.append(f"{lines}\n".encode())
        self._size_bytes += len(self._live[-1])
        if self._size_bytes > _MOST_TEXT_BYTES and self._workspace.has_disk:
            self._flush()

    def _flush(self) -> None:
        self._file = self._file or self._workspace.new_file()
        try:
            self._file.writelines(self._live)
            self._file.flush()
        except OSError as error:
            raise self._workspace.full(error) from error
        self._live.clear()
        self._size_bytes = 0

    def blocks(self) -> Iterator[bytes]:
        """Yield all that was written."""
        if self._file is None:
            yield from self._live
            return
        self._flush()
        try:
            self._file.seek(0)
            while block := self._file.read(_BLOCK_BYTES):
                yield block
        except OSError as error:
            raise self._workspace.full(error) from error
