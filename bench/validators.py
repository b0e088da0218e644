"""SHACL Core by `shacl` and by pyshacl, in turns: `python -m bench.validators DATA [TURNS]`.

Prints the processor seconds of this process and of its child, for Core alone; reading and deriving come before.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from actiongraph.release.derive import derive
from actiongraph.release.inputs import find_inputs, read_data
from actiongraph.settings import Settings
from actiongraph.validate import core, fast
from actiongraph.validate.shapes import Shapes, read_shapes


def compare(data: Path, turns: int) -> None:
    """Print who validated, how long it took and how much was found, `turns` times each."""
    with TemporaryDirectory() as store:
        settings = Settings(data=data, store=Path(store))
        inputs = find_inputs(data)
        quads = read_data(inputs, settings)
        quads += derive(quads, settings)
    shapes = Shapes(read_shapes(inputs.shapes)).core()
    installed = fast.version
    for turn in range(2 * turns):
        fast.version = installed if turn % 2 == 0 else lambda: None  # type: ignore[assignment]
        before, children = process_time(), _children_s()
        report = core.validate(quads, shapes)
        own_s, child_s = process_time() - before, _children_s() - children
        sys.stdout.write(f"{report.validator}: {own_s:.1f} s and {child_s:.1f} s, {len(report.results)} results\n")


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    compare(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3)
