"""Stores of graphs that stand for engines, and a store of releases to move there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# The tests of this folder share a module, and --import-mode=importlib looks nowhere for it.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[2])]

from graph_store import GraphStore, Mover, publish_contents, stores  # noqa: E402


@pytest.fixture
def start() -> Iterator[Callable[[], GraphStore]]:
    """Starts stores, which end with the test."""
    with stores() as start:
        yield start


@pytest.fixture
def store(start: Callable[[], GraphStore]) -> GraphStore:
    return start()


@pytest.fixture
def mover(built_once: Callable[[str, Callable[[Path], object]], Path]) -> Mover:
    """Two releases, built once for all tests; nobody may change them."""
    return Mover(built_once("two-releases-to-move", publish_contents))
