"""`actiongraph ingest`: sources read as Turtle for review."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

import click

from actiongraph.cli.options import FolderPath
from actiongraph.cli.progress import StepProgress
from actiongraph.errors import DataError
from actiongraph.ingest.claims import LedgerEntry
from actiongraph.ingest.columns import read_columns
from actiongraph.ingest.decisions import read_decisions
from actiongraph.ingest.draft import Dangling, Draft, Refused, Summary, summarize
from actiongraph.ingest.iati import describe_source, read_activities
from actiongraph.ingest.keys import TAKEN, slug
from actiongraph.ingest.ledger_file import ledger_beside, ledger_blocks
from actiongraph.ingest.listings import ListingTerms, language_of, read_listing, title_of
from actiongraph.ingest.mentions import without_persons
from actiongraph.ingest.own_output import alone_beside, check_own, check_quoted_text, write_own
from actiongraph.ingest.pages import read_page
from actiongraph.ingest.table import records_of_table
from actiongraph.ingest.turtle_writer import Progress, SourceDescription, draft_turtle
from actiongraph.ingest.wordings import NUMBER
from actiongraph.ingest.workspace import Workspace
from actiongraph.programme import read_programme
from actiongraph.release.surroundings import surroundings_of
from actiongraph.settings import shipped
from actiongraph.text import counted, visible

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
    with alone_beside(target), Workspace(target) as workspace:
        draft = draft_turtle(
            found.records, found.source, surroundings_of(target), read_decisions(target.parent), workspace
        )
        summary, is_new = _write(draft, target, workspace)
        click.echo(f"Read {counted(len(found.records), 'row')} of {visible(str(file))}.")
        if found.unread:
            click.echo(f"Columns that the mapping does not name, and that were not read: {', '.join(found.unread)}.")
        tell(summary, draft.dangling, target, is_new=is_new)


@ingest.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@into_option
def iati(file: Path, folder: Path | None) -> None:
    """Read the IATI activity file FILE, which is XML of version 1.0x or 2.0x.

    Each activity is an action. Descriptions and contacts are left out; docs/sources.md tells what becomes of the rest.
    """
    source = describe_source(file)
    target = (folder or shipped("data")) / f"{source.key}.ttl"
    for path in (target, ledger_beside(target)):
        check_own(path)  # before it takes long
    with alone_beside(target), Workspace(target) as workspace:
        around, decisions = surroundings_of(target), read_decisions(target.parent)
        with closing(StepProgress()) as progress:
            records = progress.counted(read_activities(file, progress.tell_read))
            draft = draft_turtle(records, source, around, decisions, workspace, progress.tell_step)
            summary, is_new = _write(draft, target, workspace, progress=progress.tell_step)
        number = len(draft.ledger)
        activities = f"{number:,} {'activity' if number == 1 else 'activities'}"
        click.echo(f"Read {activities} of {visible(str(file))}.")
        tell(summary, draft.dangling, target, is_new=is_new, is_by_rule=True)


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
    if key in TAKEN:
        raise DataError(f"{key}.ttl is a file with a meaning of its own; give {file} another name.", file=str(file))
    target = folder / f"{key}.ttl"
    page = read_page(file)
    text = (without_persons(page.text) if page.was_html else page.text).encode("utf-8")
    if text_file:
        if text_file.absolute() in (target.absolute(), ledger_beside(target).absolute()):
            raise click.UsageError("--text names a file that what was read is written to; name another.")
        check_quoted_text(text_file, target, text)
    checksum = hashlib.sha256(text).hexdigest()
    source = SourceDescription(key, title_of(page) or file.stem, checksum, "text/plain", language_of(page))
    programme = read_programme(folder)
    number = programme.number_pattern if programme else None
    with alone_beside(target), Workspace(target) as workspace:
        around = surroundings_of(target)
        types = [label for scheme, label in around.concepts if scheme == "assistance"]
        records = read_listing(page, ListingTerms(types, number.strip("^$") if number else NUMBER))
        draft = draft_turtle(records, source, around, read_decisions(folder), workspace)
        summary, is_new = _write(draft, target, workspace, texts={text_file: text} if text_file else {})
        entries = f"{len(records):,} {'entry' if len(records) == 1 else 'entries'}"
        click.echo(f"Read {entries} of {visible(str(file))}.")
        tell(summary, draft.dangling, target, is_new=is_new)


def _write(
    draft: Draft,
    target: Path,
    workspace: Workspace,
    *,
    texts: Mapping[Path, bytes] | None = None,
    progress: Progress = lambda step, done, total: None,
) -> tuple[Summary, bool]:
    """Write the actions of a source, its ledger and what they quote, or none; return a summary, and if one changed."""
    total = len(draft.ledger)

    def counted_entries(step: str) -> Iterator[LedgerEntry]:
        for number, entry in enumerate(draft.ledger, start=1):
            yield entry
            workspace.used(1)
            progress(step, number, total)

    summary = summarize(counted_entries("counted"), _MOST_TOLD)
    ledger = ledger_blocks(target.stem, counted_entries("entered in the ledger"), summary, workspace)
    return summary, write_own({target: draft.blocks(), ledger_beside(target): ledger}, texts)


def tell(
    summary: Summary, dangling: Sequence[Dangling], target: Path, *, is_new: bool, is_by_rule: bool = False
) -> None:
    """Say what became of the records of a source, and what to do next; refusals one by one, or only by rule."""
    written = f"Wrote {counted(summary.written, 'action')} to" if is_new else "Nothing has changed in"
    click.echo(f"{written} {visible(str(target))}.")
    if summary.merged:
        click.echo(f"Merged: {counted(summary.merged, 'record')} into actions that were there:")
        _list((_merged(each) for each in summary.first_merged), summary.merged)
    if summary.in_conflict:
        click.echo(f"In conflict: {counted(summary.in_conflict, 'record')}; actiongraph review lists what with.")
    if refused := summary.refused + summary.refused_parts:
        parts = counted(summary.refused_parts, "part")
        click.echo(f"Refused: {counted(summary.refused, 'whole record')}, and {parts} of others:")
        if is_by_rule:
            _list((_by_rule(*each) for each in summary.by_rule.values()), len(summary.by_rule))
        else:
            _list(map(_refused, summary.first_refused), refused)
    if dangling:
        names = counted(len(dangling), "action")
        click.echo(f"Links lead to {names} that the source does not describe, written as referenced actions:")
        _list((f"line {line:,}: {visible(name)}" for name, line in dangling), len(dangling))
    click.echo(f"What became of each record is in {visible(str(ledger_beside(target)))}.")
    click.echo(f"Review it, then: actiongraph validate --data {shlex.quote(str(target.parent))}")


def _merged(entry: LedgerEntry) -> str:
    into = f"id/action/{entry.action}{f' of {entry.file}' * bool(entry.file)}"
    return f"line {entry.line:,}, {visible(entry.key)}: into {into}: {entry.rule}: {entry.reason} ({entry.question})"


def _refused(refused: Refused) -> str:
    line, key, refusal = refused
    return f"line {line:,}, {visible(key)}: {refusal.rule}{' (whole)' * refusal.is_whole}: {refusal.reason}"


def _by_rule(number: int, first: Refused) -> str:
    """Return the number of times that a rule was applied, and its first place, in words."""
    line, key, refusal = first
    return f"{number:,} by {refusal.rule}, first in line {line:,}, {visible(key)}: {refusal.reason}"


def _list(lines: Iterable[str], number: int) -> None:
    """Print the first of so many lines, and how many there are more."""
    for line in islice(lines, _MOST_TOLD):
        click.echo(f"  {line}")
    if number > _MOST_TOLD:
        click.echo(f"  and {number - _MOST_TOLD:,} more")
