"""`actiongraph serve`."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from actiongraph.cli.build import newest_release, published_note, vanished_note
from actiongraph.cli.options import GivenOptions, credentials_option, publication_options, releases_of
from actiongraph.engine.credentials import read_credentials
from actiongraph.engine.open import open_engine, open_upstream
from actiongraph.engine.pool import sandbox
from actiongraph.engine.pool.worker_pool import Pool
from actiongraph.release.previous import with_last_metadata
from actiongraph.release.snapshots import FileSnapshots, ReleaseSnapshots, Snapshot, Snapshots, store_files
from actiongraph.release.store import ReleaseStore
from actiongraph.release.upstream_snapshots import UpstreamSnapshots
from actiongraph.settings import Settings, check_url
from actiongraph.sparql.guard import check_query
from actiongraph.text import counted
from actiongraph.web.app import create_app
from actiongraph.web.example_answers import ExampleAnswers
from actiongraph.web.http.access_log import RequestLog
from actiongraph.web.http.clients import read_networks
from actiongraph.web.routes.monitoring import Gauges
from actiongraph.web.server import Listener, Server
from actiongraph.web.workbench import find_editor

_ANYTHING = "SELECT * WHERE { ?s ?p ?o } LIMIT 1"
_SHOWN = 5


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE…]")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on; 0 picks a free one.",
)
@click.option("--url", metavar="URL", help="Public address of the server, if not the one it listens on.")
@click.option("--engine", metavar="URL", help="SPARQL endpoint that answers the queries, loaded with the release.")
@credentials_option
@click.option("--workers", type=int, metavar="N", help="Queries that run at once, each in its own process.")
@click.option("--timeout", type=float, metavar="SECONDS", help="Time limit of a query.")
@click.option("--budget", type=float, metavar="SECONDS", help="Query time per client and minute.")
@click.option("--trusted-proxies", default="", metavar="LIST", help="Proxies whose X-Forwarded-For is trusted.")
@click.option("--log", is_flag=True, help="Write a line of JSON about each request to standard error.")
@publication_options
def serve(  # noqa: PLR0913, PLR0917 - one for each option
    files: tuple[Path, ...],
    host: str,
    port: int,
    url: str | None,
    engine: str | None,
    credentials: Path | None,
    workers: int | None,
    timeout: float | None,
    budget: float | None,
    trusted_proxies: str,
    log: bool,
    options: GivenOptions,
) -> None:
    """Serve SPARQL over HTTP.

    Without FILE, the release is served, and built first if the data has changed. With FILEs, these are served as
    they are: any RDF, not validated. With --engine, queries are answered by another engine, and all else is as it is.
    """
    if files and engine is not None:
        raise click.UsageError("--engine answers from a release, and FILEs are none; leave out one of them")
    settings = options.settings(workers=workers, timeout_s=timeout, budget_s=budget)
    settings = replace(settings, trusted_proxies=read_networks(trusted_proxies))
    behind = open_upstream(engine, settings, read_credentials(credentials, os.environ)) if engine is not None else None
    if sandbox.available() is sandbox.Confinement.NONE:
        click.echo(
            "actiongraph: this system cannot sandbox queries; do not expose the server to the internet.", err=True
        )
    if find_editor() is None:
        click.echo(
            "actiongraph: the query editor was not installed, so queries are written in a plain form; for the editor, "
            "install Node.js 18 or newer with npm, and then actiongraph again with pip install --force-reinstall.",
            err=True,
        )
    with (
        Listener(host, port) as listener,
        closing(Pool(settings)) as pool,
        _snapshots(settings, files, pool) as snapshots,
        closing(behind) if behind is not None else nullcontext(),
    ):
        if not files:
            settings = with_last_metadata(settings, releases_of(settings))
        settings = replace(settings, url=check_url(url or listener.url))
        upstream = None
        if behind is not None and isinstance(snapshots, ReleaseSnapshots):
            upstream = UpstreamSnapshots(snapshots, behind, settings)
        gauges = Gauges(pool=pool.state)
        app = create_app(settings, snapshots, gauges, [RequestLog(sys.stderr)] if log else [], upstream)
        server = Server(app, listener, settings)
        gauges.traffic = server.traffic

        def give_up() -> None:
            if behind is not None:
                behind.close()
            pool.close()

        with ExampleAnswers(app, upstream or snapshots, settings, server.is_busy).in_background():
            server.run(ready=lambda: click.echo(f"Serving on {listener.url}"), give_up=give_up)


@contextmanager
def _snapshots(settings: Settings, files: tuple[Path, ...], pool: Pool) -> Iterator[Snapshots]:
    if files:
        with tempfile.TemporaryDirectory(prefix="actiongraph-", ignore_cleanup_errors=True) as folder:
            stored = store_files(files, Path(folder) / "store")
            graphs = stored.graphs
            engine = open_engine(Path(folder) / "store", pool=pool, union_default=False)
            if graphs and not engine.select(check_query(_ANYTHING, settings)):
                there_are = f"The files have {counted(len(graphs), 'named graph')}: {', '.join(list(graphs)[:_SHOWN])}"
                more = ", …" if len(graphs) > _SHOWN else ""
                click.echo(f"The default graph is empty: use GRAPH or FROM. {there_are}{more}", err=True)
            if sentence := stored.rewritten.sentence():
                click.echo(f"actiongraph: {sentence}", err=True)
            yield FileSnapshots(Snapshot(engine, None, graphs, union_default=False, files=stored))
    else:
        yield ReleaseSnapshots(_release(settings), partial(open_engine, pool=pool))


def _release(settings: Settings) -> ReleaseStore:
    releases, outcome = newest_release(settings)
    if outcome and outcome.is_new:
        click.echo(published_note(outcome), err=True)
        if outcome.vanished:
            click.echo(vanished_note(outcome.vanished, settings), err=True)
    return releases
