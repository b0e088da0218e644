"""`actiongraph review`: what ingest found that people decide on."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path

import click

from actiongraph.cli.options import FolderPath
from actiongraph.errors import UnknownResource
from actiongraph.ingest.decisions import DECISIONS_FILE, Decisions, decide, read_decisions
from actiongraph.release.open_questions import OpenQuestion, open_questions
from actiongraph.settings import shipped
from actiongraph.text import counted, near_names, visible


@click.command()
@click.option(
    "--data",
    "folder",
    type=FolderPath(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Data folder to review. [default: the data shipped with actiongraph]",
)
@click.option("--yes", "accepted", multiple=True, metavar="ID", help="Answer a question with yes; 'action/*' for many.")
@click.option("--no", "rejected", multiple=True, metavar="ID", help="Answer a question with no.")
def review(folder: Path | None, accepted: tuple[str, ...], rejected: tuple[str, ...]) -> None:
    """List what is new, changed, doubtful, in conflict or probably linked or the same, in what ingest wrote.

    Each is a question with an ID. Answers are lines of decisions.toml in the data folder, which the next run of ingest
    obeys; that file may be edited by hand as well.
    """
    folder = folder or shipped("data")
    decisions = read_decisions(folder)
    questions = open_questions(folder, decisions)
    yes, no = (
        [name for pattern in patterns for name in _named(pattern, questions, decisions)]
        for patterns in (accepted, rejected)
    )
    if both := sorted({*yes} & {*no}):
        raise click.UsageError(f"{both[0]} is answered with --yes and with --no; answer each question once.")
    answers = dict.fromkeys(yes, True) | dict.fromkeys(no, False)
    if answers:
        notes = {each.name: f"{each.text} ({each.file})" for each in questions}
        changed = decide(folder, answers, notes)
        click.echo(f"Noted {counted(len(changed), 'answer')} in {folder / DECISIONS_FILE}; the next ingest obeys it.")
        questions = [each for each in questions if each.name not in answers]
    for heading, group in groupby(questions, key=lambda each: each.heading):
        found = list(group)
        click.echo(f"{heading} ({len(found):,}):")
        for each in found:
            click.echo(f"  {visible(each.name)}\n    {visible(each.text)} [{each.file}]")
    click.echo(
        f"{counted(len(questions), 'question')} open. Answer with --yes ID or --no ID."
        if questions
        else "Nothing is open."
    )


def _named(pattern: str, questions: list[OpenQuestion], decisions: Decisions) -> list[str]:
    """Return the questions that a pattern names: open ones, or by its whole name one that was answered."""
    names = [each.name for each in questions]
    found = [pattern] if pattern in decisions.answers else [name for name in names if fnmatchcase(name, pattern)]
    if not found:
        raise UnknownResource(f"No open question is called {pattern}.", near=tuple(near_names(pattern, names)))
    return found
