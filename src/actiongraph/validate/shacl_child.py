"""The process that runs `shacl`: shapes and data come in, results go out; it may take so much memory and no more.

It imports nothing of ours, so that it starts in a tenth of a second, and is run by its path.
"""

from __future__ import annotations

import json
import resource
import sys
from functools import lru_cache

import shacl


def judge(shapes: shacl.Shapes, data: str) -> list[tuple[str | None, ...]]:
    """Return what `shapes` find in `data`, N-Quads whose graphs are one to them.

    That is focus node, path, value, shape, message and severity of each result; terms are as in N-Triples.

    Raises:
        ValueError: `shacl` cannot read the data.
    """
    results = shapes.validate_text(data, "nquads").results
    return [(r.focus_node, r.path, r.value, r.source_shape, r.message, r.severity_iri) for r in results]


@lru_cache(1)
def read_shapes(text: str) -> shacl.Shapes:
    """Return the shapes that N-Triples describe; those that were read last are kept.

    Raises:
        ValueError: `shacl` cannot read them.
    """
    return shacl.Shapes.from_text(text, "ntriples")


def main(memory_bytes: int) -> None:
    """Write the results for each input as a line of JSON, until no more comes.

    Each input begins with a line that says how many bytes of shapes and of data follow.
    """
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in iter(sys.stdin.buffer.readline, b""):
        shapes, data = (sys.stdin.buffer.read(int(size)).decode() for size in line.split())
        sys.stdout.write(json.dumps(judge(read_shapes(shapes), data)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
