"""`actiongraph why`."""

from __future__ import annotations

import json
from functools import partial

import click

from actiongraph.cli.options import GivenOptions, release_options
from actiongraph.cli.query import engine_for, open_snapshot, read_query
from actiongraph.engine.base import Engine, Parser
from actiongraph.errors import RequestError, UnknownResource
from actiongraph.sparql.guard import check_query
from actiongraph.sparql.query import CheckedQuery, QueryForm
from actiongraph.text import counted
from actiongraph.things.explanation import check_explained, explain
from actiongraph.things.explanation_documents import as_document, as_text
from actiongraph.things.result_row import Row, read_row


@click.command()
@click.argument("query", metavar="QUERY|FILE.rq")
@click.option(
    "--row", metavar="NUMBER|JSON", help="The row: its number, from 1, or its bindings as JSON results have it."
)
@click.option("--endpoint", metavar="URL", help="Ask this SPARQL endpoint instead of the release; it gives no grounds.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON, as /sparql/why does.")
@release_options
def why(query: str, row: str | None, endpoint: str | None, as_json: bool, options: GivenOptions) -> None:
    """Show why a row is in the result of a query: the triples that make it, and what each rests on.

    QUERY is the query itself, a file that ends in .rq, the name of an example, or - for standard input. An ASK query
    needs no --row.
    """
    settings = options.settings()
    checked = read_query(query, settings)
    if row is None and checked.form is QueryForm.SELECT:
        raise click.UsageError("give --row, such as --row 1 for the first")
    given = _given(row)
    check_explained(checked, given or ({} if row else None))
    snapshot = open_snapshot(settings, endpoint)
    with engine_for(checked, snapshot, settings) as engine:
        if isinstance(engine, Parser):
            engine.parse(checked)
        if given is None and row is not None:
            given = _numbered(engine, checked, int(row))
        found = explain(
            engine,
            checked,
            given,
            check=partial(check_query, settings=settings),
            settings=settings,
            has_provenance=snapshot.version is not None,
        )
    if as_json:
        click.echo(json.dumps(as_document(found, snapshot.version), ensure_ascii=False, indent=2))
    else:
        click.echo(as_text(found).rstrip("\n"))


def _given(row: str | None) -> Row | None:
    """Return the row that is given by its bindings; None if it is given by its number, or not at all."""
    if row is None or row.isdecimal():
        return None
    try:
        return read_row(row)
    except RequestError as error:
        raise click.BadParameter(str(error), param_hint="--row") from error


def _numbered(engine: Engine, query: CheckedQuery, number: int) -> Row:
    if query.form is not QueryForm.SELECT:
        raise click.UsageError("an ASK query has no rows; leave out --row")
    rows = engine.select(query)
    if not 1 <= number <= len(rows):
        raise UnknownResource(f"The result has {counted(len(rows), 'row')}; there is no row {number}.")
    return rows[number - 1]
