"""One endpoint on the data of all tests, and a table of what came of them.

Each data file is a graph under its own address, and each query is asked of the dataset that its test names
(SPARQL 1.1 Protocol, section 2.1.4). So one `actiongraph serve FILE` is enough: the program as people run it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

# The tests of this folder share two modules, and --import-mode=importlib looks nowhere for them.
sys.path.append(str(Path(__file__).parent))

import w3c_suite
from w3c_endpoint import KNOWN, Endpoint


@pytest.fixture(scope="session")
def all_data(w3c: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of all tests as N-Quads."""
    assert w3c == w3c_suite.FOLDER
    written = tmp_path_factory.mktemp("w3c") / "all.nq"
    with written.open("wb") as file:
        for graph in w3c_suite.graphs():
            ox.serialize(w3c_suite.quads(graph, ox.NamedNode(graph)), file, format=ox.RdfFormat.N_QUADS)
    return written


@pytest.fixture(scope="session")
def endpoint(all_data: Path) -> Iterator[Endpoint]:
    process = subprocess.Popen(
        [sys.executable, "-m", "actiongraph", "serve", str(all_data), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=all_data.parent,
        env=os.environ | {"HOME": str(all_data.parent), "XDG_DATA_HOME": str(all_data.parent / "share")},
    )
    assert process.stdout
    try:
        line = process.stdout.readline()
        assert line.startswith("Serving on "), line
        yield Endpoint(line.removeprefix("Serving on ").strip())
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(15)
        process.stdout.close()
    assert code == 0


@pytest.fixture
def outcome(record_property: Callable[[str, object], None]) -> Callable[[w3c_suite.Case, str], None]:
    """Note which group and format a test belongs to, for the table at the end."""

    def note(case: w3c_suite.Case, column: str) -> None:
        record_property("w3c", (case.group, column))

    return note


@pytest.fixture
def maybe_known(request: pytest.FixtureRequest) -> Callable[[w3c_suite.Case, str], None]:
    """Expect a test to fail if it is listed as a known failure, for this format or for all."""

    def expect(case: w3c_suite.Case, column: str) -> None:
        entry = KNOWN.get(case.iri)
        if entry and column in entry.get("formats", [column]):
            request.applymarker(pytest.mark.xfail(reason=entry["reason"], strict=True))

    return expect


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Show how many tests of each group passed in each format, where details are asked for with -v."""
    counted: dict[tuple[str, str], Counter[str]] = {}
    for kind in ("passed", "failed", "xfailed", "skipped"):
        for report in terminalreporter.stats.get(kind, ()):
            for name, place in getattr(report, "user_properties", ()):
                if name == "w3c" and report.when == "call":
                    counted.setdefault(tuple(place), Counter())[kind] += 1
    if not counted or config.option.verbose < 1:
        return
    terminalreporter.section("W3C SPARQL 1.1")
    groups = sorted({group for group, _ in counted})
    for group in groups:
        cells = [f"{column} {_cell(count)}" for (of, column), count in sorted(counted.items()) if of == group]
        terminalreporter.line(f"{group:22} {'  '.join(cells)}")


def _cell(count: Counter[str]) -> str:
    passed, known, failed = count["passed"], count["xfailed"], count["failed"]
    return f"{passed}" + (f" (+{known} known)" if known else "") + (f" (+{failed} FAILED)" if failed else "")
