"""`actiongraph chain`."""

from __future__ import annotations

from pathlib import Path

import click

from actiongraph.chains.trace import trace_chain
from actiongraph.chains.writing import WRITERS
from actiongraph.cli.options import release_options, settings_of
from actiongraph.cli.query import open_engine


@click.command()
@click.argument("key")
@click.option("--endpoint", metavar="URL", help="Trace on this SPARQL endpoint instead of the release.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(WRITERS)),
    default="text",
    show_default=True,
    help="How to write the chain.",
)
@click.option("--stated", is_flag=True, help="Follow only links that a source states, not probable ones.")
@release_options
def chain(
    key: str, endpoint: str | None, format_name: str, stated: bool, data: Path | None, store: Path | None, base: str
) -> None:
    """Trace what came before and after an action, each link with its evidence.

    KEY is the action's number (2014-12), key or IRI.
    """
    settings = settings_of(data, store, base)
    traced = trace_chain(open_engine(settings, endpoint), key, settings=settings, probable=not stated)
    click.echo(WRITERS[format_name](traced).rstrip("\n"))
