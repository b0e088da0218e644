"""Files that ingest writes, and writes over only where nobody has changed them since.

The last line of such a file, a comment in Turtle, has the SHA-256 of all that stands above it. It is in the file and
not beside it, so that it travels with the file through mail and version control, and a copy can be told as well.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from actiongraph.errors import DataError, StoreError
from actiongraph.publication import sync

_MARK = b"# Written by actiongraph ingest; the SHA-256 of all above this line is "
_LAST_LINE_BYTES = len(_MARK) + 64 + 1
_BLOCK_BYTES = 1 << 20
_CHECKSUM = re.compile(rb'spdx:checksumValue "([0-9a-f]{64})"')


@contextmanager
def alone_beside(target: Path) -> Iterator[None]:
    """Hold others that ingest off the folder of the file `target`, from what is read there to what is written.

    Raises:
        StoreError: another one is at work there.
    """
    folder = next(each for each in target.absolute().parents if each.is_dir())
    lock = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(f"Another actiongraph ingest is writing to {folder}; wait until it has ended.") from error
        yield
    finally:
        os.close(lock)


def check_own(path: Path) -> None:
    """Check that the file at `path` may be written over, or is not there.

    Raises:
        DataError: what is there is not as ingest wrote it.
        StoreError: the file cannot be read.
    """
    _present(path)


def _present(path: Path) -> bytes:
    """Return the last line of the file at `path`, or nothing if it is not there; raise if it is not our own."""
    try:
        last = _own_last_line(path) if os.path.lexists(path) else b""
    except OSError as error:
        raise _unwritable(path, error) from error
    if last is None:
        raise DataError(
            f"{path} is not as actiongraph ingest wrote it, so it is not written over; move it, or name another "
            "folder with --into.",
            file=str(path),
        )
    return last


def _own_last_line(path: Path) -> bytes | None:
    """Return the last line of the file at `path` if that has the hash of all that stands above it."""
    with path.open("rb") as file:
        left = os.fstat(file.fileno()).st_size - _LAST_LINE_BYTES
        hash_ = hashlib.sha256()
        while left > 0 and (block := file.read(min(left, _BLOCK_BYTES))):
            hash_.update(block)
            left -= len(block)
        last = file.read()
    return last if last == _last_line(hash_.hexdigest()) else None


def _last_line(hash_: str) -> bytes:
    return _MARK + hash_.encode() + b"\n"


def _unwritable(path: Path, error: OSError) -> StoreError:
    return StoreError(f"{path} cannot be written: {error.strerror}; name another folder with --into.")


def write_own(contents: Mapping[Path, Iterable[bytes]], texts: Mapping[Path, bytes] | None = None) -> bool:
    """Write files, each as its blocks of whole lines, all of them or none; return whether that changed one.

    With them go `texts`, which they quote and which are written as they are; see `check_quoted_text`.

    Raises:
        DataError: what is there is not as ingest wrote it.
        StoreError: a file cannot be read or written; what was there is as it was.
    """
    texts = texts or {}
    aside = {path: path.with_name(f".{path.name}.{os.getpid()}.new") for path in (*contents, *texts)}
    try:
        last = {path: _written(path, aside[path], blocks) for path, blocks in contents.items()}
        changed = [path for path in contents if _present(path) != last[path]]
        for path, text in texts.items():
            _write_aside(path, aside[path], [text])
        quoted = [path for path, text in texts.items() if not path.exists() or path.read_bytes() != text]
        _replace({path: aside[path] for path in (*changed, *quoted)})
    finally:
        for new in filter(Path.exists, aside.values()):
            new.unlink()
    return bool(changed)


def _written(path: Path, aside: Path, blocks: Iterable[bytes]) -> bytes:
    """Write a file that is to stand at `path` aside, with a last line, and return that."""
    hash_ = hashlib.sha256()
    last = b""

    def with_last_line() -> Iterator[bytes]:
        nonlocal last
        for block in blocks:
            hash_.update(block)
            yield block
        last = _last_line(hash_.hexdigest())
        yield last

    _write_aside(path, aside, with_last_line())
    return last


def _write_aside(path: Path, aside: Path, blocks: Iterable[bytes]) -> None:
    """Write a file that is to stand at `path` aside."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("xb") as file:
            file.writelines(blocks)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _unwritable(path, error) from error


def _replace(aside: Mapping[Path, Path]) -> None:
    """Put each new file in its place; if one cannot be, put those that were there back."""
    before: list[tuple[Path, Path | None]] = []
    try:
        for path, new in aside.items():
            kept = new.with_suffix(".old") if os.path.lexists(path) else None
            before.append((path, kept))
            if kept:
                _keep(path, kept)
            new.replace(path)
            sync(path.parent)
    except BaseException as error:
        for path, kept in reversed(before):
            if not aside[path].exists() or not path.exists():
                _put_back(path, kept)
        if isinstance(error, OSError):
            raise _unwritable(before[-1][0], error) from error
        raise
    finally:
        for _, kept in before:
            if kept:
                kept.unlink(missing_ok=True)


def _put_back(path: Path, kept: Path | None) -> None:
    if kept is None:
        path.unlink(missing_ok=True)
    elif kept.exists():
        kept.replace(path)


def _keep(path: Path, kept: Path) -> None:
    """Give the file at `path` a second name, or if the file system has no such thing that name alone."""
    try:
        os.link(path, kept)
    except OSError:
        path.replace(kept)


def check_quoted_text(path: Path, target: Path, text: bytes) -> None:
    """Check that `text`, which the file `target` will quote, may be written to `path`.

    Nothing may be there but that text, or the one that the present file `target` quotes.

    Raises:
        DataError: something else is there.
        StoreError: a file cannot be read.
    """
    try:
        if not os.path.lexists(path):
            return
        present = hashlib.sha256(path.read_bytes()).hexdigest()
        quoted = _CHECKSUM.search(target.read_bytes()) if target.exists() else None
    except OSError as error:
        raise _unwritable(path, error) from error
    if present not in (hashlib.sha256(text).hexdigest(), quoted and quoted[1].decode()):
        raise DataError(
            f"{path} is not the text that {target} quotes, so it is not written over; move it, or name another file.",
            file=str(path),
        )


def was_written(content: bytes) -> bool:
    """Tell whether ingest wrote a file with this content, though people may have changed it since."""
    return content.rstrip(b"\n").rpartition(b"\n")[2].startswith(_MARK)
