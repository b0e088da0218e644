"""`actiongraph serve`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import click

from actiongraph.cli.build import build_with_report
from actiongraph.cli.options import release_options, settings_of, shelf_of
from actiongraph.engine.base import Edition, Library
from actiongraph.engine.workers import Pool, PooledEngine
from actiongraph.errors import InvalidData
from actiongraph.release.files import FilesLibrary, store_files
from actiongraph.release.shelf import ReleaseLibrary, Shelf
from actiongraph.settings import Settings, check_url
from actiongraph.web.app import create_app
from actiongraph.web.server import Listener, Server


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
@click.option("--url", metavar="URL", help="Where clients find the server, if not at the address it listens on.")
@release_options
def serve(
    files: tuple[Path, ...], host: str, port: int, url: str | None, data: Path | None, store: Path | None, base: str
) -> None:
    """Answer SPARQL over HTTP.

    Without FILE, the release is served, built first if the data has changed. With FILEs, they are served as
    they stand: any RDF, no shapes.
    """
    settings = settings_of(data, store, base)
    with Listener(host, port) as listener, closing(Pool(settings)) as pool, _library(settings, files, pool) as library:
        settings = replace(settings, url=check_url(url or listener.url))
        server = Server(create_app(settings, library), listener, settings)
        server.run(ready=lambda: click.echo(f"Serving on {listener.url}"), give_up=pool.close)


@contextmanager
def _library(settings: Settings, files: tuple[Path, ...], pool: Pool) -> Iterator[Library]:
    if files:
        with tempfile.TemporaryDirectory(prefix="actiongraph-", ignore_cleanup_errors=True) as folder:
            graphs = store_files(files, Path(folder) / "store")
            engine = PooledEngine(pool, Path(folder) / "store", union_default=False)
            yield FilesLibrary(Edition(engine, None, graphs, union_default=False))
    else:
        yield ReleaseLibrary(_release(settings), lambda store: PooledEngine(pool, store, union_default=True))


def _release(settings: Settings) -> Shelf:
    shelf = shelf_of(settings)
    try:
        outcome = build_with_report(settings, shelf, unless_unchanged=True)
    except InvalidData as error:
        if shelf.newest() is None:
            raise
        click.echo(f"actiongraph: {error}", err=True)
    else:
        if outcome.is_new:
            click.echo(f"Published {outcome.record.version}: {outcome.record.triples} triples.", err=True)
    return shelf
