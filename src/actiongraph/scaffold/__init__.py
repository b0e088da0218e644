"""The files that a new programme begins with: two actions, one of which follows the other, and all that they need."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from actiongraph.errors import SettingsError
from actiongraph.programme import PROGRAMME_FILE


def write_scaffold(folder: Path, *, title: str | None = None, base: str | None = None) -> list[Path]:
    """Write the files of a new programme, called `title` and named under `base`, to `folder`; return their paths.

    Raises:
        SettingsError: the folder is not empty, is no folder, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise SettingsError(f"{folder} is not empty; name a folder that is new, so that nothing of yours is lost.")
        written = _copy(files(__name__) / "files", folder)
        path = folder / PROGRAMME_FILE
        text = path.read_text("utf-8")
        for key, value in (("title", title), ("base", base)):
            if value is not None:
                before, after = re.split(rf"(?m)^{key} = .*$", text, maxsplit=1)
                text = f"{before}{key} = {json.dumps(value, ensure_ascii=False)}{after}"
        path.write_text(text, "utf-8")
    except OSError as error:
        raise SettingsError(f"{folder} cannot be written: {error.strerror}; name another folder.") from error
    return written


def _copy(source: Traversable, target: Path) -> list[Path]:
    """Copy the files of the folder `source` to the folder `target`; return the paths of the new files, in order."""
    written = []
    for each in sorted(source.iterdir(), key=lambda each: each.name):
        path = target / each.name
        if each.is_dir():
            path.mkdir()
            written += _copy(each, path)
        else:
            path.write_bytes(each.read_bytes())
            written.append(path)
    return written
