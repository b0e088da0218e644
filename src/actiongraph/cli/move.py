"""`actiongraph move`."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from contextlib import closing
from functools import partial
from pathlib import Path

import click

from actiongraph.cli.build import newest_release
from actiongraph.cli.options import GivenOptions, release_options
from actiongraph.cli.progress import StepProgress
from actiongraph.engine.credentials import VARIABLE, read_credentials
from actiongraph.engine.open import open_engine
from actiongraph.engine.origin import Origin
from actiongraph.engine.pool.worker_pool import Pool
from actiongraph.examples import load_examples
from actiongraph.move.loading import Move
from actiongraph.move.proof import Comparison, Verdict, compare_chains, compare_counts, compare_examples
from actiongraph.move.reading import MovedRelease
from actiongraph.move.writers import GraphStoreWriter, UpdateWriter
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.text import counted
from actiongraph.validate.report import short
from actiongraph.vocabulary import IRI

_ADDRESSES = "Fuseki has …/DATASET/data, Virtuoso …/sparql-graph-crud-auth"


@click.command()
@click.argument("url", metavar="URL")
@click.option("--graph-store", metavar="URL", help=f"Where its Graph Store Protocol is: {_ADDRESSES}.")
@click.option("--update", metavar="URL", help="Where it takes SPARQL updates, if it has no graph store.")
@click.option(
    "--credentials",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=f"File with user:password. [default: what the environment variable {VARIABLE} has]",
)
@click.option(
    "--timeout",
    type=click.FloatRange(1),
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="How long the engine may take for one request.",
)
@click.option("--despite-differences", is_flag=True, help="Let the release stand even if some answers differ.")
@release_options
@click.pass_context
def move(
    context: click.Context,
    url: str,
    graph_store: str | None,
    update: str | None,
    credentials: Path | None,
    timeout: float,
    despite_differences: bool,
    options: GivenOptions,
) -> None:
    """Load the release into the engine that answers SPARQL queries at URL, and prove that it is whole there.

    Only graphs under the base of the data are replaced. Exit code 1 if any answer differs.
    """
    if (graph_store is None) == (update is None):
        raise click.UsageError(
            f"name where the engine is written to, by --graph-store URL ({_ADDRESSES}) or by --update URL"
        )
    settings = options.settings()
    origin = Origin(url, read_credentials(credentials, os.environ), timeout_s=timeout)
    writer = UpdateWriter(origin, update) if update else GraphStoreWriter(origin, graph_store or "")
    releases, _ = newest_release(settings)
    with closing(Pool(settings)) as pool, closing(StepProgress()) as progress:
        snapshot = ReleaseSnapshots(releases, partial(open_engine, pool=pool)).current()
        record = releases.record(snapshot.version or "")
        there = MovedRelease(origin, url, [IRI(graph) for graph in sorted(record.graphs)], settings.max_answer_bytes)
        moved = Move(snapshot, record, there, writer, settings, secrets.token_hex(8), progress.tell_step)
        sent = moved.load()
        shown = partial(_show, base=record.base)
        counts = shown(compare_counts(moved))
        is_whole = Verdict.DIFFERENT not in counts
        if is_whole:
            answers = shown(compare_examples(moved, load_examples(record.base, settings.programme)))
            answers += shown(compare_chains(moved))
            is_same = Verdict.DIFFERENT not in answers
        if is_whole and (is_same or despite_differences):
            moved.finish()
    if not is_whole:
        click.echo(
            "The counts differ, so the marker is not written: no release stands there. Run this again.", err=True
        )
    elif not is_same and not despite_differences:
        click.echo(
            "Some answers differ, so the marker is not written: no release stands there. If these differences do not "
            "matter to you, run this again with --despite-differences.",
            err=True,
        )
    else:
        graphs = counted(len(record.graphs), "graph")
        click.echo(f"Moved {record.version}: {counted(sent, 'triple')} in {graphs}; its marker stands.")
    if not (is_whole and (is_same or despite_differences)):
        context.exit(1)


def _show(comparisons: Iterable[Comparison], base: str) -> list[Verdict]:
    """Print each of `comparisons` as it comes, and return their verdicts."""
    verdicts = []
    for each in comparisons:
        name = short(IRI(each.name), base) if each.kind == "graph" else each.name
        why = f": {each.why}" if each.why else ""
        times = f"{each.here_s:.3f} s here, {each.there_s:.3f} s there"
        click.echo(f"{each.verdict.value:9}  {each.kind} {name}{why} ({times})")
        verdicts.append(each.verdict)
    return verdicts
