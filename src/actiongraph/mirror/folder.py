"""The folder of a copy: locked while it is worked on, and changed only by putting whole files in place.

actiongraph.nq.gz    the quads, sorted
mirror.json          which release they are, where they came from and when
.lock, .new-…        held while a run goes on, and what it writes beside
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from actiongraph.errors import StoreError
from actiongraph.publication import DUMP, sync

COPY, NOTE = DUMP, "mirror.json"
_BESIDE = ".new-"


@dataclass(frozen=True, slots=True)
class Note:
    """The content of `mirror.json`."""

    version: str
    content_sha256: str
    quads: int
    source: str
    mirrored_at: str


class Folder:
    """A folder with a copy, or without one yet."""

    def __init__(self, path: Path) -> None:
        """Name the folder; nothing is read or made yet."""
        self.path = path
        self.copy = path / COPY

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for one run; what a killed run left beside is cleared away, before and after.

        A run that fails leaves neither folders nor a lock that were not there before.

        Raises:
            StoreError: another run holds it, or it cannot be written; the copy is as it was.
        """
        path = self.path / ".lock"
        made = [folder for folder in (self.path, *self.path.parents) if not folder.exists()]
        is_first = not path.exists()
        with self.clear_errors():
            self.path.mkdir(parents=True, exist_ok=True)
            lock = path.open("w")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise self._is_held() from error
            if not os.fstat(lock.fileno()).st_nlink:  # another run has just taken it away
                raise self._is_held()
            try:
                self.clear()
                yield
            except BaseException:
                self.clear()
                if is_first:
                    _take_back(path, made)
                raise
            self.clear()

    def _is_held(self) -> StoreError:
        return StoreError(f"Another mirror is running in {self.path}; wait until it has finished.")

    def clear(self) -> None:
        """Take away what was written beside and not put in place."""
        for left in self.path.glob(f"{_BESIDE}*"):
            left.unlink(missing_ok=True)

    def beside(self, name: str) -> Path:
        """Return the path for a file that is not yet part of the copy; `name` is ours, never a server's."""
        return self.path / f"{_BESIDE}{name}"

    def note(self) -> Note | None:
        """Return the note of the last run, or None if there is none that can be read."""
        try:
            return Note(**json.loads((self.path / NOTE).read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def put(self, written: Path, note: Note) -> None:
        """Make the file `written` the copy, and note what it is; each by one rename, and safe on disk."""
        with self.clear_errors():
            sync(written)
            written.rename(self.copy)
            self.write_note(note)

    def write_note(self, note: Note) -> None:
        """Note what the copy is."""
        with self.clear_errors():
            written = self.beside(NOTE)
            written.write_text(json.dumps(asdict(note), ensure_ascii=False, indent=2, sort_keys=True) + "\n", "utf-8")
            sync(written)
            written.rename(self.path / NOTE)
            sync(self.path)

    @contextmanager
    def clear_errors(self) -> Iterator[None]:
        """Tell what goes wrong on disk in one sentence."""
        try:
            yield
        except OSError as error:
            reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
            raise StoreError(f"{self.path} cannot be written: {reason}; an existing copy is unchanged.") from error


def _take_back(lock: Path, made: Iterable[Path]) -> None:
    """Take away the lock, and the folders that were made for it, as far as nothing else is in them."""
    with suppress(OSError):
        lock.unlink()
        for folder in made:
            folder.rmdir()
