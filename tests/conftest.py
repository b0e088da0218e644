"""Fixtures for all tests: the source beside the checkout, and one release of the shipped data."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from actiongraph.chains.model import Text
from actiongraph.engine.base import Engine
from actiongraph.publication import DUMP
from actiongraph.release.build import build
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseRecord, ReleaseStore
from actiongraph.settings import Settings

CHECKOUT = Path(__file__).resolve().parents[1]


def missing(what: str) -> None:
    """Skip the test because `what` is not here; where everything is meant to be, fail."""
    if os.environ.get("ACTIONGRAPH_CI") == "1":
        pytest.fail(f"{what} is missing, and here it must be there")
    pytest.skip(f"{what} is not here")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the checkout with the source and the suites of others."""
    folder = CHECKOUT.parent / "shared"
    if not folder.is_dir():
        missing("the folder ../shared")
    return folder


@pytest.fixture(scope="session")
def ckan() -> str:
    """An interpreter that has CKAN and ckanext-dcat, which want other versions of our libraries."""
    interpreter = os.environ.get("ACTIONGRAPH_CKAN")
    if not interpreter:
        missing("an interpreter with CKAN, named by ACTIONGRAPH_CKAN")
    return str(interpreter)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser that is here."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
    if found is None:
        missing("chromium")
    assert found
    return found


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The folder with packages from npm, which the environment variable ACTIONGRAPH_NODE_MODULES names."""
    folder = Path(os.environ.get("ACTIONGRAPH_NODE_MODULES") or "nowhere")
    if not folder.is_dir():
        missing("the folder that ACTIONGRAPH_NODE_MODULES names")
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for 4 MB."""
    folder = tmp_path / "small-disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        missing("leave to mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def exact(thing: object) -> object:
    """Return what `thing` is made of, with the language and datatype of each text, which its equality leaves aside."""
    if is_dataclass(thing):
        return type(thing).__name__, [exact(getattr(thing, field.name)) for field in fields(thing)]
    if isinstance(thing, tuple | list):
        return [exact(part) for part in thing]
    if isinstance(thing, Mapping):
        return {exact(key): exact(value) for key, value in thing.items()}
    told = (thing.language, exact(thing.datatype)) if isinstance(thing, Text) else ()
    return type(thing).__name__, str(thing) if isinstance(thing, str | Decimal) else thing, told


@pytest.fixture(scope="session", name="exact")
def exact_fixture() -> Callable[[object], object]:
    """Gives what two things must have in common to be the same in everything; see `exact`."""
    return exact


@dataclass(frozen=True)
class BuiltRelease:
    """A release of the shipped data, with what it takes to ask it."""

    settings: Settings
    releases: ReleaseStore
    snapshots: ReleaseSnapshots
    record: ReleaseRecord
    engine: Engine
    dump: Path


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> BuiltRelease:
    """One release of the shipped data, built once for all tests. Nobody may change it."""
    releases = ReleaseStore(tmp_path_factory.mktemp("store"))
    settings = Settings(store=releases.folder)
    record = build(settings, releases).record
    snapshots = ReleaseSnapshots(releases)
    return BuiltRelease(
        settings,
        releases,
        snapshots,
        record,
        snapshots.current().engine,
        releases.path(record.version) / "dumps" / DUMP,
    )
