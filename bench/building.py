"""Processor time and memory of a build, stage by stage: `python -m bench.building DATA [--against COMMIT]`.

Each build runs in a process of its own, with the data that is given and a store that is thrown away; with a commit to
compare with, the two take turns. The time is that of the processor, children included, so that a busy machine does
little harm. The memory of a stage is the most that was resident while it ran; a child's is told apart. Linux only.
"""

from __future__ import annotations

import json
import os
import resource
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

_CHECKOUT = Path(__file__).resolve().parents[1]
_STAGES = (
    "find_inputs", "read_data", "read_facts", "by_file", "derive", "load", "compare", "compare_lines", "select",
    "check_terms", "find_doubles", "locate", "examine", "entail", "_release_lines", "Lines", "write_dumps",
    "write_changes", "count", "_catalogue", "write_lists", "write_chains", "_write_store", "write_search",
    "write_source_lines", "write_terms", "write_history",
)  # fmt: skip
"""Functions that are a stage of a build now or were one, in whatever module; a stage inside another is told apart."""


class StageTimes:
    """Notes what each stage takes: seconds of this process and of its children, and the most resident memory in MB."""

    def __init__(self) -> None:
        """Nothing was noted yet."""
        self.stages: dict[str, list[float]] = {}
        self._inner: list[list[float]] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Note what the block takes, without the stages inside it."""
        before, outer_peak = _times(), _peak_mb()
        _forget_peak()
        self._inner.append([0.0, 0.0])
        try:
            yield
        finally:
            own, in_children = (after - start for after, start in zip(_times(), before, strict=True))
            inner = self._inner.pop()
            noted = self.stages.setdefault(name, [0.0, 0.0, 0.0])
            noted[0] += own - inner[0]
            noted[1] += in_children - inner[1]
            noted[2] = max(noted[2], _peak_mb())
            if self._inner:
                self._inner[-1][0] += own
                self._inner[-1][1] += in_children
            self._peak = max(outer_peak, _peak_mb())

    def wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return `function` as a stage."""

        def staged(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it takes and returns
            with self.stage(name):
                return function(*arguments, **named)

        return staged


def _times() -> tuple[float, float]:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    own, children = (each.ru_utime + each.ru_stime for each in used)
    return own, children


def _peak_mb() -> float:
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", "ascii")


def build_once(data: Path, store: Path) -> dict[str, Any]:
    """Build the data in the folder `data` into the new store `store`, and return what each stage took."""
    from actiongraph.release import build as module  # noqa: PLC0415 - of whichever checkout the path names
    from actiongraph.release import store as stores  # noqa: PLC0415
    from actiongraph.settings import Settings  # noqa: PLC0415
    from actiongraph.validate import core  # noqa: PLC0415

    times = StageTimes()
    for name in _STAGES:
        function = getattr(module, name, None)
        if isinstance(function, type):
            function.__init__ = times.wrap(name, function.__init__)  # type: ignore[misc]
        elif function:
            setattr(module, name, times.wrap(name, function))
    core._validate_core = times.wrap("validate_core", core._validate_core)
    core.set_wise.validate = times.wrap("set_wise", lambda *given, run=core.set_wise.validate: list(run(*given)))
    stores._sync_all = times.wrap("sync", stores._sync_all)
    with times.stage("else"):
        record = module.build(Settings(data=data, store=store), stores.ReleaseStore(store)).record
    return {
        "content": record.content_sha256,
        "report": record.report_sha256,
        "dumps": dict(record.dumps),
        "triples": record.triples,
        "stages": times.stages,
        "child_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }


def run(checkout: Path, data: Path) -> dict[str, Any]:
    """Return what a build by the program in `checkout` took."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.building", str(data), "--into", folder]
        path = os.pathsep.join(map(str, (checkout / "src", _CHECKOUT, os.environ.get("PYTHONPATH", ""))))
        environment = {**os.environ, "PYTHONPATH": path}
        said = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout  # noqa: S603
    found: dict[str, Any] = json.loads(said)
    return found


def table(name: str, told: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a table on one build."""
    stages: dict[str, list[float]] = told["stages"]
    yield f"{name}: {told['triples']:,} triples, content {told['content'][:12]}, report {told['report'][:12]}"
    yield f"{'stage':<20}{'seconds':>9}{'in child':>9}{'MB':>8}"
    for stage, (own, in_children, peak) in stages.items():
        yield f"{stage:<20}{own:>9.1f}{in_children:>9.1f}{peak:>8,.0f}"
    own, children, peaks = (list(column) for column in zip(*stages.values(), strict=True))
    yield f"{'all':<20}{sum(own):>9.1f}{sum(children):>9.1f}{max(peaks):>8,.0f}   child {told['child_mb']:,.0f} MB"


@click.command()
@click.argument("data", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--against", help="A commit to compare with.")
@click.option("--rounds", default=1, show_default=True)
@click.option("--into", type=click.Path(path_type=Path), hidden=True)
def main(data: Path, against: str | None, rounds: int, into: Path | None) -> None:
    """Measure builds of the Turtle files in DATA, stage by stage."""
    if into:
        click.echo(json.dumps(build_once(data, into)))
        return
    with tempfile.TemporaryDirectory() as folder:
        checkouts = {"this": _CHECKOUT}
        if against:
            archive = f"git archive {shlex.quote(against)} | tar -x -C {shlex.quote(folder)}"
            subprocess.run(archive, shell=True, cwd=_CHECKOUT, check=True)  # noqa: S602 - our own words
            checkouts[against] = Path(folder)
        for _ in range(rounds):
            for name, checkout in checkouts.items():
                click.echo("\n".join(table(name, run(checkout, data.resolve()))) + "\n")


if __name__ == "__main__":
    main()
