"""`actiongraph init`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from actiongraph.programme import PROGRAMME_FILE
from actiongraph.scaffold import write_scaffold
from actiongraph.settings import check_base


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--title", metavar="TEXT", help="Title of the programme.")
@click.option("--base", metavar="IRI", help="Base IRI that everything is named under, which you can change later.")
def init(folder: Path, title: str | None, base: str | None) -> None:
    """Begin a programme of your own in the new folder DIR.

    It gets a file that describes the programme, code lists, and two actions, one of which follows the other.
    """
    written = write_scaffold(folder, title=title, base=None if base is None else check_base(base))
    for path in written:
        click.echo(path)
    data = shlex.quote(str(folder))
    click.echo(f"Describe the programme in {folder / PROGRAMME_FILE}, and see it with:")
    click.echo(f"actiongraph serve --data {data}")
