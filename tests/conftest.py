"""Which tests take long, what lies beside the checkout, and one release of the shipped data."""

from __future__ import annotations

import fcntl
import importlib
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import hypothesis
import pyoxigraph as ox
import pytest
import rdflib

from actiongraph.chains.model import Text
from actiongraph.engine.base import Engine
from actiongraph.publication import DUMP, ReleaseRecord
from actiongraph.release.build import build
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.validate import core, fast
from actiongraph.validate.report import Report

CHECKOUT = Path(__file__).resolve().parents[1]
# Tests share a module, and the benchmark has more; --import-mode=importlib looks nowhere for either.
sys.path[:0] = [str(Path(__file__).parent), str(CHECKOUT)]

import peer_engines  # noqa: E402

# How long an example takes says how busy the machine is, and nothing of what is tested.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


LONG = {
    "attacks": "hostile queries and crowds against a running server, timed",
    "browser": "pages in a browser",
    "clients": "harvesters and clients of others: CKAN, rdflib as it follows names, and two from npm",
    "formats": "the W3C's query tests in each further format of results",
    "kills": "builds that are killed, and readers that watch while releases come and go",
    "large": "queries at their limits, hostile sources, thousands of actions, every link of a site, builds compared",
    "peers": "the servers of others that ours is compared with, and plots of that",
    "load": "what is measured by the clock: deadlines, turns, the time that a long text takes",
    "validators": "what each validator finds by each rule, held against the others",
    "proxy": "nginx before a server, with attempts to poison its cache, and the limits of the unit for systemd",
    "mutations": "each of 120 single faults, written into the shipped data",
}
"""What a test marked `long` is about, by the word in its mark. Left out unless pytest is given --long."""
TIMED = {"attacks", "load"}
"""Those that are measured by the clock, and want the machine for themselves; pytest's -m knows them as `timed`."""
_LEFT_OUT = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the tests that take long, too")


def pytest_configure(config: pytest.Config) -> None:
    # A shell starts what runs in the background with SIGINT ignored, and so would be whatever the tests start and stop.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kinds = {item: mark.args[0] for item in items if (mark := item.get_closest_marker("long"))}
    if unknown := set(kinds.values()) - LONG.keys():
        raise pytest.UsageError(f"tests are marked long as {unknown}; name it in LONG, in tests/conftest.py")
    for item, kind in kinds.items():
        if kind in TIMED:
            item.add_marker(pytest.mark.timed)
    if not config.option.long:
        config.stash[_LEFT_OUT] = Counter(kinds.values())
        config.hook.pytest_deselected(items=list(kinds))
        items[:] = [item for item in items if item not in kinds]


