"""Plots show each server that has figures, and leave room for what is missing."""

from __future__ import annotations

import struct
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest

from bench import tables
from bench.load import Measured
from bench.questions import CheckedQuery
from bench.systems import Memory
from bench.tables import Result

pytestmark = pytest.mark.long("peers")


@pytest.fixture
def result(missing: Callable[[str, str], NoReturn]) -> Result:
    if not find_spec("matplotlib"):
        missing("matplotlib", "pip install 'actiongraph[bench]'")
    result = Result(2_000, ["actiongraph", "0.2.0", "0.2.0, files", "Virtuoso 7"], {})
    for name in ("action", "chain"):
        result.note_question(CheckedQuery(name, ("x",), []))
    for system in result.systems:
        result.note_start(system, 1.0, Memory(10, 5))
        result.note_end(system, Memory(20, 10))
        for clients in (tables.ONE, tables.EIGHT):
            result.note("action", tables.UNCACHED, system, clients, Measured(1, 1, 1, 1))
    result.note("chain", tables.UNCACHED, "actiongraph", tables.ONE, Measured(1, 1, 1, 1))
    return result


def test_both_plots_are_drawn_though_some_figures_are_missing(result: Result, tmp_path: Path):
    from bench.plots import draw_memory, draw_questions

    draw_questions(result, tmp_path / "questions.png")
    draw_memory([result], tmp_path / "memory.png")
    for path in tmp_path.iterdir():
        head = path.read_bytes()[:24]
        assert head.startswith(b"\x89PNG")
        width, height = struct.unpack(">II", head[16:])
        assert width > 600
        assert height > 100


def test_0_2_0_stands_once_in_a_plot(result: Result):
    from bench.plots import plotted

    assert plotted(result) == ["actiongraph", "0.2.0", "Virtuoso 7"]
    result.systems.remove("0.2.0")
    assert plotted(result) == ["actiongraph", "0.2.0, files", "Virtuoso 7"]
