"""All facts that a release is made from, before they are judged: data, vocabulary, and what is derived of them."""

from __future__ import annotations

from pathlib import Path

from actiongraph.engine.nquads import as_lines, read_quads
from actiongraph.release.derive import READ_TO_DERIVE, derived_quads
from actiongraph.release.inputs import Inputs, each_once, read_lines
from actiongraph.settings import Settings
from actiongraph.sorted_lines import LineSorter, Progress, SortedLines, silent


def read_facts(
    inputs: Inputs, settings: Settings, folder: Path | None = None, progress: Progress = silent
) -> SortedLines:
    """Return the facts of `inputs` as sorted N-Quads, whose literals are as the files have them.

    What does not fit into memory is put into `folder`; without one, all is held in memory.

    Raises:
        DataError: a blank node, an entry of evidence that cannot be read, or a triple that is in two files.
        DataSyntaxError: a file that is not Turtle.
        OSError: the folder cannot be written.
    """
    lines = read_lines(inputs, settings, LineSorter(folder), progress)
    progress("deriving facts")
    read = list(read_quads(lines.having(*READ_TO_DERIVE)))
    for text in as_lines(derived_quads(read, settings)):
        lines.add(text.splitlines(keepends=True))
    return lines.sorted(lambda found: each_once(found, inputs, settings))
