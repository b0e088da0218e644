"""The hook by which a wheel gets the query editor, if it can be made; an install never fails for want of it."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SKIP = "ACTIONGRAPH_EDITOR"
"""Set to 0, this variable leaves the editor out."""


class EditorHook(BuildHookInterface):  # type: ignore[type-arg]
    """Puts the bundle into a wheel, or into the package folder of a checkout that is installed as editable."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the bundle before the files of a wheel are collected; `version` is `editable` or `standard`."""
        if os.environ.get(_SKIP) == "0":
            return
        bundle = _load_bundle(Path(self.root))
        static = Path(self.root) / bundle.STATIC
        is_editable = version == "editable"
        self._temporary = tempfile.TemporaryDirectory(prefix="actiongraph-editor-", ignore_cleanup_errors=True)
        folder = static if is_editable else Path(self._temporary.name)
        try:
            # What a checkout has already is taken, so that it can be built again without network.
            made = (not is_editable and bundle.find_bundle(static)) or bundle.build_bundle(folder)
        except (bundle.BundleError, OSError) as error:
            sys.stderr.write(
                f"actiongraph is installed without its query editor, for {error}; queries are written in a plain form, "
                f"and {_SKIP}=0 leaves the editor out without this message.\n"
            )
            return
        if not is_editable:
            package = Path("actiongraph") / bundle.STATIC.relative_to("src/actiongraph")
            build_data["force_include"].update({str(path): str(package / path.name) for path in made})

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Take the bundle's temporary folder away once the wheel is written."""
        if hasattr(self, "_temporary"):
            self._temporary.cleanup()


def _load_bundle(root: Path) -> ModuleType:
    """Return the module beside this one, which is in no package."""
    spec = importlib.util.spec_from_file_location("actiongraph_editor_bundle", root / "editor" / "bundle.py")
    if spec is None or spec.loader is None:
        raise ImportError("editor/bundle.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
