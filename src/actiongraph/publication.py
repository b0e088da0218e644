"""The agreement between those who write releases, serve them and copy them: record, names, packing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

VERSION = r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12}"
"""The pattern of a version: UTC time to the second, and the first digits of the SHA-256 of the sorted N-Quads."""
DUMP = "actiongraph.nq.gz"
"""The dump that the content hash proves; the others say the same."""
TRIG, TURTLE, CSV = "actiongraph.trig.gz", "actiongraph.ttl.gz", "actiongraph-csv.zip"
UNPACKED: Mapping[str, str] = MappingProxyType({name.removesuffix(".gz"): name for name in (DUMP, TRIG, TURTLE)})
"""The dumps that are offered as plain RDF too, and what they are unpacked from."""
ADDED, REMOVED = "added.nq.gz", "removed.nq.gz"
"""The changes since the release before."""
GZIP_WINDOW = 31
"""zlib's `wbits` for its largest window with the header and the checksum of gzip."""


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """The record of a release, as it is in `release.json`; the names of its fields are a file format.

    `content_sha256` is the hash of the sorted N-Quads, `report_sha256` that of the validation report. `dumps` and
    `changes` map file names to SHA-256, `sizes` and `change_sizes` map them to bytes, which older programs did not
    note. `added` and `removed` count quads against `previous`. `told` is publisher, contact and licence as they were
    given; see `Settings.metadata`. `programme` is what its file says, if the data are not of the shipped one; see
    `Programme.record`. `graphs` includes those of the catalogue and of the example queries, which are neither in the
    dumps nor in the hash.
    """

    version: str
    created_at: str
    base: str
    program: str
    content_sha256: str
    report_sha256: str
    graphs: Mapping[str, int]
    findings: Mapping[str, int]
    dumps: Mapping[str, str]
    previous: str | None = None
    added: int = 0
    removed: int = 0
    sizes: Mapping[str, int] = field(default_factory=dict)
    changes: Mapping[str, str] = field(default_factory=dict)
    change_sizes: Mapping[str, int] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)
    programme: Mapping[str, Any] = field(default_factory=dict)

    @property
    def triples(self) -> int:
        """The number of triples in all graphs; none is in two of them."""
        return sum(self.graphs.values())


def sync(path: Path) -> None:
    """Have the file or folder at `path` written to the disk itself, so that it outlasts a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
