"""`actiongraph chain`."""

from __future__ import annotations

from typing import Any

import click

from actiongraph.chains.formats import LIST_WRITERS, WRITERS
from actiongraph.chains.formats.listing import Listing
from actiongraph.chains.formats.plain_text import as_text
from actiongraph.chains.summary import Filters, name_actions
from actiongraph.cli.options import GivenOptions, release_options
from actiongraph.cli.query import open_snapshot
from actiongraph.formats import PLAIN_TEXT
from actiongraph.index.chain_index import chain_of, conclusions_about, open_chain_list
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings


@click.command()
@click.argument("key", required=False)
@click.option("--endpoint", metavar="URL", help="Use this SPARQL endpoint instead of the release.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(WRITERS)),
    default="text",
    show_default=True,
    help=f"Format of the chain; the list of all chains is available as {', '.join(LIST_WRITERS)}.",
)
@click.option("--stated", is_flag=True, help="Follow only links that a source states, not probable ones.")
@click.option("--country", metavar="NAME", help="Only chains with an action in this country (name, key or ISO code).")
@click.option("--partner", metavar="NAME", help="Only chains with an action with this partner (name or key).")
@click.option("--type", "assistance_type", metavar="NAME", help="Only chains with this type of assistance.")
@click.option("--theme", metavar="NAME", help="Only chains with an action on this theme (name or key).")
@click.option("--place", metavar="NAME", help="Only chains with an action in this place (name or key).")
@click.option("--text", metavar="WORDS", help="Only chains with these words in titles, numbers or names.")
@click.option("--from", "from_year", type=int, metavar="YEAR", help="Only chains with a start in this year or later.")
@click.option("--to", "to_year", type=int, metavar="YEAR", help="Only chains with a start in this year or earlier.")
@release_options
def chain(
    key: str | None,
    endpoint: str | None,
    format_name: str,
    stated: bool,
    options: GivenOptions,
    **filters: Any,  # noqa: ANN401 - the fields of Filters
) -> None:
    """Show what came before and after an action, with evidence for each link; without KEY, list all chains.

    KEY is the action's number (2014-12), key or IRI.
    """
    if key is not None and any(value is not None for value in filters.values()):
        raise click.UsageError(
            "--country, --partner, --type, --theme, --place, --text, --from and --to filter the list of chains; "
            "leave out KEY"
        )
    if key is None and format_name not in LIST_WRITERS:
        raise click.UsageError(f"The list of chains is available as {', '.join(LIST_WRITERS)}; give a KEY for others")
    settings = options.settings()
    snapshot = open_snapshot(settings, endpoint)
    if key is None:
        written = LIST_WRITERS[format_name](_listing(snapshot, settings, Filters(**filters), probable=not stated))
    else:
        found = chain_of(snapshot.engine, key, index=snapshot.chains, settings=settings, probable=not stated)
        if format_name == PLAIN_TEXT.name:
            written = as_text(
                found, conclusions_about(found, snapshot.engine, index=snapshot.chains, settings=settings).mark
            )
        else:
            written = WRITERS[format_name](found)
    click.echo(written.rstrip("\n"))


def _listing(snapshot: Snapshot, settings: Settings, filters: Filters, *, probable: bool) -> Listing:
    with open_chain_list(snapshot.engine, index=snapshot.chains, settings=settings, probable=probable) as chains:
        chosen = chains.chosen(filters)
        shown = (action for summary in chosen for action in (*summary.roots, *summary.ends))
        names = name_actions(snapshot.engine, shown, settings)
        return Listing(chosen, chains.figures(filters), names, probable, chains.notes(filters))
