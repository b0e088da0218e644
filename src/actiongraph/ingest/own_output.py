"""Files that ingest writes, and writes over only where nobody has changed them since.

The last line of such a file, a comment in Turtle, has the SHA-256 of all that stands above it. It is in the file and
not beside it, so that it travels with the file through mail and version control, and a copy can be told as well.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from actiongraph.errors import DataError, StoreError
from actiongraph.publication import sync

_MARK = b"# Written by actiongraph ingest; the SHA-256 of all above this line is "


def check_own(path: Path) -> None:
    """Check that the file at `path` may be written over, or is not there.

    Raises:
        DataError: what is there is not as ingest wrote it.
        StoreError: the file cannot be read.
    """
    try:
        present = path.read_bytes() if os.path.lexists(path) else None
    except OSError as error:
        raise _unwritable(path, error) from error
    if present is not None and not _is_own(present):
        raise DataError(
            f"{path} is not as actiongraph ingest wrote it, so it is not written over; move it, or name another "
            "folder with --into.",
            file=str(path),
        )


def _unwritable(path: Path, error: OSError) -> StoreError:
    return StoreError(f"{path} cannot be written: {error.strerror}; name another folder with --into.")


def write_own(path: Path, text: str) -> bool:
    """Write `text` to the file at `path`, whole or not at all; return whether that changed it.

    Raises:
        DataError: what is there is not as ingest wrote it.
        StoreError: the file cannot be read or written; what was there is as it was.
    """
    content = text.encode("utf-8")
    content = content if content.endswith(b"\n") else content + b"\n"
    content += _MARK + hashlib.sha256(content).hexdigest().encode() + b"\n"
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        present = path.read_bytes() if os.path.lexists(path) else None
        if present == content:
            return False
        check_own(path)
        try:
            with aside.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
        sync(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    return True


def was_written(content: bytes) -> bool:
    """Tell whether ingest wrote a file with this content, though people may have changed it since."""
    return content.rstrip(b"\n").rpartition(b"\n")[2].startswith(_MARK)


def _is_own(content: bytes) -> bool:
    """Tell whether the last line of `content` has the hash of all that stands above it."""
    above, mark, hash_ = content.rpartition(_MARK)
    return bool(mark) and hash_ == hashlib.sha256(above).hexdigest().encode() + b"\n"
