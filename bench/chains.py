"""How long chains take in process, on a release of generated data: from the index of the release, and by the engine.

    python -m bench.generate 100000 FOLDER
    python -m bench.publish FOLDER/data STORE
    python -m bench.chains STORE

A snapshot without a folder has no index, so its engine is asked. Times are medians, in wall time and in the processor
time of the asking thread: the second says what a quiet machine needs where the first is disturbed by others.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import click
import pyoxigraph as ox

from actiongraph.chains.summary import Filters
from actiongraph.index.chain_index import chain_of, open_chain_list
from actiongraph.release.derive import derive
from actiongraph.release.snapshots import ReleaseSnapshots, Snapshot
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from bench.actions import LONGEST
from bench.generate import generate
from bench.statements import Statement

_CHAINS = 20
_ROUNDS = 5
_SIZES = (10_000, 40_000)
_MEMBERS = f"""
PREFIX ag: <https://w3id.org/actiongraph/ontology#>
SELECT ?action ?depth WHERE {{
  ?chain ag:chainLength {LONGEST} ; ag:chainSize {LONGEST} .
  ?action ag:inChain ?chain ; ag:chainDepth ?depth .
  FILTER(?depth IN ({LONGEST // 2}, {LONGEST - 1}))
}} ORDER BY ?action
"""


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """Return the wall time and the processor time of one run, in milliseconds."""
    wall, processor = time.perf_counter(), time.thread_time()
    run()
    return (time.perf_counter() - wall) * 1_000, (time.thread_time() - processor) * 1_000


def middle(times: list[tuple[float, float]]) -> str:
    """Return the medians of what `timed` gave."""
    wall, processor = (median(column) for column in zip(*times, strict=True))
    return f"{wall:9.2f} ms wall  {processor:9.2f} ms processor  (median of {len(times)})"


def trace_all(
    snapshot: Snapshot, settings: Settings, depth: int, *, probable: bool = True
) -> list[tuple[float, float]]:
    """Return the times of tracing some chains of `LONGEST` actions, asked for by their members at `depth`."""
    found = snapshot.engine.select(check_query(_MEMBERS, settings))
    asked = [str(row["action"]) for row in found if str(row["depth"]) == str(depth)][:_CHAINS]

    def trace(action: str) -> None:
        chain = chain_of(snapshot.engine, action, index=snapshot.chains, settings=settings, probable=probable)
        assert len(chain.steps) == LONGEST or not probable  # noqa: S101 - a time for half a chain is worth nothing

    return [timed(lambda action=action: trace(action)) for _ in range(_ROUNDS) for action in asked]  # type: ignore[misc]


def list_all(snapshot: Snapshot, settings: Settings, *, probable: bool) -> tuple[int, list[tuple[float, float]]]:
    """Return the number of chains, and the times of reading the list of them."""

    def read() -> int:
        with open_chain_list(snapshot.engine, index=snapshot.chains, settings=settings, probable=probable) as chains:
            return len(chains.chosen(Filters()))

    return read(), [timed(read) for _ in range(_ROUNDS)]


def derive_all(actions: int, settings: Settings) -> tuple[int, list[tuple[float, float]]]:
    """Return the number of links among `actions` actions, and the times of deriving facts from them alone."""
    quads = [quad for statement in generate(actions) if (quad := _link(statement))]
    return len(quads), [timed(lambda: derive(quads, settings)) for _ in range(_ROUNDS)]


def _link(statement: Statement) -> ox.Quad | None:
    if "ollowUpOf> <" not in statement.triple or "#predicate>" in statement.triple:
        return None
    [triple] = ox.parse(f"{statement.triple} .", format=ox.RdfFormat.N_TRIPLES)
    return ox.Quad(triple.subject, triple.predicate, triple.object, ox.NamedNode("urn:bench"))


@click.command()
@click.argument("store", type=click.Path(path_type=Path, file_okay=False, exists=True))
def main(store: Path) -> None:
    """Time chains on the newest release in STORE."""
    settings = Settings(store=store)
    snapshot = ReleaseSnapshots(ReleaseStore(store)).current()
    for way, asked in (("index", snapshot), ("engine", replace(snapshot, folder=None))):
        for probable, links in ((True, "all links"), (False, "stated links")):
            for place, depth in (("end", LONGEST - 1), ("middle", LONGEST // 2)):
                told = f"{way}: a chain of {LONGEST} from its {place}, {links}"
                click.echo(f"{told:<50} {middle(trace_all(asked, settings, depth, probable=probable))}")
            chains, taken = list_all(asked, settings, probable=probable)
            click.echo(f"{f'{way}: all {chains:,} chains, {links}':<50} {middle(taken)}")
    for actions in _SIZES:
        number, taken = derive_all(actions, settings)
        per_link = median(processor for _, processor in taken) * 1_000 / number
        told = f"derived facts of {number:,} links"
        click.echo(f"{told:<50} {middle(taken)}  {per_link:.1f} µs for each link")


if __name__ == "__main__":
    main()
