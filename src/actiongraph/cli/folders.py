"""Folders as arguments of commands."""

from __future__ import annotations

import os
from typing import Any

import click


class FolderPath(click.Path):
    """Refuses an empty name, which Python would take for the current folder."""

    def convert(self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - as click has it
        """Return the folder as a path; see `click.Path.convert`."""
        if not str(value):
            self.fail("the name of the folder is empty; give one, such as . for the current folder", param, ctx)
        return super().convert(value, param, ctx)
