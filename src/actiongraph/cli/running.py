"""The commands, each read only when it is wanted, and how their failures look: one sentence and an exit code."""

from __future__ import annotations

import logging
import os
import sys
from importlib import import_module

import click

from actiongraph import __version__
from actiongraph.cli.interrupts import STOPPED, stopped_at_once
from actiongraph.cli.output import OutputError, guard_output
from actiongraph.errors import ActiongraphError, EngineError, SettingsError, UnknownResource

_MODULES = {name: name for name in ("serve", "build", "query", "chain", "mirror")} | {"validate": "build"}
"""Each command, with the module of this room that has it."""


class _Commands(click.Group):
    """Reads the module of a command when it is needed: `--version` takes a tenth of reading them all."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return None
        with stopped_at_once():
            module = import_module(f"actiongraph.cli.{_MODULES[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="actiongraph")
def app() -> None:
    """Technical-assistance actions as a knowledge graph: build, query and serve it, and trace its chains."""


def run() -> int:
    """Run the command line and return its exit code; what failed is said on standard error."""
    # rdflib logs a traceback for each literal whose text does not fit its datatype; the report names those by line.
    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)
    try:
        guard_output()
        code = app(prog_name="actiongraph", standalone_mode=False) or 0
        sys.stdout.flush()
    except click.exceptions.Exit as ended:
        code = ended.exit_code
    except click.Abort:
        click.echo("actiongraph: stopped.", err=True)
        code = STOPPED
    except click.ClickException as error:
        click.echo(f"actiongraph: {_usage(error)}", err=True)
        code = 2
    except BrokenPipeError:  # the reader has gone, as `head` does
        _drop_output()
        code = 0
    except ActiongraphError as error:
        if isinstance(error, OutputError):
            _drop_output()
        click.echo(f"actiongraph: {_sentence(error)}", err=True)
        code = exit_code(error)
    return int(code)


def _drop_output() -> None:
    """Send what is still to be written nowhere: Python would complain once more when it flushes at exit."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
    text = str(error)
    near = [name for name in error.near if name not in text] if isinstance(error, UnknownResource) else []
    return f"{text} Did you mean {', '.join(near)}?" if near else text
