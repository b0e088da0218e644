"""The files of a release that can be copied: the dataset in four forms, and what changed.

Nothing in them depends on when or where they were written: the same quads give the same bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyoxigraph as ox

from actiongraph.errors import StoreError
from actiongraph.publication import ADDED, CSV, DUMP, GZIP_WINDOW, REMOVED, TRIG, TURTLE
from actiongraph.release.csvw import write_package
from actiongraph.release.lines import Lines, differences
from actiongraph.vocabulary import PREFIXES

_LEVEL = 6
"""Measured on 530,000 quads: level 9 takes four times as long and makes the files an eighth smaller."""
_BUFFER_BYTES = 1 << 18
_PREFIXES = MappingProxyType(
    {
        "act": "id/action/", "orgs": "id/org/", "cty": "id/country/", "place": "id/place/", "team": "id/team/",
        "av": "id/activity/", "st": "id/statement/", "src": "id/source/", "fac": "id/facility/", "doc": "id/document/",
        "chain": "id/chain/", "series": "id/series/", "graph": "graph/",
    }
)  # fmt: skip
"""The prefixes of things, as the data files have them."""


@dataclass(frozen=True, slots=True)
class WrittenFiles:
    """The SHA-256 and the sizes in bytes of files that were written, by their names."""

    sha256: Mapping[str, str]
    sizes: Mapping[str, int]


def write_dumps(folder: Path, lines: Lines, base: str, languages: Sequence[str]) -> WrittenFiles:
    """Write the dumps of the dataset `lines`, whose things are named under `base`; return the files.

    In tables, names of things are in the first of `languages` that there is.
    """
    folder.mkdir(exist_ok=True)
    prefixes = PREFIXES | {prefix: base + path for prefix, path in _PREFIXES.items()}
    triples = (quad.triple for quad in lines.quads())
    with _packed(folder / DUMP) as quads, _packed(folder / TRIG) as trig, _packed(folder / TURTLE) as turtle:
        quads.writelines(lines.sorted.texts())
        ox.serialize(lines.quads_by_graph(), trig, format=ox.RdfFormat.TRIG, prefixes=prefixes)
        ox.serialize(triples, turtle, format=ox.RdfFormat.TURTLE, prefixes=prefixes)
    write_package(folder / CSV, lines, base, languages)
    return _written(folder)


def write_changes(folder: Path, lines: Lines, dump: Path, before: Path | None) -> tuple[int, int, WrittenFiles]:
    """Write the quads added and removed since the release in the folder `before`, sorted.

    Return how many were added and how many removed, and the files. `lines` are in `dump` already; without a previous
    release, all are added.

    Raises:
        StoreError: the dump of the previous release cannot be read.
    """
    folder.mkdir(exist_ok=True)
    if before is None:
        shutil.copyfile(dump, folder / ADDED)
        _packed(folder / REMOVED).close()
        return len(lines), 0, _written(folder)
    counts = {ADDED: 0, REMOVED: 0}
    with _packed(folder / ADDED) as added, _packed(folder / REMOVED) as removed:
        for line, is_added in differences(_read_lines(before / "dumps" / DUMP), lines):
            (added if is_added else removed).write(line)
            counts[ADDED if is_added else REMOVED] += 1
    return counts[ADDED], counts[REMOVED], _written(folder)


class _GzipFile(io.RawIOBase):
    """A gzip file without name and time, so that the same content gives the same bytes."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")
        self._packer = zlib.compressobj(_LEVEL, wbits=GZIP_WINDOW)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - any buffer, for which Python 3.11 has no name
        self._file.write(self._packer.compress(data))
        return len(data)

    def close(self) -> None:
        if not self.closed:
            super().close()
            with self._file:
                self._file.write(self._packer.flush())


def _packed(path: Path) -> io.BufferedWriter:
    return io.BufferedWriter(_GzipFile(path), _BUFFER_BYTES)


def _written(folder: Path) -> WrittenFiles:
    """Return all files in `folder`, sorted by name."""
    hashes, sizes = {}, {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            hashes[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
        sizes[path.name] = path.stat().st_size
    return WrittenFiles(hashes, sizes)


def _read_lines(dump: Path) -> Iterator[bytes]:
    """Yield the lines of the dump of a previous release."""
    try:
        with gzip.open(dump) as file:
            yield from file
    except (OSError, EOFError, zlib.error) as error:
        raise StoreError(
            f"The dump {dump} cannot be read ({error}), so the changes since cannot be computed; "
            "delete the folder of that release, or restore its dump."
        ) from error
