"""The modules that make the query editor, which are in no package."""

from __future__ import annotations

import importlib.util
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

EDITOR = Path(__file__).resolve().parents[2] / "editor"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"actiongraph_editor_{name}", EDITOR / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def bundle() -> ModuleType:
    """The module `editor/bundle.py`."""
    return load("bundle")


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], object]:
    """Gives the build hook of a checkout; hatchling, which calls it, is there only while a wheel is built."""

    class Interface:
        def __init__(self, root: Path) -> None:
            self.root = str(root)

    found = ModuleType("hatchling.builders.hooks.plugin.interface")
    found.BuildHookInterface = Interface
    monkeypatch.setitem(sys.modules, found.__name__, found)
    return load("hatch_build").EditorHook


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Gives a function that makes shell scripts the only programs on the path but for the system's own."""

    def only(**scripts: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        for name, script in scripts.items():
            (folder / name).write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n", "utf-8")
            (folder / name).chmod(stat.S_IRWXU)
        monkeypatch.setenv("PATH", str(folder))

    return only
