"""The command `actiongraph`, and how its failures look: one sentence and an exit code.

Exit codes: 0 fine, 1 the data or the query is at fault, 2 usage, 3 the machine or an engine, 130 interrupted.
"""

from __future__ import annotations

import os
import sys

import click

from actiongraph import __version__
from actiongraph.cli.build import build, validate
from actiongraph.cli.chain import chain
from actiongraph.cli.mirror import mirror
from actiongraph.cli.query import query
from actiongraph.cli.serve import serve
from actiongraph.errors import (
    ActiongraphError,
    EngineError,
    SettingsError,
    UnknownResource,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="actiongraph")
def app() -> None:
    """Technical-assistance actions as a knowledge graph: build it, ask it, serve it, trace its chains."""


for command in (serve, build, validate, query, chain, mirror):
    app.add_command(command)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        code = app(prog_name="actiongraph", standalone_mode=False) or 0
        sys.stdout.flush()
    except click.exceptions.Exit as ended:
        code = ended.exit_code
    except click.Abort:
        click.echo("actiongraph: stopped.", err=True)
        code = 130
    except click.ClickException as error:
        click.echo(f"actiongraph: {_usage(error)}", err=True)
        code = 2
    except BrokenPipeError:
        # The reader has gone, as `head` does; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except ActiongraphError as error:
        click.echo(f"actiongraph: {_sentence(error)}", err=True)
        code = exit_code(error)
    sys.exit(code)


def exit_code(error: ActiongraphError) -> int:
    """Return 1 if the data or the query is at fault, 2 for usage, 3 for the machine or an engine."""
    if isinstance(error, SettingsError):
        return 2
    return 3 if isinstance(error, EngineError) else 1


def _usage(error: click.ClickException) -> str:
    message = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    return f"{message}. See '{context.command_path if context else 'actiongraph'} --help'."


def _sentence(error: ActiongraphError) -> str:
    if isinstance(error, UnknownResource) and error.near:
        return f"{error} Near it: {', '.join(error.near)}."
    return str(error)
