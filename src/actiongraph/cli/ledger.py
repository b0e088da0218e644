"""`actiongraph ledger`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import click

from actiongraph.cli.options import GivenOptions, release_options
from actiongraph.cli.query import open_snapshot
from actiongraph.text import counted, listed, one_line
from actiongraph.things.ledger import (
    STATES,
    LedgerRecord,
    SourceLedger,
    find_ledger,
    ledger_document,
    ledgers_csv,
    read_ledgers,
    read_records,
    record_document,
    records_csv,
)


@click.command()
@click.argument("source", required=False)
@click.option("--format", "format_name", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
@click.option("--state", type=click.Choice(STATES), help="Only records in this state.")
@release_options
def ledger(source: str | None, format_name: str, state: str | None, options: GivenOptions) -> None:
    """Show what became of each record of SOURCE: published, merged or refused, and why; without SOURCE, count them.

    SOURCE is the key of a source, which is the name of its file without .ttl, or its IRI.
    """
    if state and source is None:
        raise click.UsageError("--state chooses among the records of one source; name a SOURCE.")
    settings = options.settings()
    engine = open_snapshot(settings, None).engine
    ledgers = read_ledgers(engine, settings)
    if source is None:
        told = {
            "json": lambda: _json({"ledgers": [ledger_document(each) for each in ledgers]}),
            "csv": lambda: ledgers_csv(ledgers),
            "text": lambda: "\n".join(_sources(ledgers)),
        }
    else:
        found = find_ledger(ledgers, source)
        records = read_records(engine, found, settings, state=state or "")
        told = {
            "json": lambda: _json(ledger_document(found) | {"entries": [record_document(each) for each in records]}),
            "csv": lambda: records_csv(records),
            "text": lambda: "\n".join((_counts(found), *_records(records))),
        }
    click.echo(told[format_name]().rstrip("\r\n"))


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)


def _counts(found: SourceLedger) -> str:
    states = listed([f"{found.counts[state]:,} {state}" for state in STATES])
    conflicts = f"; {found.conflicts:,} with a conflict" if found.conflicts else ""
    return f"{one_line(found.title)} ({found.key}): {counted(found.records, 'record')}, {states}{conflicts}."


def _sources(ledgers: Sequence[SourceLedger]) -> Iterator[str]:
    yield from map(_counts, ledgers)
    if not ledgers:
        yield "The release has no ledger: no source has records, or an older program made it."


def _records(records: Sequence[LedgerRecord]) -> Iterator[str]:
    for record in records:
        where = f"line {record.line:,}, " if record.line else ""
        yield f"{where}{one_line(record.key)}: {_state(record)}"
        yield from (f"  conflict: {one_line(conflict)}" for conflict in record.conflicts)
        yield from (f"  part refused: {rule}: {one_line(reason)}" for rule, reason in record.parts)


def _state(record: LedgerRecord) -> str:
    if record.action is None:
        return f"refused by {record.rule}: {one_line(record.reason)}"
    named = f"{one_line(record.action.name)} <{record.action.iri}>"
    if record.state == "merged":
        return f"merged into {named}: {one_line(record.reason)}"
    return f"published as {named}"
