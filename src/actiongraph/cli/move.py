"""`actiongraph move`."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

import click

from actiongraph.cli.build import newest_release
from actiongraph.cli.options import GivenOptions, credentials_option, release_options
from actiongraph.cli.progress import StepProgress
from actiongraph.engine.credentials import read_credentials
from actiongraph.engine.open import open_engine
from actiongraph.engine.pool.worker_pool import Pool
from actiongraph.engine.upstream import UpstreamEngine
from actiongraph.examples import load_examples
from actiongraph.move.loading import Move
from actiongraph.move.proof import ProofLine, ProofVerdict, compare_chains, compare_counts, compare_examples
from actiongraph.move.writers import GraphStoreWriter, UpdateWriter
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.text import counted

_ADDRESSES = "Fuseki has …/DATASET/data, Virtuoso …/sparql-graph-crud-auth"


@click.command()
@click.argument("url", metavar="URL")
@click.option("--graph-store", metavar="URL", help=f"Where its Graph Store Protocol is: {_ADDRESSES}.")
@click.option("--update", metavar="URL", help="Where it takes SPARQL updates, if it has no graph store.")
@credentials_option
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
    who = read_credentials(credentials, os.environ)
    engine = UpstreamEngine(url, replace(settings, timeout_s=timeout), who, called=None)
    writer = UpdateWriter(engine.exchange, update) if update else GraphStoreWriter(engine.exchange, graph_store or "")
    releases, _ = newest_release(settings)
    with closing(Pool(settings)) as pool, closing(engine), closing(StepProgress()) as progress:
        snapshot = ReleaseSnapshots(releases, partial(open_engine, pool=pool)).current()
        record = releases.record(snapshot.version or "")
        moved = Move(snapshot, record, engine, writer, settings, secrets.token_hex(8), progress.tell_step)
        sent = moved.load()
        shown = partial(_show, base=record.base, progress=progress)
        differs = "The counts differ" if shown(compare_counts(moved)) else ""
        if not differs:
            examples = load_examples(record.base, settings.programme)
            has_other_answers = shown(chain(compare_examples(moved, examples), compare_chains(moved)))
            differs = "Some answers differ" if has_other_answers and not despite_differences else ""
        if not differs:
            moved.finish()
    if differs:
        advice = " again" if differs.startswith("The") else " again with --despite-differences if that does not matter"
        click.echo(
            f"actiongraph: {differs}, so the marker is not written and no release stands there; run this{advice}.",
            err=True,
        )
        context.exit(1)
    graphs = counted(len(record.graphs), "graph")
    click.echo(f"Moved {record.version}: {counted(sent, 'triple')} in {graphs}; its marker stands.")


def _show(lines: Iterable[ProofLine], base: str, progress: StepProgress) -> bool:
    """Print `lines` as they come, and return whether anything differs."""
    differs = False
    for line in lines:
        name = line.name.removeprefix(base)
        why = f": {line.why}" if line.why else ""
        progress.close()
        click.echo(
            f"{line.verdict.value:9}  {line.kind} {name}{why} ({line.here_s:.3f} s here, {line.there_s:.3f} s there)"
        )
        differs = differs or line.verdict is ProofVerdict.DIFFERENT
    return differs
