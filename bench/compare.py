"""Servers side by side, in one run, on the same generated data.

    python -m bench.compare --actions 1000 --seconds 3

Every answer is first held against what the generator knows; a wrong one is reported and not timed. Then
the servers are asked in turn, a slice of the time each, so that whatever else the machine does hits all.
"""

from __future__ import annotations

import gzip
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import click
import pyoxigraph as ox

from actiongraph.publication import DUMP
from actiongraph.release.store import ReleaseStore
from bench import tables
from bench.generate import FEWEST, MOST, generate, write_data
from bench.load import Address, BadAnswerError, Client, Measured, many_clients, measured, one_client
from bench.publish import publish_data
from bench.questions import Asking, CheckedQuery, Row, questions
from bench.systems import Data, Running, System, running, systems, trivial
from bench.tables import Result

_MOST_ROUNDS = 3


@click.command()
@click.option("--actions", type=click.IntRange(FEWEST, MOST), default=1_000, show_default=True, help="How many.")
@click.option("--seed", default=1, show_default=True, help="Another seed makes other data.")
@click.option("--seconds", type=click.IntRange(1), default=3, show_default=True, help="Per question, server and mode.")
@click.option("--only", multiple=True, metavar="QUESTION", help="Questions to ask; repeatable. [default: all]")
@click.option("--system", "chosen", multiple=True, metavar="NAME", help="Servers to ask; repeatable. [default: all]")
@click.option("--rdflib-endpoint", default="rdflib-endpoint", show_default=True, help="Where that program is.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def main(
    actions: int,
    seed: int,
    seconds: int,
    only: Sequence[str],
    chosen: Sequence[str],
    rdflib_endpoint: str,
    as_json: bool,
) -> None:
    """Compare servers: right answers first, then how fast, and what they take of the machine."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        data, asked = prepare(folder, actions, seed)
        asked = [question for question in asked if not only or question.name in only]
        clients_alone = _clients_alone(data)
        servers = [
            stack.enter_context(running(system, data)) for system in _present(systems(rdflib_endpoint), chosen, actions)
        ]
        result = Result(actions, [server.system.name for server in servers], clients_alone, os.getloadavg()[0])
        for server in servers:
            result.note_start(server.system.name, server.ready_s, server.memory_mb())
        for question in asked:
            click.echo(question.name, err=True)
            compare(question, servers, seconds, result)
        for server in servers:
            result.note_end(server.system.name, server.memory_mb())
        result.load_after = os.getloadavg()[0]
        click.echo(json.dumps(result.as_json(), indent=2) if as_json else tables.as_markdown(result))


def prepare(folder: Path, actions: int, seed: int) -> tuple[Data, Sequence[CheckedQuery]]:
    """Generate data in `folder`, publish it, and write all its triples, derived ones too, without their graphs."""
    truth = write_data(generate(actions, seed), folder / "data")
    version = publish_data(folder / "data", folder / "store").version
    data = Data(folder / "data", folder / "store", folder / "all.nt")
    dump = ReleaseStore(data.releases).path(version) / "dumps" / DUMP
    with gzip.open(dump) as quads, data.triples.open("wb") as file:
        triples = (quad.triple for quad in ox.parse(quads.read(), format=ox.RdfFormat.N_QUADS))
        ox.serialize(triples, file, format=ox.RdfFormat.N_TRIPLES)
    return data, questions(truth)


def _clients_alone(data: Data) -> dict[str, Measured]:
    with running(trivial(), data) as server:
        target = [server.address.target("ASK { }")]
        return {
            tables.ONE: measured(one_client(server.address, target, 1.0, vary=True), 1.0),
            tables.EIGHT: many_clients(server.address, target, 2, vary=True),
        }


def _present(all_systems: Sequence[System], chosen: Sequence[str], actions: int) -> Iterator[System]:
    for system in all_systems:
        if chosen and system.name not in chosen:
            continue
        if not system.is_installed:
            click.echo(f"{system.name} is not installed, so it is left out.", err=True)
        elif actions > system.most_actions:
            click.echo(f"{system.name} is left out beyond {system.most_actions:,} actions.", err=True)
        else:
            yield system


def compare(question: CheckedQuery, servers: Sequence[Running], seconds: int, result: Result) -> None:
    """Ask all servers `question`, in turn, and note in `result` how they did."""
    rounds = min(_MOST_ROUNDS, seconds)
    right = [server for server in servers if _is_right(question, server, result)]
    for mode in tables.MODES:
        trials = [Trial(question, server, seconds / rounds, vary=mode == tables.UNCACHED) for server in right]
        for _ in range(rounds):
            for trial in trials:
                trial.go_on()
        for trial in trials:
            trial.note(mode, result)


class Trial:
    """One question to one server in one mode, a slice at a time."""

    def __init__(self, question: CheckedQuery, server: Running, slice_s: float, *, vary: bool) -> None:
        self._question = question
        self._server = server
        self._slice_s = slice_s
        self._vary = vary
        self._targets = [server.address.target(asking.query) for asking in question.askings]
        self._one: list[float] = []
        self._many: list[Measured] = []
        self._faults: dict[str, str] = {}

    def go_on(self) -> None:
        """Ask for one more slice of time, with one client and then with eight."""
        address = self._server.address
        with self._noting(tables.ONE):
            self._one += one_client(address, self._targets, self._slice_s, vary=self._vary)
        with self._noting(tables.EIGHT):
            self._many.append(many_clients(address, self._targets, max(1, round(self._slice_s)), vary=self._vary))

    @contextmanager
    def _noting(self, clients: str) -> Iterator[None]:
        """Note a failure instead of passing it on."""
        try:
            yield
        except BadAnswerError as error:
            self._faults[clients] = str(error)

    def note(self, mode: str, result: Result) -> None:
        """Note the figures, and the failures instead of them."""
        name = self._server.system.name
        for clients, fault in self._faults.items():
            result.note_fault(self._question.name, name, f"{mode}, {clients}: {fault}")
        if tables.ONE not in self._faults:
            result.note(self._question, mode, name, tables.ONE, measured(self._one, sum(self._one) / 1000))
        if tables.EIGHT not in self._faults:
            result.note(self._question, mode, name, tables.EIGHT, _middle(self._many))


def _middle(several: Sequence[Measured]) -> Measured:
    return Measured(
        median(one.p50_ms for one in several),
        median(one.p99_ms for one in several),
        median(one.per_s for one in several),
        sum(one.requests for one in several),
    )


def _is_right(question: CheckedQuery, server: Running, result: Result) -> bool:
    for asking in question.askings:
        fault = fault_of(question, asking, server.address)
        if fault:
            result.note_fault(question.name, server.system.name, fault)
            return False
    return True


def fault_of(question: CheckedQuery, asking: Asking, address: Address) -> str | None:
    """Return what is wrong with the answer, or None."""
    try:
        with closing(Client(address)) as client:
            body = client.get(address.target(asking.query).replace("{NUMBER}", "0").encode())
        rows = _rows(body, question.variables)
    except (BadAnswerError, TimeoutError, ValueError, KeyError) as error:
        return f"no answer: {error}"
    return None if question.agrees(asking, rows) else f"{len(rows)} rows that are not the {len(asking.rows)} right ones"


def _rows(body: bytes, variables: Row) -> list[Row]:
    bindings: list[dict[str, Any]] = json.loads(body)["results"]["bindings"]
    return [tuple(row[name]["value"] if name in row else "" for name in variables) for row in bindings]


if __name__ == "__main__":
    main()
