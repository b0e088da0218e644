"""`actiongraph query`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import click
from rdflib import Literal
from rdflib.term import Node

from actiongraph import formats
from actiongraph.cli.interrupts import stopped_at_once
from actiongraph.cli.options import GivenOptions, release_options
from actiongraph.engine.base import Engine, Solutions
from actiongraph.engine.files import read_bytes
from actiongraph.engine.open import open_engine
from actiongraph.engine.pool.worker_pool import Pool
from actiongraph.engine.results import finds_nothing
from actiongraph.errors import DataError, QuerySyntaxError, UnknownResource
from actiongraph.examples import find_example
from actiongraph.formats import Format, Result
from actiongraph.hints import DEPRECATED, hints_for
from actiongraph.release.snapshots import ReleaseSnapshots, Snapshot
from actiongraph.settings import Settings
from actiongraph.sparql.advice import excerpt, listing
from actiongraph.sparql.guard import check_query
from actiongraph.sparql.lexer import tokens
from actiongraph.sparql.query import CheckedQuery
from actiongraph.validate.report import short

_UNBOUNDED = 1 << 46
"""A limit of a worker that has no other clients: that of the system comes before."""
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}


@click.command()
@click.argument("query", metavar="QUERY|FILE.rq")
@click.option("--endpoint", metavar="URL", help="Query this SPARQL endpoint instead of the release.")
@click.option(
    "--format",
    "format_name",
    metavar="NAME",
    default="text",
    show_default=True,
    help="text, json, xml, csv, tsv; ttl, nt, nq, trig, rdf, jsonld.",
)
@release_options
def query(query: str, endpoint: str | None, format_name: str, options: GivenOptions) -> None:
    """Run a SPARQL query on the release or an endpoint.

    QUERY is the query itself, a file that ends in .rq, the name of an example, or - for standard input.
    """
    settings = options.settings()
    checked = read_query(query, settings)
    chosen = _format(format_name, checked)
    snapshot = open_snapshot(settings, endpoint)
    with engine_for(checked, snapshot, settings) as engine:
        is_empty = _print_answer(engine, checked, chosen, settings)
    for hint in hints_for(snapshot.terms, checked, search=snapshot.search, settings=settings) or ():
        if is_empty or hint.code == DEPRECATED:
            # On standard error, for the answer on standard output stays what it is.
            click.echo(f"hint: {hint}", err=True)


@contextmanager
def engine_for(checked: CheckedQuery, snapshot: Snapshot, settings: Settings) -> Iterator[Engine]:
    """Give the engine of the snapshot; what it sorts is sorted by a worker, for over some values the engine aborts."""
    sorts = any(token.text.upper() == "ORDER" for token in tokens(checked.text))
    if snapshot.folder is None or not sorts:
        yield snapshot.engine
        return
    alone = replace(settings, workers=1, timeout_s=_UNBOUNDED, max_answer_bytes=_UNBOUNDED, max_memory_bytes=_UNBOUNDED)
    with closing(Pool(alone)) as pool:
        yield open_engine(snapshot.folder / "store", pool=pool)


def _print_answer(engine: Engine, checked: CheckedQuery, chosen: Format | None, settings: Settings) -> bool:
    """Print the answer and tell whether it holds nothing."""
    if chosen is None and checked.form.result is Result.BINDINGS:
        solutions = engine.select(checked)
        click.echo(_as_table(solutions, settings.base))
        return not solutions
    in_terminal = formats.RESULTS_CSV if checked.form.result is Result.BOOLEAN else formats.TURTLE
    answer = engine.answer(checked, chosen or in_terminal)
    sys.stdout.flush()
    sys.stdout.buffer.write(answer if answer.endswith(b"\n") else answer + b"\n")
    sys.stdout.buffer.flush()
    return finds_nothing(answer, chosen or in_terminal, checked.form.result)


def open_snapshot(settings: Settings, endpoint: str | None) -> Snapshot:
    """Return the endpoint if one is named, else the newest release, which is built first if the data has changed.

    Raises:
        ActiongraphError: the data cannot be published, and nothing was published before.
        SettingsError: `endpoint` is not an address.
    """
    if endpoint is not None:
        return Snapshot(open_engine(endpoint), None, {}, union_default=False)
    with stopped_at_once():
        # What validates takes half a second to import, and --help and --endpoint do without.
        from actiongraph.cli.build import newest_release  # noqa: PLC0415
    releases, _ = newest_release(settings)
    return ReleaseSnapshots(releases).current()


def read_query(query: str, settings: Settings) -> CheckedQuery:
    """Return the query that the argument of a command is, names or is the file of; a fault is shown in its line.

    Raises:
        QueryError: the guard refuses it.
        UnknownResource: no example is called so.
        DataError: the file cannot be read, or is not UTF-8.
    """
    text = _text(query, settings)
    try:
        return check_query(text, settings)
    except QuerySyntaxError as error:
        if error.others and "{" in text:  # a name or a sentence that is no query has no faults worth telling
            click.echo(f"{listing(text, error.others)}\n", err=True)
        if error.start is not None:
            click.echo(excerpt(text, error.start), err=True)
        if text == query and len(query.split()) == 1 and "{" not in query:
            try:
                find_example(query, settings.base, settings.programme)
            except UnknownResource as unknown:
                raise QuerySyntaxError(f"{error} {unknown}", line=error.line, column=error.column) from error
        raise


def _text(query: str, settings: Settings) -> str:
    if query == "-":
        return _decoded(sys.stdin.buffer.read(), "Standard input")
    if "{" in query:
        return query
    if query.endswith(".rq") or Path(query).is_file():
        return _decoded(read_bytes(Path(query)), query)
    if " " not in query.strip():
        try:
            return find_example(query, settings.base, settings.programme).text
        except UnknownResource:
            if "-" in query:
                raise
    return query


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is not UTF-8 at byte {error.start}; save the query as UTF-8.", file=name) from error


def _format(name: str, checked: CheckedQuery) -> Format | None:
    if name == "text":
        return None
    offers = formats.offers(checked.form.result)
    chosen = formats.by_name(name, offers)
    if chosen is None:
        names = ", ".join(offer.name for offer in offers)
        raise click.UsageError(f"--format {name} is not available for {checked.form.value} queries; use text, {names}")
    return chosen


def _as_table(solutions: Solutions, base: str) -> str:
    """Return `solutions` as aligned columns under the names of their variables, with the number of rows last.

    Unbound is empty; control characters are shown, never sent to the terminal.
    """
    variables = solutions.variables
    rows = [[_cell(solution.get(name), base) for name in variables] for solution in solutions]
    widths = [max(len(cell) for cell in column) for column in zip(variables, *rows, strict=True)]
    lines = [
        _line(variables, widths),
        _line(["-" * width for width in widths], widths),
        *(_line(row, widths) for row in rows),
    ]
    return "\n".join([*lines, "", f"{len(rows)} row{'' if len(rows) == 1 else 's'}"])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _cell(term: Node | None, base: str) -> str:
    if term is None:
        return ""
    text = str(term) if isinstance(term, Literal) else short(term, base)
    return text.translate(_CONTROL)
