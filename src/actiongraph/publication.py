"""The agreement between those who write releases, serve them and copy them: names of versions and files, packing."""

from __future__ import annotations

import os
from pathlib import Path

VERSION = r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12}"
"""The pattern of a version: UTC time to the second, and the first digits of the SHA-256 of the sorted N-Quads."""
DUMP = "actiongraph.nq.gz"
"""The dump that the content hash proves; the others say the same."""
TRIG, TURTLE, CSV = "actiongraph.trig.gz", "actiongraph.ttl.gz", "actiongraph-csv.zip"
ADDED, REMOVED = "added.nq.gz", "removed.nq.gz"
"""The changes since the release before."""
GZIP_WINDOW = 31
"""zlib's `wbits` for its largest window with the header and the checksum of gzip."""


def sync(path: Path) -> None:
    """Have the file or folder at `path` written to the disk itself, so that it outlasts a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
