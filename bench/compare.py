"""Servers side by side, in one run, on the same generated data.

    python -m bench.compare --actions 2000 --seconds 3

Every answer is first held against what the generator knows; a wrong one is reported and not timed. Then
the servers are asked in turn, a slice of the time each, so that whatever else the machine does hits all.
bench/peers.sh installs the servers of others; `--json` is for bench.report, which makes a page with plots of it.
"""

from __future__ import annotations

import gzip
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
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
from bench.peers import systems
from bench.publish import publish_data
from bench.questions import Asking, CheckedQuery, Row, questions
from bench.systems import Data, Running, System, running, trivial
from bench.tables import Result

_MOST_ROUNDS = 3
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.option(
    "--actions",
    type=click.IntRange(FEWEST, MOST),
    multiple=True,
    default=(1_000,),
    show_default=True,
    help="How many; repeatable.",
)
@click.option("--seed", default=1, show_default=True, help="Another seed makes other data.")
@click.option("--seconds", type=click.IntRange(1), default=3, show_default=True, help="Per question, server and mode.")
@click.option("--only", multiple=True, metavar="QUESTION", help="Questions to ask; repeatable. [default: all]")
@click.option("--system", "chosen", multiple=True, metavar="NAME", help="Servers to ask; repeatable. [default: all]")
@click.option("--rdflib-endpoint", default="rdflib-endpoint", show_default=True, help="Where that program is.")
@click.option("--fuseki", type=_FOLDER, envvar="ACTIONGRAPH_FUSEKI", help="What bench/peers.sh has filled.")
@click.option("--before", type=_FOLDER, help="A checkout of 0.2.0 with that installed in its .venv.")
@click.option("--keep", type=_FOLDER, help="Keep the data here, and use what is kept. [default: a temporary folder]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def main(  # noqa: PLR0913 - one for each option
    *,
    actions: Sequence[int],
    seed: int,
    seconds: int,
    only: Sequence[str],
    chosen: Sequence[str],
    rdflib_endpoint: str,
    fuseki: Path | None,
    before: Path | None,
    keep: Path | None,
    as_json: bool,
) -> None:
    """Compare servers: right answers first, then how fast, and what they take of the machine."""
    all_systems = [system for system in systems(rdflib_endpoint, fuseki, before) if not chosen or system.name in chosen]
    results = []
    for number in actions:
        with ExitStack() as stack:
            kept = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            data, asked = prepare(kept / f"{number}-{seed}", number, seed)
            asked = [question for question in asked if not only or question.name in only]
            results.append(compare_all(data, number, asked, list(_present(all_systems, number)), seconds))
    if as_json:
        click.echo(json.dumps([result.as_json() for result in results], indent=1))
    else:
        click.echo("\n".join(map(tables.as_markdown, results)))


def prepare(folder: Path, actions: int, seed: int) -> tuple[Data, Sequence[CheckedQuery]]:
    """Generate data, publish it, and write all its triples, derived ones too, without their graphs.

    `folder` is used as it is where all of that is there.
    """
    generation = generate(actions, seed)
    data = Data(folder / "data", folder / "store", folder / "all.nt")
    if data.triples.exists():
        for _ in generation:
            pass
        return data, questions(generation.truth)
    write_data(generation, data.folder)
    version = publish_data(data.folder, data.releases).version
    dump = ReleaseStore(data.releases).path(version) / "dumps" / DUMP
    begun = folder / "all.begun"
    with gzip.open(dump) as quads, begun.open("wb") as file:
        triples = (quad.triple for quad in ox.parse(quads, format=ox.RdfFormat.N_QUADS))
        ox.serialize(triples, file, format=ox.RdfFormat.N_TRIPLES)
    begun.rename(data.triples)
    return data, questions(generation.truth)


def compare_all(
    data: Data, actions: int, asked: Sequence[CheckedQuery], chosen: Sequence[System], seconds: int
) -> Result:
    """Return how each of the systems did on each question."""
    with data.triples.open("rb") as lines:
        triples = sum(1 for _ in lines)
    clients_alone = _clients_alone(data)
    with ExitStack() as stack:
        servers = [stack.enter_context(running(system, data)) for system in chosen]
        names = [server.system.name for server in servers]
        today = datetime.now(UTC).date().isoformat()
        result = Result(actions, names, clients_alone, triples, today, load_before=os.getloadavg()[0])
        for server in servers:
            result.note_start(server.system.name, server.ready_s, server.memory())
        for question in asked:
            click.echo(f"{actions:,} actions: {question.name}", err=True)
            compare(question, servers, seconds, result)
        for server in servers:
            result.note_end(server.system.name, server.memory())
    result.load_after = os.getloadavg()[0]
    return result


def _clients_alone(data: Data) -> dict[str, Measured]:
    with running(trivial(), data) as server:
        target = [server.address.target("ASK { }")]
        return {
            tables.ONE: measured(one_client(server.address, target, 1.0, vary=True), 1.0),
            tables.EIGHT: many_clients(server.address, target, 2, vary=True),
        }


def _present(all_systems: Sequence[System], actions: int) -> Iterator[System]:
    for system in all_systems:
        if not system.is_installed:
            click.echo(f"{system.name} is not installed, so it is left out.", err=True)
        elif not system.fewest_actions <= actions <= system.most_actions:
            click.echo(f"{system.name} is left out at {actions:,} actions.", err=True)
        else:
            yield system


def compare(question: CheckedQuery, servers: Sequence[Running], seconds: int, result: Result) -> None:
    """Ask all servers `question`, in turn, and note in `result` how they did."""
    result.note_question(question)
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
        self._processor_s = 0.0
        self._many: list[Measured] = []
        self._faults: dict[str, str] = {}

    def go_on(self) -> None:
        """Ask for one more slice of time, with one client and then with eight."""
        address = self._server.address
        with self._noting(tables.ONE):
            before = self._server.processor_s()
            self._one += one_client(address, self._targets, self._slice_s, vary=self._vary)
            self._processor_s += self._server.processor_s() - before
        with self._noting(tables.EIGHT):
            self._many.append(many_clients(address, self._targets, max(1, round(self._slice_s)), vary=self._vary))

    @contextmanager
    def _noting(self, clients: str) -> Iterator[None]:
        """Note a failure instead of passing it on."""
        try:
            yield
        except (BadAnswerError, OSError) as error:
            self._faults[clients] = str(error)

    def note(self, mode: str, result: Result) -> None:
        """Note the figures, and the failures instead of them."""
        name = self._server.system.name
        for clients, fault in self._faults.items():
            result.note_fault(self._question.name, name, f"{mode}, {clients}: {fault}")
        if tables.ONE not in self._faults:
            found = measured(self._one, sum(self._one) / 1000)
            found = replace(found, processor_ms=self._processor_s / found.requests * 1000)
            result.note(self._question.name, mode, name, tables.ONE, found)
        if tables.EIGHT not in self._faults:
            result.note(self._question.name, mode, name, tables.EIGHT, _middle(self._many))


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
    except (BadAnswerError, OSError, ValueError, KeyError) as error:
        return f"no answer: {error}"
    return None if question.agrees(asking, rows) else f"{len(rows)} rows that are not the {len(asking.rows)} right ones"


def _rows(body: bytes, variables: Row) -> list[Row]:
    bindings: list[dict[str, Any]] = json.loads(body)["results"]["bindings"]
    return [tuple(row[name]["value"] if name in row else "" for name in variables) for row in bindings]


if __name__ == "__main__":
    main()
