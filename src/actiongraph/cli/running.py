"""The commands, each read only when it is wanted, and how their failures look: one sentence and an exit code."""

from __future__ import annotations

import io
import logging
import os
import sys
from importlib import import_module
from typing import Any

import click

from actiongraph import __version__
from actiongraph.cli.interrupts import STOPPED, stopped_at_once
from actiongraph.errors import ActiongraphError, EngineError, SettingsError, UnknownResource

_MODULES = {
    name: name
    for name in (
        "init",
        "serve",
        "build",
        "query",
        "why",
        "chain",
        "find",
        "ingest",
        "review",
        "ledger",
        "mirror",
        "move",
        "sources",
    )
} | {"validate": "build"}
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


class OutputError(EngineError):
    """Standard output cannot be written, as on a full disk."""

    code = "output"


class _Output(io.FileIO):
    """The file that the bytes go to in the end; its errors are distinguished from those of the rest."""

    def write(self, data: Any, /) -> int:  # noqa: ANN401 - any bytes; typing has no narrower name before Python 3.12
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(
                f"Standard output cannot be written: {error.strerror}; free some space, or redirect it."
            ) from error


def run() -> int:
    """Run the command line and return its exit code; what failed is said on standard error."""
    # rdflib logs a traceback for each literal whose text does not fit its datatype; the report names those by line.
    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)
    try:
        _guard_output()
        code = app(prog_name="actiongraph", standalone_mode=False) or 0
        sys.stdout.flush()
    except click.exceptions.Exit as ended:
        code = ended.exit_code
    except click.Abort:
        click.echo("actiongraph: stopped.", err=True)
        code = STOPPED
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "actiongraph"
        click.echo(f"actiongraph: {error.format_message().rstrip('.')}. See '{command} --help'.", err=True)
        code = 2
    except BrokenPipeError:  # the reader has gone, as `head` does
        _drop_output()
        code = 0
    except ActiongraphError as error:
        if isinstance(error, OutputError):
            _drop_output()
        text = str(error)
        near = [name for name in error.near if name not in text] if isinstance(error, UnknownResource) else []
        did_you_mean = f" Did you mean {', '.join(near)}?" if near else ""
        click.echo(f"actiongraph: {text}{did_you_mean}", err=True)
        # 1 if the data or the query is at fault, 2 for usage, 3 for the machine or an engine.
        code = 2 if isinstance(error, SettingsError) else 3 if isinstance(error, EngineError) else 1
    return int(code)


def _guard_output() -> None:
    """Leave standard output as it is, but that it raises OutputError where it cannot be written, or was closed."""
    if sys.stdout is None:
        raise OutputError("Standard output is closed; redirect it, for example to /dev/null.")
    output = io.BufferedWriter(_Output(sys.stdout.fileno(), "wb", closefd=False))
    sys.stdout = io.TextIOWrapper(output, sys.stdout.encoding, sys.stdout.errors, line_buffering=sys.stdout.isatty())


def _drop_output() -> None:
    """Send what is still to be written nowhere: Python would complain once more when it flushes at exit."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
