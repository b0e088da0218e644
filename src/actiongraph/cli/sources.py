"""`actiongraph sources`: whether sources still say what was taken from them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import click

from actiongraph.cli.options import FolderPath, source_option
from actiongraph.errors import StoreError
from actiongraph.ingest.drift import DriftReport, compare_snapshots, drift_turtle
from actiongraph.ingest.mentions import without_persons
from actiongraph.ingest.own_output import check_own, write_own
from actiongraph.ingest.pages import read_page
from actiongraph.release.inputs import find_inputs
from actiongraph.release.quoted_words import QuotedSource, read_quoted
from actiongraph.settings import shipped
from actiongraph.text import counted, drift_note, visible
from actiongraph.vocabulary import DRIFT_SUFFIX

_MOST_FACTS = 5


@click.group()
def sources() -> None:
    """Compare sources with newer snapshots of them."""


@sources.command()
@click.argument("key", metavar="SOURCE")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="NEW-FILE")
@click.option(
    "--data",
    "folder",
    type=FolderPath(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder with the Turtle files. [default: the data shipped with actiongraph]",
)
@source_option
@click.pass_context
def check(context: click.Context, key: str, file: Path, folder: Path | None, sources: tuple[Path, ...]) -> None:
    """Compare the page NEW-FILE, HTML or text, with the snapshot that the data quotes from SOURCE.

    Words that are gone or changed are listed with the facts that rest on them, and flagged in SOURCE.drift.ttl beside
    the data, so that the next build shows it on their evidence; nothing is withdrawn. Exit code 1 if there are any.
    """
    folder = folder or shipped("data")
    flags = folder / f"{key}{DRIFT_SUFFIX}"
    check_own(flags)
    quoted = read_quoted(find_inputs(folder, sources), key)
    page = read_page(file)
    text = without_persons(page.text) if page.was_html else page.text
    if quoted.checksum == hashlib.sha256(text.encode("utf-8")).hexdigest():
        click.echo(f"{file} is the snapshot that the data quotes.")
    report = compare_snapshots(quoted.words, text, quoted.text)
    click.echo("\n".join(_told(quoted, report)))
    _write(flags, drift_turtle(key, report) if report.drifted else None)
    if report.drifted:
        click.echo(f"Flagged in {flags}; build, and the evidence of these facts shows it.")
        context.exit(1)


def _told(quoted: QuotedSource, report: DriftReport) -> Iterator[str]:
    passages = len(quoted.words)
    yield (
        f"{counted(passages, 'passage')} of {quoted.key}: {report.same:,} unchanged, {report.moved:,} moved, "
        f"{len(report.drifted):,} gone or changed."
    )
    if quoted.records:
        yield (
            f"{counted(quoted.records, 'passage')} of it are rows or lines, which quote no words: read the new file "
            "with actiongraph ingest, and compare what it wrote."
        )
    for drift in report.drifted:
        words, facts = drift.quoted, drift.quoted.facts
        yield f'characters {words.start:,} on: "{visible(words.words)}"'
        yield f"  {drift_note(visible(drift.now))}"
        yield from (f"  rests on it: {visible(fact)}" for fact in facts[:_MOST_FACTS])
        if len(facts) > _MOST_FACTS:
            yield f"  and {counted(len(facts) - _MOST_FACTS, 'fact')} more"


def _write(path: Path, turtle: str | None) -> None:
    """Write the flags to the file at `path`, or take away those of an earlier comparison if there are none now."""
    if turtle is not None:
        write_own({path: [turtle.encode()]})
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{path} cannot be taken away: {error.strerror}.") from error
