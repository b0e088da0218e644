"""The same calls from a terminal. Only this room knows exit codes."""

from actiongraph.cli.main import main

__all__ = ["main"]