def pytest_sessionfinish(session: pytest.Session) -> None:
    # With -n, each process collects all tests, and what it left out has to be told to the one that sums up.
    if told := getattr(session.config, "workeroutput", None):
        told["left_out"] = dict(session.config.stash.get(_LEFT_OUT, {}))


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist, which may be missing
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[_LEFT_OUT] = Counter(getattr(node, "workeroutput", {}).get("left_out"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if left_out := config.stash.get(_LEFT_OUT, None):
        terminalreporter.section("long tests left out; to run them too: python -m pytest --long")
        for kind, count in sorted(left_out.items()):
            terminalreporter.line(f"{count:5}  {LONG[kind]}")


def missing(what: str, remedy: str) -> NoReturn:
    """Skip the test because `what` is not here, and say how to get it; where everything is meant to be, fail."""
    if os.environ.get("ACTIONGRAPH_CI") == "1":
        pytest.fail(f"{what} is missing, and here it must be there")
    pytest.skip(f"{what} is not here: {remedy}")


@pytest.fixture(scope="session", name="missing")
def missing_fixture() -> Callable[[str, str], NoReturn]:
    """What a test does that cannot go on without something; see `missing`."""
    return missing


def beside(name: str, remedy: str) -> Path:
    """Return a file or folder in the folder ../shared, beside the checkout."""
    path = CHECKOUT.parent / "shared" / name
    if not path.exists():
        missing(f"../shared/{name}", remedy)
    return path


@pytest.fixture(scope="session")
def start_peer(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], AbstractContextManager[peer_engines.PeerEngine]]:
    """Gives an engine of others by its name, Virtuoso or Fuseki, empty, on a port and in a folder of its own."""
    return lambda name: peer_engines.started(name, tmp_path_factory.mktemp(name), missing)


@pytest.fixture(scope="session")
def peer_of(
    start_peer: Callable[[str], AbstractContextManager[peer_engines.PeerEngine]],
) -> Iterator[Callable[[str, str], peer_engines.PeerEngine]]:
    """Gives an engine of others by its name, for a purpose, to all tests that have the same purpose."""
    with ExitStack() as stack:
        yield cache(lambda name, _purpose: stack.enter_context(start_peer(name)))


@pytest.fixture(scope="session")
def source_page() -> Path:
    """The text of the page that the shipped data was read from."""
    return beside("source/social-security-policy.txt", "the text is not ours to hand on; its checksum is in data/")


@pytest.fixture(scope="session")
def projects_table() -> Path:
    """The table of 644 projects of a trust fund, which is for tests of ingest only."""
    return beside("eutf/projects.csv", "the table of 644 projects")


@pytest.fixture(scope="session")
def facts_table() -> Path:
    """The table of facts on further actions, each with the address that it was read at."""
    return beside("facts/actions.csv", "the data has what it says; only the comparison is left out")


def _validate_graph(graph: rdflib.Graph, shapes: rdflib.Graph) -> Report:
    quads = list(ox.parse(graph.serialize(format="nt"), format=ox.RdfFormat.N_TRIPLES))
    return core.validate(quads, shapes)


@pytest.fixture
def without_shacl(monkeypatch: pytest.MonkeyPatch) -> Callable[[rdflib.Graph, rdflib.Graph], Report]:
    """The validators as they are where `shacl` is not installed."""
    monkeypatch.setattr(fast, "version", lambda: None)
    return _validate_graph


@pytest.fixture(scope="session")
def shacl() -> ModuleType:
    """The package `shacl`, which has wheels for some machines only; .ci/run installs it after the first tests."""
    if fast.version() != fast.VERSION:
        here = pytest.fail if os.environ.get("ACTIONGRAPH_FAST") == "1" else pytest.skip
        here(f"shacl {fast.VERSION} is not here: install the extra: pip install '.[fast]'")
    return importlib.import_module("shacl")


@pytest.fixture
def in_process(shacl: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `shacl` run in this process: starting one takes longer than most validations."""
    child = importlib.import_module("actiongraph.validate.shacl_child")

    def run(_: fast.Judge, shapes: bytes, lines: bytes) -> list[fast.Row]:
        rows: list[fast.Row] = child.judge(child.read_shapes(shapes.decode()), lines.decode())
        return rows

    monkeypatch.setattr(fast.Judge, "run", run)


def _validate_graph_with_shacl(graph: rdflib.Graph, shapes: rdflib.Graph) -> Report:
    return _validate_graph(graph, shapes)  # a function of its own, since what it found may be kept


@pytest.fixture
def with_shacl(in_process: None) -> Callable[[rdflib.Graph, rdflib.Graph], Report]:
    """The validators as they are where `shacl` is installed."""
    return _validate_graph_with_shacl


@pytest.fixture(scope="session")
def w3c() -> Path:
    """The W3C's tests of SPARQL 1.1."""
    return beside("w3c/sparql11", "put sparql/sparql11 of https://github.com/w3c/rdf-tests there")


@pytest.fixture(scope="session")
def congo_xml() -> Path:
    """A real activity file of IATI, version 1.01, with 205 activities."""
    return beside("iati/CD.xml", "a publisher's file of April 2013, which is not ours to hand on")


@pytest.fixture(scope="session")
def mali_xml() -> Path:
    """A real activity file of IATI, version 1.02, with 4 activities."""
    return beside("iati/dfid-ml.xml", "a publisher's file of January 2014, which is not ours to hand on")


@pytest.fixture(scope="session")
def iati_codelists() -> Path:
    """The code lists of IATI, in XML."""
    return beside("iati/codelists", "put the lists of https://github.com/IATI/IATI-Codelists-NonEmbedded there")


@pytest.fixture(scope="session")
def dcat_ap() -> Path:
    """The shapes of DCAT-AP, and a stub of the authority lists that they lean on."""
    return beside("dcat-ap", "put releases/3.0.1/html/shacl of https://github.com/SEMICeu/DCAT-AP there")


@pytest.fixture(scope="session")
def ckan() -> str:
    """An interpreter that has CKAN and ckanext-dcat, which want other versions of our libraries."""
    interpreter = os.environ.get("ACTIONGRAPH_CKAN")
    if not interpreter:
        missing("CKAN", "install it as .ci/run does, and name its Python in ACTIONGRAPH_CKAN")
    return interpreter


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser that is here."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
    if found is None:
        missing("chromium", "install it, on Debian with: apt-get install chromium fonts-dejavu-core")
    return found


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The folder with packages from npm, which the environment variable ACTIONGRAPH_NODE_MODULES names."""
    folder = os.environ.get("ACTIONGRAPH_NODE_MODULES")
    if not folder or not Path(folder).is_dir():
        missing(
            "node with some packages from npm", "get them as .ci/run does; ACTIONGRAPH_NODE_MODULES names the folder"
        )
    return Path(folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for 4 MB."""
    folder = tmp_path / "small-disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        missing("leave to mount a small disk", "run the tests as root")
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


LITTLE = """@base <https://w3id.org/actiongraph/> .
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix schema: <https://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<id/facility/little> a ag:Facility ; skos:prefLabel "Little"@en .
<id/source/page> a ag:Source ; dcterms:title "A page"@en ; schema:url <https://example.org/> .
"""


@pytest.fixture
def little_data(tmp_path: Path) -> Path:
    """A folder `data` with a file `reference.ttl`, for tests of how a release is made, whatever is in it."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "reference.ttl").write_text(LITTLE, "utf-8")
    return folder


@dataclass(frozen=True)
class BuiltRelease:
    """A release of the shipped data, with what it takes to ask it."""

    settings: Settings
    releases: ReleaseStore
    snapshots: ReleaseSnapshots
    record: ReleaseRecord
    engine: Engine
    dump: Path


BuiltOnce = Callable[[str, Callable[[Path], object]], Path]


def built_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that `make` fills, once for all processes of this run; nobody may change it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"built-{name}"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder / "it")
            (folder / "made").touch()
    return folder / "it"


@pytest.fixture(scope="session", name="built_once")
def built_once_fixture(tmp_path_factory: pytest.TempPathFactory) -> BuiltOnce:
    """Gives a folder that is filled once for all processes of this run; see `built_once`."""
    return partial(built_once, tmp_path_factory)


@pytest.fixture(scope="session")
def release(built_once: BuiltOnce) -> BuiltRelease:
    """One release of the shipped data, built once for all tests. Nobody may change it."""
    folder = built_once("release", lambda folder: build(Settings(store=folder), ReleaseStore(folder)))
    releases, settings = ReleaseStore(folder), Settings(store=folder)
    record = releases.record(releases.newest() or "")
    snapshots = ReleaseSnapshots(releases)
    return BuiltRelease(
        settings,
        releases,
        snapshots,
        record,
        snapshots.current().engine,
        releases.path(record.version) / "dumps" / DUMP,
    )


@pytest.fixture(scope="session")
def moved_to(
    peer_of: Callable[[str, str], peer_engines.PeerEngine], release: BuiltRelease
) -> Callable[[str], peer_engines.PeerEngine]:
    """Gives an engine of others that `release` was moved to, once for all tests; nobody may change it."""

    @cache
    def moved(name: str) -> peer_engines.PeerEngine:
        peer = peer_of(name, "release")
        move = peer.place.move(release, "once")
        with closing(move.engine):
            move.load()
            move.finish()
        return peer

    return moved
