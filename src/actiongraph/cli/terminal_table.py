"""Solutions as a table that people read in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rdflib import Literal
from rdflib.term import Node

from actiongraph.engine.base import Solutions
from actiongraph.validate.report import short

_CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}


def as_table(solutions: Solutions, base: str) -> str:
    """Return `solutions` as aligned columns under the names of their variables, with the number of rows last.

    Unbound is empty; control characters are shown, never sent to the terminal.
    """
    variables = solutions.variables
    rows = [[_cell(solution.get(name), base) for name in variables] for solution in solutions]
    widths = [max(len(cell) for cell in column) for column in zip(variables, *rows, strict=True)]
    lines = [
        _line(variables, widths),
        _line(["-" * width for width in widths], widths),
        *(_line(row, widths) for row in rows),
    ]
    return "\n".join([*lines, "", f"{len(rows)} row{'' if len(rows) == 1 else 's'}"])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _cell(term: Node | None, base: str) -> str:
    if term is None:
        return ""
    text = str(term) if isinstance(term, Literal) else short(term, base)
    return text.translate(_CONTROL)
