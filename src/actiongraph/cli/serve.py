"""`actiongraph serve`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from actiongraph.cli.build import build_with_report
from actiongraph.cli.options import release_options, settings_of, shelf_of
from actiongraph.engine.base import Library
from actiongraph.errors import InvalidData
from actiongraph.release.files import FilesLibrary, store_files
from actiongraph.release.shelf import ReleaseLibrary
from actiongraph.settings import Settings, check_url
from actiongraph.web.app import create_app
from actiongraph.web.server import Listener, run


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
    with Listener(host, port) as listener, _library(settings, files) as library:
        settings = replace(settings, url=check_url(url or listener.url))
        run(create_app(settings, library), listener, ready=lambda: click.echo(f"Serving on {listener.url}"))


@contextmanager
def _library(settings: Settings, files: tuple[Path, ...]) -> Iterator[Library]:
    if files:
        with tempfile.TemporaryDirectory(prefix="actiongraph-", ignore_cleanup_errors=True) as folder:
            graphs = store_files(files, Path(folder) / "store")
            yield FilesLibrary(Path(folder) / "store", graphs)
    else:
        yield _release(settings)


def _release(settings: Settings) -> Library:
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
    return ReleaseLibrary(shelf)
