"""The engines that what every engine must answer is asked of, each on data that a test hands over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask import Flask
from werkzeug.serving import make_server

from actiongraph.engine.base import Engine
from actiongraph.engine.open import open_engine
from actiongraph.engine.pool.worker_pool import Pool
from actiongraph.release.snapshots import FileSnapshots, Snapshot, store_files
from actiongraph.settings import Settings
from actiongraph.web.app import create_app


@contextmanager
def served(engine: Engine, *, union_default: bool) -> Iterator[str]:
    """Serve what `engine` answers on loopback, as `actiongraph serve` does; give the address of the endpoint."""
    server = make_server("127.0.0.1", 0, Flask("none yet"), threaded=True)
    url = f"http://127.0.0.1:{server.server_port}/"
    snapshots = FileSnapshots(Snapshot(engine, None, {}, union_default=union_default))
    server.app = create_app(Settings(url=url), snapshots)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"{url}sparql"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Opener:
    """Opens an engine of one kind on quads."""

    kind: str
    folder: Path
    pool: Pool

    @contextmanager
    def __call__(self, quads: Iterable[ox.Quad], *, union_default: bool) -> Iterator[Engine]:
        store = self.folder / f"store-{len(list(self.folder.iterdir()))}"
        if self.kind == "files":
            file = store.with_suffix(".nq")
            ox.serialize(quads, str(file), format=ox.RdfFormat.N_QUADS)
            store_files([file], store)
        else:
            made = ox.Store(str(store))
            made.bulk_extend(quads)
            made.flush()
            del made
        pool = self.pool if self.kind == "pooled" else None
        with closing(open_engine(store, pool=pool, union_default=union_default)) as engine:
            if self.kind != "remote":
                yield engine
                return
            with served(engine, union_default=union_default) as url:
                yield open_engine(url)


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    with closing(Pool(Settings(workers=2))) as made:
        yield made


@pytest.fixture
def opener_of(tmp_path: Path, pool: Pool) -> Callable[[str], Opener]:
    """Gives what opens engines of a kind."""
    (tmp_path / "stores").mkdir()
    return lambda kind: Opener(kind, tmp_path / "stores", pool)


@pytest.fixture(params=["files", "release", "pooled", "remote"])
def opener(request: pytest.FixtureRequest, opener_of: Callable[[str], Opener]) -> Opener:
    """What opens engines, of each kind that the program has."""
    return opener_of(request.param)
