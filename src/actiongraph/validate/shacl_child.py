"""The process that runs `shacl`: shapes and data come in, results go out; it may take so much memory and no more.

It imports nothing of ours, so that it starts in a tenth of a second, and is run by its path.
"""

from __future__ import annotations

import json
import resource
import sys

import shacl


def judge(shapes: str, data: str) -> list[tuple[str | None, ...]]:
    """Return what `shapes`, N-Triples, find in `data`, N-Quads whose graphs are one to them.

    That is focus node, path, value, shape, message and severity of each result; terms are as in N-Triples.

    Raises:
        ValueError: `shacl` cannot read one of them.
    """
    results = shacl.Shapes.from_text(shapes, "ntriples").validate_text(data, "nquads").results
    return [(r.focus_node, r.path, r.value, r.source_shape, r.message, r.severity_iri) for r in results]


def main(memory_bytes: int, shapes_bytes: int) -> None:
    """Write the results as JSON; the first `shapes_bytes` of the input are the shapes, the rest the data."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    shapes = sys.stdin.buffer.read(shapes_bytes).decode()
    json.dump(judge(shapes, sys.stdin.buffer.read().decode()), sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
