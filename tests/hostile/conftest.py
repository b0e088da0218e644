"""One real server for each module, watched: its processes, its log, and two places that nothing may ever touch."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# The tests of this folder share modules, and the benchmark has more; --import-mode=importlib looks nowhere for either.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[2])]

from hostile_target import Target, TargetBehind  # noqa: E402


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A server with small limits; when the module is done, it must be as it was."""
    yield from attacked(Target, tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def target_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Such a server whose queries another engine answers."""
    yield from attacked(TargetBehind, tmp_path_factory.mktemp("hostile"))


def attacked(kind: type[Target], home: Path) -> Iterator[Target]:
    served = kind(home)
    try:
        yield served
        served.check_unharmed()
    finally:
        code = served.served.stop()
        served.close()
    assert code == 0
    served.check_log()


@pytest.fixture(autouse=True)
def nobody_else_is_delayed(target: Target) -> Iterator[None]:
    """After each case, a small query from another address is answered at once."""
    yield
    target.probe()
