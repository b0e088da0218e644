"""A release in bounded parts, each of one graph, read from its dump in a stream."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from actiongraph.errors import StoreError

PART_BYTES = 1 << 20
"""The size of a part, which an engine takes in one transaction: parts of 11 MB are taken no faster by Virtuoso 7."""
HELD_BYTES = 1 << 24
"""What is read and not yet sent: a dump is sorted by subject, so that the triples of a graph lie apart in it."""


class DumpPart(NamedTuple):
    """Some triples of one graph, as lines of N-Triples."""

    graph: str
    lines: list[bytes]


def read_dump(path: Path, content_sha256: str) -> Iterator[bytes]:
    """Yield the lines of the dump at `path`; nothing is missing where it ends without an error.

    Raises:
        StoreError: it cannot be read, or its hash is not `content_sha256`.
    """
    digest = hashlib.sha256()
    try:
        with gzip.open(path) as file:
            for line in file:
                digest.update(line)
                yield line
    except (OSError, EOFError, zlib.error) as error:
        raise StoreError(f"The dump {path} cannot be read ({error}); run actiongraph build.") from error
    if digest.hexdigest() != content_sha256:
        raise StoreError(f"The dump {path} is damaged: its hash is not that of the release; run actiongraph build.")


def in_parts(
    lines: Iterable[bytes], *, part_bytes: int = PART_BYTES, held_bytes: int = HELD_BYTES
) -> Iterator[DumpPart]:
    """Yield the quads `lines` in parts; none is longer than `part_bytes`, but for a single line.

    When `held_bytes` are held, the longest part is given as it is, so that memory does not grow with the number of
    graphs.
    """
    held: dict[bytes, list[bytes]] = {}
    sizes: dict[bytes, int] = {}
    total = 0
    for line in lines:
        start = line.rindex(b" <")
        graph, triple = line[start + 2 : line.rindex(b">")], line[:start] + b" .\n"
        fits = sizes.get(graph, 0) + len(triple) <= part_bytes
        full = graph if graph in held and not fits else None
        if full is None and total + len(triple) > held_bytes and held:
            full = max(sizes, key=sizes.__getitem__)
        if full is not None:
            total -= sizes.pop(full)
            yield DumpPart(full.decode(), held.pop(full))
        held.setdefault(graph, []).append(triple)
        sizes[graph] = sizes.get(graph, 0) + len(triple)
        total += len(triple)
    for graph in sorted(held):
        yield DumpPart(graph.decode(), held[graph])
