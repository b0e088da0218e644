"""Versions of this program side by side, in turns, on the same triples: small queries, nothing kept and kept.

    python -m bench.checkouts 0.2.0=../before 0.3.0=.

Each version is a checkout, whose `serve FILE` runs with this Python. Beside what clients see, the processor time of the
server's own process is told: without workers, and without clients, so that a busy machine changes little in it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import click

from bench.compare import prepare
from bench.generate import FEWEST, MOST
from bench.load import many_clients, one_client
from bench.systems import Data, Running, System, running

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_COLUMNS = "| version | p50, 1 client | own time, 1 client | answers/s, 8 clients | own time, 8 clients |"
_RULE = "|---|---|---|---|---|"


@dataclass(slots=True)
class Figures:
    """What the turns of one version gave: milliseconds, answers per second, and milliseconds of processor time."""

    p50_ms: list[float] = field(default_factory=list)
    own_ms: list[float] = field(default_factory=list)
    per_s: list[float] = field(default_factory=list)
    own_of_many_ms: list[float] = field(default_factory=list)

    def row(self, name: str) -> str:
        """Return the medians as a row of a table."""
        p50, own, per_s, own_of_many = map(median, (self.p50_ms, self.own_ms, self.per_s, self.own_of_many_ms))
        return f"| {name} | {p50:.2f} ms | {own:.3f} ms | {per_s:,.0f} | {own_of_many:.3f} ms |"


@click.command()
@click.argument("checkouts", nargs=-1, required=True, metavar="NAME=FOLDER…")
@click.option("--actions", type=click.IntRange(FEWEST, MOST), default=1_000, show_default=True, help="How many.")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True, help="Turns of each version.")
@click.option("--seconds", type=click.IntRange(1), default=1, show_default=True, help="Per turn and number of clients.")
def main(checkouts: Sequence[str], actions: int, rounds: int, seconds: int) -> None:
    """Compare versions of this program."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        data, asked = prepare(folder, actions, seed=1)
        named = [written.partition("=") for written in checkouts]
        servers = [stack.enter_context(running(_system(name, Path(path)), data)) for name, _, path in named]
        queries = [asking.query for question in asked if question.is_small for asking in question.askings]
        for vary in (True, False):
            figures = [Figures() for _ in servers]
            for turn in range(rounds + 1):
                for server, found in zip(servers, figures, strict=True):
                    _take(server, queries, seconds, found if turn else Figures(), vary=vary)  # the first is to warm up
            rows = [found.row(server.system.name) for server, found in zip(servers, figures, strict=True)]
            click.echo("\n".join([f"\n{'Uncached' if vary else 'Repeated'}\n", _COLUMNS, _RULE, *rows]))
        click.echo(
            f"\nThe load of the machine was {os.getloadavg()[0]:.1f} at the end, on {os.cpu_count()} processors."
        )


def _system(name: str, checkout: Path) -> System:
    source = checkout.resolve() / "src"

    def command(data: Data, port: int) -> Sequence[str]:
        return [
            "env",
            f"PYTHONPATH={source}",
            sys.executable,
            "-m",
            "actiongraph",
            "serve",
            "--port",
            str(port),
            str(data.triples),
        ]

    return System(name, "/sparql", command)


def _take(server: Running, queries: Sequence[str], seconds: int, found: Figures, *, vary: bool) -> None:
    targets = [server.address.target(query) for query in queries]
    before = _own_ms(server)
    latencies = one_client(server.address, targets, seconds, vary=vary)
    between = _own_ms(server)
    many = many_clients(server.address, targets, seconds, vary=vary)
    after = _own_ms(server)
    found.p50_ms.append(median(latencies))
    found.own_ms.append((between - before) / len(latencies))
    found.per_s.append(many.per_s)
    found.own_of_many_ms.append((after - between) / many.requests)


def _own_ms(server: Running) -> float:
    """Return the processor time of the server's own process so far, by what Linux says in /proc."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S * 1000


if __name__ == "__main__":
    main()
