"""Virtuoso 7 and Fuseki 5, as bench/peers.sh installs them: started empty, written to, and known to differ."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from actiongraph import errors
from actiongraph.engine.credentials import Credentials
from actiongraph.engine.exchange import Exchange
from actiongraph.engine.upstream import UpstreamEngine
from actiongraph.move.loading import Move
from actiongraph.move.writers import GraphStoreWriter, UpdateWriter
from actiongraph.vocabulary import IRI
from bench.peers import empty_fuseki, empty_virtuoso
from bench.systems import Data, Running, System, running

if TYPE_CHECKING:
    from conftest import BuiltRelease

NAMES = ("Virtuoso", "Fuseki")


@dataclass(frozen=True)
class Place:
    """The addresses of an engine, by what they are for, and who may write.

    Virtuoso 7 takes no update that is sent as it is, and Fuseki asks for no password here.
    """

    url: str
    graph_store: str
    update: str | None = None
    credentials: Credentials | None = None

    def writer(self) -> GraphStoreWriter:
        return GraphStoreWriter(Exchange(self.url, self.credentials, timeout_s=120), self.graph_store)

    def move(
        self,
        release: BuiltRelease,
        name: str,
        *,
        update: bool = False,
        credentials: Credentials | None = None,
        grace_s: float = 0,
    ) -> Move:
        """Return the move of `release` here; nobody reads meanwhile, so that there is no grace unless it is given."""
        settings = replace(release.settings, timeout_s=120)
        engine = UpstreamEngine(self.url, settings, credentials or self.credentials, called=None)
        exchange = engine.exchange
        writer = UpdateWriter(exchange, self.update or "") if update else GraphStoreWriter(exchange, self.graph_store)
        return Move(
            release.snapshots.current(), release.record, engine, writer, release.settings, name, lambda *_: None,
            grace_s,
        )  # fmt: skip


def place_of(name: str, port: int) -> Place:
    """Return where the engine of that name is written to and asked on a port."""
    at = f"http://127.0.0.1:{port}"
    if name == "Virtuoso":
        return Place(f"{at}/sparql", f"{at}/sparql-graph-crud-auth", None, Credentials("dba", "dba"))
    return Place(f"{at}/all/query", f"{at}/all/data", f"{at}/all/update")


@dataclass
class PeerEngine:
    """An engine that runs with a folder of its own; `holds` and `graphs` tell what it was filled with last."""

    name: str
    system: System
    data: Data
    server: Running
    holds: object = None
    graphs: tuple[IRI, ...] = ()

    @property
    def place(self) -> Place:
        return place_of(self.name, self.server.address.port)

    @contextmanager
    def started_again(self) -> Iterator[PeerEngine]:
        """Give the engine on the same folder, once its process has ended."""
        with running(replace(self.system, prepare=lambda _: None), self.data) as server:
            yield replace(self, server=server)


@contextmanager
def started(name: str, folder: Path, missing: Callable[[str, str], NoReturn]) -> Iterator[PeerEngine]:
    """Give an empty engine that runs with its data in `folder`; what is not installed is told to `missing`."""
    jars = os.environ.get("ACTIONGRAPH_FUSEKI")
    if name == "Fuseki" and not jars:
        missing(name, "bench/peers.sh FOLDER, and FOLDER in ACTIONGRAPH_FUSEKI")
    system = empty_virtuoso() if name == "Virtuoso" else empty_fuseki(Path(jars or ""))
    if not system.is_installed:
        missing(name, "bench/peers.sh FOLDER")
    data = Data(folder / "data", folder / "store", folder / "all.nt")
    with running(system, data) as server:
        yield PeerEngine(name, system, data, server)


@dataclass(frozen=True)
class Difference:
    """What one engine is known to answer otherwise: in which test, or to which example, how it shows, and why."""

    engine: str
    name: str
    shows: str
    cause: str

    @property
    def raised(self) -> type[BaseException]:
        """The exception that a test on an engine ends with, where `shows` names one."""
        found = getattr(errors, self.shows, AssertionError)
        assert isinstance(found, type)
        assert issubclass(found, BaseException)
        return found


def differences(kind: str) -> dict[tuple[str, str], Difference]:
    """Return the differences of a kind, by engine and name."""
    rows = tomllib.loads(Path(__file__).with_name("peer_differences.toml").read_text("utf-8")).get(kind, [])
    found = {(row["engine"], row["name"]): Difference(**row) for row in rows}
    assert len(found) == len(rows)
    return found
