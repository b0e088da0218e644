"""`actiongraph ingest`: sources read as Turtle for review."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from actiongraph.cli.options import FolderPath
from actiongraph.cli.progress import ReadingProgress
from actiongraph.ingest.columns import read_columns
from actiongraph.ingest.decisions import read_decisions
from actiongraph.ingest.iati import describe_source, for_review, read_activities
from actiongraph.ingest.keys import slug
from actiongraph.ingest.ledger_file import ledger_beside, ledger_turtle
from actiongraph.ingest.listings import ListingTerms, language_of, read_listing
from actiongraph.ingest.mentions import without_persons
from actiongraph.ingest.own_output import check_own, write_own
from actiongraph.ingest.pages import read_page
from actiongraph.ingest.table import records_of_table
from actiongraph.ingest.turtle_writer import Draft, Refused, SourceDescription, draft_turtle
from actiongraph.ingest.wordings import NUMBER
from actiongraph.programme import read_programme
from actiongraph.release.surroundings import surroundings_of
from actiongraph.settings import shipped
from actiongraph.text import counted, one_line, visible

_MOST_TOLD = 20


@click.group()
def ingest() -> None:
    """Read a source into Turtle for review; what cannot be taken over is listed.

    The file is written in the form that curators type, and is written over only if nobody has changed it since.
    """


into_option = click.option(
    "--into",
    "folder",
    type=FolderPath(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Data folder to write to. [default: the data shipped with actiongraph]",
)
"""Gives a command --into."""


@ingest.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--columns",
    "mapping_file",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Mapping file in TOML: which column is what.",
)
@into_option
def table(file: Path, mapping_file: Path, folder: Path | None) -> None:
    """Read the table FILE, which is CSV in UTF-8 or an Excel workbook (.xlsx).

    Each row is an action. docs/sources.md tells what the mapping file may say.
    """
    found = records_of_table(file, read_columns(mapping_file))
    target = (folder or shipped("data")) / f"{found.source.key}.ttl"
    draft = draft_turtle(found.records, found.source, surroundings_of(target), read_decisions(target.parent))
    is_new = _write(draft, target)
    click.echo(f"Read {counted(len(found.records), 'row')} of {file}.")
    if found.unread:
        click.echo(f"Columns that the mapping does not name, and that were not read: {', '.join(found.unread)}.")
    tell(draft, target, is_new=is_new)


@ingest.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@into_option
def iati(file: Path, folder: Path | None) -> None:
    """Read the IATI activity file FILE, which is XML of version 1.0x or 2.0x.

    Each activity is an action. Descriptions and contacts are left out; docs/sources.md tells what becomes of the rest.
    """
    progress = ReadingProgress()
    source = describe_source(file)
    target = (folder or shipped("data")) / f"{source.key}.ttl"
    try:
        records = for_review(progress.counted(read_activities(file, progress.tell)), file)
    finally:
        progress.end()
    draft = draft_turtle(records, source, surroundings_of(target), read_decisions(target.parent))
    is_new = _write(draft, target)
    click.echo(f"Read {len(records):,} {'activity' if len(records) == 1 else 'activities'} of {file}.")
    tell(draft, target, is_new=is_new, is_by_rule=True)


@ingest.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--text",
    "text_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the text that passages are counted in; that of HTML has asterisks in place of persons.",
)
@into_option
def listing(file: Path, text_file: Path | None, folder: Path | None) -> None:
    """Read the page FILE, HTML or text, which lists actions or describes one.

    What labels and prose say of each action becomes facts with their passages. docs/sources.md tells which forms are
    read, and how to publish what was found.
    """
    folder = folder or shipped("data")
    key = slug(file.stem)
    target = folder / f"{key}.ttl"
    around = surroundings_of(target)
    page = read_page(file)
    programme = read_programme(folder)
    number = programme.number_pattern if programme else None
    types = [label for scheme, label in around.concepts if scheme == "assistance"]
    records = read_listing(page, ListingTerms(types, number.strip("^$") if number else NUMBER))
    title = one_line(next((line for line in page.text.splitlines() if line.strip()), file.stem))
    text = (without_persons(page.text) if page.was_html else page.text).encode("utf-8")
    checksum = hashlib.sha256(text).hexdigest()
    source = SourceDescription(key, title, checksum, "text/plain", language_of(page))
    draft = draft_turtle(records, source, around, read_decisions(folder))
    is_new = _write(draft, target)
    if text_file:
        text_file.write_bytes(text)
    entries = f"{len(records):,} {'entry' if len(records) == 1 else 'entries'}"
    click.echo(f"Read {entries} of {file}.")
    tell(draft, target, is_new=is_new)


def _write(draft: Draft, target: Path) -> bool:
    """Write the actions of a source and its ledger, both or neither; return whether that changed a file."""
    ledger = ledger_beside(target)
    check_own(ledger)
    written = write_own(target, draft.text)
    return write_own(ledger, ledger_turtle(target.stem, draft.ledger)) or written


def tell(draft: Draft, target: Path, *, is_new: bool, is_by_rule: bool = False) -> None:
    """Say what became of the records of a source, and what to do next; refusals one by one, or only by rule."""
    written = f"Wrote {counted(draft.written, 'action')} to" if is_new else "Nothing has changed in"
    click.echo(f"{written} {target}.")
    if draft.merged:
        click.echo(f"Merged: {counted(len(draft.merged), 'record')} into actions that were there:")
        _list(
            f"line {each.line:,}, {visible(each.key)}: into id/action/{each.action}"
            f"{f' of {each.file}' * bool(each.file)}: {each.rule}: {each.reason} ({each.question})"
            for each in draft.merged
        )
    if conflicts := sum(bool(each.conflicts) for each in draft.ledger):
        click.echo(f"In conflict: {counted(conflicts, 'record')}; actiongraph review lists what with.")
    whole = sum(each.refusal.is_whole for each in draft.refused)
    if draft.refused:
        parts = len(draft.refused) - whole
        click.echo(f"Refused: {counted(whole, 'whole record')}, and {counted(parts, 'part')} of others:")
        _list(_rules(draft.refused) if is_by_rule else _refusals(draft.refused))
    if draft.dangling:
        names = counted(len(draft.dangling), "action")
        click.echo(f"Links lead to {names} that the source does not describe, written as referenced actions:")
        _list(f"line {line:,}: {visible(name)}" for name, line in draft.dangling)
    click.echo(f"What became of each record is in {ledger_beside(target)}.")
    click.echo(f"Review it, then: actiongraph validate --data {shlex.quote(str(target.parent))}")


def _refusals(refused: Sequence[Refused]) -> Iterator[str]:
    for line, key, refusal in refused:
        whole = " (whole)" if refusal.is_whole else ""
        yield f"line {line:,}, {visible(key)}: {refusal.rule}{whole}: {refusal.reason}"


def _rules(refused: Sequence[Refused]) -> Iterator[str]:
    """Yield a line for each rule: how often it was applied, and where first."""
    by_rule: dict[str, list[Refused]] = {}
    for each in refused:
        by_rule.setdefault(each.refusal.rule, []).append(each)
    for rule, same in by_rule.items():
        line, key, refusal = same[0]
        yield f"{len(same):,} by {rule}, first in line {line:,}, {visible(key)}: {refusal.reason}"


def _list(lines: Iterable[str]) -> None:
    told = list(lines)
    for line in told[:_MOST_TOLD]:
        click.echo(f"  {line}")
    if len(told) > _MOST_TOLD:
        click.echo(f"  and {len(told) - _MOST_TOLD:,} more")
